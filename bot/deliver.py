"""Step 3: outbox → platform, under its limits.

A lane is leased, its rate spent, the text sent, the outcome written down. What comes of a crash
in between is decided by the kind of the text (`bot.storage.lanes`).
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from bot.errors import Rejected, RetryLater, StorageError, Unknown
from bot.metrics import Metrics
from bot.model import Outgoing
from bot.platforms import Platform, Sends
from bot.storage import lanes
from bot.storage.changes import OUTBOX
from bot.storage.database import Database
from bot.storage.lanes import Claim, Outcome
from bot.storage.outbox import FAILED, SENT, UNKNOWN, WAITING

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""Longer than the longest send and the longest wait to write down its outcome together."""

IN_FLIGHT = 100
"""At most so many texts are being sent at once."""

POLL = timedelta(milliseconds=500)
"""How long a lost hint, or a lane that may send again, waits."""

LONGEST_SEND = timedelta(seconds=18)
"""For one text, a new access token and a second attempt included."""

SETTLE_TRIES = 10
"""Seconds for which an outcome waits for the database."""

RECOVER = timedelta(seconds=5)
"""How often ended leases are looked for."""


class Deliverer:
    """Sends what waits in the outbox."""

    def __init__(
        self, worker: str, database: Database, platforms: Sequence[Platform], metrics: Metrics
    ) -> None:
        self._metrics = metrics
        self._worker = worker
        self._database = database
        self._platforms = {(p.name, p.account): p for p in platforms if isinstance(p, Sends)}
        self._services = {key: p.capabilities for key, p in self._platforms.items()}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: list[tuple[Claim, Outcome]] = []
        self._settling: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._claiming: asyncio.Task[int] | None = None
        self._stopping = False

    async def run(self) -> None:
        """Send texts as they come, for ever."""
        with self._database.changes.watch(OUTBOX) as watch:
            while True:
                if await self.step() == 0:
                    await watch.wait(POLL)

    async def recover(self) -> None:
        """Take back, for ever, what workers that died left in flight."""
        while True:
            if await self._database.write(lanes.recover):
                log.warning("took back texts that were in flight when a worker stopped")
            await asyncio.sleep(RECOVER.total_seconds())

    async def step(self) -> int:
        """Start sending what may go now; how many texts."""
        room = IN_FLIGHT - len(self._tasks)
        if room <= 0:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return 1
        # Shielded: what was claimed is sent or given back, whoever is cancelled meanwhile.
        self._claiming = asyncio.create_task(self._claim(room), name="claim")
        return await asyncio.shield(self._claiming)

    async def _claim(self, room: int) -> int:
        claims = await self._database.write(
            partial(
                lanes.claim,
                worker=self._worker,
                lease=LEASE,
                limit=room,
                services=self._services,
            )
        )
        for claim in claims:
            task = asyncio.create_task(self._send(claim), name="deliver")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claims)

    async def stop(self) -> None:
        """Finish what is being sent and give the rest back.

        What does not finish in time is recovered at the next start.
        """
        self._stopping = True
        if self._claiming:
            await asyncio.wait([self._claiming])
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
        for task in self._tasks:
            task.cancel()

    async def _send(self, claim: Claim) -> None:
        if self._stopping:
            outcome = Outcome(WAITING, after=timedelta(0), sent=False)
        else:
            outcome = await self._outcome(claim.outgoing)
        self._metrics.texts.labels(claim.outgoing.platform, outcome.state).inc()
        log.info("%s: text %s to %s", outcome.state, claim.outgoing.id, claim.outgoing.platform)
        await self._settle(claim, outcome)

    async def _outcome(self, outgoing: Outgoing) -> Outcome:
        platform = self._platforms[outgoing.platform, outgoing.account]
        try:
            async with asyncio.timeout(LONGEST_SEND.total_seconds()):
                sent = await platform.send(outgoing)
        except RetryLater as error:
            return Outcome(WAITING, error=str(error), after=error.after, sent=False)
        except Rejected as error:
            log.warning("rejected: text %s: %s", outgoing.id, error)
            return Outcome(FAILED, error=str(error))
        except (Unknown, TimeoutError) as error:
            state = WAITING if outgoing.kind.repeatable else UNKNOWN
            return Outcome(state, error=str(error))
        # A fault in a platform file must not keep its lane for ever; whether the text went out
        # is not known.
        except Exception as error:
            log.exception("platform failed: text %s", outgoing.id)
            state = WAITING if outgoing.kind.repeatable else UNKNOWN
            return Outcome(state, error=type(error).__name__)
        return Outcome(SENT, sent_id=sent.id)

    async def _settle(self, claim: Claim, outcome: Outcome) -> None:
        """Outcomes that come in together are written together."""
        self._finished.append((claim, outcome))
        if self._settling is None:
            self._settling = asyncio.create_task(self._write(), name="settle")
        await asyncio.shield(self._settling)

    async def _write(self) -> None:
        async with self._turn:
            finished, self._finished, self._settling = self._finished, [], None
            unit = partial(lanes.settle, results=finished)
            # What was sent is sent: it has to be written down, or it is sent again.
            for _ in range(SETTLE_TRIES):
                try:
                    await self._database.write(unit)
                except StorageError:
                    log.warning("outcomes of %s texts wait for the database", len(finished))
                    await asyncio.sleep(1)
                else:
                    return
            log.error("outcomes of %s texts were not written down", len(finished))
