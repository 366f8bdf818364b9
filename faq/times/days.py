"""The days a phrase may mean: each word of the calendar as a row of candidates."""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from heapq import merge
from itertools import islice

from faq.times.lunar import FIRST_YEAR, LAST_YEAR, lunar_days, lunar_month_days, term_days

WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DECEMBER = 12
LEAP_YEAR = 2000
SATURDAY = 5
ONE_DAY = timedelta(days=1)


def same_day(day: date) -> date:
    """The last day of a stretch of one day."""
    return day


@dataclass(frozen=True, slots=True)
class Days:
    """What one word of the calendar may mean.

    `find` gives the candidates from a day on, earliest first; a `fixed` word ("昨天", "本周三")
    has exactly one, reckoned from today, and may be past. `last` is the last day of the stretch
    that begins with a candidate. `rule` is what 每 makes of it, "" when nothing;
    `habitual` words (工作日) are rules without 每; a `broad` one (今年) does not say when unless
    another stands beside it; `weeks` is how many whole weeks away a 三周后 is.
    """

    find: Callable[[date], Iterator[date]]
    fixed: bool = False
    last: Callable[[date], date] = same_day
    rule: str = ""
    habitual: bool = False
    festival: bool = False
    lunar_year_end: bool = False
    weekdays: tuple[int, ...] = ()
    stretch: bool = False
    several: bool = False
    broad: bool = False
    weeks: int = 0


def once(reckon: Callable[[date], date]) -> Days:
    """The one day that is reckoned from today."""
    return Days(lambda today: iter((reckon(today),)), fixed=True)


def in_days(count: int) -> Days:
    """Today and so many days more."""
    return once(lambda today: today + timedelta(days=count))


def in_weeks(count: int) -> Days:
    """The same weekday so many weeks later."""
    return replace(in_days(7 * count), weeks=count)


def lasting(days: Days, count: int) -> Days:
    """The stretch of so many days that begins there."""
    return replace(days, last=lambda day: day + timedelta(days=count - 1), stretch=True)


def two_days_from(count: int) -> Days:
    """The day so many days from today and the one after it."""
    return lasting(in_days(count), 2)


def in_workdays(count: int) -> Days:
    """So many days from Monday to Friday later; holidays are not known here."""

    def reckon(today: date) -> date:
        weeks, rest = divmod(count, SATURDAY)
        day = today + timedelta(weeks=weeks)
        while rest or day.weekday() >= SATURDAY:
            day += ONE_DAY
            rest -= rest > 0 and day.weekday() < SATURDAY
        return day

    return once(reckon)


def in_months(count: int) -> Days:
    """The same day so many months later, or the last of a shorter month."""
    return once(lambda today: add_months(today, count))


NEVER = Days(lambda _: iter(()), fixed=True)
"""A day the calendar does not have: 2月30日."""


def on(year: int, month: int, day: int) -> Days:
    """One date."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and _exists(year, month, day)):
        return NEVER
    return once(lambda _: date(year, month, day))


def weekdays(chosen: tuple[int, ...]) -> Days:
    """Each of the weekdays, 0 being Monday."""
    codes = ",".join(WEEKDAY_CODES[weekday] for weekday in sorted(chosen))
    return Days(
        lambda since: (day for day in _every_day(since) if day.weekday() in chosen),
        rule=f"FREQ=WEEKLY;BYDAY={codes}",
        weekdays=tuple(sorted(chosen)),
        several=len(chosen) > 1,
    )


def weekdays_of_week(chosen: tuple[int, ...], weeks: int) -> Days:
    """Weekdays of the ISO week so many weeks from this one."""
    first = once(lambda today: _monday(today) + timedelta(weeks=weeks, days=min(chosen)))
    return replace(first, several=len(chosen) > 1, weekdays=tuple(sorted(chosen)))


def workdays() -> Days:
    """Monday to Friday, always a habit."""
    return replace(weekdays(tuple(range(5))), habitual=True)


def weekend(weeks: int | None = None) -> Days:
    """Saturday and Sunday: the next ones, or those of the week so many weeks from this one."""
    rule = "FREQ=WEEKLY;BYDAY=SA,SU"
    if weeks is None:
        return Days(_weekends, last=_sunday, rule=rule, stretch=True)
    saturday = once(lambda today: _monday(today) + timedelta(weeks=weeks, days=5))
    return replace(saturday, last=_sunday, stretch=True)


def week(weeks: int) -> Days:
    """The ISO week so many weeks from this one."""
    monday = once(lambda today: _monday(today) + timedelta(weeks=weeks))
    return replace(monday, last=_sunday, stretch=True)


def month(months: int) -> Days:
    """The month so many months from this one."""
    first = once(lambda today: add_months(today.replace(day=1), months))
    return replace(first, last=month_end, stretch=True)


def named_month(number: int) -> Days:
    """Each such month of the year, 1 being January."""
    return Days(
        lambda since: (day for day in _month_starts(since) if day.month == number),
        last=month_end,
        rule=f"FREQ=YEARLY;BYMONTH={number}",
        stretch=True,
    )


def year(reckon: Callable[[date], int]) -> Days:
    """The year that is reckoned from today."""
    first = once(lambda today: date(reckon(today), 1, 1))
    return replace(first, last=year_end, stretch=True, broad=True)


def month_days(chosen: tuple[int, ...]) -> Days:
    """Days of each month, -1 being the last."""
    listed = ",".join(map(str, chosen))
    return Days(
        lambda since: (day for day in _every_day(since) if _is_one_of(day, chosen)),
        rule=f"FREQ=MONTHLY;BYMONTHDAY={listed}",
        several=len(chosen) > 1,
    )


def third_of_month(first: int, last: int) -> Days:
    """The stretch of each month from one day to another; 31 is the month's last day."""
    return Days(
        lambda since: (day.replace(day=first) for day in _month_starts(since)),
        last=lambda day: day.replace(day=min(last, month_end(day).day)),
        rule=f"FREQ=MONTHLY;BYMONTHDAY={first}",
        stretch=True,
    )


