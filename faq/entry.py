"""The values that understanding works on: entries, candidates and what one text reads as."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One question the committee has answered; `alternates` are other ways to ask it."""

    id: str
    question: str
    alternates: tuple[str, ...] = ()
    answer: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may answer; `score` is the calibrated probability in [0, 1] that it does."""

    id: str
    score: float
