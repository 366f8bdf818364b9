"""What was posted: the outbox as pages, the terminal, health and staff read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from bot.model import Message
from bot.storage.outbox import CANCELLED, TROUBLE, WAITING, Destination, LaneRow, OutboxRow
from bot.storage.tables import stands
from bot.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Posted:
    """A text as its reader sees it; (lane, seq) says where it stands."""

    id: int
    lane: int
    seq: int
    text: str
    choices: tuple[str, ...]
    photos: tuple[str, ...]
    at: datetime


async def positions(tx: Transaction, tos: Sequence[Destination]) -> dict[int, int]:
    """The lanes of these destinations, as far as they exist, with their newest number."""
    found: dict[int, int] = {}
    for to in tos:
        rows = await tx.select(
            select(LaneRow.id, LaneRow.seq).where(
                LaneRow.platform == to.platform,
                LaneRow.account == to.account,
                LaneRow.chat == to.chat,
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found


async def after(tx: Transaction, lane: int, seq: int, limit: int = 100) -> list[Posted]:
    """What a lane got after that number, the oldest first."""
    rows = await tx.select(
        _texts()
        .where(OutboxRow.lane_id == lane, OutboxRow.seq > seq)
        .order_by(OutboxRow.seq)
        .limit(limit)
    )
    return [_text(row) for row in rows]


async def newest(tx: Transaction, lanes: Sequence[int], limit: int) -> list[Posted]:
    """The newest texts of some lanes, the oldest of them first."""
    rows = await tx.select(
        _texts().where(OutboxRow.lane_id.in_(lanes)).order_by(OutboxRow.id.desc()).limit(limit)
    )
    return [_text(row) for row in reversed(rows.all())]


async def from_origin(tx: Transaction, origin: str) -> list[Posted]:
    """The texts of one origin, in the order they were put."""
    rows = await tx.select(_texts().where(OutboxRow.origin == origin).order_by(OutboxRow.id))
    return [_text(row) for row in rows]


async def quoted(tx: Transaction, message: Message) -> str:
    """What we said in the text that the message quotes by its id alone; "" when we did not."""
    if message.quote is None or message.quote.text or not message.quote.id:
        return ""
    rows = await tx.select(
        select(OutboxRow.text)
        .join(LaneRow, LaneRow.id == OutboxRow.lane_id)
        .where(
            LaneRow.platform == message.platform,
            LaneRow.account == message.account,
            LaneRow.chat == message.chat,
            OutboxRow.sent_id == message.quote.id,
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    return str(rows.scalar_one_or_none() or "")


async def progress(tx: Transaction, origin: str) -> dict[str, int]:
    """How many texts of that origin stand in which state."""
    rows = await tx.select(
        select(OutboxRow.state, func.count(OutboxRow.id))
        .where(OutboxRow.origin == origin)
        .group_by(OutboxRow.state)
    )
    return dict(row for row in rows)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the outbox stands, for health and staff."""

    waiting: int
    oldest: datetime | None
    trouble: int


async def standing(tx: Transaction, stale: timedelta) -> Standing:
    """How many texts wait, since when, and how many of late went wrong for good."""
    counted = await tx.select(
        select(func.count(OutboxRow.id), func.min(OutboxRow.created_at)).where(
            stands(OutboxRow.state, WAITING), OutboxRow.next_at <= tx.now
        )
    )
    row = counted.one()
    trouble = await tx.select(
        select(func.count(OutboxRow.id)).where(
            text(TROUBLE),
            OutboxRow.settled_at > tx.now - stale,
        )
    )
    return Standing(row[0], row[1], trouble.scalar_one())


def _texts() -> Any:
    return select(
        OutboxRow.id,
        OutboxRow.lane_id,
        OutboxRow.seq,
        OutboxRow.text,
        OutboxRow.choices,
        OutboxRow.photos,
        OutboxRow.created_at,
    ).where(OutboxRow.state != CANCELLED)


def _text(row: Sequence[Any]) -> Posted:
    return Posted(row[0], row[1], row[2], row[3], tuple(row[4]), tuple(row[5]), row[6])
