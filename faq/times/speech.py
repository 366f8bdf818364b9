"""A time said again, in the words people here use: what a confirmation reads out."""

from datetime import date, datetime, timedelta

from faq.times.lunar import lunar_text
from faq.times.phrase import TimePhrase
from faq.times.rules import fields

WEEKDAYS = dict(zip(["MO", "TU", "WE", "TH", "FR", "SA", "SU"], "一二三四五六日", strict=True))
NUMERALS = "零一二三四五"
LUNAR_MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
PARTS = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (19, "傍晚"))
"""Up to which hour a part of the day lasts; then it is 晚上."""

STEPS = ("FREQ=HOURLY", "FREQ=MINUTELY")
"""Rules whose hour changes from one time to the next."""

TENS = ("初", "十", "二十", "三十")
ONES = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")
KNOWN_WEEKS = {
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": "每个工作日",
    "FREQ=WEEKLY;BYDAY=SA,SU": "每个周末",
}
UNITS = {
    "DAILY": "天",
    "WEEKLY": "周",
    "MONTHLY": "个月",
    "YEARLY": "年",
    "HOURLY": "小时",
    "MINUTELY": "分钟",
}


def read_back(start: datetime, now: datetime | None = None) -> str:
    """Say 11月28日（周六，农历十月二十）上午9点; midnight is a day without an hour.

    The year is said when it is not the one of `now`.
    """
    hour = clock_text(start) if (start.hour, start.minute) != (0, 0) else ""
    return day_text(start, now) + hour


def describe(phrase: TimePhrase, now: datetime | None = None) -> str:
    """When it is, in one piece of a sentence: a moment, a range, a deadline or a habit.

    "" when the phrase does not say when.
    """
    if phrase.rrule:
        return _habit(phrase, now)
    if phrase.precision == "deadline" and phrase.end:
        return "最晚" + _until(phrase.end, now)
    if phrase.start is None:
        return ""
    return _beginning(phrase, phrase.start, now) + _ending(phrase, phrase.start, now)


def day_text(moment: datetime, now: datetime | None = None) -> str:
    """Say 11月28日（周六，农历十月二十）."""
    day = moment.date()
    year = f"{day.year}年" if now and now.year != day.year else ""
    weekday = "一二三四五六日"[day.weekday()]
    return f"{year}{day.month}月{day.day}日（周{weekday}，农历{lunar_text(day)}）"


def clock_text(moment: datetime) -> str:
    """Say 上午9点, 下午2点半, 晚上7点05分."""
    minute = {0: "", 30: "半"}.get(moment.minute, f"{moment.minute:02}分")
    return f"{part_text(moment)}{_spoken_hour(moment.hour)}点{minute}"


def part_text(moment: datetime) -> str:
    """The part of the day: "早上", "下午" …."""
    return next((name for hour, name in PARTS if moment.hour < hour), "晚上")


def rule_text(rrule: str) -> str:
    """Say 每周二、周四, 每月第一个周六, 每年农历九月初九; the hour is not part of a rule."""
    parts = fields(rrule)
    if rrule in KNOWN_WEEKS:
        return KNOWN_WEEKS[rrule]
    match parts:
        case {"KIND": "TERM", "NAME": name}:
            return f"每年{name}"
        case {"KIND": "LUNAR", "MONTH": month, "DAY": day}:
            return f"每年农历{_lunar_month(int(month))}{_lunar_day(int(day))}"
        case {"KIND": "LUNAR", "DAY": listed}:
            return "每个农历月的" + "、".join(_lunar_day(int(day)) for day in listed.split(","))
        case _:
            return _every(parts) + _on_days(parts) + _times(parts)


def _every(parts: dict[str, str]) -> str:
    unit = UNITS[parts["FREQ"]]
    interval = parts.get("INTERVAL")
    if interval:
        return f"每{interval}{unit}" + ("的" if "BYDAY" in parts or "BYMONTHDAY" in parts else "")
    return "每" + unit.removeprefix("个")


