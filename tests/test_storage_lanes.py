"""Lanes: order, urgency, rate, quota and fencing, with time moved in the database."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

from bot.model import Capabilities, Kind, Quota, Rate
from bot.storage import lanes, outbox
from bot.storage.database import Database
from bot.storage.lanes import Claim, Outcome
from bot.storage.outbox import (
    FAILED,
    HELD,
    MISSED,
    SENT,
    UNKNOWN,
    WAITING,
    Destination,
    Draft,
    LaneRow,
    OutboxRow,
)
from bot.storage.transaction import Transaction

LEASE = timedelta(seconds=30)
TO = Destination("onebot", "", "group:1")
OTHER = Destination("onebot", "", "group:2")
PLAIN = Capabilities(max_bytes=2000)
MINUTE = Rate(2, timedelta(minutes=1))
RATED = Capabilities(max_bytes=2000, rate=MINUTE)
KF = Capabilities(
    max_bytes=2000,
    quota=Quota(5, timedelta(hours=48)),
)


async def put(
    store: Database,
    *texts: str,
    kind: Kind = Kind.REPLY,
    to: Destination = TO,
    closing: bool = False,
) -> None:
    """Put these texts in the outbox."""
    drafts = [Draft(to, kind, text, closing=closing) for text in texts]
    await store.write(partial(outbox.add, drafts=drafts))


async def claim(store: Database, able: Capabilities = PLAIN, worker: str = "a") -> list[Claim]:
    """What the worker may send now."""
    return await store.write(
        partial(lanes.claim, worker=worker, lease=LEASE, limit=10, services={("onebot", ""): able})
    )


async def settle(
    store: Database, claim: Claim, state: str = SENT, after: timedelta | None = None
) -> None:
    """Say what became of it."""
    await store.write(partial(lanes.settle, results=[(claim, Outcome(state, after=after))]))


async def send(store: Database, able: Capabilities = PLAIN) -> list[str]:
    """Send all that may go now, one after the other."""
    sent = []
    # A claim that only drops what is too late finds what stands behind it the next time.
    while claims := await claim(store, able) or await claim(store, able):
        for each in claims:
            sent.append(each.outgoing.text)
            await settle(store, each)
    return sent


async def states(store: Database) -> dict[str, str]:
    """Each text and where it stands."""
    async with store.read() as tx:
        rows = await tx.select(select(OutboxRow.text, OutboxRow.state).order_by(OutboxRow.id))
        return {row[0]: row[1] for row in rows}


async def pass_time(store: Database, time: timedelta) -> None:
    """Let everything in the outbox be so much older."""

    async def unit(tx: Transaction) -> None:
        rates = (await tx.select(select(LaneRow.id, LaneRow.sends))).all()
        for id, sends in rates:
            older = [at - time.total_seconds() for at in sends]
            await tx.execute(update(LaneRow).where(LaneRow.id == id).values(sends=older))
        for table, columns in TIMES.items():
            for column in columns:
                await age(tx, table, column, time)

    await store.write(unit)


TIMES = {
    LaneRow: ("wake_at", "heard_at", "leased_until"),
    OutboxRow: ("next_at", "waits_since", "expires_at"),
}


async def age(tx: Transaction, table: Any, column: str, time: timedelta) -> None:
    """Set one column of each row back."""
    rows = (await tx.select(select(table.id, getattr(table, column)))).all()
    for id, at in rows:
        if at is not None:
            earlier = update(table).where(table.id == id).values({column: at - time})
            await tx.execute(earlier)


async def test_in_order_one_at_a_time(store: Database) -> None:
    """The second text of a chat leaves when the first one has arrived; other chats go beside."""
    await put(store, "一", "二")
    await put(store, "三", to=OTHER)
    first, beside = await claim(store)

    assert {first.outgoing.text, beside.outgoing.text} == {"一", "三"}
    assert await claim(store, worker="b") == []
    await settle(store, first if first.outgoing.text == "一" else beside)
    assert [c.outgoing.text for c in await claim(store, worker="b")] == ["二"]


async def test_the_most_urgent_goes_first(store: Database) -> None:
    """Whenever it was written."""
    for kind in (Kind.NOTICE, Kind.REMINDER, Kind.REPLY, Kind.EMERGENCY):
        await put(store, kind.name, kind=kind)

    assert await send(store) == ["EMERGENCY", "REPLY", "REMINDER", "NOTICE"]


async def test_a_failing_head_holds_up_its_own_kind_only(store: Database) -> None:
    """The next reply waits behind the failed one, the reminder does not."""
    await put(store, "答一", "答二")
    (failed,) = await claim(store)
    await settle(store, failed, WAITING, after=timedelta(hours=1))
    await put(store, "提醒", kind=Kind.REMINDER)

    assert await send(store) == ["提醒"]
    assert await states(store) == {"答一": WAITING, "答二": WAITING, "提醒": SENT}


async def test_retried_after_a_pause(store: Database) -> None:
    """In its old place."""
    await put(store, "答一", "答二")
    (failed,) = await claim(store)
    await settle(store, failed, WAITING, after=timedelta(seconds=7))
    assert await claim(store) == []
    await pass_time(store, timedelta(seconds=8))

    assert await send(store) == ["答一", "答二"]


async def test_the_rate_is_never_passed(store: Database) -> None:
    """The window begins when a send is over: a slow one cannot meet a quick one behind it."""
    await put(store, "一", "二", "三", "四")
    assert await send(store, RATED) == ["一", "二"]
    await pass_time(store, timedelta(seconds=59))
    assert await send(store, RATED) == []
    await pass_time(store, timedelta(seconds=1))
    (slow,) = await claim(store, RATED)
    await pass_time(store, timedelta(seconds=20))
    await settle(store, slow)
    assert await send(store, RATED) == ["四"]
    await put(store, "五")
    await pass_time(store, timedelta(seconds=45))

    assert await send(store, RATED) == []
    await pass_time(store, timedelta(seconds=15))
    assert await send(store, RATED) == ["五"]


async def test_the_rate_holds_for_emergencies(store: Database) -> None:
    """It is the service's, not ours; but an emergency is the first to go when it may."""
    await put(store, "一", "二", "三")
    await send(store, RATED)
    await put(store, "着火", kind=Kind.EMERGENCY)
    assert await send(store, RATED) == []
    await pass_time(store, timedelta(minutes=1))

    assert await send(store, RATED) == ["着火", "三"]


