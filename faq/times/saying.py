"""One phrase as it was said: its words put into their places, not yet reckoned from a now."""

import re
from dataclasses import dataclass, field

from faq.times.clock import Clock
from faq.times.days import (
    Days,
    narrowed,
    nth_weekday_after,
    shifted,
    together,
    weekdays_of_week,
)
from faq.times.scan import Every, Mark, Moment, Shift, Token, Value

BETWEEN = re.compile(
    r"(?:[\s,、()\[\]【】·;:/的在是于和及与跟]|那一?天|这一?天|当[天日]|一次|左右|大概|大约|约|"
    r"不?含|起|开始|每次|[各都均]|时间|定|也?就是|即|或者?|具体|暂定|[一二两三四\d][次回场]|期间)*"
)
"""What may stand between two words of one phrase."""

ENUMERATES = re.compile(r".*[、/,和及与跟或].*")
SAME_AGAIN = re.compile(r".*(?:\(|就是|即).*")
MONTH_DAY = "FREQ=MONTHLY;BYMONTHDAY="
BEGINS = re.compile(r"起|开始")
MOVED = re.compile(
    r"(?:改|推迟|延期?|提前|调整?|挪|换|顺延|变更)(?:期|时间)?(?:到|至|成|为|在)\s*$"
)
"""Right before the time that counts, when a text names the old one too."""


MOST_JOINS = 12
"""Calendar words in one phrase; a row of 2,000 is no phrase."""


@dataclass(slots=True)
class Saying:
    """The words of one phrase, each in its place; `begin` and `end` are its stretch of text.

    `reach` lies behind `end` while a 到 still waits for what comes after it. A saying `spans`
    when its hour was said before its last day (周五22点到周六6点); `either` day may be meant;
    `row` is how many days of a month were named one by one;
    what happens often does so from `since` on.
    """

    begin: int = 0
    end: int = 0
    reach: int = 0
    every: Every | None = None
    days: Days | None = None
    clock: Clock | None = None
    moment: Moment | None = None
    to_days: Days | None = None
    to_clock: Clock | None = None
    marks: set[Mark] = field(default_factory=set)
    joins: int = 0
    enumerated: bool = False
    awaits_end: bool = False
    moved: bool = False
    spans: bool = False
    either: bool = False
    row: int = 0
    since: Days | None = None

    @property
    def due(self) -> bool:
        """True for a deadline."""
        return bool(self.marks - {Mark.TO})

    @property
    def only_clock(self) -> bool:
        """True when it names an hour, or part of a day, of no day."""
        return self.clock is not None and not (self.days or self.moment or self.every)

    @property
    def only_day(self) -> bool:
        """True when it names days and no hour."""
        return bool(self.days or self.every) and not (self.clock or self.moment or self.due)

    def take(self, token: Token, between: str) -> bool:
        """Put one more word into its place; False when it must belong to another phrase."""
        taken = self._take(token.value, between)
        if taken:
            self.reach = token.end
            self.end = self.end if self.awaits_end else token.end
        return taken

    def _take(self, value: Value, between: str) -> bool:
        match value:
            case Mark():
                return self._take_mark(value)
            case Every():
                return self._take_every(value, between)
            case Shift():
                return self._take_shift(value)
            case Clock():
                return self._take_clock(value)
            case Moment():
                return self._take_moment(value)
            case Days():
                return self._take_days(value, between)

    def _take_mark(self, mark: Mark) -> bool:
        if mark is Mark.DUE and (self.days or self.clock or self.moment):
            return False
        if mark is Mark.UNTIL and (self.to_days or self.to_clock):
            return True
        self.awaits_end = mark is Mark.TO
        self.marks.add(mark)
        return True

    def _take_every(self, every: Every, between: str) -> bool:
        if self.every or self.moment:
            return False
        if self.days and BEGINS.search(between):
            self.since, self.days = self.days, None
        self.every = every
        return True

    def _take_shift(self, shift: Shift) -> bool:
        if self.days is None or self.clock or self.joins >= MOST_JOINS:
            return False
        self.joins += 1
        if shift.weekday is None:
            self.days = shifted(self.days, shift.count)
        else:
            self.days = nth_weekday_after(self.days, shift.count, shift.weekday)
        return True

    def _take_moment(self, moment: Moment) -> bool:
        if self.days or self.clock or self.moment:
            return False
        self.moment = moment
        return True

    def _take_clock(self, clock: Clock) -> bool:
        if self.moment:
            return False
        if self.awaits_end:
            self.to_clock, self.awaits_end = clock, False
        elif self.to_clock:
            self.to_clock = _finer(self.to_clock, clock) or self.to_clock
            return self.to_clock.minutes == clock.minutes
        elif self.clock is None:
            self.clock = clock
        elif finer := _finer(self.clock, clock):
            self.clock = finer
        elif self.to_days:
            self.to_clock = clock
        else:
            return False
        return True

    def _take_days(self, days: Days, between: str) -> bool:
        if self.moment or (self.due and Mark.DUE not in self.marks):
            return False
        if self.awaits_end:
            self.to_days, self.awaits_end = days, False
            self.spans = self.clock is not None
        elif self.days is None:
            self.days = days
        elif self.to_days and self.to_days.stretch and not self.to_clock:
            self.to_days = narrowed(self.to_days, days)
        elif self.enumerated and not self.clock and days.rule.startswith(MONTH_DAY):
            self.to_days, self.row = days, self.row + 1
        elif self.to_days or self.to_clock:
            return False
        else:
            return self._join_days(self.days, days, between)
        return True

    def _join_days(self, first: Days, second: Days, between: str) -> bool:
        if self.joins >= MOST_JOINS:
            return False
        self.joins += 1
        self.either = self.either or "或" in between
        if self.every and first.weekdays and not (second.weekdays or second.festival):
            self.since = second
            return True
        if first.weeks and second.fixed and between == "的":
            return True
        if first.weeks and second.weekdays:
            self.days = weekdays_of_week(second.weekdays, first.weeks)
            return True
        return self._join_close(first, second, between)

    def _join_close(self, first: Days, second: Days, between: str) -> bool:
        row = together(first, second) if ENUMERATES.match(between) else None
        if row:
            self.days = row
        elif first.stretch or (first.weekdays and not first.fixed) or second.weekdays:
            self.days = narrowed(first, second)
        elif first.fixed and second.fixed and not SAME_AGAIN.match(between):
            self.to_days = second
        elif SAME_AGAIN.match(between):
            self.days = second
        elif (first.festival or second.festival) and not ENUMERATES.match(between):
            self.days = first if second.festival else second
        elif first.rule == f"{MONTH_DAY}-1" and second.rule.startswith("FREQ=MONTHLY;BYDAY=-"):
            self.days = second
        elif second.rule.startswith(MONTH_DAY):
            self.to_days, self.enumerated, self.row = second, True, 2
        else:
            return False
        return True


