"""The data files beside the code, read once each."""

from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parent / "data"


def lines(name: str) -> Iterator[str]:
    """Each line of a data file that is neither empty nor a comment (#), without its end."""
    with (DATA / name).open(encoding="utf-8") as file:
        for line in file:
            text = line.rstrip("\n")
            if text and not text.startswith("#"):
                yield text


def rows(name: str) -> Iterator[list[str]]:
    """Each such line of a TSV file, split at its tabs."""
    return (line.split("\t") for line in lines(name))
