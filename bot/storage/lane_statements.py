"""The statements of lanes, made once: making one costs more than SQLite takes to run it."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    Select,
    bindparam,
    case,
    func,
    select,
    tuple_,
    union_all,
    update,
)

from bot.model import Kind
from bot.storage.outbox import SENDING, WAITING, LaneRow, OutboxRow
from bot.storage.tables import stands

LANE = (
    LaneRow.id,
    LaneRow.platform,
    LaneRow.account,
    LaneRow.chat,
    LaneRow.sends,
    LaneRow.heard_at,
    LaneRow.spent,
)


def _first(kind: Kind) -> Select[Any, Any]:
    seq = (
        select(func.min(OutboxRow.seq))
        .where(
            stands(OutboxRow.state, WAITING),
            OutboxRow.lane_id == LaneRow.id,
            OutboxRow.kind == kind,
        )
        .correlate(LaneRow)
        .scalar_subquery()
        .label("seq")
    )
    return select(LaneRow.id.label("lane_id"), seq).where(LaneRow.id.in_(_LANES))


_LANES: BindParameter[Any] = bindparam("lanes", expanding=True)

AWAKE = (
    select(*LANE)
    .where(
        LaneRow.urgency == bindparam("urgency"),
        LaneRow.wake_at <= bindparam("now"),
        LaneRow.leased_by.is_(None),
    )
    .order_by(LaneRow.wake_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)

FIRSTS = union_all(*(_first(kind) for kind in Kind))

HEADS = (
    select(
        OutboxRow.id,
        OutboxRow.key,
        OutboxRow.lane_id,
        OutboxRow.kind,
        OutboxRow.text,
        OutboxRow.choices,
        OutboxRow.reply_to,
        OutboxRow.closing,
        OutboxRow.next_at,
        OutboxRow.expires_at,
        OutboxRow.waits_since,
        OutboxRow.attempts,
    )
    .where(tuple_(OutboxRow.lane_id, OutboxRow.seq).in_(bindparam("found", expanding=True)))
    .order_by(OutboxRow.kind)
)

LEASED = (
    select(*LANE, LaneRow.leased_by)
    .where(LaneRow.id.in_(_LANES))
    .order_by(LaneRow.platform, LaneRow.account, LaneRow.chat)
    .with_for_update()
)

FLYING = select(OutboxRow.id, OutboxRow.attempts).where(
    OutboxRow.id.in_(bindparam("texts", expanding=True)), stands(OutboxRow.state, SENDING)
)

NEXTS = (
    select(OutboxRow.lane_id, func.min(OutboxRow.next_at), func.min(OutboxRow.kind))
    .where(stands(OutboxRow.state, WAITING), OutboxRow.lane_id.in_(_LANES))
    .group_by(OutboxRow.lane_id)
)


CHANGE_LANE = (
    update(LaneRow)
    .where(LaneRow.id == bindparam("lane"))
    .values(
        wake_at=bindparam("new_wake"),
        leased_by=bindparam("new_worker"),
        leased_until=bindparam("new_until"),
        sends=bindparam("new_sends"),
        spent=LaneRow.spent + bindparam("more_spent"),
    )
)

FREE_LANE = (
    update(LaneRow)
    .where(LaneRow.id == bindparam("lane"))
    .values(
        wake_at=bindparam("new_wake"),
        urgency=bindparam("new_urgency"),
        sends=bindparam("new_sends"),
        # Never below nothing: the person may have written meanwhile.
        spent=case(
            (LaneRow.spent > bindparam("unspent"), LaneRow.spent - bindparam("unspent")), else_=0
        ),
        leased_by=None,
        leased_until=None,
    )
)

CHANGE_TEXT = (
    update(OutboxRow)
    .where(OutboxRow.id == bindparam("row"))
    .values(state=bindparam("new_state"), attempts=bindparam("new_attempts"))
)

SETTLE_TEXT = (
    update(OutboxRow)
    .where(OutboxRow.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        next_at=bindparam("new_next"),
        settled_at=bindparam("new_settled"),
        sent_id=bindparam("new_sent_id"),
        error=bindparam("new_error"),
    )
)
