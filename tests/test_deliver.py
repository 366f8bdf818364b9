"""Delivery: what a service does to us, and what becomes of the text."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.community.transaction import CommunityTransaction
from bot.model import Kind
from bot.storage import outbox
from bot.storage.outbox import FAILED, SENT, UNKNOWN, Destination, Draft, LaneRow, OutboxRow
from bot.storage.parts import split
from tests.fakes.onebot import FakeOneBot
from tests.fakes.trouble import Trouble
from tests.service import Service

GROUP = Destination("onebot", "", "group:20002000")


@given(st.text(max_size=400), st.integers(min_value=8, max_value=200))
def test_a_cut_never_goes_through_a_character(text: str, most: int) -> None:
    """Every part fits, and nothing but space at the cuts is lost."""
    parts = split(text, most)

    assert all(len(part.encode()) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_cut_at_the_end_of_a_sentence() -> None:
    """Where there is one."""
    assert split("先关阀门。再开窗，别开灯。", 21) == ["先关阀门。", "再开窗，", "别开灯。"]


async def put(service: Service, kind: Kind, text: str = "停水了") -> None:
    """Put a text for the group in the outbox."""

    async def unit(tx: CommunityTransaction) -> None:
        await outbox.add(tx.store, [Draft(GROUP, kind, text)])

    await service.write(unit)


async def hurry(service: Service) -> None:
    """End the pause before the next attempt."""

    async def unit(tx: CommunityTransaction) -> None:
        now = tx.store.now
        waits = OutboxRow.state == outbox.WAITING
        await tx.store.execute(update(OutboxRow).where(waits).values(next_at=now))
        await tx.store.execute(
            update(LaneRow).where(LaneRow.wake_at.is_not(None)).values(wake_at=now)
        )

    await service.write(unit)


async def outcome(service: Service) -> tuple[str, int, int]:
    """How it ended: the state, how often it was tried, how often it arrived."""

    async def over() -> bool:
        await hurry(service)
        rows = await service.rows(select(OutboxRow.settled_at))
        return all(row[0] is not None for row in rows)

    await service.until(over)
    ((state, attempts),) = await service.rows(select(OutboxRow.state, OutboxRow.attempts))
    return state, attempts, len(arrived(service.onebot))


def arrived(onebot: FakeOneBot) -> list[str]:
    """What the group has read."""
    return [text for chat, text in onebot.texts if chat == GROUP.chat]


@pytest.mark.parametrize(
    ("kind", "trouble", "expected"),
    [
        (Kind.REPLY, [], (SENT, 1, 1)),
        (Kind.REPLY, [503, 429], (SENT, 3, 1)),
        (Kind.REPLY, ["lost"], (SENT, 2, 2)),
        (Kind.NOTICE, [503], (SENT, 2, 1)),
        (Kind.NOTICE, ["lost"], (UNKNOWN, 1, 1)),
        (Kind.EMERGENCY, ["reset"], (SENT, 2, 1)),
        (Kind.REMINDER, ["garbage"], (SENT, 2, 1)),
        (Kind.REPLY, [{"status": "failed", "retcode": 100, "data": None}], (FAILED, 1, 0)),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_becomes_of_a_text(
    service: Service, kind: Kind, trouble: list[Trouble], expected: tuple[str, int, int]
) -> None:
    """Repeated when that is safe or the kind allows it; a notice is never sent twice."""
    service.onebot.trouble = list(trouble)
    await put(service, kind)

    assert await outcome(service) == expected


async def all_sent(service: Service) -> bool:
    """Whether nothing waits or flies any more."""
    rows = await service.rows(select(OutboxRow.state))
    return {row[0] for row in rows} == {SENT}


async def test_a_long_text_arrives_in_parts(service: Service) -> None:
    """In order, and whole."""
    text = "".join(f"第{number}条，明早八点到十二点停水。" for number in range(200))
    await put(service, Kind.NOTICE, text)

    await service.until(partial(all_sent, service))
    assert len(arrived(service.onebot)) > 1
    assert "".join(arrived(service.onebot)) == text