def _on_days(parts: dict[str, str]) -> str:
    month = f"{parts['BYMONTH']}月" if "BYMONTH" in parts else ""
    if "BYMONTHDAY" in parts:
        return month + "、".join(_month_day(day) for day in parts["BYMONTHDAY"].split(","))
    if "BYSETPOS" in parts:
        return f"{month}{_nth(int(parts['BYSETPOS']))}工作日"
    if "BYDAY" in parts:
        named = "、".join(_weekday(code) for code in parts["BYDAY"].split(","))
        return month + (named.removeprefix("周") if _follows_week(parts) else named)
    return month


def _follows_week(parts: dict[str, str]) -> bool:
    """True for 每周 + 周三, which is said 每周三."""
    return parts["FREQ"] == "WEEKLY" and "INTERVAL" not in parts


def _times(parts: dict[str, str]) -> str:
    return f"，共{parts['COUNT']}次" if "COUNT" in parts else ""


def _month_day(day: str) -> str:
    return "最后一天" if day == "-1" else f"{day}日"


def _weekday(code: str) -> str:
    ordinal, name = code[:-2], f"周{WEEKDAYS[code[-2:]]}"
    if not ordinal:
        return name
    return _nth(int(ordinal)) + name


def _nth(ordinal: int) -> str:
    if ordinal == -1:
        return "最后一个"
    count = NUMERALS[abs(ordinal)] if abs(ordinal) < len(NUMERALS) else str(abs(ordinal))
    return f"倒数第{count}个" if ordinal < 0 else f"第{count}个"


def _lunar_month(month: int) -> str:
    return ("闰" if month < 0 else "") + LUNAR_MONTHS[abs(month) - 1] + "月"


def _lunar_day(day: int) -> str:
    if day == -1:
        return "最后一天"
    if day in (10, 20, 30):
        return {10: "初十", 20: "二十", 30: "三十"}[day]
    return TENS[day // 10] + ONES[day % 10]


def _habit(phrase: TimePhrase, now: datetime | None) -> str:
    assert phrase.rrule is not None
    first = phrase.start or phrase.end
    rule = rule_text(phrase.rrule)
    if first is None:
        return rule
    if phrase.start is None:
        hour = "" if _day_ends(first) else clock_text(first)
        return f"{rule}{hour}前，最近一次是{day_text(first, now)}"
    return f"{rule}{_hours(phrase, first)}，第一次是{day_text(first, now)}"


def _hours(phrase: TimePhrase, start: datetime) -> str:
    if phrase.precision == "day" or (phrase.rrule or "").startswith(STEPS):
        return ""
    if phrase.precision == "part_of_day":
        return part_text(start)
    return clock_text(start) + (f"到{_clock_after(start, phrase.end)}" if phrase.end else "")


def _clock_after(start: datetime, end: datetime) -> str:
    """下午4点, or only 4点 when the start was in the afternoon too."""
    spoken = clock_text(end)
    same = part_text(start) == part_text(end) and start.date() == end.date()
    return spoken.removeprefix(part_text(end)) if same else spoken


def _until(end: datetime, now: datetime | None) -> str:
    return day_text(end, now) + ("" if _day_ends(end) else clock_text(end))


def _beginning(phrase: TimePhrase, start: datetime, now: datetime | None) -> str:
    if phrase.precision == "part_of_day":
        return day_text(start, now) + part_text(start)
    return day_text(start, now) + ("" if phrase.precision == "day" else clock_text(start))


def _ending(phrase: TimePhrase, start: datetime, now: datetime | None) -> str:
    if phrase.end is None:
        return ""
    if _same_day(start.date(), phrase.end.date()):
        return f"到{_clock_after(start, phrase.end)}"
    if phrase.precision == "part_of_day":
        return f"到{day_text(phrase.end, now)}{part_text(phrase.end - timedelta(minutes=1))}"
    return f"到{_until(phrase.end, now)}"


def _same_day(start: date, end: date) -> bool:
    return start == end


def _day_ends(end: datetime) -> bool:
    return (end.hour, end.minute) == (23, 59)


def _spoken_hour(hour: int) -> int:
    return hour if hour <= 12 else hour - 12  # noqa: PLR2004
