"""What is counted when the fire is over: the services' record against the database."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.community.issues import IssueRow
from bot.model import Kind, numbered
from bot.storage import inbox, outbox, schedules
from bot.storage.inbox import InboxRow
from bot.storage.outbox import LaneRow, OutboxRow
from bot.storage.pulls import PullRow
from bot.storage.schedules import ScheduleRow
from bot.storage.transaction import Transaction
from tests.kills.services import Arrival

RATES = {"group:": 20, "private:": 20, "Member": 30, "Staff": 30}
"""Texts to one chat in any minute, as the platforms declare it; 微信客服 has a quota instead."""


@dataclass(frozen=True, slots=True)
class Text:
    """A row of the outbox."""

    id: int
    chat: str
    kind: Kind
    seq: int
    text: str
    state: str
    origin: str


@dataclass(frozen=True, slots=True)
class Books:
    """What the database says."""

    handled: Mapping[str, int]
    texts: Sequence[Text]
    firings: Mapping[str, int]
    issues: Sequence[int]


async def books(tx: Transaction) -> Books:
    """Read everything."""
    handled = await tx.select(
        select(InboxRow.message_id, InboxRow.id).where(InboxRow.state == inbox.DONE)
    )
    texts = await tx.select(
        select(
            OutboxRow.id,
            LaneRow.chat,
            OutboxRow.kind,
            OutboxRow.seq,
            OutboxRow.text,
            OutboxRow.choices,
            OutboxRow.state,
            OutboxRow.origin,
        )
        .join(LaneRow, LaneRow.id == OutboxRow.lane_id)
        .where(LaneRow.platform != "webchat")
        .order_by(LaneRow.id, OutboxRow.seq)
    )
    firings = await tx.select(
        select(ScheduleRow.state).where(ScheduleRow.state != schedules.CANCELLED)
    )
    issues = await tx.select(select(IssueRow.number).order_by(IssueRow.number))
    return Books(
        handled={row[0]: row[1] for row in handled},
        texts=[
            Text(id, chat, Kind(kind), seq, numbered(text, choices), state, origin)
            for id, chat, kind, seq, text, choices, state, origin in texts
        ],
        firings=Counter(firings.scalars()),
        issues=list(issues.scalars()),
    )


async def waiting(tx: Transaction, flooded: str) -> int:
    """How many rows of all queues still want something; the flooded chat waits for its rate."""
    messages = await tx.select(select(InboxRow.id).where(InboxRow.state == inbox.WAITING))
    texts = await tx.select(
        select(OutboxRow.id)
        .join(LaneRow, LaneRow.id == OutboxRow.lane_id)
        .where(OutboxRow.state.in_([outbox.WAITING, outbox.SENDING]), LaneRow.chat != flooded)
    )
    firings = await tx.select(select(ScheduleRow.id).where(ScheduleRow.state == schedules.WAITING))
    announced = await tx.select(select(PullRow.wanted).where(PullRow.wanted > 0))
    queues = (messages, texts, firings, announced)
    return sum(len(queue.all()) for queue in queues)


async def in_flight(tx: Transaction) -> set[int]:
    """The texts that are being sent at this moment."""
    rows = await tx.select(select(OutboxRow.id).where(OutboxRow.state == outbox.SENDING))
    return set(rows.scalars())


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every promise as a number.

    `once` are notices, at most once; `repeatable` is everything else. `in_flight`: texts that were
    being sent when a process was killed. `unexplained`: said twice though neither that nor a lost
    answer is the reason. `strangers`: what arrived and stands in no row. `gaps`: issue numbers
    left out.
    """

    acknowledged: int
    lost: int
    unanswered: int
    firings: int
    missed: int
    reminders_lost: int
    sent_for_nothing: int
    once_texts: int
    once_twice: int
    unknown: int
    unknown_arrived: int
    repeatable_texts: int
    repeatable_twice: int
    in_flight: int
    unexplained: int
    firsts: int
    out_of_order: int
    over_rate: int
    fullest_minute: int
    strangers: int
    gaps: int


