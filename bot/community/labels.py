"""Labels: which entry answers a question, as residents and staff said; what the FAQ learns of it.

A way to ask becomes part of an entry when staff say so, or when several people chose that entry
for like questions: nobody alone can teach the bot anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select, update

from bot.community.privacy import mask
from bot.community.questions import Entry, Outcome, QuestionRow
from bot.errors import RuleError
from faq.groups import alike

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction

PEOPLE = 2
"""So many different people have to choose the same entry for like questions."""

LONGEST = 60
"""Characters of a way to ask; whoever writes more tells a story."""

MOST = 40
"""Ways to ask one entry that are learned; staff may write more."""

REVIEWED = timedelta(days=365)
"""After so long staff should read again what they answered once."""

OWN = "社区自定"
"""The source of what staff wrote themselves."""

_CHOICES = (
    select(QuestionRow.person_id, QuestionRow.text)
    .where(
        QuestionRow.community_id == bindparam("community"),
        QuestionRow.label == bindparam("code"),
        QuestionRow.label.is_not(None),
    )
    .order_by(QuestionRow.id.desc())
    .limit(200)
)


@dataclass(frozen=True, slots=True)
class Label:
    """A question with the entry that answers it, and what the bot made of it then.

    `entry` is "" when its asker said that none of those offered answers it; `best` is the entry
    that fitted best then. `said` is False when nobody has said anything against the bot's answer.
    """

    text: str
    entry: str
    best: str
    outcome: Outcome
    score: float
    said: bool


class Labels:
    """The labelled questions of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def choose(self, person: int, code: str) -> None:
        """The person picked this entry: it answers their newest suggested question."""
        text = await self._label(person, code)
        chosen = {"community": self._tx.community.id, "code": code}
        rows = await self._tx.store.select(_CHOICES, chosen)
        like = [(who, said) for who, said in rows if alike(said, text)]
        if len({who for who, _ in like}) >= PEOPLE:
            await self._learn(code, [said for _, said in like], None)

    async def decline(self, person: int) -> None:
        """None of the offered entries answers the person's newest suggested question."""
        await self._label(person, "")

    async def keep(self, ids: Sequence[int], answer: str, by: int) -> Entry:
        """Make an entry of the questions and the answer that staff gave.

        Raises:
            RuleError: none of them can be shown to others.
        """
        wordings = phrasings(await self._texts(ids))
        if not wordings:
            raise RuleError("这句话太长，或者有个人信息，不能记成问答。")
        question, *alternates = wordings
        entry = Entry(
            code=await self._new_code(ids[0]),
            question=question,
            answer=answer,
            alternates=tuple(alternates),
            source=OWN,
            review_on=self._tx.now.date() + REVIEWED,
        )
        await self._tx.questions.save([entry], by)
        await self._confirm(ids, entry.code)
        return entry

    async def keep_as(self, ids: Sequence[int], code: str, by: int) -> None:
        """The questions are other ways to ask this entry, as staff say."""
        await self._learn(code, await self._texts(ids), by)
        await self._confirm(ids, code)

    async def newest(self, limit: int = 2000, *, said: bool = False) -> list[Label]:
        """The labelled questions, each wording once, the newest first.

        With `said` only those of which somebody said what answers them.
        """
        answered = QuestionRow.outcome.in_([] if said else [Outcome.ANSWERED])
        rows = await self._tx.store.select(
            select(
                QuestionRow.text,
                QuestionRow.label,
                QuestionRow.entry_code,
                QuestionRow.outcome,
                QuestionRow.score,
            )
            .where(
                QuestionRow.community_id == self._tx.community.id,
                or_(QuestionRow.label.is_not(None), answered),
            )
            # What somebody said outweighs what nobody denied, and staff outweigh residents.
            .order_by(
                QuestionRow.confirmed.desc(),
                QuestionRow.label.is_(None),
                QuestionRow.id.desc(),
            )
            .limit(limit)
        )
        found: dict[str, Label] = {}
        for text, label, best, outcome, score in rows:
            entry = (best or "") if label is None else label
            found.setdefault(
                text, Label(text, entry, best or "", Outcome(outcome), score, label is not None)
            )
        return list(found.values())

    async def _label(self, person: int, code: str) -> str:
        """Label the newest suggested question of the person; its text, "" when there is none."""
        newest = (
            select(func.max(QuestionRow.id))
            .where(QuestionRow.person_id == person, QuestionRow.outcome == Outcome.SUGGESTED)
            .scalar_subquery()
        )
        statement = update(QuestionRow).where(QuestionRow.id == newest).values(label=code)
        if code:
            statement = statement.values(done_at=self._tx.store.now)
        labelled = await self._tx.store.execute(statement.returning(QuestionRow.text))
        return str(labelled.scalar_one_or_none() or "")

    async def _confirm(self, ids: Sequence[int], code: str) -> None:
        await self._tx.store.execute(
            update(QuestionRow)
            .where(QuestionRow.id.in_(ids), QuestionRow.community_id == self._tx.community.id)
            .values(label=code, confirmed=True)
        )

    async def _learn(self, code: str, texts: Iterable[str], by: int | None) -> None:
        """Add what is new of these to the ways in which the entry is asked."""
        for entry in await self._tx.questions.entries([code], held=True):
            known = {_bare(said) for said in (entry.question, *entry.alternates)}
            new = [said for said in phrasings(texts) if _bare(said) not in known]
            room = max(0, MOST - len(entry.alternates))
            learned = replace(entry, alternates=(*entry.alternates, *new[:room]))
            await self._tx.questions.save([learned], by)

    async def _texts(self, ids: Sequence[int]) -> list[str]:
        rows = await self._tx.store.select(
            select(QuestionRow.text)
            .where(QuestionRow.id.in_(ids), QuestionRow.community_id == self._tx.community.id)
            .order_by(QuestionRow.id)
        )
        return list(rows.scalars())

    async def _new_code(self, number: int) -> str:
        code = f"q{number}"
        while await self._tx.questions.entries([code]):
            code += "a"
        return code


def phrasings(texts: Iterable[str]) -> list[str]:
    """What may stand in the FAQ of it, each once: short, and nobody's phone number or flat."""
    lines = (" ".join(text.split()) for text in texts)
    fit = [line for line in lines if _bare(line) and len(line) <= LONGEST and mask(line) == line]
    return list({_bare(line): line for line in reversed(fit)}.values())[::-1]


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text))
