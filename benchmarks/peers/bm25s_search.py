"""bm25s over the words of jieba, with its own defaults."""

from collections.abc import Sequence

import bm25s
import jieba

from benchmarks.searching import Row, main

FOUND = 6


def words(text: str) -> list[str]:
    """The words of a text, punctuation dropped."""
    return [word for word in jieba.lcut(text.lower()) if word.isalnum()]


class Bm25s:
    """A sparse matrix of scores that are worked out beforehand; nothing can be added to it."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._ids: list[str] = []
        self._words: list[list[str]] = []
        self._matrix = bm25s.BM25()

    def build(self, entries: Sequence[Row]) -> None:
        """Question, other wordings and answer of an entry are one document."""
        for entry in entries:
            self._ids.append(entry["id"])
            self._words.append(
                words(" ".join([entry["question"], *entry["alternates"], entry["answer"]]))
            )
        self._matrix = bm25s.BM25()
        self._matrix.index(self._words, show_progress=False)

    def add(self, entry: Row) -> None:
        """The words of all others are kept; the matrix is made anew."""
        self.build([entry])

    def search(self, text: str) -> list[str]:
        """The best documents that share a word."""
        found, scores = self._matrix.retrieve(
            [words(text)], k=min(FOUND, len(self._ids)), show_progress=False
        )
        pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
        return [self._ids[number] for number, score in pairs if score > 0]


if __name__ == "__main__":
    jieba.setLogLevel("WARNING")
    jieba.initialize()
    main(Bm25s)