def year_day(month: int, day: int) -> Days:
    """One day of each year that has it."""
    if not _exists(LEAP_YEAR, month, day):
        return NEVER
    return Days(
        lambda since: (
            date(year, month, day)
            for year in range(since.year, LAST_YEAR)
            if _exists(year, month, day) and date(year, month, day) >= since
        ),
        rule=f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}",
    )


def nth_weekdays(ordinals: tuple[int, ...], weekday: int) -> Days:
    """The first, second … weekday of each month; -1 is the last."""
    codes = ",".join(f"{ordinal}{WEEKDAY_CODES[weekday]}" for ordinal in ordinals)
    return Days(
        lambda since: (day for day in _every_day(since) if _is_nth(day, ordinals, weekday)),
        rule=f"FREQ=MONTHLY;BYDAY={codes}",
        several=len(ordinals) > 1,
    )


def nth_workday(ordinal: int) -> Days:
    """The first, second … day from Monday to Friday of each month; -1 is the last."""
    return Days(
        lambda since: (day for day in _every_day(since) if _is_nth_workday(day, ordinal)),
        rule=f"FREQ=MONTHLY;BYDAY={','.join(WEEKDAY_CODES[:SATURDAY])};BYSETPOS={ordinal}",
    )


def quarter(quarters: int) -> Days:
    """The three months so many quarters from this one."""
    first = once(lambda today: add_months(_quarter_start(today), 3 * quarters))
    return replace(first, last=_quarter_end, stretch=True, broad=True)


def of_quarter(days: Days, month: int | None) -> Days:
    """Days of each month, in one month of each quarter only: 0, 1 or 2, None as they say.

    The last day or Friday is that of the last month, any other one that of the first.
    """
    if month is None:
        month = 2 if "=-" in days.rule else 0
    return replace(
        days,
        find=lambda since: (day for day in days.find(since) if (day.month - 1) % 3 == month),
        rule=days.rule.replace("FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=3"),
    )


def lunar_day(month: int, day: int) -> Days:
    """One day of each lunar year, -1 being the last of the month."""
    return Days(
        lambda since: lunar_days(month, day, since),
        rule=f"LUNAR:MONTH={month};DAY={day}",
        lunar_year_end=month == DECEMBER,
    )


def days_of_lunar_month(chosen: tuple[int, ...]) -> Days:
    """Days of each lunar month."""
    listed = ",".join(map(str, chosen))
    return Days(
        lambda since: lunar_month_days(chosen, since),
        rule=f"LUNAR:DAY={listed}",
        several=len(chosen) > 1,
    )


def solar_term(name: str) -> Days:
    """One of the 24 solar terms of each year."""
    return Days(lambda since: term_days(name, since), rule=f"TERM:NAME={name}", festival=True)


def shifted(days: Days, count: int) -> Days:
    """So many days after (before, when negative) what was said."""
    offset = timedelta(days=count)
    return Days(
        lambda since: (day + offset for day in days.find(since if days.fixed else since - offset)),
        fixed=days.fixed,
    )


