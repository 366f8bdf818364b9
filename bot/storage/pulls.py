"""Pulls: accounts that only announce, and how far each of them has been read.

An announcement is a row before it is acknowledged; the messages of a page and the new cursor
commit together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Text, Update, case, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from bot.model import Pulled
from bot.storage.changes import INBOX
from bot.storage.inbox import insert_rows, row
from bot.storage.lanes import undelivered
from bot.storage.tables import Base, UtcTime
from bot.storage.transaction import Transaction

PULL = "pull"
"""Hinted when an account announced something."""


class PullRow(Base):
    """One account: its cursor, and whether something is announced behind it."""

    __tablename__ = "pull"

    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    cursor: Mapped[str] = mapped_column(Text, default="")
    token: Mapped[str] = mapped_column(Text, default="")
    wanted: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to pull, ours until then; `wanted` counts the announcements so far."""

    platform: str
    account: str
    cursor: str
    token: str
    wanted: int
    until: datetime


async def announce(tx: Transaction, platform: str, account: str, token: str) -> None:
    """There is something to fetch; the newest token is the valid one.

    Whoever looks by himself has none (""): one that the service gave stays.
    """
    statement = tx.insert(PullRow).values(
        platform=platform, account=account, cursor="", token=token, wanted=1, next_at=tx.now
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["platform", "account"],
            set_={
                "token": case(
                    (statement.excluded.token == "", PullRow.token),
                    else_=statement.excluded.token,
                ),
                "wanted": PullRow.wanted + 1,
                # Whoever is pulling goes on, and what is announced meanwhile is pulled afterwards.
                "next_at": case(
                    (PullRow.wanted > 0, PullRow.next_at), else_=statement.excluded.next_at
                ),
            },
        )
    )
    tx.hint(PULL)


async def take(
    tx: Transaction, accounts: Sequence[tuple[str, str]], lease: timedelta
) -> list[Wanted]:
    """The accounts with something announced, ours for the length of the lease."""
    if not accounts:
        return []
    ours = or_(*((PullRow.platform == p) & (PullRow.account == a) for p, a in accounts))
    rows = await tx.select(
        select(PullRow.platform, PullRow.account, PullRow.cursor, PullRow.token, PullRow.wanted)
        .where(ours, PullRow.wanted > 0, PullRow.next_at <= tx.now)
        .with_for_update(skip_locked=True)
    )
    found = [Wanted(*each, until=tx.now + lease) for each in rows]
    for each in found:
        await tx.execute(_of(each).values(next_at=each.until))
    return found


async def renew(tx: Transaction, wanted: Wanted, lease: timedelta) -> Wanted:
    """Keep the lease while a page is on its way; one that went to somebody else stays theirs."""
    until = tx.now + lease
    kept = await tx.execute(
        _of(wanted).where(PullRow.next_at == wanted.until).values(next_at=until)
    )
    return replace(wanted, until=until) if kept.rowcount == 1 else wanted


async def store(tx: Transaction, wanted: Wanted, page: Pulled) -> bool:
    """Messages, failures and cursor of one page; False when the account is not ours any more."""
    # A newer announcement keeps the account wanted; the last page of this one ends it.
    next_at = wanted.until if page.more else tx.now
    moved = await tx.execute(
        _of(wanted)
        .where(PullRow.cursor == wanted.cursor, PullRow.next_at == wanted.until)
        .values(
            cursor=page.cursor,
            wanted=PullRow.wanted - (0 if page.more else wanted.wanted),
            next_at=next_at,
        )
    )
    if moved.rowcount != 1:
        return False
    if page.messages:
        await insert_rows(tx, [row(message) for message in page.messages])
    for failure in page.failures:
        await undelivered(tx, failure.key, failure.reason)
    tx.hint(INBOX)
    return True


async def postpone(tx: Transaction, wanted: Wanted, delay: timedelta) -> None:
    """The service did not answer: later again."""
    ours = _of(wanted).where(PullRow.next_at == wanted.until)
    await tx.execute(ours.values(next_at=tx.now + delay))


async def release(tx: Transaction) -> None:
    """Let every account be pulled at once: nobody else can be at work."""
    await tx.execute(update(PullRow).where(PullRow.wanted > 0).values(next_at=tx.now))


def _of(wanted: Wanted) -> Update:
    return update(PullRow).where(
        PullRow.platform == wanted.platform, PullRow.account == wanted.account
    )
