"""The inbox: every message that was acknowledged, until it is handled, and 30 days longer.

A message is taken under a lease, which its worker renews while it is at it; of one chat only the
oldest unhandled one can be taken, so a chat is handled in order while different chats go side by
side.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    Index,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from bot.errors import Malformed
from bot.model import STORED, Message
from bot.storage.changes import INBOX
from bot.storage.database import Database
from bot.storage.tables import Base, Identity, UtcTime, stands
from bot.storage.transaction import Transaction, Upsert

WAITING = "waiting"
DONE = "done"
FAILED = "failed"

KEEP = timedelta(days=30)
"""How long a repeat is recognised."""

KEEP_FAILED = timedelta(days=365)
"""How long staff can see what could not be handled."""

ATTEMPTS = 3
"""After so many failures of its handler a message is set aside for staff."""

_MESSAGE = TypeAdapter(Message)


class InboxRow(Base):
    """One message; the triple (platform, account, message_id) is unique."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "account", "message_id"),
        Index(
            "ix_inbox_waiting",
            "platform",
            "account",
            "chat",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_inbox_due",
            "next_at",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "received_at"),
        Index("ix_inbox_chat", "platform", "account", "chat", "id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text)
    chat: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default=WAITING, server_default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    leased_by: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message under our lease."""

    id: int
    message: Message
    attempts: int


class Inbox:
    """Takes messages in: those that wait together become one multi-row INSERT."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: list[dict[str, Any]] = []
        self._flush: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def add(self, messages: Sequence[Message]) -> None:
        """Return when all of them are on disk; repeats are swallowed.

        Raises:
            StorageError: none of them is.
        """
        if not messages:
            return
        self._pending += [row(message) for message in messages]
        if self._flush is None:
            self._flush = asyncio.create_task(self._write(), name="inbox")
        await asyncio.shield(self._flush)

    async def _write(self) -> None:
        """One INSERT for all that came while the one before was under way."""
        async with self._turn:
            rows, self._pending, self._flush = self._pending, [], None
            await self._database.write(partial(insert_rows, rows=rows))


async def insert_rows(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Store the messages that are not stored yet."""
    for each in rows:
        each["received_at"] = each["next_at"] = tx.now
    await tx.execute(_KEEP, rows)
    tx.hint(INBOX)


_KEEP = Upsert(InboxRow, lambda insert: insert.on_conflict_do_nothing())


def row(message: Message) -> dict[str, Any]:
    """The message as a row that waits.

    Raises:
        Malformed: an id holds what PostgreSQL cannot store.
    """
    if "\0" in message.id + message.chat:
        raise Malformed("an id with a null character")
    return {
        "platform": message.platform,
        "account": message.account,
        "message_id": message.id,
        "chat": message.chat,
        "body": _MESSAGE.dump_json(message, exclude_defaults=True).decode(),
    }


async def take(
    tx: Transaction,
    worker: str,
    lease: timedelta,
    limit: int,
    accounts: Sequence[tuple[str, str]],
) -> list[Waiting]:
    """The oldest message of each chat that has one, at most `limit`, leased to the worker.

    Only of these accounts, pages and terminals: a message to an account that is not configured
    any more waits until it is.
    """
    asked = {"now": tx.now, "accounts": list(accounts), "most": limit}
    rows = (await tx.select(_HEADS, asked)).all()
    if rows:
        await tx.execute(
            _LEASE,
            {"rows": [found.id for found in rows], "worker": worker, "until": tx.now + lease},
        )
    return [Waiting(r.id, _MESSAGE.validate_json(r.body), r.attempts) for r in rows]


_earlier = aliased(InboxRow)
_HEADS = (
    select(InboxRow.id, InboxRow.body, InboxRow.attempts)
    .where(
        stands(InboxRow.state, WAITING),
        InboxRow.next_at <= bindparam("now"),
        or_(
            InboxRow.platform.in_(STORED),
            tuple_(InboxRow.platform, InboxRow.account).in_(bindparam("accounts", expanding=True)),
        ),
        (InboxRow.leased_until.is_(None)) | (InboxRow.leased_until < bindparam("now")),
        ~select(_earlier.id)
        .where(
            stands(_earlier.state, WAITING),
            _earlier.platform == InboxRow.platform,
            _earlier.account == InboxRow.account,
            _earlier.chat == InboxRow.chat,
            _earlier.id < InboxRow.id,
        )
        .exists(),
    )
    .order_by(InboxRow.next_at, InboxRow.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(InboxRow)
    .where(InboxRow.id.in_(bindparam("rows", expanding=True)))
    .values(leased_by=bindparam("worker"), leased_until=bindparam("until"))
)


async def renew(tx: Transaction, held: Sequence[Waiting], worker: str, lease: timedelta) -> None:
    """Keep the leases of what the worker is still at.

    A row that is locked is just being settled; nobody waits for it here.
    """
    await tx.execute(
        _RENEW,
        {"held": [waiting.id for waiting in held], "holder": worker, "until": tx.now + lease},
    )


_RENEW = (
    update(InboxRow)
    .where(
        InboxRow.id.in_(
            select(InboxRow.id)
            .where(
                InboxRow.id.in_(bindparam("held", expanding=True)),
                stands(InboxRow.state, WAITING),
                InboxRow.leased_by == bindparam("holder"),
            )
            .with_for_update(skip_locked=True)
        )
    )
    .values(leased_until=bindparam("until"))
)


async def settle(tx: Transaction, waiting: Waiting, worker: str) -> bool:
    """Mark it handled; False when the lease went to somebody else, who handles it then."""
    result = await tx.execute(_SETTLE, {"row": waiting.id, "worker": worker})
    return result.rowcount == 1


# Made once: making a statement costs more than SQLite takes to run it.
_SETTLE = (
    update(InboxRow)
    .where(
        InboxRow.id == bindparam("row"),
        stands(InboxRow.state, WAITING),
        InboxRow.leased_by == bindparam("worker"),
    )
    .values(state=DONE, leased_by=None, leased_until=None)
)


async def postpone(
    tx: Transaction, waiting: Waiting, worker: str, error: str, delay: timedelta, attempts: int
) -> bool:
    """Let it wait and be tried again; after the last attempt set it aside. True if set aside.

    Nothing happens when the lease went to somebody else.
    """
    failed = attempts >= ATTEMPTS
    result = await tx.execute(
        update(InboxRow)
        .where(
            InboxRow.id == waiting.id,
            stands(InboxRow.state, WAITING),
            InboxRow.leased_by == worker,
        )
        .values(
            state=FAILED if failed else WAITING,
            attempts=attempts,
            next_at=tx.now + delay,
            leased_by=None,
            leased_until=None,
            error=error[:500],
        )
    )
    return failed and result.rowcount == 1


async def release(tx: Transaction, worker: str | None = None) -> None:
    """Give leases back: of one worker that stops, or of all when nobody else can be at work."""
    statement = update(InboxRow).where(
        stands(InboxRow.state, WAITING), InboxRow.leased_by.is_not(None)
    )
    if worker is not None:
        statement = statement.where(InboxRow.leased_by == worker)
    await tx.execute(statement.values(leased_by=None, leased_until=None))


async def forget(tx: Transaction) -> int:
    """Drop handled messages older than 30 days; how many."""
    result = await tx.execute(
        delete(InboxRow).where(InboxRow.state == DONE, InboxRow.received_at < tx.now - KEEP)
    )
    return result.rowcount


async def forget_failed(tx: Transaction) -> int:
    """Drop messages that were set aside a year ago; how many."""
    result = await tx.execute(
        delete(InboxRow).where(
            InboxRow.state == FAILED, InboxRow.received_at < tx.now - KEEP_FAILED
        )
    )
    return result.rowcount


@dataclass(frozen=True, slots=True)
class Age:
    """How a queue stands: how many wait, and since when the oldest."""

    waiting: int
    oldest: datetime | None


async def age(tx: Transaction) -> Age:
    """How many messages wait, and since when the oldest."""
    rows = await tx.select(
        select(func.count(InboxRow.id), func.min(InboxRow.received_at)).where(
            stands(InboxRow.state, WAITING)
        )
    )
    row = rows.one()
    return Age(row[0], row[1])


async def quoted(tx: Transaction, message: Message) -> Message | None:
    """The message that this one quotes by its id alone; None when it is not known any more.

    An id may stand behind what tells the accounts of a service apart, as in `10001000:-42`.
    """
    if message.quote is None or message.quote.text or not message.quote.id:
        return None
    account, colon, _ = message.id.rpartition(":")
    rows = await tx.select(
        select(InboxRow.body).where(
            InboxRow.platform == message.platform,
            InboxRow.account == message.account,
            InboxRow.chat == message.chat,
            InboxRow.message_id.in_([message.quote.id, f"{account}{colon}{message.quote.id}"]),
        )
    )
    body = rows.scalars().first()
    return None if body is None else _MESSAGE.validate_json(body)


@dataclass(frozen=True, slots=True)
class Written:
    """A message as its writer sees it again."""

    id: str
    text: str
    photos: int
    at: datetime


async def handled(tx: Transaction, message: Message) -> int | None:
    """The number of a message that was handled; None while it waits."""
    rows = await tx.select(
        select(InboxRow.id).where(
            InboxRow.platform == message.platform,
            InboxRow.account == message.account,
            InboxRow.message_id == message.id,
            InboxRow.state != WAITING,
        )
    )
    return rows.scalar_one_or_none()


async def written(
    tx: Transaction, platform: str, account: str, chat: str, limit: int
) -> list[Written]:
    """The newest messages of one chat, the oldest of them first."""
    rows = await tx.select(
        select(InboxRow.body, InboxRow.received_at)
        .where(InboxRow.platform == platform, InboxRow.account == account, InboxRow.chat == chat)
        .order_by(InboxRow.id.desc())
        .limit(limit)
    )
    found = []
    for row in reversed(rows.all()):
        message = _MESSAGE.validate_json(row[0])
        found.append(Written(message.id, message.text, len(message.media), row[1]))
    return found