async def test_the_quota_keeps_one_back(store: Database) -> None:
    """Four of five; the fifth is for a closing word or an emergency."""
    await store.write(partial(outbox.heard, to=TO, at=datetime.now(UTC)))
    await put(store, *"一二三四五")
    assert await send(store, KF) == list("一二三四")
    assert (await states(store))["五"] == HELD
    await put(store, "办好了", closing=True)
    assert await send(store, KF) == ["办好了"]
    await put(store, "着火", kind=Kind.EMERGENCY)

    assert await send(store, KF) == []
    await store.write(partial(outbox.heard, to=TO, at=datetime.now(UTC)))
    assert await send(store, KF) == ["着火", "五"]


async def test_nothing_goes_out_of_the_window(store: Database) -> None:
    """Nobody who has not written, nobody after 48 hours; kept for the next contact."""
    await put(store, "早")
    assert await send(store, KF) == []
    await store.write(partial(outbox.heard, to=TO, at=datetime.now(UTC)))
    assert await send(store, KF) == ["早"]
    await pass_time(store, timedelta(hours=48, seconds=1))
    await put(store, "晚")

    assert await send(store, KF) == []
    assert await states(store) == {"早": SENT, "晚": HELD}


async def test_held_for_days_it_still_goes_out(store: Database) -> None:
    """What could not go is not too old when it may: nobody knows when a person writes again."""
    await put(store, "办好了")
    assert await send(store, KF) == []
    await pass_time(store, timedelta(days=3))
    await store.write(partial(outbox.heard, to=TO, at=datetime.now(UTC)))

    assert await send(store, KF) == ["办好了"]


async def test_what_was_not_sent_costs_nothing(store: Database) -> None:
    """A service that is out of reach does not use up what a person may be told."""
    await store.write(partial(outbox.heard, to=TO, at=datetime.now(UTC)))
    await put(store, "一")
    for _ in range(6):
        (claimed,) = await claim(store, KF)
        outcome = Outcome(WAITING, after=timedelta(0), sent=False)
        await store.write(partial(lanes.settle, results=[(claimed, outcome)]))

    assert await send(store, KF) == ["一"]


