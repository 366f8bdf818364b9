"""Pulling: services that only announce are read until nothing is left.

The announcement is a row (`bot.storage.pulls`); the messages of a page and the cursor commit
together, so a crash in between repeats a page and loses none.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.errors import Rejected, RetryLater
from bot.model import Message, Pulled
from bot.platforms import Platform, Pulls
from bot.storage import pulls
from bot.storage.database import Database
from bot.storage.pulls import PULL, Wanted
from bot.storage.transaction import Transaction

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=6)
"""So long an account waits whose worker died. Whoever waits for a slow page renews the lease."""

POLL = timedelta(seconds=1)

PAUSE = timedelta(seconds=5)
"""Between two attempts when the service does not answer."""

FIRST_LOOK = timedelta(hours=1)
"""The first page of an account may bring days of old messages; nobody waits for those."""

LOOK_AROUND = timedelta(minutes=10)
"""How often an account is read though nothing was announced: announcements can be lost."""


class Puller:
    """Reads every account that announced something."""

    def __init__(
        self, database: Database, platforms: Sequence[Platform], lease: timedelta = LEASE
    ) -> None:
        self._lease = lease
        self._database = database
        self._accounts = {(p.name, p.account): p for p in platforms if isinstance(p, Pulls)}

    async def run(self) -> None:
        """Pull as announcements come, for ever."""
        with self._database.changes.watch(PULL) as watch:
            while True:
                if await self.step() == 0:
                    await watch.wait(POLL)

    async def look_around(self) -> None:
        """Read every account now and then, for ever: at start, something may have been missed."""
        while True:
            for platform, account in self._accounts:
                await self._database.write(
                    partial(pulls.announce, platform=platform, account=account, token="")
                )
            await asyncio.sleep(LOOK_AROUND.total_seconds())

    async def step(self) -> int:
        """Read the accounts that are wanted; how many."""
        if not self._accounts:
            return 0
        wanted = await self._database.write(
            partial(pulls.take, accounts=list(self._accounts), lease=self._lease)
        )
        await asyncio.gather(*(self._read(each) for each in wanted))
        return len(wanted)

    async def _read(self, wanted: Wanted) -> None:
        platform = self._accounts[wanted.platform, wanted.account]
        more = True
        while more:
            try:
                wanted, page = await self._page(platform, wanted)
            except (RetryLater, Rejected) as error:
                log.warning("pull of %s/%s: %s", wanted.platform, wanted.account, error)
                await self._later(wanted)
                return
            if wanted.cursor == "":
                page = replace(page, messages=_fresh(page.messages))
            if not await self._database.write(partial(pulls.store, wanted=wanted, page=page)):
                return
            wanted, more = replace(wanted, cursor=page.cursor), page.more

    async def _page(self, platform: Pulls, wanted: Wanted) -> tuple[Wanted, Pulled]:
        """The next page, and the account with its lease as it was renewed meanwhile."""
        pulling = asyncio.create_task(platform.pull(wanted.cursor, wanted.token), name="page")
        try:
            while True:
                done, _ = await asyncio.wait([pulling], timeout=self._lease.total_seconds() / 3)
                if done:
                    return wanted, pulling.result()
                wanted = await self._database.write(
                    partial(pulls.renew, wanted=wanted, lease=self._lease)
                )
        finally:
            pulling.cancel()

    async def _later(self, wanted: Wanted) -> None:
        async def unit(tx: Transaction) -> None:
            await pulls.postpone(tx, wanted, PAUSE)

        await self._database.write(unit)


def _fresh(messages: Sequence[Message]) -> tuple[Message, ...]:
    oldest = datetime.now(UTC) - FIRST_LOOK
    return tuple(message for message in messages if message.sent_at > oldest)
