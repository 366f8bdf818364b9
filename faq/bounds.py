"""Bounds of one FAQ: from which score on an entry answers, and from which on it is offered.

The shipped bounds hold for a FAQ that nobody has used yet. What residents chose and staff
confirmed moves them, slowly: they count as if `KNOWN` questions had been labelled before.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `answer` on the best entry is the answer, from `suggest` on the best are offered."""

    answer: float
    suggest: float


WRONG_ANSWERS = 0.05
"""The share of wrong ones among answers, at most."""
WRONG_OFFERS = 0.8
"""The share of offers, at most, whose first entry is wrong."""
KNOWN = 200
"""Labelled questions that the shipped bounds are worth."""
NEAR = 0.15
"""Offers of so much more score are looked at together."""
LOWER = Bounds(answer=0.15, suggest=0.1)
"""No bound falls further than this below the shipped one."""
HIGHEST = 0.99
STEP = 0.01

Pairs = Sequence[tuple[float, bool]]
"""Of each labelled question the score of the best entry, in [0, 1], and whether it is right."""


def learned(pairs: Pairs, shipped: Bounds) -> Bounds:
    """The lowest bounds that keep wrong ones as few as allowed.

    Without labels they are the shipped ones, with a few they are near to them. A label that
    turns from right to wrong never lowers a bound.
    """
    answer = _lowest(pairs, shipped.answer, LOWER.answer, WRONG_ANSWERS, 1.0)
    suggest = _lowest(pairs, shipped.suggest, LOWER.suggest, WRONG_OFFERS, NEAR)
    return Bounds(answer, min(suggest, answer))


def _lowest(pairs: Pairs, shipped: float, lower: float, wrong: float, width: float) -> float:
    """The lowest bound at which the scores from there on, `width` of them, are right enough."""
    for number in range(-round(lower / STEP), round((HIGHEST - shipped) / STEP)):
        bound = round(shipped + number * STEP, 4)
        met = [right for score, right in pairs if bound <= score < bound + width + STEP / 2]
        # What is known beforehand: just right enough at the shipped bound, better above it.
        before = KNOWN * wrong * (1 - bound) / (1 - shipped)
        if met.count(False) + before <= wrong * (len(met) + KNOWN) + 1e-9:
            return bound
    return HIGHEST
