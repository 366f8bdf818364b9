"""The clock: what is due fires once, late if still useful, and never twice."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from bot.community.events import ROLL, EventKind, Plan, SignUpRow
from bot.community.transaction import CommunityTransaction
from bot.schedule import Clock
from bot.storage import schedules
from bot.storage.database import Database, open_database
from bot.storage.outbox import OutboxRow
from bot.storage.schedules import CANCELLED, DONE, MISSED, WAITING, ScheduleRow
from bot.storage.transaction import Transaction
from bot.understanding import Understanding
from tests.service import room, settings_for


async def clock(store: Database, folder: Path) -> Clock:
    """A clock that is ticked by hand."""
    settings = settings_for(store.url, folder)
    understanding = Understanding(store, settings, [])
    await understanding.learn()

    async def backup() -> None:
        raise AssertionError

    return Clock(store, understanding, settings, backup)


async def plan(store: Database, folder: Path, ahead: timedelta, rule: str | None = None) -> int:
    """An event so far ahead; its id."""

    async def unit(tx: Transaction) -> int:
        within = await room(tx, settings_for(store.url, folder))
        root = await within.places.root()
        starts_at = within.now.replace(microsecond=0) + ahead
        planned = Plan(EventKind.CLEAN_UP, "大清扫", root, starts_at, rule=rule)
        return (await within.events.plan(planned)).id

    return await store.write(unit)


async def set_back(store: Database, time: timedelta) -> None:
    """Let everything that waits be due so much earlier."""

    async def unit(tx: Transaction) -> None:
        rows = await tx.select(
            select(ScheduleRow.id, ScheduleRow.due_at).where(ScheduleRow.state == WAITING)
        )
        for id, due_at in rows.all():
            await tx.execute(
                update(ScheduleRow).where(ScheduleRow.id == id).values(due_at=due_at - time)
            )

    await store.write(unit)


async def states(store: Database, event: int) -> list[str]:
    """How each firing of the event stands, in the order of their time."""
    async with store.read() as tx:
        rows = await tx.select(
            select(ScheduleRow.state)
            .where(ScheduleRow.target == f"event:{event}")
            .order_by(ScheduleRow.due_at, ScheduleRow.id)
        )
        return list(rows.scalars())


async def texts(store: Database) -> list[str]:
    """What is on its way."""
    async with store.read() as tx:
        return list((await tx.select(select(OutboxRow.text).order_by(OutboxRow.id))).scalars())


async def test_two_reminders_each_once(store: Database, tmp_path: Path) -> None:
    """The evening before and two hours before; not a moment earlier."""
    ticking = await clock(store, tmp_path)
    event = await plan(store, tmp_path, timedelta(days=3))
    assert await ticking.tick() == 0
    await set_back(store, timedelta(days=3, hours=-1))

    assert await ticking.tick() == 2
    assert await ticking.tick() == 0
    assert await states(store, event) == [DONE, DONE]
    assert len(await texts(store)) == 2


async def test_two_clocks_fire_once(store: Database, tmp_path: Path) -> None:
    """Whoever is first moves the row on in the transaction that makes the text."""
    for _ in range(10):
        await plan(store, tmp_path, timedelta(hours=3))
    await set_back(store, timedelta(hours=1, seconds=1))
    async with open_database(store.url) as second:
        clocks = [await clock(store, tmp_path), await clock(second, tmp_path)]
        await asyncio.gather(*(each.tick() for each in clocks))
        await asyncio.gather(*(each.tick() for each in clocks))

    assert len(await texts(store)) == 10


async def test_a_reminder_is_late_as_long_as_it_is_useful(store: Database, tmp_path: Path) -> None:
    """After the event has begun it is marked as missed, and nobody is sent for nothing."""
    ticking = await clock(store, tmp_path)
    late = await plan(store, tmp_path, timedelta(hours=3))
    await set_back(store, timedelta(hours=2, minutes=59))
    assert await ticking.tick() == 1
    too_late = await plan(store, tmp_path, timedelta(hours=3))
    await set_back(store, timedelta(hours=3, minutes=1))
    assert await ticking.tick() == 1

    assert await states(store, late) == [DONE]
    assert await states(store, too_late) == [MISSED]
    assert len(await texts(store)) == 1


async def test_a_cancelled_event_reminds_nobody(store: Database, tmp_path: Path) -> None:
    """Its firings are cancelled with it."""
    event = await plan(store, tmp_path, timedelta(days=3))

    async def cancel(tx: Transaction) -> None:
        events = (await room(tx, settings_for(store.url, tmp_path))).events
        await events.cancel(await events.get(event))

    await store.write(cancel)
    await set_back(store, timedelta(days=3))

    assert await (await clock(store, tmp_path)).tick() == 0
    assert await states(store, event) == [CANCELLED, CANCELLED]


async def test_every_week_anew(store: Database, tmp_path: Path) -> None:
    """A recurring event moves to its next date, with new reminders and an empty list."""
    settings = settings_for(store.url, tmp_path)
    event = await plan(store, tmp_path, timedelta(days=2), rule="FREQ=WEEKLY")

    async def starts_at(tx: Transaction) -> datetime:
        return (await (await room(tx, settings)).events.get(event)).starts_at

    async def sign_up(tx: Transaction) -> None:
        events = (await room(tx, settings)).events
        person = await (await room(tx, settings)).people.members()
        await events.sign_up(await events.get(event), person[0].id)

    async def rolls(tx: Transaction) -> None:
        await tx.execute(update(ScheduleRow).where(ScheduleRow.kind == ROLL).values(due_at=tx.now))

    first = await store.write(starts_at)
    await store.write(sign_up)
    await store.write(rolls)
    assert await (await clock(store, tmp_path)).tick() == 1

    assert await store.write(starts_at) == first + timedelta(days=7)
    assert (await states(store, event)).count(WAITING) == 5
    async with store.read() as tx:
        (occurrence,) = (await tx.select(select(SignUpRow.occurrence))).scalars()
    assert occurrence == first


async def test_a_firing_that_fails_holds_up_no_other(store: Database, tmp_path: Path) -> None:
    """What only a newer version understands waits; the reminder behind it does not."""

    async def unknown(tx: Transaction) -> None:
        await schedules.plan(tx, 1, "new", "from_a_newer_version", "x:1", tx.now, None)

    await store.write(unknown)
    ticking = await clock(store, tmp_path)
    await plan(store, tmp_path, timedelta(hours=3))
    await set_back(store, timedelta(hours=2))
    await ticking.tick()

    assert len(await texts(store)) == 1
    async with store.read() as tx:
        waiting = select(ScheduleRow.key).where(ScheduleRow.state == WAITING)
        assert list((await tx.select(waiting)).scalars()) == ["new"]


async def test_a_key_is_planned_once(store: Database) -> None:
    """Whoever plans it again."""

    async def unit(tx: Transaction) -> int:
        for _ in range(2):
            await schedules.plan(tx, 1, "once", "event_roll", "event:1", tx.now, None)
        return len(await schedules.due(tx, limit=10))

    assert await store.write(unit) == 1


async def test_rooms_tell_the_time_of_their_zone(store: Database, tmp_path: Path) -> None:
    """`now` is one moment, shown in Shanghai."""

    async def unit(tx: Transaction) -> tuple[datetime, CommunityTransaction]:
        return tx.now, await room(tx, settings_for(store.url, tmp_path))

    now, within = await store.write(unit)
    assert within.now == now
    assert str(within.now.tzinfo) == "Asia/Shanghai"
