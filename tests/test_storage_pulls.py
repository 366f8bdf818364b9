"""Accounts that only announce: no announcement is forgotten, whoever pulls at the same time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from bot.model import Pulled
from bot.storage import pulls, schema
from bot.storage.database import Database, open_database
from bot.storage.pulls import Wanted
from tests import databases

LEASE = timedelta(seconds=30)
ACCOUNT = ("wecom_kf", "")
NOTHING_NEW = Pulled((), "c5", more=False)


@pytest.fixture
async def opened(database: databases.Database) -> AsyncIterator[Database]:
    """A database with its tables."""
    await schema.upgrade(database.url)
    async with open_database(database.url) as opened:
        yield opened


async def announce(database: Database, given: str = "t") -> None:
    """The service says that there is something; without a token, we look by ourselves."""
    await database.write(partial(pulls.announce, platform=ACCOUNT[0], account="", token=given))


async def take(database: Database, lease: timedelta = LEASE) -> list[Wanted]:
    """What a worker gets to pull."""
    return await database.write(partial(pulls.take, accounts=[ACCOUNT], lease=lease))


async def store(database: Database, wanted: Wanted, page: Pulled) -> bool:
    """What a worker has pulled."""
    return await database.write(partial(pulls.store, wanted=wanted, page=page))


async def test_an_account_is_pulled_by_one_worker(opened: Database) -> None:
    """Also when something new is announced meanwhile, which is pulled afterwards."""
    await announce(opened)
    (first,) = await take(opened)
    await announce(opened)
    others = await take(opened)
    kept = await store(opened, first, NOTHING_NEW)
    afterwards = await take(opened)

    assert (others, kept) == ([], True)
    assert [each.cursor for each in afterwards] == ["c5"]


async def test_a_worker_that_comes_too_late_changes_nothing(opened: Database) -> None:
    """Its page may be older than what was announced since."""
    await announce(opened)
    (late,) = await take(opened, timedelta(0))
    (other,) = await take(opened)
    kept = await store(opened, other, Pulled((), late.cursor, more=False))
    await announce(opened)
    too_late = await store(opened, late, Pulled((), late.cursor, more=False))
    afterwards = await take(opened)

    assert (kept, too_late) == (True, False)
    assert len(afterwards) == 1


async def test_a_renewed_lease_is_still_ours(opened: Database) -> None:
    """Nobody else pulls, and the page is kept; a lease that was lost is not renewed."""
    await announce(opened)
    (ours,) = await take(opened, timedelta(0))
    ours = await opened.write(partial(pulls.renew, wanted=ours, lease=LEASE))
    others = await take(opened)
    kept = await store(opened, ours, NOTHING_NEW)
    await announce(opened)
    (lost,) = await take(opened, timedelta(0))
    (theirs,) = await take(opened)
    too_late = await opened.write(partial(pulls.renew, wanted=lost, lease=2 * LEASE))

    assert (others, kept) == ([], True)
    assert too_late == lost
    assert await store(opened, theirs, Pulled((), "c6", more=False))


async def test_what_a_dead_process_was_pulling_is_pulled_at_the_next_start(
    opened: Database,
) -> None:
    """Nobody else can be at work then, so nobody waits for the end of its lease."""
    await announce(opened)
    taken = await take(opened)
    meanwhile = await take(opened)
    await opened.write(pulls.release)
    released = await take(opened)

    assert (len(taken), len(meanwhile), len(released)) == (1, 0, 1)


async def test_looking_around_keeps_the_token_of_the_service(opened: Database) -> None:
    """Without one the service lets us ask but seldom; a newer one replaces it."""
    await announce(opened, "first")
    await announce(opened, "")
    (kept,) = await take(opened, timedelta(0))
    await announce(opened, "second")
    (newer,) = await take(opened)

    assert (kept.token, newer.token) == ("first", "second")
