"""The index of this project as an engine to be measured; `benchmarks.matching` starts it."""

from collections.abc import Sequence

import faq
from benchmarks.searching import Row, main
from faq.reading import Reading


class Own:
    """`faq.Index`, as the service uses it."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._index = faq.Index()

    def build(self, entries: Sequence[Row]) -> None:
        """One after the other: there is no other way."""
        for entry in entries:
            self.add(entry)

    def add(self, entry: Row) -> None:
        """Hold one more."""
        asked = entry["question"], tuple(entry["alternates"])
        self._index.add(faq.Entry(entry["id"], *asked, answer=entry["answer"]))

    def search(self, text: str) -> list[str]:
        """The same as a decision does: normalised, mended, read, ranked and judged."""
        return [candidate.id for candidate in self._index.rank(Reading(text))]


if __name__ == "__main__":
    faq.load()
    main(Own)
