"""The words of a text that say when, in order, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from faq.times import clock, words
from faq.times.clock import PARTS, Clock
from faq.times.days import ONE_DAY, Days
from faq.times.numerals import NUMBER, number


@dataclass(frozen=True, slots=True)
class Moment:
    """So long after now (before, when negative), to the minute."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class Every:
    """每 and its like; `unit` is 日, 周, 月, 季, 年, 小时, 分钟 or "" when the next word says it.

    `month` is the one of each quarter that was named, the first being 0.
    """

    unit: str = ""
    interval: int = 1
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """So many days after the day just named: 春节前一天 is -1.

    With a weekday, 0 being Monday, that one so many times: 节后第一个周六.
    """

    count: int
    weekday: int | None = None


class Mark(Enum):
    """A small word that changes what stands beside it."""

    TO = auto()
    BEFORE = auto()
    WITHIN = auto()
    UNTIL = auto()
    DUE = auto()


Value = Days | Clock | Moment | Every | Shift | Mark


@dataclass(frozen=True, slots=True)
class Token:
    """One word and its place: the text from `begin` up to `end`."""

    value: Value
    begin: int
    end: int


HALVES = {"小时": Every("分钟", 30), "钟头": Every("分钟", 30), "年": Every("月", 6)}
UNITS = {"天": "日", "日": "日", "晚": "日", "早": "日", "周": "周", "星期": "周", "礼拜": "周"}
WEEK_DAY_AHEAD = r"(?=(?:周|星期|礼拜)[一二三四五六日天末1-6](?!次|回))"
EVERY_WORD = re.compile(
    rf"(?:每逢|逢着?|每到|每个?|隔个?){WEEK_DAY_AHEAD}|每个?(?=工作日)|每逢|逢(?=初|[\d一二三])"
    r"|每(?=[早晚])|(?:天天|日日)(?![路街园家里村小])"
)
EVERY_QUARTER = re.compile(
    r"每一?个?(?:(?=季度?的?(?:(?:最后一|第一|头一)天|[末初底](?!月)))"
    r"|季度?的?(?P<month>首月|末月|(?:第[一二三]|头一|首|最后一?)个月)?的?)"
)
QUARTER_MONTHS = {"二": 1, "三": 2, "末": 2, "最": 2}
EVERY_TIMES = re.compile(
    rf"(?P<every>)(?P<count>{NUMBER}|半)个?(?P<unit>天|周|星期|礼拜|月|年)(?=[一1][次回趟轮])"
)
"""两周一次: every two weeks."""

BIWEEKLY = re.compile(r"双(?:周的?(?=(?:周|星期|礼拜)[一二三四五六日天])|(?=周[一二三四五六日天]))")
EVERY_COUNT = re.compile(
    rf"(?P<every>每隔|隔|每)(?P<count>{NUMBER}|半)?个?(?P<unit>天|日|周|星期|礼拜|月|年|小时|钟头|分钟)"
    r"[的逢]?"
)
EXACT = re.compile(
    rf"再?过?(?P<count>\d{{1,3}}\.\d|{NUMBER}|半)?(?:个(?P<half>半)?)?(?P<unit>小时|钟头|刻钟|分钟)(?P<more>半)?"
    rf"(?:(?:零|又)?(?P<minutes>{NUMBER})分钟?)?"
    r"(?P<direction>之后|以后|过后|后|(?=之内|以内|内)|之前|以前|前)?"
)
PASSING = re.compile(r"再?过")
SHIFT = re.compile(
    rf"的?(?P<direction>前|之前|后|之后|过后)的?第?(?P<count>{NUMBER})个?(?P<unit>天|日|(?:周|星期)(?![一二三四五六日天])|(?=晚))"
    r"|(?P<eve>前夕|前夜|头天|头一天|头(?=晚))|(?P<next>次日|第二天|转天)"
)
WEEKDAY_SHIFT = re.compile(
    rf"的?(?:(?:后|之后|过后|以后)的?(?:第?(?P<after>{NUMBER})|首|头一)"
    rf"|(?:前|之前)的?(?:最后一|倒数第(?P<before>{NUMBER})))个?{words.WEEK}"
    r"(?P<weekday>[一二三四五六日天])"
)
MARKS = (
    (re.compile(clock.TO + r"|直到|一直到"), Mark.TO),
    (re.compile(r"之前|以前|前(?![面门台后往来排院期边厅楼程进方几两一二三])"), Mark.BEFORE),
    (re.compile(r"之内|以内|内(?![容部科外存地心墙衣])"), Mark.WITHIN),
    (re.compile(r"截止|为止|截稿|止(?![住血损步])"), Mark.UNTIL),
)
DUE = re.compile(
    r"(?:(?:最后|截止)期限|截止|截至|最晚|最迟|不得?晚于|不得?迟于|赶在|至迟)(?:时间|日期|[到至为是于在:\s])*"
)
NEXT_DAY = re.compile(r"第二天|次日|翌日|转天")
TOUCHING = re.compile(r"[\s)\]】]*(?:\(不?含[^()]{0,4}\))?(?:起|开始)?\s*")
MINUTES = {"分钟": 1, "刻钟": 15, "小时": 60, "钟头": 60}


