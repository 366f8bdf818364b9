"""What was meant: homophone slips mended, pinyin turned into characters.

One search for the cheapest reading, as an input method does it: each stretch of the text stays
as it is, or becomes a common word that sounds the same and pays for every character it changes.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from faq.lexicon import cues, thesaurus
from faq.normalise import normalise
from faq.pinyin import blur, sounds, spelled
from faq.words import Words, words

COMMON = 11.0
"""Only words cheaper than this (1,000 in 60 million) replace what stands there."""
DOMAIN = 9.2
"""What a term of the domain costs at most."""
CHANGED = 6.5
"""Nats for every changed character: slips are rarer than rare words."""
CHANGED_IN_TERM = 3.2
"""The same where a term of the domain comes out."""
LONGEST = 6
SURE = 3
"""Characters of a cue from which its sound is no accident."""

Step = tuple[float, int, str]
"""The cost so far, where the last stretch begins, and how it is read."""


class Speller:
    """Common words and domain terms, found by their sound."""

    def __init__(self, known: Words, terms: frozenset[str], sure: frozenset[str]) -> None:
        """Prefer these terms to the other known words; slips in the sure ones cost little."""
        self._known = known
        self._sure = sure
        self._costs = known.common(COMMON)
        self._costs |= {term: min(DOMAIN, known.cost(term)) for term in sorted(terms)}
        self._alike: dict[str, str] = {}
        for word, cost in self._costs.items():
            key = " ".join(sounds(word))
            if key not in self._alike or cost < self._costs[self._alike[key]]:
                self._alike[key] = word

    def mend(self, text: str) -> str:
        """A normalised text with its likely slips put right."""
        syllables = spelled(text)
        if syllables is None:
            return self._cheapest(sounds(text), text)
        return normalise(self._cheapest([blur(syllable) for syllable in syllables], None))

    def _cheapest(self, heard: Sequence[str], text: str | None) -> str:
        """The cheapest reading; `text` is what was typed, None where only sounds were."""
        best: list[Step] = [(0.0, 0, "")]
        for end in range(1, len(heard) + 1):
            steps = []
            for begin in range(max(0, end - LONGEST), end):
                key = " ".join(heard[begin:end])
                typed = text[begin:end] if text is not None else None
                for cost, word in self._read(key, typed, end - begin):
                    steps.append((best[begin][0] + cost, begin, word))
            best.append(min(steps))
        return "".join(_walk(best))

    def _read(self, key: str, typed: str | None, size: int) -> Iterator[tuple[float, str]]:
        """The ways to read one stretch: as typed, or as the word that sounds like it."""
        kept = key if typed is None else typed
        if size == 1 or kept in self._known or kept in self._costs:
            yield self._costs.get(kept, self._known.cost(kept)), kept
        word = self._alike.get(key)
        if word is None or len(word) != size:
            return
        if typed is None:
            yield self._costs[word], word
        elif size > 1:
            changed = sum(old != new for old, new in zip(typed, word, strict=True))
            if 0 < changed < size:
                yield self._costs[word] + self._toll(word) * changed, word

    def _toll(self, word: str) -> float:
        return CHANGED_IN_TERM if word in self._sure else CHANGED


def _walk(best: Sequence[Step]) -> list[str]:
    end, found = len(best) - 1, []
    while end > 0:
        found.append(best[end][2])
        end = best[end][1]
    return found[::-1]


@cache
def speller() -> Speller:
    """The shipped dictionary with the terms of the thesaurus and of the cues."""
    named, phrases = frozenset(thesaurus().terms()), frozenset(cues().terms())
    sure = named | {term for term in phrases if len(term) >= SURE}
    return Speller(words(), named | phrases, sure)


def mend(text: str) -> str:
    """A normalised text with its likely slips of the input method put right."""
    return speller().mend(text)
