"""From features to a probability: a linear ranking, then trees that judge the best of them.

Ranking compares the candidates of one text; the judgement asks of each of the leading ones
whether it answers at all. Both stand in data/scorer.json, written by `python -m faq.training`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from typing import Any

import numpy as np
import orjson

from faq.entry import Candidate
from faq.reading import Reading
from faq.resources import DATA

VIEWS = ("concepts", "words", "pairs", "sounds")
"""What a text and an entry may share, as `faq.index` holds it."""

FEATURES = (
    *(f"{view}_{share}" for view in VIEWS for share in ("asked", "held", "sum")),
    "missed",
    "unasked",
    "matched",
    "denied",
    "answer",
    "length",
    "topic",
    "topic_best",
    "topic_known",
    "topic_sure",
    "near",
)
"""What an entry has in common with a text, in this order."""

SIGNS = ("ad", "chat", "neighbour", "told", "resolved")
"""Cues that a message asks nothing."""

EVIDENCE = (
    *FEATURES,
    "rank",
    "lead",
    "topic_lead",
    "place",
    "asks",
    "short",
    "asked_length",
    *SIGNS,
)
"""What the judgement looks at, in this order."""

TOPIC = FEATURES.index("topic")
SHORT = 4
"""Characters of a message that is hardly more than a word."""
JUDGED = 6
"""How many candidates get a probability."""
ALONE = 5.0
"""The lead of a candidate without a rival."""

Values = list[float]
"""The values of `FEATURES` or `EVIDENCE`."""


def sigmoid(value: float) -> float:
    """The logistic function, for values of any size."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))


class Trees:
    """Decision trees whose values add up, evaluated side by side.

    Node n asks `row[features[n]] <= limits[n]` and goes on to left[n] or right[n]; a leaf goes on
    to itself. `roots` are where the trees begin.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take what the JSON file holds."""
        self._roots = np.array(data["roots"], dtype=np.intp)
        self._features = np.array(data["features"], dtype=np.intp)
        self._limits = np.array(data["limits"])
        # The two ways from each node side by side, the higher one first.
        self._ways = np.column_stack([data["right"], data["left"]]).astype(np.intp).ravel()
        self._values = np.array(data["values"])
        self._depth: int = data["depth"]

    def values(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """What the trees say of each row."""
        table = np.array(rows)
        width = table.shape[1]
        table = table.ravel()
        first = (np.arange(len(rows)) * width)[:, None]
        node = np.broadcast_to(self._roots, (len(rows), len(self._roots)))
        for _ in range(self._depth):
            lower = table.take(first + self._features.take(node)) <= self._limits.take(node)
            node = self._ways.take(2 * node + lower)
        found: list[float] = self._values.take(node).sum(axis=1).tolist()
        return found


@dataclass(frozen=True, slots=True)
class Scorer:
    """The weights of the ranking, one for each feature, and the trees of the judgement.

    Without trees it only ranks, which is what training begins with.
    """

    ranking: tuple[float, ...]
    trees: Trees | None

    def rank(self, values: Sequence[float]) -> float:
        """How well an entry fits, on no particular scale."""
        return sum([weight * value for weight, value in zip(self.ranking, values, strict=True)])

    def parts(self, values: Sequence[float]) -> dict[str, float]:
        """What each feature adds to the rank, largest first."""
        named = zip(FEATURES, self.ranking, values, strict=True)
        parts = {name: weight * value for name, weight, value in named}
        return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))

    def judge(self, reading: Reading, found: Mapping[str, Values]) -> list[Candidate]:
        """The leading candidates with their probabilities, best first."""
        seen = self.evidence(reading, found)
        if not seen or self.trees is None:
            return []
        values = self.trees.values([signs for _, signs in seen])
        judged = [
            Candidate(id, round(sigmoid(value), 4))
            for (id, _), value in zip(seen, values, strict=True)
        ]
        return sorted(judged, key=lambda candidate: -candidate.score)

    def evidence(self, reading: Reading, found: Mapping[str, Values]) -> list[tuple[str, Values]]:
        """What the judgement sees of the leading candidates, the best ranked first."""
        ranks = sorted(((self.rank(values), id) for id, values in found.items()), reverse=True)
        ranks = ranks[:JUDGED]
        topics = sorted((found[id][TOPIC] for _, id in ranks), reverse=True)
        about = [
            float(reading.asks),
            float(len(reading.core) <= SHORT),
            min(1.0, len(reading.core) / 80),
            *[float(name in reading.cues) for name in SIGNS],
        ]
        seen = []
        for place, (rank, id) in enumerate(ranks):
            values = found[id]
            rival = ranks[1 if place == 0 else 0][0] if len(ranks) > 1 else rank - ALONE
            topic = values[TOPIC]
            other = topics[1 if topic == topics[0] else 0] if len(topics) > 1 else 0.0
            seen.append((id, [*values, rank, rank - rival, topic - other, float(place), *about]))
        return seen


def scorer(data: Mapping[str, Any]) -> Scorer:
    """The scorer that a JSON file holds."""
    return Scorer(tuple(data["ranking"][name] for name in FEATURES), Trees(data["trees"]))


@cache
def shipped() -> Scorer:
    """The scorer in the package."""
    return scorer(orjson.loads((DATA / "scorer.json").read_bytes()))
