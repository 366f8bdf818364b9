"""The outbox: every text on its way out, one row a destination, in lanes.

A lane is one chat of one account. It gives order, one text in flight at a time, and the
service's rate and quota, across all workers. Within a lane the priorities (`Kind`) go apart: a
failing head holds back only its own.

Here the lanes are filled; `bot.storage.lanes` empties them, `bot.storage.posted` shows them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    Executable,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    case,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.model import STORED, Kind, numbered
from bot.storage.changes import OUTBOX
from bot.storage.parts import LONGEST, split
from bot.storage.tables import Base, Identity, Json, UtcTime, stands
from bot.storage.transaction import Insert, Transaction, Upsert

WAITING = "waiting"
SENDING = "sending"
SENT = "sent"
HELD = "held"
"""No quota left, or the window is closed: goes out when the person next writes."""
UNKNOWN = "unknown"
"""Written, no answer, and never to be repeated by itself: staff decide."""
FAILED = "failed"
MISSED = "missed"
"""Its time passed before it could go out; shown to staff as 未送达."""
CANCELLED = "cancelled"

CHUNK = 500
"""Lanes that one statement takes."""

KEEP = timedelta(days=365)
"""How long a text can be seen after it was put here."""

FORGOTTEN = 1000
"""So many rows are dropped in one transaction: nobody waits long for it."""

TROUBLE = "state IN ('unknown', 'failed')"
"""What went wrong for good, as the index on it says."""


class LaneRow(Base):
    """One chat of one account; the triple (platform, account, chat) is unique.

    `sends` holds the times (seconds since 1970) from which each send of the last rate window
    counts; `spent` counts the sends since `heard_at`, the person's last message.
    """

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("platform", "account", "chat"),
        Index(
            "ix_lane_wake",
            "urgency",
            "wake_at",
            sqlite_where=text("wake_at IS NOT NULL"),
            postgresql_where=text("wake_at IS NOT NULL"),
        ),
        Index(
            "ix_lane_leased",
            "leased_until",
            sqlite_where=text("leased_by IS NOT NULL"),
            postgresql_where=text("leased_by IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    chat: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(default=0)
    wake_at: Mapped[datetime | None] = mapped_column(UtcTime)
    urgency: Mapped[int] = mapped_column(default=Kind.NOTICE)
    leased_by: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    sends: Mapped[list[float]] = mapped_column(Json, default=list, server_default="[]")
    heard_at: Mapped[datetime | None] = mapped_column(UtcTime)
    spent: Mapped[int] = mapped_column(default=0, server_default="0")


class OutboxRow(Base):
    """One text to one destination; `key` is unique for ever.

    It has been free to go since `waits_since`: later than `created_at` when it was held.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "lane_id",
            "kind",
            "seq",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outbox_held",
            "lane_id",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        Index("ix_outbox_lane_seq", "lane_id", "seq"),
        Index(
            "ix_outbox_sending",
            "lane_id",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_outbox_origin", "origin", "state"),
        Index(
            "ix_outbox_trouble",
            "settled_at",
            sqlite_where=text(TROUBLE),
            postgresql_where=text(TROUBLE),
        ),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    seq: Mapped[int]
    kind: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    choices: Mapped[list[str]] = mapped_column(Json, default=list)
    photos: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    reply_to: Mapped[str] = mapped_column(Text, default="")
    closing: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Text)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    waits_since: Mapped[datetime] = mapped_column(UtcTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    sent_id: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a text goes: one chat of one account of one platform."""

    platform: str
    account: str
    chat: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is to go out.

    `origin` says where it comes from ("inbox:17", "broadcast:3"); `closing` lets it use the
    message kept in reserve; `photos` are names in the media folder, for pages that show them;
    after `expires_at` it is not sent any more.
    """

    to: Destination
    kind: Kind
    text: str
    choices: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    reply_to: str = ""
    origin: str = ""
    closing: bool = False
    expires_at: datetime | None = None


async def add(tx: Transaction, drafts: Iterable[Draft]) -> int:
    """Put the texts in their lanes, in the given order; how many rows that makes."""
    by_lane: dict[Destination, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_lane[draft.to] += _parts(draft)
    if not by_lane:
        return 0
    lanes = await _extend(tx, by_lane)
    rows: list[dict[str, Any]] = []
    for to, texts in by_lane.items():
        lane, last = lanes[to]
        first = last - len(texts) + 1
        rows += [_row(tx, lane, first + n, draft) for n, draft in enumerate(texts)]
        if to.platform in STORED:
            tx.change(topic_of(to))
    await tx.execute(_ADD, rows)
    tx.hint(OUTBOX)
    return len(rows)


def topic_of(to: Destination) -> str:
    """The topic that changes when a stored text is put there."""
    return f"page:{to.platform}:{to.account}:{to.chat}"


async def heard(tx: Transaction, to: Destination, at: datetime) -> None:
    """The person wrote at that time: the quota begins anew, and what was held may go.

    An older message begins nothing anew; services count whole seconds, so an equally old one does.
    """
    lane, _ = (await _extend(tx, {to: []}))[to]
    began = await tx.execute(
        update(LaneRow)
        .where(LaneRow.id == lane, or_(LaneRow.heard_at.is_(None), LaneRow.heard_at <= at))
        .values(heard_at=at, spent=0)
    )
    if began.rowcount != 1:
        return
    freed = await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.lane_id == lane, stands(OutboxRow.state, HELD))
        .values(state=WAITING, next_at=tx.now, waits_since=tx.now)
    )
    if freed.rowcount:
        await tx.execute(update(LaneRow).where(LaneRow.id == lane).values(wake_at=tx.now))
        tx.hint(OUTBOX)


