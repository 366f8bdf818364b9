"""The corpus: what residents say, written for this project, with what it is about."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faq.resources import DATA

CORPUS = DATA / "corpus"
"""Readable TSV files; `topics.tsv` names the topics."""

ASKED = frozenset({"question", "alternate"})
"""The kinds that staff wrote, as they stand in a FAQ."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Saying:
    """One sentence on a topic. `kind` is a resident's way to write, or question, alternate, answer.

    `fold` is in [0, FOLDS): what is learned without a fold is tried on it.
    """

    topic: str
    writer: str
    kind: str
    text: str
    fold: int

    @property
    def by_staff(self) -> bool:
        """True for what stands in a FAQ, which nobody typed in a hurry."""
        return self.kind in ASKED or self.kind == "answer"


def sayings(folder: Path = CORPUS) -> list[Saying]:
    """Every sentence on a topic, in the order of the files."""
    shuffled = random.Random(1)  # noqa: S311 - not a secret
    return [
        Saying(topic, writer, kind, text, shuffled.randrange(FOLDS))
        for path in sorted((folder / "questions").glob("*.tsv"))
        for topic, writer, kind, text in _rows(path)
    ]


@dataclass(frozen=True, slots=True)
class Act:
    """A message with what it is; reports have a category and a place, emergencies a kind."""

    act: str
    text: str
    category: str = ""
    place: str = ""


def acts(folder: Path = CORPUS) -> list[Act]:
    """Every message that is no question about a topic."""
    found = [Act(act, text, *kind) for act, text, *kind in _rows(folder / "acts.tsv")]
    for category, place, text in _rows(folder / "reports.tsv"):
        if category == "-":
            found.append(Act("no_report", text))
        else:
            found.append(Act("report", text, category, "" if place == "-" else place))
    return found


def _rows(path: Path) -> Iterator[Sequence[str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                yield line.rstrip("\n").split("\t")
