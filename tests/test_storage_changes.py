"""Changes: whoever waits is woken, in this process and in others."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import make_url, update

from bot.storage import changes
from bot.storage.changes import ChangeRow, Watch
from bot.storage.database import Database, open_database
from bot.storage.transaction import Transaction

SOON = timedelta(seconds=10)
AT_ONCE = timedelta(milliseconds=1)


@pytest.fixture
async def other(store: Database) -> AsyncIterator[Database]:
    """The same database in another process, as far as it knows."""
    async with open_database(store.url) as opened:
        yield opened


async def change(tx: Transaction) -> None:
    """Change a topic."""
    tx.change("faq:1")


async def hint(tx: Transaction) -> None:
    """Wake whoever waits; store nothing."""
    tx.hint("faq:1")


async def fail(tx: Transaction) -> None:
    """Change a topic, and then do not."""
    tx.change("faq:1")
    raise LookupError


async def test_a_commit_wakes_its_own_process(store: Database) -> None:
    """Those who watch the topic, once; a unit that failed wakes nobody."""
    with store.changes.watch("faq:1") as watch, store.changes.watch("faq:2") as elsewhere:
        with contextlib.suppress(LookupError):
            await store.write(fail)
        assert not await watch.wait(AT_ONCE)
        for unit in (change, hint):
            await store.write(unit)
            assert await watch.wait(SOON)
            assert not await watch.wait(AT_ONCE)
        assert not await elsewhere.wait(AT_ONCE)


async def test_the_poll_finds_what_others_changed(store: Database, other: Database) -> None:
    """Each version once, also by who came late."""
    await store.write(change)
    with other.changes.watch("faq:1") as watch:
        await other.poll()
        assert await watch.wait(SOON)
        await settled(other, watch)
        await store.write(change)
        await other.poll()
        assert await watch.wait(SOON)
        await settled(other, watch)


async def settled(database: Database, watch: Watch) -> None:
    """Let a notification that is under way arrive, then see that the poll has nothing new."""
    await database.poll()
    while await watch.wait(timedelta(milliseconds=50)):
        pass
    await database.poll()
    assert not await watch.wait(AT_ONCE)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_postgresql_tells_others_at_once(store: Database, other: Database) -> None:
    """Also what is stored nowhere: a hint."""
    await other.poll()
    with other.changes.watch("faq:1") as watch:
        await watch.wait(AT_ONCE)
        await store.write(hint)
        assert await watch.wait(SOON)


async def test_a_watch_ends(store: Database) -> None:
    """Nothing is kept of it."""
    with store.changes.watch("faq:1") as watch:
        pass
    await store.write(change)

    assert not await watch.wait(AT_ONCE)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_the_listener_connects_as_the_url_says(store: Database) -> None:
    """With the arguments that SQLAlchemy understands, too."""
    async with open_database(f"{store.url}?ssl=disable&prepared_statement_cache_size=0") as told:
        await told.poll()
        with told.changes.watch("faq:1") as watch:
            await watch.wait(AT_ONCE)
            await store.write(hint)
            assert await watch.wait(SOON)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_where_nobody_may_listen_the_poll_still_reads(
    store: Database, other: Database
) -> None:
    """The database takes no new connection; those of the pool go on."""
    await store.write(change)
    async with other.read():
        pass
    url = make_url(store.url).set(drivername="postgresql", database="postgres")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    name = make_url(store.url).database
    await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    await connection.close()
    with other.changes.watch("faq:1") as watch:
        await other.poll()
        assert await watch.wait(SOON)


async def begin(tx: Transaction) -> None:
    """A topic that there never was."""
    tx.change("page:1")


async def begin_again(tx: Transaction) -> None:
    """It is still for two days, is dropped, and changes once more."""
    await tx.execute(update(ChangeRow).values(changed_at=tx.now - timedelta(days=2)))
    assert await changes.forget(tx)
    tx.change("page:1")


async def test_a_topic_that_begins_again_is_seen(store: Database, other: Database) -> None:
    """Its version is what it was; whoever slept meanwhile is woken all the same."""
    await store.write(begin)
    await other.poll()
    await store.write(begin_again)
    with other.changes.watch("page:1") as watch:
        await other.poll()
        assert await watch.wait(AT_ONCE)
