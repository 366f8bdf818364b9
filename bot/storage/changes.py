"""Changes: "this topic has a new version", across tasks and processes.

A topic is bumped in the transaction that changes what it stands for. PostgreSQL's NOTIFY and a
commit in this process are hints; the truth is the table, read once a second.

A row may be dropped when it has been still for a day: nobody asks for the version of a topic, only
whether its row is another than at the last look, and the time of its change tells one that begins
again at version 1 from the one that was dropped.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Executable, Index, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables import Base, UtcTime
from bot.storage.transaction import Insert, Transaction, Upsert

INBOX = "inbox"
"""Hinted when a message waits to be handled."""

OUTBOX = "outbox"
"""Hinted when a text waits to be sent."""

KEEP = timedelta(days=1)
"""Longer than anybody looks back."""

_SKEW = timedelta(seconds=30)
"""Clocks of several machines differ a little, and a commit comes after its time."""


class ChangeRow(Base):
    """The version of one topic."""

    __tablename__ = "changes"
    __table_args__ = (Index(None, "changed_at"),)

    topic: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


async def bump(tx: Transaction, topics: Iterable[str]) -> None:
    """Raise the version of each topic, in the order that all writers use."""
    rows = [{"topic": topic, "version": 1, "changed_at": tx.now} for topic in sorted(topics)]
    if rows:
        await tx.execute(_RAISE, rows)


def _raising(insert: Insert) -> Executable:
    raised = {"version": ChangeRow.version + 1, "changed_at": insert.excluded.changed_at}
    return insert.on_conflict_do_update(index_elements=["topic"], set_=raised)


async def forget(tx: Transaction) -> int:
    """Drop the topics that have been still for a day; how many."""
    result = await tx.execute(delete(ChangeRow).where(ChangeRow.changed_at < tx.now - KEEP))
    return result.rowcount


_RAISE = Upsert(ChangeRow, _raising)


class Changes:
    """Who waits for which topic in this process."""

    def __init__(self, reader: AsyncEngine) -> None:
        self._reader = reader
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._seen: dict[str, tuple[int, datetime]] = {}

    def watch(self, *topics: str) -> "Watch":
        """A watch on the topics; use it as a context, so that it ends."""
        return Watch(self._waiting, topics)

    def hint(self, topics: Iterable[str]) -> None:
        """Wake whoever watches one of the topics; a hint may be wrong or lost."""
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    def hint_all(self) -> None:
        """Wake everybody: a connection was lost, and hints with it."""
        self.hint(list(self._waiting))

    async def poll(self, now: datetime) -> None:
        """Read what rose of late and wake its watchers."""
        statement = select(ChangeRow.topic, ChangeRow.version, ChangeRow.changed_at).where(
            ChangeRow.changed_at > now - _SKEW
        )
        async with self._reader.connect() as connection:
            recent = {row[0]: (row[1], row[2]) for row in await connection.execute(statement)}
        self.hint(topic for topic, change in recent.items() if self._seen.get(topic) != change)
        self._seen = recent


class Watch:
    """A wait for the next change of some topics."""

    def __init__(self, waiting: dict[str, set[asyncio.Event]], topics: tuple[str, ...]) -> None:
        self._waiting = waiting
        self._topics = topics
        self._event = asyncio.Event()

    def __enter__(self) -> Self:
        for topic in self._topics:
            self._waiting[topic].add(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        for topic in self._topics:
            self._waiting[topic].discard(self._event)
            if not self._waiting[topic]:
                del self._waiting[topic]

    async def wait(self, patience: timedelta) -> bool:
        """True when something changed since the last wait, False after the timeout."""
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
