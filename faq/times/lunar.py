"""The Chinese calendar: lunar days and solar terms as dates of the common one."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from lunar_python import Lunar, LunarMonth, LunarYear, Solar

FIRST_YEAR, LAST_YEAR = 1901, 2199
"""The years this package reckons in; beyond them a text does not mean a date."""

TWELFTH_MONTH = 12

TERMS = [
    "小寒",
    "大寒",
    "立春",
    "雨水",
    "惊蛰",
    "春分",
    "清明",
    "谷雨",
    "立夏",
    "小满",
    "芒种",
    "夏至",
    "小暑",
    "大暑",
    "立秋",
    "处暑",
    "白露",
    "秋分",
    "寒露",
    "霜降",
    "立冬",
    "小雪",
    "大雪",
    "冬至",
]
"""The solar terms in the order of the year, two in each month."""


def lunar_date(day: date) -> tuple[int, int, int]:
    """Year, month and day of the lunar calendar; a leap month is negative."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return lunar.getYear(), lunar.getMonth(), lunar.getDay()


def lunar_text(day: date) -> str:
    """The lunar day as people say it: "十月二十", "腊月二十三"."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    spoken = str(lunar.getDayInChinese()).replace("廿", "二十")
    return f"{lunar.getMonthInChinese()}月{spoken}"


@lru_cache(maxsize=1024)
def month_days(year: int, month: int) -> int:
    """How many days the lunar month has: 29, 30, or 0 when there is no such (leap) month."""
    found = LunarMonth.fromYm(year, month)
    return found.getDayCount() if found else 0


@lru_cache(maxsize=1024)
def from_lunar(year: int, month: int, day: int) -> date | None:
    """The date of a lunar day, -1 being the last of its month; None when there is none."""
    days = month_days(year, month)
    wanted = days if day == -1 else day
    if not 1 <= wanted <= days:
        return None
    solar = Lunar.fromYmd(year, month, wanted).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


@lru_cache(maxsize=1024)
def term_date(year: int, name: str) -> date:
    """The day of a solar term in a year of the common calendar."""
    # The table of midyear holds the winter solstice of the year before under its own name.
    key = "DONG_ZHI" if name == "冬至" else name
    solar = Solar.fromYmd(year, 6, 30).getLunar().getJieQiTable()[key]
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def lunar_days(month: int, day: int, since: date) -> Iterator[date]:
    """Every year's such day from `since` on; -1 is the month's last day."""
    for year in range(since.year - 1, LAST_YEAR):
        found = from_lunar(year, month, day)
        if found and found >= since:
            yield found


def lunar_month_days(days: tuple[int, ...], since: date) -> Iterator[date]:
    """Every lunar month's such days from `since` on, leap months included."""
    for year in range(since.year - 1, LAST_YEAR):
        for month in _months(year):
            found = [day for wanted in days if (day := from_lunar(year, month, wanted))]
            yield from (day for day in sorted(found) if day >= since)


def _months(year: int) -> list[int]:
    leap = LunarYear.fromYear(year).getLeapMonth()
    months = list(range(1, TWELFTH_MONTH + 1))
    return [*months[:leap], -leap, *months[leap:]] if leap else months


def term_days(name: str, since: date) -> Iterator[date]:
    """Every year's day of the solar term from `since` on."""
    for year in range(since.year, LAST_YEAR):
        if (found := term_date(year, name)) >= since:
            yield found
