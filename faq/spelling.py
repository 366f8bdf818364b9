"""What was meant: homophone slips mended, pinyin turned into characters.

One search for the cheapest reading, as an input method does it: each stretch of the text stays
as it is, or becomes a common word that sounds the same and pays for every character it changes.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate

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
        joined = " ".join(heard)
        places = [0, *accumulate(len(syllable) + 1 for syllable in heard)]
        best: list[Step] = [(0.0, 0, "")]
        for end in range(1, len(heard) + 1):
            cheapest: Step | None = None
            for begin in range(max(0, end - LONGEST), end):
                key = joined[places[begin] : places[end] - 1]
                kept = key if text is None else text[begin:end]
                before = best[begin][0]
                cost = self._kept(kept, end - begin)
                if cost is not None and (cheapest is None or before + cost < cheapest[0]):
                    cheapest = before + cost, begin, kept
                word = self._alike.get(key)
                if word is None or len(word) != end - begin:
                    continue
                cost = self._costs[word] if text is None else self._changed(kept, word)
                if cost is not None and (cheapest is None or before + cost < cheapest[0]):
                    cheapest = before + cost, begin, word
            assert cheapest is not None
            best.append(cheapest)
        return "".join(_walk(best))

    def _kept(self, typed: str, size: int) -> float | None:
        """The cost of a stretch as it stands; None when it is no word."""
        cost = self._costs.get(typed)
        if cost is None and (size == 1 or typed in self._known):
            cost = self._known.cost(typed)
        return cost

    def _changed(self, typed: str, word: str) -> float | None:
        """The cost of meaning a word that sounds the same; None when hardly anything is left."""
        if len(word) == 1 or word == typed:
            return None
        changed = sum([old != new for old, new in zip(typed, word, strict=True)])
        return self._costs[word] + self._toll(word) * changed if changed < len(word) else None

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
