"""Recurrence: RFC 5545 rules, and two notations of our own for what it cannot say.

`LUNAR:DAY=1,15`           these days of every lunar month (leap months too)
`LUNAR:MONTH=9;DAY=9`      this day of every lunar year; DAY=-1 is the month's last
`TERM:NAME=冬至`            this solar term of every year
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from dateutil.rrule import rrulestr

from faq.times.lunar import TERMS, lunar_days, lunar_month_days, term_days


def occurrences(rrule: str, start: datetime, after: datetime, limit: int) -> list[datetime]:
    """The next `limit` times of the rule after `after`, none before `start`.

    `start` gives the time of day and the zone, both kept across changes of summer time; both
    times are aware. Fewer when the rule ends.

    Raises:
        ValueError: the rule is in no known notation.

    """
    local_after = after.astimezone(start.tzinfo).replace(tzinfo=None)
    first = start.replace(tzinfo=None)
    found = (time for time in _naive(rrule, first, local_after) if time > local_after)
    return [time.replace(tzinfo=start.tzinfo) for time in islice(found, max(limit, 0))]


def fields(rrule: str) -> dict[str, str]:
    """The parts of a rule by name; our own kinds stand under "KIND"."""
    kind, colon, rest = rrule.partition(":")
    parts = rest if colon else rrule
    pairs = dict(part.split("=", 1) for part in parts.split(";") if "=" in part)
    return pairs | {"KIND": kind if colon else "RRULE"}


def _naive(rrule: str, first: datetime, after: datetime) -> Iterator[datetime]:
    since = max(first, after).date()
    parts = fields(rrule)
    if parts["KIND"] == "RRULE":
        return iter(rrulestr(rrule, dtstart=first).xafter(after))
    days = _own_days(parts, since)
    times = (datetime.combine(day, first.time()) for day in days)
    return (time for time in times if time >= first)


def _own_days(parts: dict[str, str], since: date) -> Iterator[date]:
    match parts:
        case {"KIND": "TERM", "NAME": name} if name in TERMS:
            return term_days(name, since)
        case {"KIND": "LUNAR", "MONTH": month, "DAY": day}:
            return lunar_days(int(month), int(day), since)
        case {"KIND": "LUNAR", "DAY": listed}:
            return lunar_month_days(tuple(map(int, listed.split(","))), since)
        case _:
            raise ValueError(f"no such rule: {parts}")
