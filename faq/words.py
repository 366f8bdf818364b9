"""Words: the likeliest segmentation under jieba's word frequencies.

jieba's dictionary, cut to the words that people use; the path is found as jieba finds it.
The package itself is not imported: it costs 79 MiB and 0.4 s.
"""

from collections.abc import Iterable
from functools import cache
from math import log

from faq.resources import lines

LONGEST = 8
TOTAL = 60_101_967
"""The sum of the frequencies in jieba's dict.txt."""


@cache
def stopwords() -> frozenset[str]:
    """Words that say nothing about the matter."""
    return frozenset(word for line in lines("stopwords.txt") for word in line.split())


class Words:
    """A dictionary of words and their cost in nats."""

    def __init__(self, frequencies: Iterable[tuple[str, int]]) -> None:
        """Know these words."""
        self.costs = {word: log(TOTAL / count) for word, count in frequencies if count}
        self.unknown = log(TOTAL)

    def __contains__(self, word: str) -> bool:
        return word in self.costs

    def cost(self, word: str) -> float:
        """Minus the logarithm of the word's probability; dear for a single unknown character."""
        return self.costs.get(word, self.unknown)

    def cut(self, text: str) -> list[str]:
        """The words of a text in order; letters and digits stay together, the rest is dropped."""
        best = [(0.0, 0)]
        for end in range(1, len(text) + 1):
            best.append(self._step(text, end, best))
        return [word for word in _walk(text, best) if word.isalnum()]

    def _step(self, text: str, end: int, best: list[tuple[float, int]]) -> tuple[float, int]:
        """The cheapest way to `end`: its cost, and where its last word begins."""
        latin = _run_begins(text, end)
        if latin < end - 1:
            return best[latin][0] + self.unknown, latin
        choice = best[end - 1][0] + self.cost(text[end - 1]), end - 1
        for begin in range(max(0, end - LONGEST), end - 1):
            cost = self.costs.get(text[begin:end])
            if cost is not None and best[begin][0] + cost < choice[0]:
                choice = best[begin][0] + cost, begin
        return choice


def _run_begins(text: str, end: int) -> int:
    """Where the run of Latin letters and digits that ends at `end` begins; `end` when none."""
    begin = end
    while begin > max(0, end - 30) and text[begin - 1].isascii() and text[begin - 1].isalnum():
        begin -= 1
    return begin


def _walk(text: str, best: list[tuple[float, int]]) -> list[str]:
    end, found = len(text), []
    while end > 0:
        begin = best[end][1]
        found.append(text[begin:end])
        end = begin
    return found[::-1]


def _frequencies() -> Iterable[tuple[str, int]]:
    for line in lines("words.txt"):
        word, count = line.split(" ")
        yield word, int(count)


@cache
def words() -> Words:
    """The shipped dictionary."""
    return Words(_frequencies())
