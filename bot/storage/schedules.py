"""Schedules: what is due at a time, as rows. The clock only looks; the rows remember.

A row fires once: whoever moves it on does so in the transaction that makes what it stands for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, Text, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables import Base, Identity, UtcTime, stands
from bot.storage.transaction import Transaction

WAITING = "waiting"
DONE = "done"
MISSED = "missed"
CANCELLED = "cancelled"


KEEP = timedelta(days=730)
"""How long staff can see what fired and what was missed."""


class ScheduleRow(Base):
    """One firing; `key` is unique for ever.

    `target` names what it is about ("event:4"). `useful_seconds`: for how long after its time it
    still makes sense; later it is marked missed and shown to staff. None: always.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        Index(
            "ix_schedule_due",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "target"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int]
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    useful_seconds: Mapped[int | None]
    state: Mapped[str] = mapped_column(Text, default=WAITING)
    fired_at: Mapped[datetime | None] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose time has come. `late` is True when it is not useful any more."""

    id: int
    community_id: int
    key: str
    kind: str
    target: str
    due_at: datetime
    late: bool


async def plan(
    tx: Transaction,
    community_id: int,
    key: str,
    kind: str,
    target: str,
    due_at: datetime,
    useful: timedelta | None,
) -> None:
    """Add one firing; a known key is left as it is."""
    await tx.execute(
        tx.insert(ScheduleRow)
        .values(
            community_id=community_id,
            key=key,
            kind=kind,
            target=target,
            due_at=due_at,
            useful_seconds=None if useful is None else int(useful.total_seconds()),
            state=WAITING,
        )
        .on_conflict_do_nothing()
    )


async def due(tx: Transaction, limit: int) -> list[Due]:
    """What is due, the oldest first, locked until this commits."""
    rows = await tx.select(
        select(
            ScheduleRow.id,
            ScheduleRow.community_id,
            ScheduleRow.key,
            ScheduleRow.kind,
            ScheduleRow.target,
            ScheduleRow.due_at,
            ScheduleRow.useful_seconds,
        )
        .where(stands(ScheduleRow.state, WAITING), ScheduleRow.due_at <= tx.now)
        .order_by(ScheduleRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        Due(
            *row[:-1],
            late=row[-1] is not None and tx.now > row.due_at + timedelta(seconds=row[-1]),
        )
        for row in rows
    ]


async def fired(tx: Transaction, row: Due) -> None:
    """Move the row on: it fired, or it was missed."""
    await tx.execute(
        update(ScheduleRow)
        .where(ScheduleRow.id == row.id)
        .values(state=MISSED if row.late else DONE, fired_at=tx.now)
    )


async def put_off(tx: Transaction, rows: Sequence[Due], delay: timedelta) -> None:
    """Try these again after the delay; how long they are useful is counted from then."""
    for row in rows:
        await tx.execute(
            update(ScheduleRow).where(ScheduleRow.id == row.id).values(due_at=tx.now + delay)
        )


async def cancel(tx: Transaction, target: str) -> int:
    """Nothing about the target fires any more; how many firings."""
    result = await tx.execute(
        update(ScheduleRow)
        .where(ScheduleRow.target == target, stands(ScheduleRow.state, WAITING))
        .values(state=CANCELLED, fired_at=tx.now)
    )
    return result.rowcount


async def forget(tx: Transaction) -> int:
    """Drop what fired, was missed or cancelled two years ago; how many firings."""
    result = await tx.execute(
        delete(ScheduleRow).where(
            ScheduleRow.state != WAITING, ScheduleRow.fired_at < tx.now - KEEP
        )
    )
    return result.rowcount


async def missed(tx: Transaction, since: datetime) -> int:
    """How many firings were missed since then."""
    found = await tx.select(
        select(func.count(ScheduleRow.id)).where(
            ScheduleRow.state == MISSED, ScheduleRow.fired_at > since
        )
    )
    return found.scalar_one()
