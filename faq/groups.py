"""Like questions: what several people asked in words of their own, brought together.

Measured on tests/data/queries.jsonl, 500 questions of which those with the same answer should
come together: of the pairs that do, 92 in 100 belong together; of those that should, 48 in 100
do (tests/test_faq_groups.py holds both). Apart, a question is answered twice; together by
mistake, somebody reads the answer to another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from faq.lexicon import thesaurus
from faq.reading import Reading

WEIGHTS = (0.7, 0.1, 0.2)
"""How much concepts, pairs of characters and characters count."""

ALIKE = 0.6
"""From here on two questions are one: few are taken for one that are not, since one answer of staff
goes to whoever asked them."""

Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Views:
    """A question as it is compared: unit vectors, in the order of `WEIGHTS`."""

    plain: str
    vectors: tuple[Vector, ...]


def likeness(one: str, other: str) -> float:
    """How much two questions ask the same, in [0, 1]."""
    return _likeness(_views(one), _views(other))


def alike(one: str, other: str) -> bool:
    """True when one answer most likely serves both."""
    return likeness(one, other) >= ALIKE


def groups(texts: Sequence[str]) -> list[list[int]]:
    """The positions of the texts, those of like questions together, in order.

    A text joins the group whose members it is most like on average, or begins one.
    """
    views = [_views(text) for text in texts]
    found: list[list[int]] = []
    for position, view in enumerate(views):
        best, most = None, ALIKE
        for group in found:
            mean = sum(_likeness(view, views[member]) for member in group) / len(group)
            if mean >= most:
                best, most = group, mean
        if best is None:
            found.append([position])
        else:
            best.append(position)
    return found


def _likeness(one: _Views, other: _Views) -> float:
    if one.plain == other.plain:
        return 1.0
    # What neither speaks of says nothing.
    told = [
        (weight, _dot(mine, theirs))
        for weight, mine, theirs in zip(WEIGHTS, one.vectors, other.vectors, strict=True)
        if mine or theirs
    ]
    whole = sum(weight for weight, _ in told)
    return sum(weight * dot for weight, dot in told) / whole if whole else 0.0


def _dot(one: Vector, other: Vector) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(value * large[key] for key, value in small.items() if key in large)


@lru_cache(maxsize=4096)
def _views(text: str) -> _Views:
    reading = Reading(text)
    plain = reading.core.replace(" ", "")
    weights = thesaurus().weights
    return _Views(
        plain=plain,
        vectors=(
            _unit({concept: weights[concept] for concept in reading.concepts}),
            _unit(dict.fromkeys(reading.pairs, 1.0)),
            _unit(dict.fromkeys(plain, 1.0)),
        ),
    )


def _unit(vector: Vector) -> Vector:
    length = sqrt(sum(value * value for value in vector.values()))
    return {key: value / length for key, value in vector.items()} if length else {}