def scan(text: str) -> list[Token]:
    """Every word of a folded text that helps to say when."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        token = _read(text, position, tokens[-1] if tokens else None)
        if token:
            tokens.append(token)
        position = token.end if token else position + 1
    return tokens


def _read(text: str, position: int, before: Token | None) -> Token | None:
    touching = before if before and TOUCHING.fullmatch(text, before.end, position) else None
    for value, end in _readings(text, position, touching):
        if end > position:
            return Token(value, position, end)
    return None


def _readings(text: str, position: int, before: Token | None) -> Iterator[tuple[Value, int]]:
    """What may begin here, the likeliest first."""
    if before:
        yield from _after(text, position, before.value)
    if due := DUE.match(text, position):
        yield Mark.DUE, due.end()
    yield from _moment(text, position)
    yield from _every(text, position)
    yield from _clock(text, position, before is not None)
    if found := words.read(text, position):
        yield found


def _after(text: str, position: int, before: Value) -> Iterator[tuple[Value, int]]:
    """Words that mean something only right behind another."""
    if isinstance(before, Days):
        if shift := WEEKDAY_SHIFT.match(text, position):
            yield _weekday_shift(shift), shift.end()
        if shift := SHIFT.match(text, position):
            yield _shift(shift), shift.end()
        if part := clock.AFTER_A_DAY.match(text, position):
            yield Clock(part=PARTS[part.group()]), part.end()
    if before is Mark.TO and (match := NEXT_DAY.match(text, position)):
        yield Days(lambda since: iter((since + ONE_DAY,))), match.end()
    if isinstance(before, Every) and (part := clock.AFTER_A_DAY.match(text, position)):
        yield Clock(part=PARTS[part.group()]), part.end()
    if isinstance(before, Days | Clock | Moment):
        for pattern, mark in MARKS:
            if match := pattern.match(text, position):
                yield mark, match.end()


def _shift(match: re.Match[str]) -> Shift:
    if match["eve"]:
        return Shift(-1)
    if match["next"]:
        return Shift(1)
    days = number(match["count"]) * (7 if match["unit"] in ("周", "星期") else 1)
    return Shift(-days if "前" in match["direction"] else days)


def _weekday_shift(match: re.Match[str]) -> Shift:
    weekday = words.WEEKDAYS[match["weekday"]]
    if "前" in match.group():
        return Shift(-number(match["before"] or "一"), weekday)
    return Shift(number(match["after"] or "一"), weekday)


def _moment(text: str, position: int) -> Iterator[tuple[Value, int]]:
    match = EXACT.match(text, position)
    if not match or not (match["count"] or match["half"]):
        return
    if match["direction"] is None and not PASSING.match(text, position):
        return
    delay = timedelta(minutes=_minutes(match))
    yield Moment(-delay if "前" in (match["direction"] or "") else delay), match.end()


def _minutes(match: re.Match[str]) -> float:
    said = match["count"] or "零"
    count = 0.5 if said == "半" else float(said) if "." in said else number(said)
    if match["half"] or match["more"]:
        count += 0.5
    more = number(match["minutes"]) if match["minutes"] else 0
    return count * MINUTES[match["unit"]] + more


def _every(text: str, position: int) -> Iterator[tuple[Value, int]]:
    if match := EVERY_WORD.match(text, position):
        said = match.group()
        interval = 2 if said.startswith("隔") else 1
        daily = said in ("天天", "日日") or (said == "每" and text[match.end()] in "早晚")
        unit = "日" if daily else "周" if interval > 1 else ""
        yield Every(unit, interval), match.end()
    elif match := EVERY_QUARTER.match(text, position):
        yield Every("季", month=_month_of_quarter(match["month"])), match.end()
    elif match := BIWEEKLY.match(text, position):
        yield Every("周", 2), match.end()
    elif (match := EVERY_COUNT.match(text, position) or EVERY_TIMES.match(text, position)) and (
        every := _counted(match)
    ):
        yield every, match.end()


def _month_of_quarter(said: str | None) -> int | None:
    if said is None:
        return None
    return next((month for name, month in QUARTER_MONTHS.items() if name in said), 0)


def _counted(match: re.Match[str]) -> Every | None:
    unit = UNITS.get(match["unit"], match["unit"])
    if match["count"] == "半":
        return HALVES.get(unit)
    count = number(match["count"]) if match["count"] else 1
    interval = count + 1 if "隔" in match["every"] else count
    unit = "小时" if unit == "钟头" else unit
    return Every(unit, interval) if 0 < interval < 100 else None  # noqa: PLR2004


def _clock(text: str, position: int, touching: bool) -> Iterator[tuple[Value, int]]:
    if match := clock.CLOSING.match(text, position):
        yield Clock(clock.OFFICE_CLOSES, exact=True), match.end()
    lasts = not touching and clock.LASTING.match(text, max(position - 1, 0))
    if not lasts and (match := clock.PART.match(text, position)):
        yield Clock(part=PARTS[match.group()]), match.end()
    if (match := clock.FIRST_OF_RANGE.match(text, position)) and (
        found := clock.read_first_hour(match)
    ):
        yield found, match.end()
    if match := clock.MIDNIGHT.match(text, position):
        yield Clock(0, exact=True), match.end()
    match = (clock.CLOCK_OF_A_DAY if touching else clock.CLOCK).match(text, position)
    # 一点 without a day or part of day beside it means "a little".
    if match and (touching or match.group() != "一点") and (found := clock.read_clock(match)):
        yield found, match.end()
