"""Issues: what residents reported, numbered without a gap, followed until it is fixed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import RuleError
from bot.storage.tables import Base, Identity, UtcTime
from bot.storage.transaction import Transaction, Upsert

if TYPE_CHECKING:
    from bot.community.places import Place
    from bot.community.transaction import CommunityTransaction


class State(StrEnum):
    """Where an issue stands; the value is the committee's word."""

    RECEIVED = "待受理"
    ACCEPTED = "已受理"
    WORKING = "处理中"
    CONFIRMING = "待确认"
    CLOSED = "已销号"

    @property
    def spoken(self) -> str:
        """What a resident reads."""
        return _SPOKEN[self]


_SPOKEN = {
    State.RECEIVED: "收到了，正在安排人看",
    State.ACCEPTED: "记下了",
    State.WORKING: "有人在办了",
    State.CONFIRMING: "办好了，您看看行不行",
    State.CLOSED: "办完了",
}

ANSWER_WITHIN = timedelta(days=3)
"""By when a resident hears again, for most categories."""

URGENT_WITHIN = timedelta(days=1)
"""For what endangers people."""

URGENT = "安全隐患"

WITHDRAWN = "报的人说不用办了"
"""The line in the history of an issue that its reporter took back."""

RELAPSE = "又坏了"
"""The line in the history of an issue for each time it broke again."""

RELAPSE_WITHIN = timedelta(days=30)
"""What breaks later is a new issue."""


ISSUE_NUMBER = (
    r"(?:编号|号码|单子)?+\s*+#?+\s*+(\d{1,6}+)"
    r"(?!\d|[:：.．\-－/~～]\s*+\d|[多、楼栋院门点日月年个人位元块天次层室单分小周])"
    r"(?:\s*+号(?!\s*+[楼栋院门])"
    r"|(?!\s*+(?:[号.．\-－~～、多个人点月日层栋]|[:：]\s*+\d|楼(?![道上顶梯])|单元(?!门)|天[后内了]|\d{5})))"
)
"""Where a text says an issue's number; the group is the number.

No time, date, phone number, place, amount, or line of a list. Nothing is read in two ways: a long
text would take for ever.
"""


class CounterRow(Base):
    """A number that never has a gap: it is counted in the transaction that uses it."""

    __tablename__ = "counter"

    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[int]


class IssueRow(Base):
    """One issue; (community, year, number) is unique and gapless within its year."""

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("community_id", "year", "number"),
        Index(None, "reporter_id"),
        Index("ix_issue_state", "community_id", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    year: Mapped[int]
    number: Mapped[int]
    category: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    place_words: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class IssueUpdateRow(Base):
    """One line of an issue's history; never changed, never deleted."""

    __tablename__ = "issue_update"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="")


class IssuePhotoRow(Base):
    """A photo of an issue, taken before or after."""

    __tablename__ = "issue_photo"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    media: Mapped[str] = mapped_column(Text, index=True)
    after: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as everybody else sees it."""

    id: int
    year: int
    number: int
    category: str
    text: str
    place_id: int | None
    place_words: str
    state: State
    reporter: int | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports. `photos` are names in the media folder."""

    text: str
    category: str
    source: str
    place: "Place | None" = None
    place_words: str = ""
    photos: tuple[str, ...] = ()
    reporter: int | None = None


_COLUMNS = (
    IssueRow.id,
    IssueRow.year,
    IssueRow.number,
    IssueRow.category,
    IssueRow.text,
    IssueRow.place_id,
    IssueRow.place_words,
    IssueRow.state,
    IssueRow.reporter_id,
    IssueRow.opened_at,
    IssueRow.due_at,
    IssueRow.closed_at,
)

# Made once: making a statement costs more than SQLite takes to run it.
_OPEN = insert(IssueRow).returning(IssueRow.id)
_GET = select(*_COLUMNS).where(
    IssueRow.id == bindparam("issue"), IssueRow.community_id == bindparam("community")
)
_APPEND = insert(IssueUpdateRow)
_COUNT = Upsert(
    CounterRow,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["community_id", "name"], set_={"value": CounterRow.value + 1}
    ).returning(CounterRow.value),
)

