"""The writer: a unit is there as a whole or not at all, whatever the others of its group do."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text, update

from bot.community.places import PlaceRow
from bot.errors import StorageError
from bot.storage.database import Database
from bot.storage.memory import MemoryRow, SharedMemory, forget_expired
from bot.storage.transaction import Transaction

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


async def note(tx: Transaction, key: str) -> str:
    """Write one row."""
    later = tx.now + timedelta(days=1)
    await tx.execute(tx.insert(MemoryRow).values(key=key, value=key, expires_at=later))
    return key


async def fail(tx: Transaction, key: str) -> str:
    """Write one row, then fail."""
    await note(tx, key)
    raise LookupError(key)


async def keys(store: Database) -> list[str]:
    """What is committed."""
    async with store.read() as tx:
        return list((await tx.select(select(MemoryRow.key).order_by(MemoryRow.key))).scalars())


async def test_one_failure_leaves_the_others(store: Database) -> None:
    """Each caller hears of its own unit."""
    units = [partial(fail if key in "bd" else note, key=key) for key in "abcde"]
    results = await asyncio.gather(*map(store.write, units), return_exceptions=True)

    assert [r if isinstance(r, str) else type(r) for r in results] == [
        "a",
        LookupError,
        "c",
        LookupError,
        "e",
    ]
    assert await keys(store) == ["a", "c", "e"]


@SQLITE
async def test_a_commit_that_fails_fails_all(store: Database) -> None:
    """Those who shared it are told so, and the writer goes on."""

    async def promise(tx: Transaction) -> None:
        place = "place INTEGER REFERENCES place(id) DEFERRABLE INITIALLY DEFERRED"
        await tx.execute(text(f"CREATE TABLE debt ({place})"))

    async def break_it(tx: Transaction) -> None:
        await tx.execute(text("INSERT INTO debt VALUES (999999)"))

    await store.write(promise)
    results = await asyncio.gather(
        store.write(partial(note, key="a")),
        store.write(break_it),
        store.write(partial(note, key="b")),
        return_exceptions=True,
    )

    assert [type(r) for r in results] == [StorageError] * 3
    assert await keys(store) == []
    assert await store.write(partial(note, key="c")) == "c"


@POSTGRESQL
async def test_after_a_deadlock_it_is_run_again(store: Database) -> None:
    """Two units lock two rows crosswise; both get through."""
    met = asyncio.Barrier(2)
    runs: list[int] = []

    async def cross(tx: Transaction, first: int, second: int) -> None:
        runs.append(first)
        for place in (first, second):
            await tx.execute(update(PlaceRow).where(PlaceRow.id == place).values(kind="楼栋"))
            if place == first and runs.count(first) == 1:
                await met.wait()

    await asyncio.gather(
        store.write(partial(cross, first=1, second=2)),
        store.write(partial(cross, first=2, second=1)),
    )
    assert len(runs) == 3


async def test_many_writers_lose_nothing(store: Database) -> None:
    """A counter that all of them raise."""

    async def raise_it(tx: Transaction) -> None:
        await tx.execute(
            update(MemoryRow).where(MemoryRow.key == "n").values(value=MemoryRow.value + "i")
        )

    await store.write(partial(note, key="n"))
    await asyncio.gather(*(store.write(raise_it) for _ in range(100)))

    async with store.read() as tx:
        value = (await tx.select(select(func.length(MemoryRow.value)))).scalar_one()
    assert value == 101


async def test_reading_writes_nothing(store: Database) -> None:
    """Refused on SQLite, rolled back on PostgreSQL."""
    with suppress(StorageError):
        async with store.read() as tx:
            await note(tx, "a")

    assert await keys(store) == []


async def test_memory_is_shared_and_forgets(store: Database) -> None:
    """A key is there for its time, the newest value wins, and tidying leaves the others."""
    memory = SharedMemory(store)
    await memory.keep("token", "old", timedelta(hours=1))
    await memory.keep("token", "new", timedelta(hours=1))
    await memory.keep("gone", "x", timedelta(seconds=-1))

    assert await memory.recall("token") == "new"
    assert await memory.recall("gone") is None
    assert await store.write(forget_expired) == 1
    await memory.forget("token")
    assert await memory.recall("token") is None


async def test_a_time_without_a_zone_is_refused(store: Database) -> None:
    """What comes back is aware, the same moment, and UTC."""
    moment = datetime(2026, 11, 22, 16, 0, 0, 123456, tzinfo=UTC)

    async def unit(tx: Transaction, at: datetime) -> None:
        await tx.execute(tx.insert(MemoryRow).values(key=str(at), value="", expires_at=at))

    await store.write(partial(unit, at=moment.astimezone()))
    async with store.read() as tx:
        found = (await tx.select(select(MemoryRow.expires_at))).scalar_one()
    assert (found, found.tzinfo) == (moment, UTC)
    with pytest.raises(Exception, match="without a zone"):
        await store.write(partial(unit, at=moment.replace(tzinfo=None)))
