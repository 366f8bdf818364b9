"""`xiaolaba faq check`: the labelled questions, as the FAQ answers them now or would answer them.

The questions are those of the community: answered, chosen and confirmed; or those of a file.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from tqdm import tqdm

from bot.commands.entries import read_rows, rows
from bot.commands.office import community_of
from bot.commands.spreadsheets import planned
from bot.community.labels import Label
from bot.community.questions import Entry, Outcome
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.settings import Settings
from bot.understanding import Understanding
from faq import Decision

MOST = 5000
"""The newest labelled questions that are replayed."""


class Verdict(IntEnum):
    """How good it is; higher is better."""

    WRONG = 0
    REFUSED = 1
    OFFERED = 2
    RIGHT = 3

    @property
    def spoken(self) -> str:
        """As the office reads it."""
        return ("答错", "没答", "给出来选", "答对")[self]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a question: the entry or what else, how good that is, how sure."""

    what: str
    verdict: Verdict
    score: float = 0.0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A labelled question: the entries that answer it, and what became of it, if that is known."""

    text: str
    gold: frozenset[str]
    became: Outlook | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to say, and how many questions would fare worse."""

    lines: list[str]
    worse: int


async def check(
    settings: Settings, code: str, file: Path | None, questions: Path | None
) -> Checked:
    """Replay the labelled questions: each that changes, then how many fare how.

    With `file` what they would become if it were imported, else what they are now, against what
    they were when they were asked; `questions` are used instead of the community's own.

    Raises:
        RuleError: a file cannot be read.
    """
    given = read_rows(file) if file else []
    asked = list(_labelled(questions)) if questions else []
    async with community_of(settings, code) as (database, community):
        understanding = Understanding(database, settings, [])
        await understanding.learn()
        await understanding.load()
        await understanding.adjust()
        async with database.read() as tx:
            room = CommunityTransaction(tx, community)
            stored = {entry.code: entry for entry in await room.questions.entries()}
            if not questions:
                asked = [_of(label) for label in await room.labels.newest(MOST)]
    would = stored | {entry.code: entry for entry in planned(given, stored)}

    def now(text: str) -> Decision:
        return understanding.read(text, community.id)

    after = await understanding.trial(community.id, list(would.values())) if file else now
    return _compared(
        [
            (
                each,
                _outlook(now(each.text), each.gold, stored) if file else each.became,
                _outlook(after(each.text), each.gold, would),
            )
            for each in _watched(asked)
        ]
    )


def _labelled(file: Path) -> Iterator[Asked]:
    for number, row in rows(file):
        try:
            yield Asked(str(row["q"]), frozenset(map(str, row["gold"])))
        except (KeyError, TypeError) as error:
            raise RuleError(f"第{number}行要有 q 和 gold。") from error


def _of(label: Label) -> Asked:
    gold = frozenset([label.entry]) - {""}
    what, verdict = "没答", Verdict.REFUSED
    if label.outcome is Outcome.ANSWERED:
        what, verdict = label.best, Verdict.RIGHT if label.best in gold else Verdict.WRONG
    elif label.outcome is Outcome.SUGGESTED:
        what, verdict = "给出来选", Verdict.OFFERED if gold else Verdict.REFUSED
    return Asked(label.text, gold, Outlook(what, verdict, label.score))


def _outlook(decision: Decision, gold: frozenset[str], entries: dict[str, Entry]) -> Outlook:
    if decision.action == "answer" and decision.entry:
        verdict = Verdict.RIGHT if decision.entry in gold else Verdict.WRONG
        answer = entries[decision.entry].answer
        return Outlook(decision.entry, verdict, decision.score, answer)
    if decision.action == "suggest":
        offered = {candidate.id for candidate in decision.offered}
        verdict = Verdict.OFFERED if offered & gold else Verdict.REFUSED
        return Outlook("给出来选", verdict, decision.score)
    return Outlook("没答", Verdict.REFUSED if gold else Verdict.RIGHT, decision.score)


def _compared(outlooks: Iterable[tuple[Asked, Outlook | None, Outlook]]) -> Checked:
    lines, worse, fared = [], 0, Counter[Verdict]()
    for asked, before, after in outlooks:
        fared[after.verdict] += 1
        if before is None:
            if after.verdict is not Verdict.RIGHT:
                gold = "、".join(sorted(asked.gold)) or "没答"
                lines.append(f"{asked.text}：{after.what}（{after.score:.2f}），应当是{gold}")
            continue
        worse += after.verdict < before.verdict
        if change := _change(before, after):
            lines.append(f"{asked.text}：{change}")
    counts = "，".join(f"{each.spoken}{fared[each]}句" for each in reversed(Verdict))
    return Checked([*lines, f"{sum(fared.values())}句：{counts}。"], worse)


def _change(before: Outlook, after: Outlook) -> str:
    """Before and after, "" when the asker would see no difference."""
    rewritten = bool(before.answer) and before.answer != after.answer
    if before.what == after.what and before.verdict == after.verdict:
        return f"{after.what}，答案改了" if rewritten else ""
    mark = ""
    if before.verdict != after.verdict:
        mark = "，变好了" if after.verdict > before.verdict else "，变差了"
    return f"{before.what} → {after.what}（{after.score:.2f}）{mark}"


def _watched(asked: list[Asked]) -> Iterable[Asked]:
    """With a bar for whoever watches, once it takes longer than a moment."""
    return tqdm(
        asked, desc="检查", unit="句", delay=1, leave=False, disable=not sys.stderr.isatty()
    )
