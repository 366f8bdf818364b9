"""Words: the likeliest segmentation under jieba's word frequencies.

jieba's dictionary, cut to the words that people use; the path is found as jieba finds it. The package itself is not imported: it costs 79 MiB and 0.4 s.
"""

from collections.abc import Iterable
from functools import cache
from math import log

from faq.resources import lines

LONGEST = 8
TOTAL = 60_101_967
"""The sum of the frequencies in jieba's dict.txt."""
STOP = frozenset(
    "的 了 是 在 我 你 他 她 它 我们 你们 他们 这 那 这个 那个 有 没有 不 也 都 就 还 和 跟 与 或 "
    "要 想 能 可以 会 去 来 到 给 把 被 让 从 对 为 以 于 之 而 但 但是 因为 所以 如果 一 一个 个 "
    "什么 怎么 怎么办 怎么样 哪里 谁 哪个 多少 什么时候 几 为什么 吗 么 着 过 得 地 上 下 里 中 "
    "很 太 更 最 再 又 才 只 说 听说 知道 现在 今天 一下 一点 点 些 时候 自己 人 家 人家 请 办 弄 做".split()
)


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
