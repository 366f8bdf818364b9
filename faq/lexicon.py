"""Concepts: many ways to say a thing, one name for it.

A lexicon is a TSV file: a concept, its weight, and what people say for it, split by spaces.
`a+b` is said when both parts stand within `REACH` characters of each other, in any order.
Of overlapping plain terms the longest counts: 居住证明 is not 居住证. A row with > in place of
the weight names what the concept is a kind of: whoever speaks of one speaks of the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from faq.normalise import normalise
from faq.resources import rows

REACH = 24


@dataclass(frozen=True, slots=True)
class Found:
    """A concept in a text: the words that say so and where they begin."""

    term: str
    start: int


class Lexicon:
    """Concepts and their terms, all of one file."""

    def __init__(self, lines: Iterable[Sequence[str]]) -> None:
        """Read rows of concept, weight, terms; a concept may have several rows."""
        self.weights: dict[str, float] = {}
        self._plain: dict[str, list[str]] = defaultdict(list)
        self._joined: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._known: set[str] = set()
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._kinds: dict[str, list[str]] = {}
        for concept, weight, terms in lines:
            if weight == ">":
                self._kinds[concept] = terms.split()
                continue
            self.weights[concept] = float(weight)
            for term in terms.split():
                self._learn(concept, term)

    def _learn(self, concept: str, term: str) -> None:
        parts = tuple(normalise(part) for part in term.split("+"))
        if len(parts) == 1:
            self._plain[parts[0]].append(concept)
        else:
            self._joined[parts[0]].append((concept, parts))
        for part in parts:
            self._known.add(part)
            sizes = {*self._sizes.get(part[0], ()), len(part)}
            self._sizes[part[0]] = tuple(sorted(sizes))

    def terms(self) -> Iterator[str]:
        """Every plain term of at least two characters."""
        return (term for term in self._plain if len(term) > 1)

    def find(self, text: str) -> dict[str, Found]:
        """The concepts of a normalised text, each once."""
        spots = self._spots(text)
        found: dict[str, Found] = {}
        for term, start in _longest(spots, self._plain):
            for concept in self._plain[term]:
                found.setdefault(concept, Found(term, start))
        for concept, hit in self._find_joined(spots):
            found.setdefault(concept, hit)
        for concept in [*found]:
            for wider in self._kinds.get(concept, ()):
                found.setdefault(wider, found[concept])
        return found

    def _spots(self, text: str) -> dict[str, list[int]]:
        """Where each known term or part of one stands in a text."""
        spots: dict[str, list[int]] = {}
        for start, first in enumerate(text):
            for size in self._sizes.get(first, ()):
                piece = text[start : start + size]
                if piece in self._known and len(piece) == size:
                    spots.setdefault(piece, []).append(start)
        return spots

    def _find_joined(self, spots: dict[str, list[int]]) -> Iterator[tuple[str, Found]]:
        # In the order of the text: what is found does not hang on the order of a set.
        for first in (spot for spot in spots if spot in self._joined):
            for concept, parts in self._joined[first]:
                if all(part in spots for part in parts[1:]) and _close(spots, parts):
                    yield concept, Found("+".join(parts), spots[first][0])


def _longest(spots: dict[str, list[int]], plain: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The plain terms that no longer one covers, with their places."""
    hits = [(term, start) for term in spots if term in plain for start in spots[term]]
    taken: set[int] = set()
    for term, start in sorted(hits, key=lambda hit: (-len(hit[0]), hit[1])):
        span = range(start, start + len(term))
        if taken.isdisjoint(span):
            taken.update(span)
            yield term, start


def _close(spots: dict[str, list[int]], parts: tuple[str, ...]) -> bool:
    """True when some choice of places keeps the parts within reach of each other."""
    places = [spots[part][:4] for part in parts]
    return any(max(choice) - min(choice) <= REACH for choice in product(*places))


@cache
def thesaurus() -> Lexicon:
    """What residents call the things of community life."""
    return Lexicon(rows("thesaurus.tsv"))


@cache
def cues() -> Lexicon:
    """The words that tell a report, an intent or an emergency."""
    return Lexicon(rows("cues.tsv"))
