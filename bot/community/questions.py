"""Questions: the FAQ with its versions, and what residents asked.

Every question is kept with what became of it: the unanswered ones are the committee's work list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import RuleError
from bot.storage.tables import Base, Identity, Json, UtcTime

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction


class EntryState(StrEnum):
    """Who gets the answer."""

    DRAFT = "draft"
    STAFF = "staff"
    PUBLIC = "public"


class Outcome(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    SUGGESTED = "suggested"
    REFUSED = "refused"


class EntryRow(Base):
    """The newest version of an entry; `code` is its name in spreadsheets."""

    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("community_id", "code"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    alternates: Mapped[list[str]] = mapped_column(Json, default=list)
    answer: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text, default="")
    review_on: Mapped[date | None] = mapped_column(Date)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)


class EntryVersionRow(Base):
    """What an entry said in one of its versions."""

    __tablename__ = "entry_version"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    alternates: Mapped[list[str]] = mapped_column(Json)
    answer: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class QuestionRow(Base):
    """One question somebody asked. `done_at` is None while staff owe an answer."""

    __tablename__ = "question"
    __table_args__ = (
        Index(
            "ix_question_open",
            "community_id",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    entry_code: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float]
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the FAQ; dates are whole days in the community's zone, both included."""

    code: str
    question: str
    answer: str
    alternates: tuple[str, ...] = ()
    category: str = ""
    state: EntryState = EntryState.PUBLIC
    source: str = ""
    review_on: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def live(self, today: date) -> bool:
        """True when residents get this answer today."""
        return (
            self.state is EntryState.PUBLIC
            and (self.valid_from is None or self.valid_from <= today)
            and (self.valid_until is None or today <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that waits for staff."""

    id: int
    text: str
    outcome: Outcome
    asked_at: datetime


_COLUMNS = (
    EntryRow.code,
    EntryRow.question,
    EntryRow.answer,
    EntryRow.alternates,
    EntryRow.category,
    EntryRow.state,
    EntryRow.source,
    EntryRow.review_on,
    EntryRow.valid_from,
    EntryRow.valid_until,
)

# Made once: making a statement costs more than SQLite takes to run it.
_ENTRIES = (
    select(*_COLUMNS).where(EntryRow.community_id == bindparam("community")).order_by(EntryRow.id)
)
_NAMED = _ENTRIES.where(EntryRow.code.in_(bindparam("codes", expanding=True)))
_NOTE = insert(QuestionRow)

LONGEST_QUESTION = 200
LONGEST_ANSWER = 2000


class Questions:
    """The FAQ of one community and what was asked there."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def entries(self, codes: Iterable[str] | None = None) -> list[Entry]:
        """The entries with these codes, or all of them, drafts included."""
        community = self._tx.community.id
        if codes is None:
            rows = await self._tx.store.select(_ENTRIES, {"community": community})
        else:
            named = {"community": community, "codes": list(codes)}
            rows = await self._tx.store.select(_NAMED, named)
        return [
            Entry(
                code=row[0],
                question=row[1],
                answer=row[2],
                alternates=tuple(row[3]),
                category=row[4],
                state=EntryState(row[5]),
                source=row[6],
                review_on=row[7],
                valid_from=row[8],
                valid_until=row[9],
            )
            for row in rows
        ]

    async def save(self, entries: Sequence[Entry], changed_by: int | None = None) -> int:
        """Make the FAQ say so; how many entries are new or changed.

        Raises:
            RuleError: an entry without question or answer, or too long.
        """
        known = {entry.code: entry for entry in await self.entries()}
        changed = [entry for entry in map(_checked, entries) if known.get(entry.code) != entry]
        for entry in changed:
            await self._write(entry, changed_by)
        if changed:
            self._tx.store.change(f"faq:{self._tx.community.id}")
        return len(changed)

    async def note(
        self, person: int, text: str, outcome: Outcome, entry: str | None, score: float
    ) -> None:
        """Keep what was asked; what was not answered waits for staff."""
        now = self._tx.store.now
        asked = {
            "community_id": self._tx.community.id,
            "person_id": person,
            "text": text[:LONGEST_QUESTION],
            "outcome": outcome,
            "entry_code": entry,
            "score": score,
            "asked_at": now,
            "done_at": now if outcome is Outcome.ANSWERED else None,
        }
        await self._tx.store.execute(_NOTE, asked)

    async def unanswered(self, limit: int = 100) -> list[Asked]:
        """What waits for staff, the newest first."""
        rows = await self._tx.store.select(
            select(QuestionRow.id, QuestionRow.text, QuestionRow.outcome, QuestionRow.asked_at)
            .where(QuestionRow.community_id == self._tx.community.id, QuestionRow.done_at.is_(None))
            .order_by(QuestionRow.id.desc())
            .limit(limit)
        )
        return [Asked(row[0], row[1], Outcome(row[2]), row[3]) for row in rows]

    async def answered(self, id: int, text: str) -> bool | None:
        """Staff answer it: whether the asker could be told; None when nothing of that id waits."""
        store = self._tx.store
        done = await store.execute(
            update(QuestionRow)
            .where(
                QuestionRow.id == id,
                QuestionRow.community_id == self._tx.community.id,
                QuestionRow.done_at.is_(None),
            )
            .values(done_at=store.now)
            .returning(QuestionRow.person_id, QuestionRow.text)
        )
        row = done.first()
        if row is None:
            return None
        return await self._tx.people.tell(row[0], f"您问的“{row[1][:30]}”：\n{text}")

    async def chosen(self, person: int, entry: str) -> None:
        """The person picked this entry: their newest suggested question is answered by it."""
        newest = (
            select(func.max(QuestionRow.id))
            .where(QuestionRow.person_id == person, QuestionRow.outcome == Outcome.SUGGESTED)
            .scalar_subquery()
        )
        await self._tx.store.execute(
            update(QuestionRow)
            .where(QuestionRow.id == newest)
            .values(entry_code=entry, done_at=self._tx.store.now)
        )

    async def _write(self, entry: Entry, changed_by: int | None) -> None:
        store = self._tx.store
        said = {
            "state": entry.state,
            "question": entry.question,
            "alternates": list(entry.alternates),
            "answer": entry.answer,
        }
        more = {
            "category": entry.category,
            "source": entry.source,
            "review_on": entry.review_on,
            "valid_from": entry.valid_from,
            "valid_until": entry.valid_until,
        }
        statement = store.insert(EntryRow).values(
            community_id=self._tx.community.id, code=entry.code, version=1, **said, **more
        )
        result = await store.execute(
            statement.on_conflict_do_update(
                index_elements=["community_id", "code"],
                set_={**said, **more, "version": EntryRow.version + 1},
            ).returning(EntryRow.id, EntryRow.version)
        )
        row = result.one()
        await store.execute(
            insert(EntryVersionRow).values(
                entry_id=row[0],
                version=row[1],
                changed_by=changed_by,
                changed_at=store.now,
                **said,
            )
        )


def _checked(entry: Entry) -> Entry:
    question, answer = entry.question.strip(), entry.answer.strip()
    if not question or not answer:
        raise RuleError(f"{entry.code}：问题和答案都要写。")
    if len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        raise RuleError(f"{entry.code}：问题最多200字，答案最多2000字。")
    alternates = tuple(dict.fromkeys(a.strip() for a in entry.alternates if a.strip()))
    return replace(entry, question=question, answer=answer, alternates=alternates)
