"""Chinese time phrases: when something is, as people here say it.

`parse` reads the phrase out of a sentence, `read_back` and `describe` say it again for a
confirmation, `occurrences` expands a rule. The way of a text: `numerals` folds it, `scan` finds
its words (`words` for the calendar, `clock` for the hour), `saying` puts the words of one phrase
together, `resolve` reckons it from a now. Pure: nothing here reads a clock.
"""

from dataclasses import replace
from datetime import datetime

from faq.times.numerals import fold
from faq.times.phrase import NOTHING, Precision, Problem, TimePhrase
from faq.times.resolve import resolve
from faq.times.rules import occurrences
from faq.times.saying import Saying, sayings
from faq.times.scan import scan
from faq.times.speech import describe, read_back, rule_text

__all__ = [
    "Precision",
    "Problem",
    "TimePhrase",
    "describe",
    "occurrences",
    "parse",
    "read_back",
    "rule_text",
]

LONGEST = 2000
"""Characters that are read; what comes later in a text does not say when."""

MOST_PHRASES = 20
"""Phrases that are looked at until one is not gone."""


def parse(text: str, now: datetime) -> TimePhrase:
    """When the text says something is, reckoned from the aware time `now`.

    Of several times the first counts that is not gone, and before it the one a matter was moved
    to (改到周五). A date without a year is the next one; only what is said outright (今天上午,
    昨天, 2025年) can be past. A day or part of a day that has begun is not past.
    """
    folded = fold(text[:LONGEST])
    gone = NOTHING
    for saying in _in_order(sayings(folded, scan(folded)))[:MOST_PHRASES]:
        phrase = _resolved(saying, now)
        if phrase == NOTHING:
            continue
        said = replace(phrase, text=text[saying.begin : saying.end])
        if said.problem != "past":
            return said
        gone = said if gone == NOTHING else gone
    return gone


def _in_order(found: list[Saying]) -> list[Saying]:
    return sorted(found, key=lambda saying: (not saying.moved, _vague(saying)))


def _vague(saying: Saying) -> bool:
    """True for a part of a day alone: 晚上太吵了 need not say when."""
    return saying.only_clock and saying.clock is not None and saying.clock.minutes is None


def _resolved(saying: Saying, now: datetime) -> TimePhrase:
    try:
        return resolve(saying, now)
    except (ValueError, OverflowError):
        return NOTHING
