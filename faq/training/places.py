"""Fitting the finder of places: the likeliest stretch of a text, or none, by its features.

The probability of a stretch is the exponential of its sum, over all stretches and no place at all.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from faq.places import Marker, features, spelled

RAREST = 3
"""Texts' characters in or beside a place that must show a feature before it counts."""
BESIDE = 2
"""Characters before and after a place that count as beside it."""
SOFTNESS = 1.0
"""The weight of the squares of the weights."""
ROUNDS = 60
STEP = 0.05
"""The step of a shipped weight."""
TELLING = "NMKR"
"""The marks of pieces that may tell a place."""

Example = tuple[list[tuple[str, ...]], tuple[int, int] | None]
"""The features of each character of a text, and from where to where the place stands."""


def fit_places(rows: Iterable[Sequence[str]]) -> dict[str, Any]:
    """The model as `faq.places` reads it, of rows of category, place and text ("-" for none).

    A message that reports nothing may well name a place, though its row gives none: of those,
    only the ones are learned from in which no list and no pattern sees a place.
    """
    marker = Marker()
    examples: list[Example] = []
    for category, place, text in sorted(map(tuple, rows)):
        if place == "-":
            if category != "-" or not any(mark in marker.mark(spelled(text)) for mark in TELLING):
                examples.append((_shown(marker, text), None))
            continue
        start = text.index(place)
        examples.append((_shown(marker, text), (start, start + len(place))))
        # Whoever is asked where says the place alone.
        examples.append((_shown(marker, place), (0, len(place))))
    # A number alone answers a numbered question.
    examples += [(_shown(marker, str(number)), None) for number in range(1, 31)]
    counts = Counter(
        name
        for shown, stretch in examples
        if stretch
        for names in shown[max(0, stretch[0] - BESIDE) : stretch[1] + BESIDE]
        for name in names
    )
    known = sorted(name for name, count in counts.items() if count >= RAREST)
    weights = np.round(_weights(examples, known) / STEP).astype(int)
    kept = [number for number in range(len(known)) if weights[number].any()]
    return {
        "features": [known[number] for number in kept],
        "weights": weights[kept].tolist(),
    }


def _shown(marker: Marker, text: str) -> list[tuple[str, ...]]:
    plain = spelled(text)
    return list(features(plain, marker.mark(plain)))


def _weights(examples: Sequence[Example], known: Sequence[str]) -> Any:
    """The likeliest weights, features × (begin, inside, last)."""
    numbers = {name: number for number, name in enumerate(known)}
    columns: list[int] = []
    ends = [0]
    for shown, _ in examples:
        for names in shown:
            columns += [numbers[name] for name in names if name in numbers]
            ends.append(len(columns))
    table = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(ends) - 1, len(known)))
    slices, at = [], 0
    for shown, _ in examples:
        slices.append(slice(at, at + len(shown)))
        at += len(shown)

    def loss(flat: Any) -> tuple[float, Any]:
        scores = table @ flat.reshape(-1, 3)
        slopes = np.zeros_like(scores)
        lost = SOFTNESS / 2 * float(flat @ flat)
        for where, (_, stretch) in zip(slices, examples, strict=True):
            lost += _surprise(scores[where], stretch, slopes[where])
        return lost, (table.T @ slopes).ravel() + SOFTNESS * flat

    start = np.zeros(3 * len(known))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    return found.x.reshape(-1, 3)


def _surprise(scores: Any, stretch: tuple[int, int] | None, slopes: Any) -> float:
    """Minus the logarithm of the right stretch's probability; its derivative goes to `slopes`."""
    begin, inside, last = scores.T
    upto = inside.cumsum()
    sums = (begin - upto + inside)[:, None] + (last + upto)
    sums[np.tril_indices(len(sums), -1)] = -np.inf
    top = max(sums.max(), 0.0)
    powers = np.exp(sums - top)
    total = powers.sum() + np.exp(-top)
    begun, ended = powers.sum(1) / total, powers.sum(0) / total
    slopes[:] = np.stack([begun, begun.cumsum() - ended.cumsum() + ended, ended], axis=1)
    right = 0.0
    if stretch:
        start, end = stretch
        right = sums[start, end - 1]
        slopes[start, 0] -= 1
        slopes[start:end, 1] -= 1
        slopes[end - 1, 2] -= 1
    return float(top + np.log(total) - right)
