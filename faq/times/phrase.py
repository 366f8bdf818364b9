"""What a time phrase means: the value the rest of the package works towards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Precision = Literal["minute", "part_of_day", "day", "deadline"]
Problem = Literal["past", "ambiguous"]


@dataclass(frozen=True, slots=True)
class TimePhrase:
    """When something is, as one text says it; all times are aware, in the zone of `now`.

    `text` is the stretch that says when, "" when there is none; then everything else is None.
    A deadline stands in `end` and has no start. A range of days ends at 23:59 of its last day.
    `rrule` is RFC 5545 without DTSTART, or one of our own notations (see `rules`).
    `problem` is "past" when the moment is gone, "ambiguous" when the time given is only the
    likelier of two readings.
    """

    text: str = ""
    start: datetime | None = None
    end: datetime | None = None
    rrule: str | None = None
    precision: Precision | None = None
    problem: Problem | None = None


NOTHING = TimePhrase()
"""The text does not say when."""
