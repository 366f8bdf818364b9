"""The hour of a day: 下午两点半, 14:30, 差一刻九点, or only 上午."""

import re
from dataclasses import dataclass, replace
from enum import Enum

from faq.times.numerals import NUMBER, number

HOUR_LENGTH = 60
HALF_DAY = 12 * 60
DAY = 24 * 60


class Part(Enum):
    """A part of the day: the minute it is taken to begin at, and the minute it ends at."""

    BEFORE_DAWN = (5 * 60, 6 * 60)
    MORNING = (8 * 60, 11 * 60)
    FORENOON = (9 * 60, 12 * 60)
    NOON = (12 * 60, 14 * 60)
    AFTERNOON = (14 * 60, 18 * 60)
    DUSK = (18 * 60, 20 * 60)
    EVENING = (19 * 60, 24 * 60)
    NIGHT = (22 * 60, 24 * 60 + 5 * 60)


NAMES = {
    Part.BEFORE_DAWN: "凌晨 拂晓",
    Part.MORNING: (
        "大清早 一大清早 一清早 一大早 一早 大早上 清早 清晨 早晨 早上 早间 朝早 晨间 早饭后"
    ),
    Part.FORENOON: "上午 上半天 上昼 前半晌",
    Part.NOON: "正午 中午 晌午 午间",
    Part.AFTERNOON: "下午 午后 下半天 下昼 后半晌 后晌 午饭后",
    Part.DUSK: "傍晚 黄昏 天黑 傍黑 擦黑",
    Part.EVENING: "大晚上 晚上 晚间 夜晚 入夜 当晚 晚饭后",
    Part.NIGHT: "大半夜 后半夜 下半夜 三更半夜 半夜 深夜 夜里 夜间 午夜",
}
PARTS = {name: part for part, names in NAMES.items() for name in names.split()} | {
    "早": Part.MORNING,
    "晨": Part.MORNING,
    "晚": Part.EVENING,
    "夜": Part.EVENING,
}
LONG_PARTS = "|".join(sorted((name for name in PARTS if len(name) > 1), key=len, reverse=True))
SHORT_PART = (
    r"(?:早|晨|晚|夜)(?![上间晨里点些就已退操会饭餐茶场市班育报年安霞婚辈宵课自])"
    r"|(?:早|晨|晚|夜)(?=\d|[一二两三四五六七八九十]+[点时])"
)

OFFICE_CLOSES = 17 * 60 + 30
"""下班, minutes after midnight."""

UNIT = "天号日人个元块楼栋层单室户岁米路院位名次周月年门条台万公斤度"
HOUR = rf"(?P<hour>{NUMBER})"
MINUTE = (
    r"(?:(?P<half>半)|过?(?P<quarters>[一二两三123])刻钟?|整|"
    rf"过?(?P<minute>{NUMBER})分钟?|(?P<bare>\d\d|[二三四五]?十[一二三四五六七八九]?|"
    rf"[零〇]?[一二三四五六七八九])(?![\d:{UNIT}点时]))?"
)
MATTER = r"(?!小?(?:建议|意见|要求|想法|原因|疑问|疑惑|问题|说明|补充|不足|体会|看法|希望|诉求))"
OPINION = rf"{MATTER}(?!之间)(?![建意要想说原疑问不补儿小也都用没好])"
TO = r"(?:到|至|-|—|–|~|―){1,2}"
HEAD = (
    rf"(?:差(?:(?P<short>{NUMBER})分钟?|(?P<short_quarters>[一1])刻钟?))?"
    rf"(?:{HOUR}(?:点钟?(?!\d*%)"
)
TAIL = (
    rf"|时(?![间候段常刻长节期而不])){MINUTE}"
    r"|(?<![\d:.])(?P<hour24>[01]?\d|2[0-4])[:](?P<minute24>[0-5]\d)(?::[0-5]\d)?(?!\d))"
)
CLOCK = re.compile(HEAD + OPINION + TAIL)
CLOCK_OF_A_DAY = re.compile(HEAD + MATTER + TAIL)
"""Right behind a day or part of a day 九点要开会 is an hour; 两点要说 alone is matters."""

FIRST_OF_RANGE = re.compile(rf"{HOUR}(?={TO}{NUMBER}(?:点|时(?![间候段])))")
PART = re.compile(rf"(?:{LONG_PARTS})(?!好)")
LASTING = re.compile(r"[一整][上下晚早午]")
"""一晚上, 整下午: how long, not when."""
AFTER_A_DAY = re.compile(SHORT_PART)
CLOSING = re.compile(r"下班(?:时|的时候)?(?=之?以?前|后|之后|以后|$)")
ROUGH = re.compile(r"十?[一二两三四五六七八九]{2}")
"""两三点, 十一二点: the first of the two is taken."""

