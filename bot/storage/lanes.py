"""Lanes at work: claim the head of each lane that may send, settle what became of it.

Rate and quota are spent before sending, so a crash never lets a service be asked too often. A
send counts from the moment it was over (until it is settled, from the end of its lease): the
next one cannot reach the service within the window, however slow the first one was.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, select, update

from bot.model import Capabilities, Kind, Outgoing, Quota, Rate, numbered
from bot.storage import lane_statements
from bot.storage.changes import OUTBOX
from bot.storage.outbox import (
    FAILED,
    HELD,
    MISSED,
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    LaneRow,
    OutboxRow,
)
from bot.storage.tables import stands
from bot.storage.transaction import Transaction

GIVE_UP = timedelta(hours=24)
"""A text that could not go out for so long is not sent any more; staff see it as 未送达."""

LONGEST_PAUSE = timedelta(minutes=5)
"""The pause between two attempts doubles up to this."""

UNCONFIGURED = timedelta(minutes=1)
"""How long a lane rests whose account is not configured (any more)."""

Services = Mapping[tuple[str, str], Capabilities]
"""What each configured (platform, account) can do."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A text under our lease."""

    lane: int
    outgoing: Outgoing
    worker: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed text.

    `after` is the pause the service asked for; `sent` is False when nothing reached it, so that
    the text does not count against the quota.
    """

    state: str
    sent_id: str = ""
    error: str = ""
    after: timedelta | None = None
    sent: bool = True


async def claim(
    tx: Transaction, worker: str, lease: timedelta, limit: int, services: Services
) -> list[Claim]:
    """The next text of each lane that may send now, the most urgent lanes first."""
    lanes = await _awake(tx, limit)
    heads = await _heads(tx, [lane.id for lane in lanes])
    claims: list[Claim] = []
    lane_changes: list[dict[str, object]] = []
    text_changes: list[dict[str, object]] = []
    for lane in lanes:
        able = services.get((lane.platform, lane.account))
        quota = able.quota if able else None
        chosen, dropped = _choose(tx.now, lane, heads[lane.id], quota)
        text_changes += dropped
        if able is None:
            lane_changes.append(_change(lane, wake_at=tx.now + UNCONFIGURED))
            continue
        free_at = _free_at(lane.sends, able.rate)
        if chosen is None:
            later = [head.next_at for head in heads[lane.id] if head.next_at > tx.now]
            # What was dropped may hide another text behind it: look again at once.
            wake = tx.now if dropped else min(later, default=None)
            lane_changes.append(_change(lane, wake_at=wake))
        elif free_at > tx.now:
            lane_changes.append(_change(lane, wake_at=free_at))
        else:
            until = tx.now + lease
            sends = [*lane.sends, until.timestamp()][-able.rate.count :] if able.rate else []
            lane_changes.append(
                _change(lane, leased_by=worker, leased_until=until, sends=sends, spent=1)
            )
            text_changes.append(
                {"row": chosen.id, "new_state": SENDING, "new_attempts": chosen.attempts + 1}
            )
            claims.append(Claim(lane.id, _outgoing(lane, chosen), worker))
    await _apply(tx, lane_changes, text_changes)
    return claims


async def settle(tx: Transaction, results: Sequence[tuple[Claim, Outcome]]) -> None:
    """Write down what became of each text and let its lane go on, now if it has more to send."""
    lanes = {claim.lane: (claim, outcome) for claim, outcome in results}
    ours = await _still_ours(tx, lanes)
    texts = [_settled(tx.now, *lanes[lane.id]) for lane in ours]
    if texts:
        await tx.execute(lane_statements.SETTLE_TEXT, texts)
    nexts = await _nexts(tx, [lane.id for lane in ours])
    changes = []
    for lane in ours:
        _, outcome = lanes[lane.id]
        sends = [*lane.sends[:-1], datetime.now(UTC).timestamp()] if lane.sends else []
        wake, urgency = nexts.get(lane.id, (None, Kind.NOTICE))
        if wake is not None and outcome.after is not None:
            wake = max(wake, tx.now + outcome.after)
        changes.append(
            {
                "lane": lane.id,
                "new_sends": sends,
                "new_wake": wake,
                "new_urgency": urgency,
                "unspent": 0 if outcome.sent else 1,
            }
        )
    if changes:
        await tx.execute(lane_statements.FREE_LANE, changes)
    if any(wake <= tx.now for wake, _ in nexts.values()):
        tx.hint(OUTBOX)


async def recover(tx: Transaction, *, everything: bool = False) -> int:
    """Take back what somebody left in flight; how many lanes.

    Those whose lease ended; `everything` when nobody else can be at work. What may be repeated
    waits again, what may not becomes unknown and is shown to staff.
    """
    dead = LaneRow.leased_by.is_not(None) if everything else LaneRow.leased_until < tx.now
    found = await tx.select(
        select(LaneRow.id)
        .where(LaneRow.leased_by.is_not(None), dead)
        .order_by(LaneRow.id)
        .with_for_update(skip_locked=True)
    )
    lanes = list(found.scalars())
    if not lanes:
        return 0
    stuck = and_(OutboxRow.lane_id.in_(lanes), stands(OutboxRow.state, SENDING))
    await tx.execute(
        update(OutboxRow)
        .where(stuck, OutboxRow.kind == Kind.NOTICE)
        .values(state=UNKNOWN, settled_at=tx.now, error="中断时正在发送")
    )
    await tx.execute(update(OutboxRow).where(stuck).values(state=WAITING, next_at=tx.now))
    await tx.execute(
        update(LaneRow)
        .where(LaneRow.id.in_(lanes))
        .values(leased_by=None, leased_until=None, wake_at=tx.now, urgency=Kind.EMERGENCY)
    )
    tx.hint(OUTBOX)
    return len(lanes)


async def undelivered(tx: Transaction, key: str, reason: str) -> bool:
    """The service says later that a text it took did not arrive; False when the key is not ours."""
    result = await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.key == key, OutboxRow.state.in_([SENT, SENDING, UNKNOWN]))
        .values(state=FAILED, settled_at=tx.now, error=reason[:500])
    )
    return result.rowcount == 1


@dataclass(frozen=True, slots=True)
class _Lane:
    id: int
    platform: str
    account: str
    chat: str
    sends: list[float]
    heard_at: datetime | None
    spent: int


@dataclass(frozen=True, slots=True)
class _Head:
    id: int
    key: str
    lane_id: int
    kind: int
    text: str
    choices: list[str]
    reply_to: str
    closing: bool
    next_at: datetime
    expires_at: datetime | None
    waits_since: datetime
    attempts: int


async def _awake(tx: Transaction, limit: int) -> list[_Lane]:
    """Lanes with something to do, those with the most urgent text first.

    One statement for each urgency: so each is a range of the index, however many lanes sleep.
    """
    lanes: list[_Lane] = []
    for urgency in Kind:
        if len(lanes) >= limit:
            break
        asked = {"urgency": urgency, "now": tx.now, "most": limit - len(lanes)}
        rows = await tx.execute(lane_statements.AWAKE, asked)
        lanes += [_Lane(*row) for row in rows]
    return lanes


async def _heads(tx: Transaction, lanes: list[int]) -> dict[int, list[_Head]]:
    """The oldest waiting text of each priority, by lane, the most urgent first."""
    heads: dict[int, list[_Head]] = defaultdict(list)
    if not lanes:
        return heads
    # The smallest number of each lane and priority: a step into the index each, however many
    # wait. Asked apart: joined, SQLite looks for it again for every text of the lane.
    firsts = await tx.execute(lane_statements.FIRSTS, {"lanes": lanes})
    found = [(lane, seq) for lane, seq in firsts if seq is not None]
    for row in await tx.execute(lane_statements.HEADS, {"found": found}):
        heads[row.lane_id].append(_Head(*row))
    return heads


def _choose(
    now: datetime, lane: _Lane, heads: list[_Head], quota: Quota | None
) -> tuple[_Head | None, list[dict[str, object]]]:
    """The head that goes next, and what happens to those that cannot go at all."""
    dropped: list[dict[str, object]] = []
    for head in heads:
        if now > (head.expires_at or head.waits_since + GIVE_UP):
            dropped.append({"row": head.id, "new_state": MISSED, "new_attempts": head.attempts})
        elif head.next_at > now:
            continue
        elif quota and not _within(now, lane, head, quota):
            dropped.append({"row": head.id, "new_state": HELD, "new_attempts": head.attempts})
        else:
            return head, dropped
    return None, dropped


def _within(now: datetime, lane: _Lane, head: _Head, quota: Quota) -> bool:
    """One message stays in reserve for the closing word and for emergencies."""
    if head.reply_to:
        # A greeting with the service's own code: it needs no window and counts for nothing.
        return True
    if lane.heard_at is None or now > lane.heard_at + quota.window:
        return False
    reserve = 0 if head.closing or head.kind == Kind.EMERGENCY else 1
    return lane.spent < quota.count - reserve


def _free_at(sends: list[float], rate: Rate | None) -> datetime:
    if rate is None or len(sends) < rate.count:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromtimestamp(sends[-rate.count], UTC) + rate.per


def _outgoing(lane: _Lane, head: _Head) -> Outgoing:
    return Outgoing(
        id=head.id,
        key=head.key,
        platform=lane.platform,
        account=lane.account,
        chat=lane.chat,
        kind=Kind(head.kind),
        text=numbered(head.text, head.choices),
        choices=tuple(head.choices),
        reply_to=head.reply_to,
        attempts=head.attempts + 1,
    )


def _change(
    lane: _Lane,
    wake_at: datetime | None = None,
    leased_by: str | None = None,
    leased_until: datetime | None = None,
    sends: list[float] | None = None,
    spent: int = 0,
) -> dict[str, object]:
    return {
        "lane": lane.id,
        "new_wake": wake_at,
        "new_worker": leased_by,
        "new_until": leased_until,
        "new_sends": lane.sends if sends is None else sends,
        "more_spent": spent,
    }


async def _apply(
    tx: Transaction, lanes: list[dict[str, object]], texts: list[dict[str, object]]
) -> None:
    if lanes:
        await tx.execute(lane_statements.CHANGE_LANE, lanes)
    if texts:
        await tx.execute(lane_statements.CHANGE_TEXT, texts)


async def _still_ours(tx: Transaction, lanes: Mapping[int, tuple[Claim, Outcome]]) -> list[_Lane]:
    """The lanes whose text is still in flight by us: a lost lease has been recovered by others."""
    if not lanes:
        return []
    rows = await tx.execute(lane_statements.LEASED, {"lanes": list(lanes)})
    leased = [_Lane(*row[:-1]) for row in rows if row[-1] == lanes[row[0]][0].worker]
    ids = [lanes[lane.id][0].outgoing.id for lane in leased]
    flying = await tx.execute(lane_statements.FLYING, {"texts": ids})
    attempts = {row.id: row.attempts for row in flying}
    return [
        lane
        for lane in leased
        if attempts.get(lanes[lane.id][0].outgoing.id) == lanes[lane.id][0].outgoing.attempts
    ]


async def _nexts(tx: Transaction, lanes: list[int]) -> dict[int, tuple[datetime, int]]:
    """When each lane has something to do next, and how urgent it is."""
    if not lanes:
        return {}
    rows = await tx.execute(lane_statements.NEXTS, {"lanes": lanes})
    return {lane: (wake, urgency) for lane, wake, urgency in rows}


def _settled(now: datetime, claim: Claim, outcome: Outcome) -> dict[str, object]:
    again = outcome.state == WAITING
    pause = _pause(claim.outgoing.attempts) if outcome.after is None else outcome.after
    return {
        "row": claim.outgoing.id,
        "new_state": outcome.state,
        "new_next": now + pause if again else now,
        "new_settled": None if again else now,
        "new_sent_id": outcome.sent_id or None,
        "new_error": outcome.error[:500] or None,
    }


def _pause(attempts: int) -> timedelta:
    """1, 2, 4 … seconds up to five minutes, spread so that lanes do not come back together."""
    spread = 0.5 + random.random()  # noqa: S311 - nobody is kept out by it
    return min(timedelta(seconds=2 ** (min(attempts, 12) - 1)), LONGEST_PAUSE) * spread