def count(
    books: Books, record: Sequence[Arrival], acknowledged: Sequence[str], flying: set[int]
) -> Ledger:
    """Compare."""
    arrived = _matched(books.texts, record)
    times = Counter(text.id for text in arrived if text)
    said = Counter((text.chat, text.text) for text in books.texts)
    unheard = {t.id for t, a in zip(arrived, record, strict=True) if t and not a.answered}
    excused = {(t.chat, t.text) for t in books.texts if t.id in flying | unheard}
    once = [t for t in books.texts if not t.kind.repeatable]
    often = [t for t in books.texts if t.kind.repeatable]
    reminders = [t for t in often if t.kind is Kind.REMINDER]
    unknown = [t for t in once if t.state == outbox.UNKNOWN]
    twice = [t for t in often if times[t.id] > 1]
    fullest, over = _rates(record)
    return Ledger(
        acknowledged=len(acknowledged),
        lost=sum(id not in books.handled for id in acknowledged),
        unanswered=len(unanswered(books, record, acknowledged)),
        firings=sum(books.firings.values()),
        missed=sum(books.firings.values()) - books.firings.get(schedules.DONE, 0),
        reminders_lost=sum(not times[t.id] for t in reminders),
        sent_for_nothing=sum(t.state == outbox.SENT and not times[t.id] for t in books.texts),
        once_texts=len(once),
        once_twice=sum(times[t.id] > 1 for t in once),
        unknown=len(unknown),
        unknown_arrived=sum(times[t.id] > 0 for t in unknown),
        repeatable_texts=len(often),
        repeatable_twice=len(twice),
        in_flight=len(flying),
        unexplained=sum((t.chat, t.text) not in excused for t in twice),
        firsts=len(times),
        out_of_order=_out_of_order([t for t in arrived if t and said[t.chat, t.text] == 1]),
        over_rate=over,
        fullest_minute=fullest,
        strangers=arrived.count(None),
        gaps=sum(a != b for a, b in enumerate(books.issues, 1)),
    )


def unanswered(books: Books, record: Sequence[Arrival], acknowledged: Sequence[str]) -> list[str]:
    """The ids of acknowledged messages to which no reply has arrived."""
    arrived = {text.origin for text in _matched(books.texts, record) if text}
    return [id for id in acknowledged if f"inbox:{books.handled.get(id)}" not in arrived]


def _matched(texts: Sequence[Text], record: Sequence[Arrival]) -> list[Text | None]:
    """The row of each arrival; of rows that say the same in one chat one after the other."""
    alike: dict[tuple[str, str], list[Text]] = defaultdict(list)
    for text in texts:
        alike[text.chat, text.text].append(text)
    found: list[Text | None] = []
    for arrival in record:
        rows = alike[arrival.chat, arrival.text]
        found.append(rows.pop(0) if len(rows) > 1 else rows[0] if rows else None)
    return found


def _out_of_order(arrived: Sequence[Text]) -> int:
    """First deliveries of each kind in a lane that came before one with a smaller number.

    Of texts that are said again word for word nobody can tell which one came.
    """
    newest: dict[tuple[str, Kind], int] = defaultdict(int)
    seen: set[int] = set()
    wrong = 0
    for text in arrived:
        if text.id not in seen:
            wrong += text.seq < newest[text.chat, text.kind]
            newest[text.chat, text.kind] = max(text.seq, newest[text.chat, text.kind])
        seen.add(text.id)
    return wrong


def _rates(record: Sequence[Arrival]) -> tuple[int, int]:
    """The most texts that came to one chat in a minute, and how many came over its limit."""
    times: dict[str, list[datetime]] = defaultdict(list)
    fullest = over = 0
    for arrival in record:
        limit = next((n for head, n in RATES.items() if arrival.chat.startswith(head)), None)
        if limit is not None:
            lately = times[arrival.chat]
            lately.append(arrival.at)
            lately[:] = [at for at in lately if at > arrival.at - timedelta(minutes=1)]
            fullest, over = max(fullest, len(lately)), over + (len(lately) > limit)
    return fullest, over
