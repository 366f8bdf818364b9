"""From features to a probability: linear ranking, then a calibrated judgement of the best.

Ranking compares the candidates of one text; the judgement asks whether the best of them
answers at all. Both are a few weights in data/model.json, written by `python -m faq.train`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp

from faq.entry import Candidate
from faq.reading import Reading
from faq.resources import DATA

Features = dict[str, float]
SHORT = 4
"""Characters of a message that is hardly more than a word."""
JUDGED = 8
"""How many candidates get a probability."""
PER_SHARED = 1.5
"""Score for each unit of shared words or pairs, where no concept is shared."""
SIGNS = ("ad", "chat", "neighbour", "told", "resolved")
"""Cues that a message asks nothing."""


def sigmoid(value: float) -> float:
    """The logistic function, for values of any size."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))


@dataclass(frozen=True, slots=True)
class Scorer:
    """Weights of the ranking and of the judgement, by feature name."""

    ranking: Mapping[str, float]
    judgement: Mapping[str, float]

    def rank(self, features: Features) -> float:
        """How well an entry fits, on no particular scale."""
        return sum([weight * features.get(name, 0.0) for name, weight in self.ranking.items()])

    def parts(self, features: Features) -> dict[str, float]:
        """What each feature adds to the rank, largest first."""
        parts = {name: weight * features.get(name, 0.0) for name, weight in self.ranking.items()}
        return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))

    def judge(self, reading: Reading, found: Mapping[str, Features]) -> list[Candidate]:
        """The candidates with their probabilities, best first."""
        ranks = sorted(((self.rank(features), id) for id, features in found.items()), reverse=True)
        ranks = ranks[:JUDGED]
        judged = []
        for place, (rank, id) in enumerate(ranks):
            rival = ranks[1 if place == 0 else 0][0] if len(ranks) > 1 else rank - 3
            signs = evidence(reading, found[id], rank, rank - rival)
            score = min(self._probability(signs), _most(found[id]))
            judged.append(Candidate(id, round(score, 4)))
        return sorted(judged, key=lambda candidate: -candidate.score)

    def _probability(self, signs: Features) -> float:
        return sigmoid(
            sum(weight * signs.get(name, 0.0) for name, weight in self.judgement.items())
        )


def _most(features: Features) -> float:
    """The highest score that so little in common allows: 1 where a concept is shared."""
    if features.get("matched"):
        return 1.0
    return min(
        1.0, PER_SHARED * max(features.get("words_sum", 0.0), features.get("pairs_sum", 0.0))
    )


def evidence(reading: Reading, features: Features, rank: float, margin: float) -> Features:
    """What the judgement looks at: the features, the rank, its lead and the kind of message."""
    return {
        **features,
        "one": 1.0,
        "rank": rank,
        "lead": max(-1.0, min(3.0, margin)),
        "asks": float(reading.asks),
        "short": float(len(reading.core) <= SHORT),
        **{name: float(name in reading.cues) for name in SIGNS},
    }


@cache
def shipped() -> Scorer:
    """The scorer in the package."""
    data = json.loads((DATA / "model.json").read_text(encoding="utf-8"))
    return Scorer(ranking=data["ranking"], judgement=data["judgement"])
