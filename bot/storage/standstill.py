"""Standstill: since when the queues hold what this process could work on."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from bot.model import STORED
from bot.storage.inbox import WAITING, InboxRow
from bot.storage.outbox import LaneRow, OutboxRow
from bot.storage.tables import stands
from bot.storage.transaction import Transaction

Account = tuple[str, str]
"""A platform and one of its accounts."""


async def oldest_message(tx: Transaction, accounts: Collection[Account]) -> datetime | None:
    """When the oldest waiting message of these accounts and of the pages came in."""
    rows = await tx.select(
        select(func.min(InboxRow.received_at)).where(
            stands(InboxRow.state, WAITING), _belongs(InboxRow, accounts)
        )
    )
    return rows.scalar_one()


async def oldest_text(tx: Transaction, accounts: Collection[Account]) -> datetime | None:
    """Since when the text that is due longest is due, of these accounts and of the pages."""
    rows = await tx.select(
        select(func.min(OutboxRow.next_at))
        .join(LaneRow, LaneRow.id == OutboxRow.lane_id)
        .where(
            stands(OutboxRow.state, WAITING),
            OutboxRow.next_at <= tx.now,
            _belongs(LaneRow, accounts),
        )
    )
    return rows.scalar_one()


def _belongs(row: type[InboxRow | LaneRow], accounts: Collection[Account]) -> ColumnElement[bool]:
    """What an account left that is not configured any more is nobody's work."""
    ours = tuple_(row.platform, row.account).in_(list(accounts))
    return or_(row.platform.in_(STORED), ours)