def nth_weekday_after(days: Days, count: int, weekday: int) -> Days:
    """The first, second … such weekday after what was said; before it, when negative."""

    def reckon(day: date) -> date:
        if count < 0:
            return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1 + 7 * (-count - 1))
        return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1 + 7 * (count - 1))

    reach = timedelta(weeks=abs(count))
    return Days(
        lambda since: (
            found
            for day in days.find(since if days.fixed else since - reach)
            if (found := reckon(day)) >= since or days.fixed
        ),
        fixed=days.fixed,
    )


def starting(days: Days, since: Days) -> Days:
    """The days that come from another day on: 12月1日起每周三."""

    def find(today: date) -> Iterator[date]:
        for first in islice(since.find(today), 1):
            yield from days.find(first)

    return replace(days, find=find)


def either(rows: tuple[Days, ...]) -> Days:
    """Whichever comes next."""
    return Days(lambda today: merge(*(row.find(today) for row in rows)), festival=True)


def together(first: Days, second: Days) -> Days | None:
    """Both of two enumerated words; None when they do not make one row."""
    head, _, values = first.rule.rpartition("=")
    other_head, _, other_values = second.rule.rpartition("=")
    listable = head.startswith("FREQ=") or head == "LUNAR:DAY"
    if not listable or head != other_head or first.stretch or second.stretch:
        return None
    return Days(
        lambda since: merge(first.find(since), second.find(since)),
        rule=f"{head}={values},{other_values}",
        weekdays=first.weekdays + second.weekdays if head.startswith("FREQ=WEEKLY") else (),
        several=True,
    )


def narrowed(outer: Days, inner: Days) -> Days:
    """The inner word within the outer one: 明年 + 清明, 下周 + 周三, 12月12日 + 周六."""
    if outer.several and not outer.weekdays and inner.weekdays:
        return outer
    if not outer.stretch and inner.weekdays:
        return _checked(outer, inner)
    if outer.weekdays and not inner.stretch:
        return _checked(inner, outer)

    def find(today: date) -> Iterator[date]:
        for start in outer.find(today):
            end = outer.last(start)
            if inner.lunar_year_end and start <= today <= end:
                # Late in the year 今年除夕 is the one of next February.
                yield next(inner.find(today))
                return
            for day in inner.find(start):
                if day > end:
                    break
                yield day

    head, _, rest = inner.rule.partition(";")
    rule = f"{outer.rule};{rest}" if outer.rule and head == "FREQ=MONTHLY" else inner.rule
    return replace(inner, find=find, fixed=outer.fixed or inner.fixed, rule=rule)


def _checked(said: Days, weekday: Days) -> Days:
    """The date as said, with the weekday that stood beside it for comparison."""
    return replace(said, weekdays=weekday.weekdays)


def add_months(day: date, count: int) -> date:
    """The same day of another month, or that month's last.

    Raises:
        ValueError: beyond the years of the calendar.

    """
    years, month = divmod(day.month - 1 + count, 12)
    first = date(day.year + years, month + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def month_end(day: date) -> date:
    """The last day of the month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def year_end(day: date) -> date:
    """The last day of the year."""
    return date(day.year, 12, 31)


def _every_day(since: date) -> Iterator[date]:
    day = since
    while day.year < LAST_YEAR:
        yield day
        day += ONE_DAY


def _month_starts(since: date) -> Iterator[date]:
    day = since.replace(day=1)
    while day.year < LAST_YEAR:
        yield day
        day = add_months(day, 1)


def _weekends(since: date) -> Iterator[date]:
    saturday = _monday(since) + timedelta(days=5)
    while saturday.year < LAST_YEAR:
        yield saturday
        saturday += timedelta(weeks=1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _sunday(day: date) -> date:
    return day + timedelta(days=6 - day.weekday())


def _is_one_of(day: date, chosen: tuple[int, ...]) -> bool:
    return day.day in chosen or (-1 in chosen and day == month_end(day))


def _is_nth(day: date, ordinals: tuple[int, ...], weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    from_end = -((month_end(day).day - day.day) // 7 + 1)
    return (day.day - 1) // 7 + 1 in ordinals or from_end in ordinals


def _is_nth_workday(day: date, ordinal: int) -> bool:
    if day.weekday() >= SATURDAY:
        return False
    begin, end = (day.replace(day=1), day) if ordinal > 0 else (day, month_end(day))
    span = (begin + timedelta(days=count) for count in range((end - begin).days + 1))
    return sum(each.weekday() < SATURDAY for each in span) == abs(ordinal)


def _quarter_start(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _quarter_end(day: date) -> date:
    return month_end(add_months(_quarter_start(day), 2))


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= DECEMBER and 1 <= day <= calendar.monthrange(year, month)[1]
