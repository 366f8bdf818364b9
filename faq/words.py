"""Words: jieba's segmentation, over its own dictionary cut to the words that people use.

The whole dictionary costs 71 MiB and 0.6 s; the part that ships costs a tenth. It is given to
jieba as it is, so that no cache file in a shared folder is read.
"""

import io
import logging
import warnings
from functools import cache
from math import log

from faq.resources import lines

with warnings.catch_warnings():
    # Invalid escapes in jieba's own source, seen when it is compiled, and its pkg_resources.
    warnings.simplefilter("ignore")
    import jieba

jieba.setLogLevel(logging.WARNING)


@cache
def stopwords() -> frozenset[str]:
    """Words that say nothing about the matter."""
    return frozenset(word for line in lines("stopwords.txt") for word in line.split())


class Words:
    """The dictionary: which words there are, how rare they are, and where they end in a text."""

    def __init__(self) -> None:
        """Read the dictionary that ships."""
        table = "\n".join(lines("words.txt")).encode()
        self._jieba = jieba.Tokenizer()
        self._jieba.FREQ, self._jieba.total = self._jieba.gen_pfdict(io.BytesIO(table))
        self._jieba.initialized = True

    def __contains__(self, word: str) -> bool:
        return bool(self._jieba.FREQ.get(word))

    def common(self, most: float) -> dict[str, float]:
        """The words that cost at most so much, with their cost."""
        known = self._jieba.FREQ.items()
        costs = ((word, log(self._jieba.total / count)) for word, count in known if count)
        return {word: cost for word, cost in costs if cost <= most}

    def cost(self, word: str) -> float:
        """Minus the logarithm of the word's probability; dear for a single unknown character."""
        return log(self._jieba.total / (self._jieba.FREQ.get(word) or 1))

    def cut(self, text: str) -> list[str]:
        """The words of a text in order; letters and digits stay together, the rest is dropped."""
        return [word for word in self._jieba.cut(text, HMM=False) if word.isalnum()]


@cache
def words() -> Words:
    """The shipped dictionary."""
    return Words()
