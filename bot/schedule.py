"""The clock: APScheduler ticks in memory; what is due enters the outbox. It has no state.

Each firing is one transaction: what it stands for is made and its row moves on, or neither. So
any number of clocks may run, and none is lost by any downtime.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.community import events, retention
from bot.community.transaction import CommunityTransaction
from bot.errors import StorageError
from bot.settings import Settings
from bot.storage import schedules
from bot.storage.database import Database
from bot.storage.schedules import Due
from bot.storage.transaction import Transaction
from bot.understanding import Understanding

log = logging.getLogger(__name__)

TICK = timedelta(seconds=1)
"""How often the clock looks."""

A_TICK = 500
"""At most so many firings in one tick; the rest waits for the next."""

PUT_OFF = timedelta(minutes=1)
"""When a firing that failed is tried again."""

Fire = Callable[[CommunityTransaction, str], Awaitable[None]]

FIRES: Mapping[str, Fire] = {
    events.REMINDER: lambda tx, target: tx.events.remind(target),
    events.ROLL: lambda tx, target: tx.events.roll(target),
}
"""What each kind of schedule row does when it is due."""


class Clock:
    """Ticks while it runs."""

    def __init__(
        self,
        database: Database,
        understanding: Understanding,
        settings: Settings,
        backup: Callable[[], Awaitable[object]],
    ) -> None:
        self._database = database
        self._understanding = understanding
        self._scheduler = AsyncIOScheduler(timezone=settings.zone)
        add = partial(
            self._scheduler.add_job, misfire_grace_time=None, coalesce=True, max_instances=1
        )
        add(self.tick, IntervalTrigger(seconds=TICK.seconds))
        add(self.tidy, CronTrigger(hour=3, minute=0))
        add(_logged("backup", backup), CronTrigger(hour=3, minute=30))

    def start(self) -> None:
        """Begin to tick, on the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking; a firing under way is finished or not there at all."""
        self._scheduler.shutdown(wait=False)

    async def tick(self) -> int:
        """Fire what is due; how many firings."""
        fired = 0
        try:
            while fired < A_TICK and await self._fire():
                fired += 1
        except StorageError:
            log.warning("the clock could not write; the rows wait")
        return fired

    async def tidy(self) -> None:
        """Drop what is kept no longer."""
        log.info("tidied: %s", await retention.sweep(self._database))

    async def _fire(self) -> bool:
        """Fire the oldest row that is due; False when there is none."""
        taken: list[Due] = []

        async def unit(tx: Transaction) -> None:
            taken[:] = await schedules.due(tx, limit=1)
            for row in taken:
                await self._fire_one(tx, row)

        try:
            await self._database.write(unit)
        except StorageError:
            raise
        # A firing may fail in any way; it rolls back alone and holds up no other.
        except Exception:
            log.exception("firing failed: %s", taken)
            await self._database.write(partial(schedules.put_off, rows=taken, delay=PUT_OFF))
        return bool(taken)

    async def _fire_one(self, tx: Transaction, row: Due) -> None:
        if row.late:
            log.warning("missed: %s, due %s", row.key, row.due_at)
        else:
            community = self._understanding.community(row.community_id)
            await FIRES[row.kind](CommunityTransaction(tx, community), row.target)
            log.info("fired: %s", row.key)
        await schedules.fired(tx, row)


def _logged(name: str, job: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """The job, with its failure in our log: APScheduler's own would name no cause."""

    async def run() -> None:
        try:
            log.info("%s: %s", name, await job())
        except (OSError, StorageError):
            log.exception("%s failed", name)

    return run
