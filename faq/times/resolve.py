"""A saying reckoned from a now: start, end, rule, precision, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from faq.times.clock import DAY, HALF_DAY, Clock, Part
from faq.times.days import (
    ONE_DAY,
    Days,
    in_days,
    in_months,
    month_days,
    of_quarter,
    starting,
    weekdays,
)
from faq.times.phrase import NOTHING, Precision, Problem, TimePhrase
from faq.times.saying import MONTH_DAY, Saying
from faq.times.scan import Every, Mark

CANDIDATES = 400
"""How many days are tried before a phrase is taken to mean none."""

LAST_MINUTE = DAY - 1
FREQUENCIES = {
    "日": "FREQ=DAILY",
    "周": "FREQ=WEEKLY",
    "月": "FREQ=MONTHLY",
    "季": "FREQ=MONTHLY;INTERVAL=3",
    "年": "FREQ=YEARLY",
    "小时": "FREQ=HOURLY",
    "分钟": "FREQ=MINUTELY",
}
STEPS = {"小时": timedelta(hours=1), "分钟": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One saying, from one now, for one rule ("" for none)."""

    saying: Saying
    days: Days
    now: datetime
    rule: str = ""

    def phrase(self) -> TimePhrase:
        """The first reading that is not gone; a day said outright may be gone."""
        today = self.now.date()
        for day in islice(self.days.find(today), CANDIDATES):
            found = self._on(day)
            if found and (self.days.fixed or not self._gone(found, day)):
                return self._judged(found, day)
        return NOTHING

    def _on(self, day: date) -> TimePhrase | None:
        last = self._last(day)
        if last is None:
            return None
        if self.saying.due:
            return TimePhrase(end=self._deadline(day, last), precision="deadline")
        clock = self.saying.clock
        return TimePhrase(
            start=self._at(day, clock.offset() if clock else 0),
            end=self._end(day, last),
            precision=self._precision(),
        )

    def _last(self, day: date) -> date | None:
        to_days = self.saying.to_days
        if to_days is None:
            return self.days.last(day)
        since = self.now.date() if to_days.fixed else day
        ends = (end for end in islice(to_days.find(since), CANDIDATES) if end >= day)
        first = next(ends, None)
        return to_days.last(first) if first else None

    def _deadline(self, day: date, last: date) -> datetime:
        clock = self.saying.to_clock or self.saying.clock
        if clock:
            part_ends = clock.minutes is None and Mark.BEFORE not in self.saying.marks
            return self._at(last, clock.offset_after(0) if part_ends else clock.offset())
        before = Mark.BEFORE in self.saying.marks
        if before and (self.days.festival or self.days.stretch):
            return self._at(day - ONE_DAY, LAST_MINUTE)
        return self._at(last, LAST_MINUTE)

    def _end(self, day: date, last: date) -> datetime | None:
        saying = self.saying
        begin = saying.clock.offset() if saying.clock else 0
        if saying.to_clock and saying.to_days and not self.rule:
            return self._at(last, self._last_minute_of(saying.to_clock))
        if saying.to_clock:
            return self._at(day, saying.to_clock.offset_after(begin, saying.clock))
        if saying.to_days and saying.clock and saying.clock.minutes is None and not self.rule:
            return self._at(last, saying.clock.offset_after(0))
        several_days = saying.to_days or (self.days.stretch and not saying.clock)
        return self._at(last, LAST_MINUTE) if several_days and not self.rule else None

    def _last_minute_of(self, clock: Clock) -> int:
        """When the last day ends: after 22:00 or 晚上 an hour without a part is a morning's."""
        begin = self.saying.clock
        as_written = begin and (begin.exact or begin.part in (Part.EVENING, Part.NIGHT))
        if as_written and clock.part is None and clock.minutes is not None:
            return clock.minutes
        return clock.offset()

    def _precision(self) -> Precision:
        clock = self.saying.clock
        if clock is None:
            return "day"
        return "part_of_day" if clock.minutes is None else "minute"

    def _at(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, DAY)
        moment = time(rest // 60, rest % 60, tzinfo=self.now.tzinfo)
        return datetime.combine(day + timedelta(days=days), moment)

    def _gone(self, found: TimePhrase, day: date) -> bool:
        """True when a day that was not said outright must mean a later one."""
        if self.rule or self._bare_weekday:
            clockless = self.saying.clock is None and not self.rule
            moment = found.start or found.end
            return (clockless and day <= self.now.date()) or (
                moment is not None and moment <= self.now
            )
        return self._over(found, day) < self.now

    @property
    def _bare_weekday(self) -> bool:
        return self.days.rule.startswith("FREQ=WEEKLY") and not self.days.stretch

    def _over(self, found: TimePhrase, day: date) -> datetime:
        """When what was said has passed; of a habit, its first time."""
        if self.rule and found.start:
            return found.start
        if found.end:
            return found.end
        clock = self.saying.clock
        if clock is None:
            return self._at(self.days.last(day), LAST_MINUTE)
        return self._at(day, clock.offset() if clock.minutes is not None else clock.offset_after(0))

    def _judged(self, found: TimePhrase, day: date) -> TimePhrase:
        found = replace(found, rrule=self._counted(day) or None)
        if self.saying.enumerated and found.start and not self._unbroken(found, day):
            found = replace(found, end=self._end_of_day(day), problem="ambiguous")
        if self._over(found, day) < self.now:
            return self._evening(found) or replace(found, problem="past")
        return replace(found, problem="ambiguous") if self._doubtful(day) else found

    def _unbroken(self, found: TimePhrase, day: date) -> bool:
        """True for days in a row, which are one stretch: 周六、周日, not 周二、周四."""
        last = self._last(day)
        if self.saying.either:
            return False
        apart = (last - day).days if last else 0
        clock = self.saying.clock
        return apart < max(len(self.days.weekdays), self.saying.row, 2) and not (
            clock and clock.minutes
        )

    def _end_of_day(self, day: date) -> datetime | None:
        clock, to_clock = self.saying.clock, self.saying.to_clock
        return (
            self._at(day, to_clock.offset_after(clock.offset(), clock))
            if clock and to_clock
            else None
        )

    def _counted(self, day: date) -> str:
        """The rule; 12月1日到3日每天 ends after the third time."""
        last = self._last(day)
        if not self.rule or self.saying.to_days is None or last is None:
            return self.rule
        return f"{self.rule};COUNT={(last - day).days + 1}"

    def _evening(self, found: TimePhrase) -> TimePhrase | None:
        """今天八点, said at nine: more likely this evening than gone."""
        clock = self.saying.clock
        if clock is None or clock.minutes is None or clock.part or clock.exact or found.end:
            return None
        later = found.start + timedelta(minutes=HALF_DAY) if found.start else None
        if later is None or clock.minutes >= HALF_DAY or later < self.now:
            return None
        return replace(found, start=later, problem="ambiguous")

    @property
    def _only_often(self) -> bool:
        """True for 每周一次: how often, but not when."""
        every = self.saying.every
        return self.saying.days is None and every is not None and every.unit in "周月季年"

    def _doubtful(self, day: date) -> bool:
        clock = self.saying.clock
        if (clock and clock.ambiguous) or self._only_often:
            return True
        if self.days.weekdays and day.weekday() not in self.days.weekdays:
            return True
        return not self.rule and (self.days.several or (self.days.stretch and clock is not None))


def resolve(saying: Saying, now: datetime) -> TimePhrase:
    """What the saying means at `now`; NOTHING when the calendar has no such day.

    Raises:
        ValueError: a day beyond the years of the calendar.
        OverflowError: the same.

    """
    if saying.moment:
        return _moment(saying, now)
    if saying.every and saying.every.unit in STEPS:
        return _stepping(saying.every, now)
    saying, days, rule = _with_rule(saying)
    return Reckoning(saying, days, now, rule).phrase()


def _later(now: datetime, delay: timedelta) -> datetime:
    return (now.astimezone(UTC) + delay).astimezone(now.tzinfo)


def _moment(saying: Saying, now: datetime) -> TimePhrase:
    assert saying.moment is not None
    moment = _later(now, saying.moment.delay)
    problem: Problem | None = "past" if moment < now else None
    if saying.due:
        return TimePhrase(end=moment, precision="deadline", problem=problem)
    return TimePhrase(start=moment, precision="minute", problem=problem)


def _stepping(every: Every, now: datetime) -> TimePhrase:
    first = _later(now, STEPS[every.unit] * every.interval)
    rule = _spaced(FREQUENCIES[every.unit], every.interval)
    return TimePhrase(start=first, rrule=rule, precision="minute")


def _with_rule(saying: Saying) -> tuple[Saying, Days, str]:
    """The saying, its days and its rule ("" when it happens once)."""
    found, days, rule = _without_since(saying)
    return found, starting(days, saying.since) if saying.since else days, rule


def _without_since(saying: Saying) -> tuple[Saying, Days, str]:
    days, every = saying.days, saying.every
    if days is None:
        return saying, _plain_days(every), _plain_rule(every)
    if every and every.unit == "季":
        rows = days if "INTERVAL=3" in days.rule else of_quarter(days, every.month)
        return saying, rows, rows.rule
    row = _weekday_row(saying, days)
    if row:
        saying, days = replace(saying, to_days=None), row
    if every is None:
        saying, days = _enumerated(saying, days)
        return saying, days, days.rule if days.habitual else ""
    if not days.rule or (every.unit == "日" and not days.weekdays):
        return saying, _since(days, every), _plain_rule(every)
    return saying, days, _spaced(days.rule, every.interval)


def _enumerated(saying: Saying, days: Days) -> tuple[Saying, Days]:
    """周六、周日 without 每: from the first of them to the last."""
    if days.several and days.rule.startswith(MONTH_DAY) and not (saying.to_days or saying.due):
        return _month_row(saying, days)
    if not (days.several and days.weekdays) or days.habitual or saying.to_days or saying.due:
        return saying, days
    first, last = days.weekdays[0], days.weekdays[-1]
    begin = days if days.fixed else replace(weekdays((first,)), weekdays=days.weekdays)
    return replace(saying, to_days=weekdays((last,)), enumerated=True), replace(
        begin, several=False
    )


def _month_row(saying: Saying, days: Days) -> tuple[Saying, Days]:
    """28、29号: from the first of them to the last, when they follow each other."""
    chosen = sorted(int(day) for day in days.rule.removeprefix(MONTH_DAY).split(","))
    if chosen != list(range(chosen[0], chosen[0] + len(chosen))):
        return saying, days
    found = replace(saying, to_days=month_days((chosen[-1],)), enumerated=True, row=len(chosen))
    return found, month_days((chosen[0],))


def _weekday_row(saying: Saying, days: Days) -> Days | None:
    """周一至周五, with 每天 or an hour: a habit on each of these days."""
    last = saying.to_days
    if last is None or not (saying.every or saying.clock):
        return None
    if not (days.weekdays and last.weekdays) or days.fixed or saying.spans:
        return None
    first, final = days.weekdays[0], last.weekdays[-1]
    chosen = tuple((first + step) % 7 for step in range((final - first) % 7 + 1))
    return replace(weekdays(chosen), habitual=True)


def _plain_days(every: Every | None) -> Days:
    """The days of an hour that was said without one."""
    if every is None or every.unit in ("", "日"):
        return Days(_from_today)
    if every.unit == "周":
        return in_days(7 * every.interval)
    return in_months({"月": 1, "季": 3, "年": 12}[every.unit] * every.interval)


def _since(days: Days, every: Every) -> Days:
    """从明天起每天: that day and every one after it."""
    step = {"日": 1, "周": 7}.get(every.unit)
    if step is None:
        return days

    def find(today: date) -> Iterator[date]:
        for first in islice(days.find(today), 1):
            yield from (first + timedelta(days=step * count) for count in range(CANDIDATES))

    return Days(find)


def _from_today(today: date) -> Iterator[date]:
    return (today + timedelta(days=count) for count in range(CANDIDATES))


def _plain_rule(every: Every | None) -> str:
    return _spaced(FREQUENCIES[every.unit or "日"], every.interval) if every else ""


def _spaced(rule: str, interval: int) -> str:
    head, semicolon, rest = rule.partition(";")
    return f"{head};INTERVAL={interval}{semicolon}{rest}" if interval > 1 else rule
