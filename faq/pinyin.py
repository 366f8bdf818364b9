"""How Chinese sounds: one toneless syllable a character, blurred as southern speakers blur it."""

import re
from functools import cache

from faq.resources import lines

LATIN = re.compile("[a-z]+")
LONGEST_SYLLABLE = 6
ENDINGS = ("ang", "eng", "ing")


@cache
def readings() -> dict[str, str]:
    """The commonest reading of each character."""
    return {
        han: syllable
        for syllable, characters in (line.split(" ") for line in lines("pinyin.txt"))
        for han in characters
    }


@cache
def syllables() -> frozenset[str]:
    """Every toneless syllable there is."""
    return frozenset(readings().values()) - {"n", "m", "ng", "hm", "hng"}


@cache
def blur(syllable: str) -> str:
    """The syllable without what homophone slips and accents confuse: zh/z, ch/c, sh/s, -ng/-n."""
    if syllable[1:2] == "h":
        syllable = syllable[0] + syllable[2:]
    return syllable[:-1] if syllable.endswith(ENDINGS) else syllable


@cache
def sound(han: str) -> str:
    """The blurred syllable of a character; anything else sounds like itself."""
    return blur(readings().get(han, han))


def sounds(text: str) -> list[str]:
    """The blurred syllable of every character."""
    return [sound(han) for han in text]


@cache
def split(letters: str) -> tuple[str, ...]:
    """A run of letters as the fewest syllables; empty when it is not pinyin."""
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(letters) + 1):
        fits = [
            (*start, letters[begin:end])
            for begin in range(max(0, end - LONGEST_SYLLABLE), end)
            if (start := best[begin]) is not None and letters[begin:end] in syllables()
        ]
        best.append(min(fits, key=len, default=None))
    return best[-1] or ()


def spelled(text: str) -> list[str] | None:
    """The syllables of a text typed in pinyin only, digits kept; None for any other text."""
    runs = re.findall("[a-z]+|[0-9]+|[一-龥]", text)
    letters = [run for run in runs if LATIN.fullmatch(run)]
    if not letters or len("".join(letters)) < 2 * len("".join(runs)) / 3:
        return None
    found = [split(run[:40]) if LATIN.fullmatch(run) else (run,) for run in runs[:80]]
    if sum(1 for part in found if not part) > len(found) // 4:
        return None
    return [syllable for part in found for syllable in part]
