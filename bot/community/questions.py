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
    false,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import RuleError
from bot.model import Kind
from bot.storage.tables import Base, Identity, Json, UtcTime
from faq.groups import alike, groups

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
    """One question somebody asked. `done_at` is None while staff owe an answer.

    `entry_code` is the entry that fitted best then. `label` is the entry that answers it, as its
    asker said, or staff (`confirmed`); "" none of those offered, None nobody said.
    """

    __tablename__ = "question"
    __table_args__ = (
        Index(
            "ix_question_open",
            "community_id",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_question_label",
            "community_id",
            "label",
            "id",
            sqlite_where=text("label IS NOT NULL"),
            postgresql_where=text("label IS NOT NULL"),
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
    label: Mapped[str | None] = mapped_column(Text)
    confirmed: Mapped[bool] = mapped_column(default=False, server_default=false())


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
    person: int
    text: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Like questions that wait for staff, the oldest first."""

    asked: tuple[Asked, ...]

    @property
    def number(self) -> int:
        """What staff call it by."""
        return self.asked[0].id

    @property
    def text(self) -> str:
        """As it was asked first."""
        return self.asked[0].text

    @property
    def wordings(self) -> tuple[str, ...]:
        """All ways in which it was asked."""
        return tuple(dict.fromkeys(asked.text for asked in self.asked))

    @property
    def people(self) -> int:
        """How many asked it."""
        return len({asked.person for asked in self.asked})


@dataclass(frozen=True, slots=True)
class Told:
    """Whom an answer of staff went to: how many people asked, how many could be told."""

    people: int
    reached: int


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
_HELD = _NAMED.with_for_update(key_share=True)
_NOTE = insert(QuestionRow)
_UNANSWERED = (
    select(QuestionRow.id, QuestionRow.person_id, QuestionRow.text, QuestionRow.asked_at)
    .where(
        QuestionRow.community_id == bindparam("community"),
        QuestionRow.done_at.is_(None),
    )
    .order_by(QuestionRow.id.desc())
    .limit(bindparam("limit"))
)

COMPARED = 200
"""The newest questions that wait, which are brought together."""

ALERTED = 2
"""So many people ask the same: then staff hear of it without having to look."""

ALERT = "{people}个人问了“{text}”，我不会。\n回“答 {number} 内容”，就告诉他们。"

LONGEST_QUESTION = 200
LONGEST_ANSWER = 2000


class Questions:
    """The FAQ of one community and what was asked there."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def entries(
        self, codes: Iterable[str] | None = None, *, held: bool = False
    ) -> list[Entry]:
        """The entries with these codes, or all of them, drafts included.

        Nobody else changes the named ones before the commit when they are `held`.
        """
        community = self._tx.community.id
        if codes is None:
            rows = await self._tx.store.select(_ENTRIES, {"community": community})
        else:
            named = {"community": community, "codes": list(codes)}
            rows = await self._tx.store.select(_HELD if held else _NAMED, named)
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
        if outcome is Outcome.REFUSED:
            await self._alert(person)

    async def unanswered(self, limit: int = COMPARED) -> list[Asked]:
        """What waits for staff, the newest first."""
        asked = {"community": self._tx.community.id, "limit": limit}
        rows = await self._tx.store.select(_UNANSWERED, asked)
        return [Asked(*row) for row in rows]

    async def groups(self) -> list[Group]:
        """The same, like questions together: what most people asked first, then the newest."""
        asked = (await self.unanswered())[::-1]
        found = [
            Group(tuple(asked[position] for position in group))
            for group in groups([each.text for each in asked])
        ]
        return sorted(found, key=lambda group: (-group.people, -group.asked[-1].id))

    async def group(self, number: int) -> Group | None:
        """The group that the question of that number belongs to, None when none waits."""
        for group in await self.groups():
            if number in {asked.id for asked in group.asked}:
                return group
        return None

    async def answer(self, group: Group, text: str) -> Told:
        """Staff answer it: tell each of those who still wait, in answer to their own words."""
        done = await self._tx.store.execute(
            update(QuestionRow)
            .where(
                QuestionRow.id.in_([asked.id for asked in group.asked]),
                QuestionRow.done_at.is_(None),
            )
            .values(done_at=self._tx.store.now)
            .returning(QuestionRow.id)
        )
        waited = set(done.scalars())
        askers = {asked.person: asked.text for asked in group.asked if asked.id in waited}
        told = [
            await self._tx.people.tell(person, f"您问的“{asked[:30]}”：\n{text}")
            for person, asked in askers.items()
        ]
        return Told(len(askers), sum(told))

    async def _alert(self, person: int) -> None:
        """Tell staff what one more person has just asked, when that makes it enough."""
        asked = (await self.unanswered(COMPARED))[::-1]
        *before, last = asked
        if not any(alike(each.text, last.text) for each in before):
            return
        # As staff will see it, and answer it: as many are told as the alert speaks of.
        group = await self.group(last.id)
        if group is None:
            return
        first = [each.person for each in group.asked].count(person) == 1
        if first and group.people == ALERTED:
            text = ALERT.format(people=group.people, text=group.text[:40], number=group.number)
            await self._tx.handoffs.alert(text, Kind.REMINDER)

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
