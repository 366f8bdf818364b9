"""`python -m faq.evaluate [FOLDER]`: how well labelled messages are understood.

The folder (tests/data unless named) holds faq, queries, oos, reports and intents as JSONL, and
near_miss and not_emergency where there are such.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from faq.decide import Decision, Situation, understand
from faq.entry import Entry
from faq.index import Index
from faq.places import PlaceNames

WRONG_ALLOWED = 0.05
INTENTS = ("progress", "human", "signup", "cancel_signup", "next_event", "emergency")
NAMES = {"issue_progress": "progress"}
"""What the labels call an action otherwise."""


class Row(TypedDict, total=False):
    """One labelled message or entry, as the files hold it."""

    id: str
    question: str
    alternates: list[str]
    answer: str
    q: str
    gold: list[str]
    slice: str
    kind: str
    category: str | None
    place: str | None
    is_report: bool
    intent: str


def read(path: Path) -> list[Row]:
    """The rows of a JSONL file; none when there is no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def entries(rows: Iterable[Row]) -> list[Entry]:
    """The rows of faq.jsonl as entries."""
    return [
        Entry(
            id=row["id"],
            question=row["question"],
            alternates=tuple(row["alternates"]),
            answer=row["answer"],
            category=row["category"] or "",
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Labelled:
    """The labelled files and the index they speak of."""

    index: Index
    queries: list[Row]
    others: list[Row]
    reports: list[Row]
    intents: list[Row]
    harmless: list[Row]

    @classmethod
    def load(cls, folder: Path) -> "Labelled":
        """Read all files of a folder."""
        return cls(
            index=Index(entries(read(folder / "faq.jsonl"))),
            queries=read(folder / "queries.jsonl"),
            others=[*read(folder / "oos.jsonl"), *read(folder / "near_miss.jsonl")],
            reports=read(folder / "reports.jsonl"),
            intents=read(folder / "intents.jsonl"),
            harmless=read(folder / "not_emergency.jsonl"),
        )

    def decide(self, rows: Sequence[Row], *, addressed: bool = True) -> list[Decision]:
        """The decision on each row, in a private chat or unaddressed in a group."""
        chat = Situation(self.index, PlaceNames(), chat="private" if addressed else "group")
        return [understand(row["q"], chat) for row in rows]


@dataclass
class Measures:
    """Figures by name, each in [0, 1], and the hit rate of each slice."""

    figures: dict[str, float] = field(default_factory=dict)
    slices: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{name:28} {value:.3f}" for name, value in self.figures.items()]
        lines += [
            f"  {name:26} {one:.3f} {three:.3f}" for name, (one, three) in self.slices.items()
        ]
        return "\n".join(lines)


def measure(labelled: Labelled) -> Measures:
    """Every figure of the labelled set."""
    measures = Measures()
    queries = labelled.decide(labelled.queries)
    others = labelled.decide(labelled.others)
    _ranking(measures, labelled.queries, queries)
    _confidence(measures, labelled.queries, queries, others)
    _answers(measures, labelled.queries, queries, others)
    _reports(measures, labelled.reports, labelled.decide(labelled.reports))
    _intents(measures, labelled)
    _overheard(measures, labelled)
    alarms = sum(decision.action == "emergency" for decision in queries + others)
    measures.figures["emergency false alarms"] = alarms / len(queries + others)
    if labelled.harmless:
        alarms = sum(d.action == "emergency" for d in labelled.decide(labelled.harmless))
        measures.figures["alarms without danger"] = alarms / len(labelled.harmless)
    return measures


def _hit(row: Row, decision: Decision, within: int) -> bool:
    return any(candidate.id in row["gold"] for candidate in decision.candidates[:within])


def _ranking(measures: Measures, rows: Sequence[Row], decisions: Sequence[Decision]) -> None:
    by_slice: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row, decision in zip(rows, decisions, strict=True):
        by_slice[row["slice"]].append((_hit(row, decision, 1), _hit(row, decision, 3)))
    everything = [hit for hits in by_slice.values() for hit in hits]
    measures.figures["hit@1"], measures.figures["hit@3"] = _means(everything)
    measures.slices = {name: _means(hits) for name, hits in by_slice.items()}


def _means(hits: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    one, three = (sum(column) / len(hits) for column in zip(*hits, strict=True))
    return one, three


def _confidence(
    measures: Measures,
    rows: Sequence[Row],
    queries: Sequence[Decision],
    others: Sequence[Decision],
) -> None:
    """CA5 (right answers at 5 % wrong ones) and how well scores part the two kinds."""
    scored = [(d.score, _hit(row, d, 1)) for row, d in zip(rows, queries, strict=True)]
    scored += [(decision.score, False) for decision in others]
    right, wrong, best = 0, 0, 0
    for _score, hit in sorted(scored, key=lambda pair: -pair[0]):
        right, wrong = right + hit, wrong + (not hit)
        if wrong <= WRONG_ALLOWED * len(scored):
            best = right
    measures.figures["CA5"] = best / len(rows)
    pairs = [(q.score > o.score) + 0.5 * (q.score == o.score) for q in queries for o in others]
    measures.figures["AUROC"] = sum(pairs) / len(pairs)


def _answers(
    measures: Measures,
    rows: Sequence[Row],
    queries: Sequence[Decision],
    others: Sequence[Decision],
) -> None:
    answered = [(row, d) for row, d in zip(rows, queries, strict=True) if d.action == "answer"]
    right = sum(decision.entry in row["gold"] for row, decision in answered)
    stray = sum(decision.action == "answer" for decision in others)
    everything = len(queries) + len(others)
    measures.figures["answered right"] = right / len(rows)
    measures.figures["answered wrong"] = (len(answered) - right + stray) / everything
    helped = right + sum(
        decision.action == "suggest" and _hit(row, decision, 5)
        for row, decision in zip(rows, queries, strict=True)
    )
    measures.figures["answered or offered"] = helped / len(rows)
    measures.figures["refused of others"] = sum(d.action == "refuse" for d in others) / len(others)


def is_report(decision: Decision) -> bool:
    """True when a decision opens an issue."""
    return decision.action == "report" or (
        decision.action == "emergency" and "report" in decision.also
    )


def _reports(measures: Measures, rows: Sequence[Row], decisions: Sequence[Decision]) -> None:
    pairs = list(zip(rows, decisions, strict=True))
    true = [(row, decision) for row, decision in pairs if row["is_report"]]
    measures.figures["reports F1"] = _f1(
        sum(is_report(decision) for _row, decision in true),
        sum(is_report(decision) for decision in decisions),
        len(true),
    )
    right = sum(decision.category == row["category"] for row, decision in true)
    measures.figures["category"] = right / len(true)
    measures.figures["place, exact F1"] = _f1(
        sum(row["place"] is not None and d.place == row["place"] for row, d in true),
        sum(decision.place is not None for _row, decision in true),
        sum(row["place"] is not None for row, _decision in true),
    )
    wanted = [_spot(row["q"], row["place"]) for row, _decision in true]
    found = [_spot(row["q"], decision.place) for row, decision in true]
    measures.figures["place, character F1"] = _f1(
        sum(len(one & other) for one, other in zip(wanted, found, strict=True)),
        sum(map(len, found)),
        sum(map(len, wanted)),
    )


def _spot(text: str, place: str | None) -> set[int]:
    """Where the characters of a place stand in a text."""
    return set(range(text.find(place), text.find(place) + len(place))) if place else set()


def _f1(right: int, found: int, wanted: int) -> float:
    return 2 * right / (found + wanted) if found + wanted else 0.0


def _intents(measures: Measures, labelled: Labelled) -> None:
    wanted = [NAMES.get(row["intent"], row["intent"]) for row in labelled.intents]
    found = [decision.action for decision in labelled.decide(labelled.intents)]
    both = Counter(w for w, f in zip(wanted, found, strict=True) if w == f)
    scores = [_f1(both[name], found.count(name), wanted.count(name)) for name in INTENTS]
    measures.figures["intents macro F1"] = sum(scores) / len(scores)
    measures.figures["emergency recall"] = both["emergency"] / wanted.count("emergency")


def _overheard(measures: Measures, labelled: Labelled) -> None:
    decisions = labelled.decide(labelled.others, addressed=False)
    spoken = [decision.action != "silent" for decision in decisions]
    talk = [s for row, s in zip(labelled.others, spoken, strict=True) if row["kind"] != "near_miss"]
    measures.figures["spoke unaddressed (others)"] = sum(spoken) / len(spoken)
    measures.figures["spoke unaddressed (talk)"] = sum(talk) / len(talk)


def main() -> None:
    """Print every figure."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    sys.stdout.write(f"{measure(Labelled.load(folder))}\n")


if __name__ == "__main__":
    main()