def _finer(part: Clock, clock: Clock) -> Clock | None:
    """下午 and 两点 as one; None when both name an hour or both a part."""
    if part.minutes is None and clock.minutes is not None and clock.part is None:
        return clock.within(part.part)
    return None


FARTHEST = 20
"""Characters between a day and an hour that still belong together."""


def sayings(text: str, tokens: list[Token]) -> list[Saying]:
    """The phrases of a text in order; an hour said apart joins the day it belongs to."""
    found: list[Saying] = []
    for token in tokens:
        between = text[found[-1].reach : token.begin] if found else ""
        joint = found and BETWEEN.fullmatch(between)
        if joint and found[-1].take(token, between):
            continue
        fresh = Saying(begin=token.begin, moved=bool(MOVED.search(text, 0, token.begin)))
        if fresh.take(token, ""):
            found.append(fresh)
    whole = [saying for saying in found if _says_when(saying)]
    return _joined(whole)


def _says_when(saying: Saying) -> bool:
    days = saying.days if saying.days and (saying.due or not saying.days.broad) else None
    habit = saying.every and (days or saying.every.unit)
    return bool(days or saying.clock or saying.moment or habit)


def _joined(found: list[Saying]) -> list[Saying]:
    """周六大清扫，上午九点集合: the hour said later belongs to the day said first."""
    joined: list[Saying] = []
    for saying in found:
        near = joined and saying.begin - joined[-1].end <= FARTHEST and not saying.moved
        if near and joined[-1].only_day and saying.only_clock:
            _add_clock(joined[-1], saying)
        elif near and joined[-1].only_clock and saying.only_day:
            _add_clock(saying, joined.pop())
            joined.append(saying)
        else:
            joined.append(saying)
    return joined


def _add_clock(day: Saying, hour: Saying) -> None:
    day.clock, day.to_clock = hour.clock, hour.to_clock
    day.marks |= hour.marks
    day.begin, day.end = min(day.begin, hour.begin), max(day.end, hour.end)
