"""Retention: what is old goes, what is young or not done stays."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert, select, update

from bot.community import retention
from bot.community.dialogues import DialogueRow
from bot.community.people import CodeRow, CodeTryRow, IdentityRow, PersonRow
from bot.model import Kind
from bot.storage import inbox, outbox, schedules
from bot.storage.changes import ChangeRow
from bot.storage.database import Database
from bot.storage.inbox import InboxRow
from bot.storage.memory import MemoryRow
from bot.storage.outbox import Destination, Draft, LaneRow, OutboxRow
from bot.storage.schedules import ScheduleRow
from bot.storage.transaction import Transaction

DAY = timedelta(days=1)
YEAR = timedelta(days=366)
HERE, THERE = Destination("webchat", "demo", "a" * 40), Destination("onebot", "", "group:1")


def message(number: int, state: str, age: timedelta, now: datetime) -> dict[str, Any]:
    """A message that came in so long ago."""
    return {
        "platform": "onebot",
        "account": "",
        "message_id": str(number),
        "chat": "group:1",
        "received_at": now - age,
        "next_at": now,
        "body": "{}",
        "state": state,
    }


def firing(number: int, state: str, age: timedelta, now: datetime) -> dict[str, Any]:
    """Something that was due so long ago."""
    return {
        "community_id": 1,
        "key": str(number),
        "kind": "event_reminder",
        "target": "event:1",
        "due_at": now - age,
        "state": state,
        "fired_at": None if state == schedules.WAITING else now - age,
    }


async def fill(tx: Transaction) -> None:
    """Of each thing something old and something young; the ids of what is to stay are even."""
    now = tx.now
    person = select(PersonRow.id).limit(1).scalar_subquery()
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (
            InboxRow,
            [
                message(1, inbox.DONE, 31 * DAY, now),
                message(2, inbox.DONE, 29 * DAY, now),
                message(3, inbox.FAILED, YEAR, now),
                message(4, inbox.FAILED, 31 * DAY, now),
                message(6, inbox.WAITING, 3 * YEAR, now),
            ],
        ),
        (
            ScheduleRow,
            [
                firing(1, schedules.DONE, 2 * YEAR, now),
                firing(2, schedules.MISSED, YEAR, now),
                firing(4, schedules.WAITING, 3 * YEAR, now),
            ],
        ),
        (MemoryRow, [{"key": str(n), "value": "", "expires_at": now + n * DAY} for n in (-1, 2)]),
        (
            ChangeRow,
            [
                {"topic": str(n), "version": 7, "changed_at": now - age}
                for n, age in ((1, 2 * DAY), (2, DAY / 2))
            ],
        ),
        (
            CodeRow,
            [
                {"hash": str(n), "person_id": person, "expires_at": now - age}
                for n, age in ((1, 31 * DAY), (2, 29 * DAY))
            ],
        ),
    ]
    for table, values in rows:
        for each in values:
            await tx.execute(insert(table).values(**each))
    known = {"platform": "onebot", "account": "", "sender": "7", "heard_at": now}
    added = await tx.execute(
        insert(IdentityRow).values(**known, person_id=person).returning(IdentityRow.id)
    )
    identity = added.scalar_one()
    for age in (2 * DAY, DAY / 2):
        await tx.execute(insert(CodeTryRow).values(identity_id=identity, tried_at=now - age))
    asked = {"chat": "7", "action": "report", "values": [], "labels": [], "free_text": True}
    await tx.execute(
        insert(DialogueRow).values(**asked, identity_id=identity, expires_at=now - DAY)
    )


async def kept(store: Database, column: Any) -> list[Any]:
    """What is left of a table."""
    async with store.read() as tx:
        return sorted((await tx.select(select(column))).scalars())


async def test_what_is_old_goes(store: Database) -> None:
    """What waits is never old."""
    await store.write(fill)
    dropped = await retention.sweep(store)

    assert await kept(store, InboxRow.message_id) == ["2", "4", "6"]
    assert {"2", "4"} <= set(await kept(store, ScheduleRow.key))
    assert "1" not in await kept(store, ScheduleRow.key)
    assert await kept(store, MemoryRow.key) == ["2"]
    assert "2" in await kept(store, ChangeRow.topic)
    assert "1" not in await kept(store, ChangeRow.topic)
    assert await kept(store, CodeRow.hash) == ["2"]
    assert len(await kept(store, CodeTryRow.id)) == 1
    assert await kept(store, DialogueRow.chat) == []
    assert dropped["办完的来话"] == dropped["没弄好的来话"] == dropped["提醒的时间表，过了的"] == 1


async def put(tx: Transaction, to: Destination, age: timedelta, state: str) -> None:
    """A text that was put there so long ago."""
    await outbox.add(tx, [Draft(to, Kind.REPLY, "记下了", origin="new")])
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.origin == "new")
        .values(created_at=tx.now - age, state=state, origin=f"{state} {age.days}")
    )


async def test_texts_go_after_a_year_and_then_their_chats(store: Database) -> None:
    """Chats with a text, and those whose person wrote of late, stay."""
    states = (outbox.SENT, outbox.HELD, outbox.MISSED, outbox.WAITING, outbox.FAILED)
    for state in states:
        await store.write(partial(put, to=HERE, age=YEAR, state=state))
    for number in range(3):
        empty = Destination("webchat", "demo", str(number))
        await store.write(partial(put, to=empty, age=YEAR, state=outbox.SENT))
    quiet = Destination("webchat", "demo", "wrote")
    await store.write(partial(outbox.heard, to=quiet, at=datetime.now(UTC)))
    await store.write(partial(put, to=THERE, age=DAY, state=outbox.SENT))
    first = await store.write(partial(outbox.forget, most=2))
    dropped = await retention.sweep(store)

    assert await kept(store, OutboxRow.origin) == ["sent 1", "waiting 366"]
    assert await kept(store, LaneRow.chat) == sorted([HERE.chat, THERE.chat, "wrote"])
    assert (first, dropped["发出去的话，没发成的也算"], dropped["没有话了的聊天"]) == (2, 5, 3)


async def test_a_second_sweep_finds_nothing(store: Database) -> None:
    """Nothing is dropped for ever."""
    await store.write(fill)
    first = await retention.sweep(store)
    second = await retention.sweep(store)

    assert sum(first.values()) == 8
    assert sum(second.values()) == 0