MIDNIGHT = re.compile(r"零点|零时|0点(?!\d)|0时(?!\d)")

LAST_UNCLEAR_HOUR = 7
FIRST_CLEAR_WRITTEN_HOUR = 6
"""Whoever writes 6:30 with a colon reckons in 24 hours; 2:30 may still be the afternoon."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: `minutes` after midnight as said, None when only a part was named."""

    minutes: int | None = None
    part: Part | None = None
    exact: bool = False
    rough: bool = False

    @property
    def ambiguous(self) -> bool:
        """True when it may be another hour: "两点", "下午两三点", not "14:00", "九点"."""
        return self.rough or self._unclear_half

    @property
    def _unclear_half(self) -> bool:
        if self.minutes is None or self.part or self.exact:
            return False
        return HOUR_LENGTH <= self.minutes < (LAST_UNCLEAR_HOUR + 1) * 60

    def offset(self) -> int:
        """Minutes after the day's midnight; from 1440 on it is the next day."""
        if self.minutes is None:
            return (self.part or Part.MORNING).value[0]
        if self.part is None:
            return self.minutes + HALF_DAY * self._unclear_half
        return _in_part(self.minutes, self.part)

    def offset_after(self, start: int, first: "Clock | None" = None) -> int:
        """The first such minute after the start of the range it ends.

        After 晚7:00 an 8:30 is on the twelve-hour dial too.
        """
        if self.minutes is None:
            return (self.part or Part.EVENING).value[1]
        dial = first and first.part and first.minutes is not None and first.minutes <= HALF_DAY
        if self.part or (self.exact and not (dial and HOUR_LENGTH <= self.minutes <= HALF_DAY)):
            own = self.offset()
            return own if own > start else own + DAY
        half_days = max((start - self.minutes) // HALF_DAY + 1, 0)
        return self.minutes + half_days * HALF_DAY

    def within(self, part: Part | None) -> "Clock":
        """The same hour, in the part of the day that was said before it."""
        return replace(self, part=self.part or part)


def _in_part(minutes: int, part: Part) -> int:
    """The hour as the part of the day means it: 晚上八点 is 20:00, 晚上十二点 is 24:00."""
    if minutes >= 13 * 60:
        return minutes
    match part:
        case Part.BEFORE_DAWN | Part.MORNING | Part.FORENOON:
            return minutes % HALF_DAY if part is Part.BEFORE_DAWN else minutes
        case Part.NOON:
            return minutes if minutes >= 10 * 60 else minutes + HALF_DAY
        case Part.AFTERNOON | Part.DUSK:
            return minutes % HALF_DAY + HALF_DAY
        case Part.EVENING | Part.NIGHT:
            evening = 5 * 60 <= minutes < HALF_DAY
            return minutes + HALF_DAY if evening else minutes % HALF_DAY + DAY


def read_clock(match: re.Match[str]) -> Clock | None:
    """The clock that `CLOCK` matched; None when there is no such hour."""
    if match["hour24"]:
        hour, minute = int(match["hour24"]), int(match["minute24"])
        exact = match["hour24"].startswith("0") or hour >= FIRST_CLEAR_WRITTEN_HOUR
    else:
        hour, minute, exact = _hour(match["hour"]), _minute(match), False
    minutes = hour * 60 + minute - _short(match)
    if hour > 24 or minute > 59 or not 0 <= minutes <= DAY:  # noqa: PLR2004
        return None
    rough = bool(match["hour"] and ROUGH.fullmatch(match["hour"]))
    return Clock(minutes, exact=exact or minutes >= 13 * 60 or hour == 0, rough=rough)


def read_first_hour(match: re.Match[str]) -> Clock | None:
    """The first hour of "两到四点"; None when there is no such hour."""
    hour = number(match["hour"])
    return Clock(hour * 60, exact=hour > 12) if 0 < hour <= 24 else None  # noqa: PLR2004


def _hour(written: str) -> int:
    return number(written[:-1] if ROUGH.fullmatch(written) else written)


def _minute(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    if match["quarters"]:
        return 15 * number(match["quarters"])
    written = match["minute"] or match["bare"]
    return number(written) if written else 0


def _short(match: re.Match[str]) -> int:
    if match["short_quarters"]:
        return 15
    return number(match["short"]) if match["short"] else 0