LONGEST = 2000
"""Characters of a report that are kept."""


async def shows_it_done(tx: Transaction, photo: str) -> bool:
    """True for a photo of how something is now: whoever was given its name may see it.

    One that was also sent in with a report is its sender's, whatever else it was filed as.
    """
    rows = await tx.select(select(IssuePhotoRow.after).where(IssuePhotoRow.media == photo))
    return set(rows.scalars()) == {True}


class Issues:
    """The issues of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def open(self, report: Report) -> Issue:
        """File the report under the next number."""
        store, now = self._tx.store, self._tx.now
        number = await self._next_number(f"issue:{now.year}")
        values = {
            "community_id": self._tx.community.id,
            "source": report.source,
            "year": now.year,
            "number": number,
            "category": report.category,
            "text": report.text[:LONGEST],
            "place_id": report.place.id if report.place else None,
            "place_words": report.place_words,
            "state": State.RECEIVED,
            "reporter_id": report.reporter,
            "opened_at": store.now,
            "due_at": store.now + _within(report.category),
        }
        result = await store.execute(_OPEN, values)
        id = int(result.scalar_one())
        await self._append(id, report.reporter, State.RECEIVED, "")
        await self.add_photos(id, report.photos, after=False)
        return await self.get(id)

    async def get(self, id: int) -> Issue:
        """The issue with that id.

        Raises:
            RuleError: this community has no such issue.
        """
        rows = await self._tx.store.select(_GET, {"issue": id, "community": self._tx.community.id})
        found = rows.first()
        if found is None:
            raise RuleError("没有这个编号。")
        return _issue(found)

    async def numbered(self, number: int, year: int | None = None) -> Issue | None:
        """The issue with that number, of the newest year that has it unless one is given."""
        statement = select(*_COLUMNS).where(
            IssueRow.community_id == self._tx.community.id, IssueRow.number == number
        )
        if year is not None:
            statement = statement.where(IssueRow.year == year)
        rows = await self._tx.store.select(statement.order_by(IssueRow.year.desc()).limit(1))
        found = rows.first()
        return _issue(found) if found else None

    async def reported_by(self, person: int, limit: int = 3) -> list[Issue]:
        """What the person reported: what is still open first, then the newest."""
        rows = await self._tx.store.select(
            select(*_COLUMNS)
            .where(IssueRow.community_id == self._tx.community.id, IssueRow.reporter_id == person)
            .order_by(IssueRow.closed_at.is_not(None), IssueRow.id.desc())
            .limit(limit)
        )
        return [_issue(row) for row in rows]

    async def open_of(self, person: int) -> list[Issue]:
        """What the person reported and nobody has closed, the newest first."""
        rows = await self._tx.store.select(
            select(*_COLUMNS)
            .where(
                IssueRow.community_id == self._tx.community.id,
                IssueRow.reporter_id == person,
                IssueRow.state != State.CLOSED,
            )
            .order_by(IssueRow.id.desc())
        )
        return [_issue(row) for row in rows]

    async def done_lately(self, person: int) -> Issue | None:
        """What the person reported and was last done, if it may still break again."""
        rows = await self._tx.store.select(
            select(*_COLUMNS)
            .where(
                IssueRow.community_id == self._tx.community.id,
                IssueRow.reporter_id == person,
                or_(
                    IssueRow.state == State.CONFIRMING,
                    IssueRow.closed_at > self._tx.store.now - RELAPSE_WITHIN,
                ),
            )
            # What the person is just being asked about comes first.
            .order_by(
                IssueRow.closed_at.is_not(None), IssueRow.closed_at.desc(), IssueRow.id.desc()
            )
            .limit(1)
        )
        found = rows.first()
        return _issue(found) if found else None

    async def unfinished(self) -> list[Issue]:
        """What is not done, the oldest first."""
        rows = await self._tx.store.select(
            select(*_COLUMNS)
            .where(
                IssueRow.community_id == self._tx.community.id,
                IssueRow.state.not_in([State.CONFIRMING, State.CLOSED]),
            )
            .order_by(IssueRow.id)
        )
        return [_issue(row) for row in rows]

    async def move(self, issue: Issue, state: State, by: int | None, text: str = "") -> None:
        """The issue stands there now; written down with who and why."""
        closed = self._tx.store.now if state is State.CLOSED else None
        await self._tx.store.execute(
            update(IssueRow).where(IssueRow.id == issue.id).values(state=state, closed_at=closed)
        )
        await self._append(issue.id, by, state, text)

    async def withdraw(self, issue: Issue, by: int) -> None:
        """Whoever reported it wants nothing done any more.

        Raises:
            RuleError: somebody else reported it, or it is closed.
        """
        if issue.reporter != by:
            raise RuleError(f"编号{issue.number}不是您报的，得报的人自己来说。")
        if issue.state is State.CLOSED:
            raise RuleError(f"编号{issue.number}已经办完了。")
        await self.move(issue, State.CLOSED, by, WITHDRAWN)

    def may_relapse(self, issue: Issue) -> bool:
        """True for what was done so lately that it is the same matter when it breaks again."""
        if issue.closed_at is None:
            return issue.state is State.CONFIRMING
        return issue.closed_at > self._tx.store.now - RELAPSE_WITHIN

    async def relapse(self, issue: Issue, by: int) -> int:
        """It broke again and goes on under its number; how many times that happened by now."""
        store = self._tx.store
        due = store.now + _within(issue.category)
        await store.execute(update(IssueRow).where(IssueRow.id == issue.id).values(due_at=due))
        await self.move(issue, State.WORKING, by, RELAPSE)
        rows = await store.select(
            select(func.count(IssueUpdateRow.id)).where(
                IssueUpdateRow.issue_id == issue.id, IssueUpdateRow.text == RELAPSE
            )
        )
        return int(rows.scalar_one())

    async def add_photos(self, issue: int, photos: Sequence[str], *, after: bool) -> list[str]:
        """File photos of how it was, or of how it is now; those that were filed.

        A photo that came with a report, quoted by staff, does not show how it is now.
        """
        if after:
            sent_in = await self._tx.store.select(
                select(IssuePhotoRow.media).where(
                    IssuePhotoRow.media.in_(photos), IssuePhotoRow.after.is_(False)
                )
            )
            reported = set(sent_in.scalars())
            photos = [photo for photo in photos if photo not in reported]
        rows = [
            {"issue_id": issue, "media": photo, "after": after, "at": self._tx.store.now}
            for photo in photos
        ]
        if rows:
            await self._tx.store.execute(insert(IssuePhotoRow), rows)
        return list(photos)

    async def adopt(self, old: int, new: int) -> None:
        """What one person reported belongs to the other from now on."""
        await self._tx.store.execute(
            update(IssueRow).where(IssueRow.reporter_id == old).values(reporter_id=new)
        )

    async def _append(self, issue: int, person: int | None, state: State, text: str) -> None:
        line = {
            "issue_id": issue,
            "at": self._tx.store.now,
            "person_id": person,
            "state": state,
            "text": text[:LONGEST],
        }
        await self._tx.store.execute(_APPEND, line)

    async def _next_number(self, name: str) -> int:
        first = {"community_id": self._tx.community.id, "name": name, "value": 1}
        result = await self._tx.store.execute(_COUNT, first)
        return int(result.scalar_one())


def _within(category: str) -> timedelta:
    return URGENT_WITHIN if category == URGENT else ANSWER_WITHIN


def _issue(row: Sequence[object]) -> Issue:
    values = list(row)
    values[7] = State(str(values[7]))
    return Issue(*values)  # type: ignore[arg-type]
