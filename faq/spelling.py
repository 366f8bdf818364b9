"""What was meant: homophone slips mended, pinyin turned into characters.

One search for the cheapest reading, as an input method does it: each stretch of the text stays
as it is, or becomes a common word that sounds the same and pays for every character it changes.
"""

from collections.abc import Sequence
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

Step = tuple[float, int, str]


@cache
def terms() -> frozenset[str]:
    """The terms of the domain."""
    return frozenset((*thesaurus().terms(), *cues().terms()))


@cache
def costs() -> dict[str, float]:
    """The common words and the terms of the domain, and what each costs in nats."""
    found = {word: cost for word, cost in words().costs.items() if cost <= COMMON}
    for term in terms():
        found[term] = min(DOMAIN, words().cost(term))
    return found


@cache
def homophones() -> dict[str, str]:
    """The likeliest of these words for each blurred sound."""
    found: dict[str, str] = {}
    for word, cost in costs().items():
        key = " ".join(sounds(word))
        if key not in found or cost < costs()[found[key]]:
            found[key] = word
    return found


def mend(text: str) -> str:
    """A normalised text with its likely slips of the input method put right."""
    syllables = spelled(text)
    if syllables is not None:
        return normalise(_cheapest([blur(syllable) for syllable in syllables], None))
    return _cheapest(sounds(text), text)


def _cheapest(heard: Sequence[str], text: str | None) -> str:
    """The cheapest reading of syllables; `text` holds the characters typed, None for pinyin."""
    known, alike = words(), homophones()
    prices = costs()
    best: list[Step] = [(0.0, 0, "")]
    for end in range(1, len(heard) + 1):
        best.append(
            min(
                step
                for begin in range(max(0, end - LONGEST), end)
                for step in _steps(known, alike, prices, heard, text, (begin, end), best[begin][0])
            )
        )
    end, found = len(heard), []
    while end > 0:
        found.append(best[end][2])
        end = best[end][1]
    return "".join(found[::-1])


def _steps(  # noqa: PLR0913 - the inner loop, all of it needed
    known: Words,
    alike: dict[str, str],
    prices: dict[str, float],
    heard: Sequence[str],
    text: str | None,
    span: tuple[int, int],
    spent: float,
) -> list[Step]:
    """The ways to read one stretch: as typed, or as the common word that sounds like it."""
    begin, end = span
    typed = "".join(heard[begin:end]) if text is None else text[begin:end]
    steps: list[Step] = []
    if end - begin == 1 or (text is not None and (typed in known.costs or typed in prices)):
        steps.append((spent + prices.get(typed, known.cost(typed)), begin, typed))
    word = alike.get(" ".join(heard[begin:end]))
    if word is None or len(word) != end - begin or (text is not None and len(word) == 1):
        return steps
    changed = sum(1 for old, new in zip(typed, word, strict=False) if old != new)
    if text is not None and changed == len(word):
        return steps
    price = CHANGED_IN_TERM if word in terms() else CHANGED
    toll = 0.0 if text is None else price * changed
    steps.append((spent + prices[word] + toll, begin, word))
    return steps