async def cancel(tx: Transaction, origin: str) -> int:
    """Stop what has not gone out yet; how many texts."""
    result = await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.origin == origin, OutboxRow.state.in_([WAITING, HELD]))
        .values(state=CANCELLED, settled_at=tx.now)
    )
    return result.rowcount


async def forget(tx: Transaction, most: int = FORGOTTEN) -> int:
    """Drop texts that were put here a year ago and go nowhere any more; how many, up to `most`."""
    # Numbers rise with the time: the first young text ends the search, and no index is needed.
    young = await tx.select(
        select(OutboxRow.id)
        .where(OutboxRow.created_at >= tx.now - KEEP)
        .order_by(OutboxRow.id)
        .limit(1)
    )
    first = young.scalar_one_or_none()
    old = (
        select(OutboxRow.id)
        .where(OutboxRow.state.not_in([WAITING, SENDING]), OutboxRow.created_at < tx.now - KEEP)
        .limit(most)
    )
    if first is not None:
        old = old.where(OutboxRow.id < first)
    result = await tx.execute(delete(OutboxRow).where(OutboxRow.id.in_(old)))
    return result.rowcount


async def forget_lanes(tx: Transaction) -> int:
    """Drop lanes that hold no text and whose person has not written for a year; how many."""
    texts = select(OutboxRow.id).where(OutboxRow.lane_id == LaneRow.id).exists()
    found = await tx.select(
        select(LaneRow.id)
        .where(
            or_(LaneRow.heard_at.is_(None), LaneRow.heard_at < tx.now - KEEP),
            LaneRow.leased_by.is_(None),
            ~texts,
        )
        .order_by(LaneRow.platform, LaneRow.account, LaneRow.chat)
        .limit(FORGOTTEN)
        .with_for_update(skip_locked=True)
    )
    # Asked again now that nobody can put a text there.
    empty = delete(LaneRow).where(LaneRow.id.in_(list(found.scalars())), ~texts)
    return (await tx.execute(empty)).rowcount


async def _extend(
    tx: Transaction, drafts: Mapping[Destination, Sequence[Draft]]
) -> dict[Destination, tuple[int, int]]:
    """Count the texts into their lanes and wake those: id and newest number of each lane."""
    # Lanes are locked in the order of their addresses, here and everywhere else.
    rows = [_lane_row(tx, to, drafts[to]) for to in sorted(drafts, key=address)]
    found: dict[Destination, tuple[int, int]] = {}
    for start in range(0, len(rows), CHUNK):
        for row in await tx.execute(_EXTEND, rows[start : start + CHUNK]):
            found[Destination(row[0], row[1], row[2])] = row[3], row[4]
    return found


def _extending(insert_lane: Insert) -> Executable:
    new = insert_lane.excluded
    sooner = case(
        (new.wake_at.is_(None), LaneRow.wake_at),
        (LaneRow.wake_at < new.wake_at, LaneRow.wake_at),
        else_=new.wake_at,
    )
    return insert_lane.on_conflict_do_update(
        index_elements=["platform", "account", "chat"],
        set_={
            "seq": LaneRow.seq + new.seq,
            "wake_at": sooner,
            "urgency": case((LaneRow.urgency < new.urgency, LaneRow.urgency), else_=new.urgency),
        },
    ).returning(LaneRow.platform, LaneRow.account, LaneRow.chat, LaneRow.id, LaneRow.seq)


_EXTEND = Upsert(LaneRow, _extending)
_ADD = insert(OutboxRow)


def _lane_row(tx: Transaction, to: Destination, drafts: Sequence[Draft]) -> dict[str, Any]:
    wakes = bool(drafts) and to.platform not in STORED
    return {
        "platform": to.platform,
        "account": to.account,
        "chat": to.chat,
        "seq": len(drafts),
        "wake_at": tx.now if wakes else None,
        "urgency": min((draft.kind for draft in drafts), default=Kind.NOTICE),
        "sends": [],
        "spent": 0,
    }


def _parts(draft: Draft) -> list[Draft]:
    """The draft as services take it: a long text in several parts, the choices with the last."""
    if draft.to.platform in STORED:
        return [draft]
    room = LONGEST - len(numbered("", draft.choices).encode())
    first, *more = split(draft.text, max(room, LONGEST // 2))
    if not more:
        return [draft]
    head = replace(draft, text=first, choices=())
    middle = [replace(head, text=part, reply_to="") for part in more[:-1]]
    return [head, *middle, replace(draft, text=more[-1], reply_to="")]


def address(to: Destination) -> tuple[str, str, str]:
    """The order in which lanes are locked."""
    return to.platform, to.account, to.chat


def _row(tx: Transaction, lane: int, seq: int, draft: Draft) -> dict[str, Any]:
    stored = draft.to.platform in STORED
    return {
        "key": uuid4().hex,
        "lane_id": lane,
        "seq": seq,
        "kind": int(draft.kind),
        "text": draft.text,
        "choices": list(draft.choices),
        "photos": list(draft.photos),
        "reply_to": draft.reply_to,
        "closing": draft.closing,
        "state": SENT if stored else WAITING,
        "next_at": tx.now,
        "expires_at": draft.expires_at,
        "attempts": 0,
        "origin": draft.origin,
        "created_at": tx.now,
        "waits_since": tx.now,
        "settled_at": tx.now if stored else None,
    }