async def test_an_older_message_begins_nothing_anew(store: Database) -> None:
    """Messages may come in late and out of order."""
    at = datetime.now(UTC)
    await store.write(partial(outbox.heard, to=TO, at=at))
    await put(store, *"一二三四五六")
    assert await send(store, KF) == list("一二三四")
    await store.write(partial(outbox.heard, to=TO, at=at - timedelta(seconds=1)))

    assert await send(store, KF) == []


async def test_a_long_text_is_several(store: Database) -> None:
    """Each part in order and within every service's limit, the choices with the last."""
    text = "停水通知。" * 300
    draft = Draft(TO, Kind.REPLY, text, choices=("好", "不好"))
    assert await store.write(partial(outbox.add, drafts=[draft])) == 3
    parts = await send(store)

    assert all(len(part.encode()) <= 2000 for part in parts)
    assert "".join(parts) == text + "\n1 好\n2 不好"


async def test_too_late_is_missed(store: Database) -> None:
    """Its own time, else a day; what stands behind it goes on."""
    soon = datetime.now(UTC) + timedelta(minutes=10)
    draft = Draft(TO, Kind.REMINDER, "十分钟后开始", expires_at=soon)
    await store.write(partial(outbox.add, drafts=[draft]))
    await put(store, "答")
    await pass_time(store, timedelta(minutes=11))
    await put(store, "下一个提醒", kind=Kind.REMINDER)
    assert await send(store) == ["答", "下一个提醒"]
    await put(store, "旧")
    await pass_time(store, timedelta(hours=25))

    assert await send(store) == []
    assert await states(store) == {
        "十分钟后开始": MISSED,
        "答": SENT,
        "下一个提醒": SENT,
        "旧": MISSED,
    }


async def test_whoever_lost_the_lease_settles_nothing(store: Database) -> None:
    """The text was taken back, and its new sender has the word."""
    await put(store, "一")
    (lost,) = await claim(store, worker="dead")
    await pass_time(store, LEASE + timedelta(seconds=1))
    assert await store.write(lanes.recover) == 1
    (again,) = await claim(store, worker="alive")
    await settle(store, lost, FAILED)
    assert again.outgoing.attempts == 2
    await settle(store, again)

    assert await states(store) == {"一": SENT}


async def test_what_may_not_be_repeated_is_unknown(store: Database) -> None:
    """A notice in flight at a crash is left to staff; a reply is sent again."""
    await put(store, "通知", kind=Kind.NOTICE)
    await put(store, "答", to=OTHER)
    assert len(await claim(store)) == 2
    assert await store.write(lanes.recover) == 0
    assert await store.write(partial(lanes.recover, everything=True)) == 2

    assert await states(store) == {"通知": UNKNOWN, "答": WAITING}
    assert await send(store) == ["答"]


async def test_an_account_that_is_not_configured_rests(store: Database) -> None:
    """And goes on when it is."""
    await put(store, "一", to=Destination("wecom", "", "ZhouMin"))
    await put(store, "二")

    assert await send(store) == ["二"]
    assert await states(store) == {"一": WAITING, "二": SENT}


async def test_a_service_says_later_that_it_failed(store: Database) -> None:
    """By our key; a key that is not ours means nothing."""
    await put(store, "一")
    (sent,) = await claim(store)
    await settle(store, sent)

    assert not await store.write(partial(lanes.undelivered, key="x", reason="拒收"))
    assert await store.write(partial(lanes.undelivered, key=sent.outgoing.key, reason="拒收"))
    assert await states(store) == {"一": FAILED}


async def test_stopped_in_time(store: Database) -> None:
    """What is in flight arrives, the rest does not leave."""
    drafts = [Draft(to, Kind.NOTICE, to.chat, origin="broadcast:1") for to in (TO, OTHER)]
    await store.write(partial(outbox.add, drafts=drafts))
    flying = (await claim(store))[0]

    async def unit(tx: Transaction) -> None:
        other = select(OutboxRow.id).where(OutboxRow.id != flying.outgoing.id)
        await tx.execute(update(OutboxRow).where(OutboxRow.id.in_(other)).values(state=WAITING))

    await store.write(unit)
    assert await store.write(partial(outbox.cancel, origin="broadcast:1")) == 1
    await settle(store, flying)
    assert sorted((await states(store)).values()) == ["cancelled", SENT]
