"""The words of the calendar: how each is written, and which days it means."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from faq.times import days as calendar_days
from faq.times.days import Days
from faq.times.festivals import FESTIVALS, WEATHER
from faq.times.numerals import NUMBER, number

Reader = Callable[[re.Match[str]], Days | None]

WEEKDAYS = {name: index // 2 for index, name in enumerate("一1二2三3四4五5六6日天")} | {"末": 5}
RELATIVE = {
    "大前": -3,
    "前": -2,
    "昨": -1,
    "今": 0,
    "当": 0,
    "即": 0,
    "明": 1,
    "听": 1,
    "后": 2,
    "大后": 3,
}
YEARS = {"前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1, "来年": 1, "后年": 2}
SCOPES = {"上上": -2, "上": -1, "本": 0, "这": 0, "下": 1, "下下": 2}
LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}

WEEK = r"(?:周|星期|礼拜)"
BUSY = r"(?![点时楼号个次层单栋刻十月年起路区常期\d])"
WEEKDAY_LIST = (
    r"(?:[一二三四五六日天]|[1-6](?!\d))"
    rf"(?:(?:[、/,和及与跟]{{1,2}}{WEEK}?|[,，]?{WEEK})[一二三四五六日天]{BUSY}|[二三四五六日天]{BUSY})*"
)
"""周一、三、五 or 周一三五; 周六一早 and 周五五点 name one day."""

SCOPE = r"(?P<scope>上上|下下|上|下|本|这)一?个?"
AND = r"[、/,，和及与跟]{1,2}"
NOT_A_DAY = (
    r"(?![楼院门桌线口馆位车店铺机梯电汽库房室厅棚井栋幢座单地块坑码泵杆柜箱区公仓床站台球充摊窗])"
)
HOLIDAY = r"(?:(?:小?长)?(?:假期?|放假)(?=之?[前后]|以[前后]|过后))?"
NOT_A_HOUSE = r"(?!\s*\d+\s*(?:单元|室|楼|栋|门|幢|号))"
STREET = r"(?<![路街巷弄道村里坊第楼编单元栋])"
NOT_A_ROAD = r"(?![路街村社广小新大][^雪雨暑寒]?)"
ORDINAL = (
    rf"(?P<ordinals>(?:(?:第{NUMBER}|头一|首|最后一?|末|倒数第?{NUMBER})个?|{NUMBER}个)"
    rf"(?:{AND}第?{NUMBER}个?)*)"
)
MONTH_DAY_TAIL = r"(?![天个元块人户点时分:%度米斤\d])"
AFTER = r"(?:之后|以后|过后|后)(?![天年])"


ROUGH_COUNT = re.compile(r"[一二两三四五六七八九]{2}")
LISTED = rf"(?<=初)[一二三四五六七八九十](?=十五)|{NUMBER}"
"""初一十五 are two days, 二十五号 is one."""


def _relative(match: re.Match[str]) -> Days:
    return calendar_days.in_days(RELATIVE[match["which"]])


def _two_days(match: re.Match[str]) -> Days:
    return calendar_days.two_days_from(1 if match["which"] == "明后" else 0)


def _full_date(match: re.Match[str]) -> Days:
    return calendar_days.on(_year(match["year"]), number(match["month"]), number(match["day"]))


def _year(written: str) -> int:
    value = number(written)
    return value + 2000 if value < 100 else value  # noqa: PLR2004


def _month_and_day(match: re.Match[str]) -> Days:
    return calendar_days.year_day(number(match["month"]), number(match["day"]))


def _month_days(match: re.Match[str]) -> Days | None:
    chosen = tuple(number(written) for written in re.findall(NUMBER, match["days"]))
    return calendar_days.month_days(chosen) if all(1 <= day <= 31 for day in chosen) else None  # noqa: PLR2004


def _days_to_days(match: re.Match[str]) -> Days | None:
    first, last = number(match["first"]), number(match["last"])
    if not 1 <= first < last <= 31:  # noqa: PLR2004
        return None
    rule = calendar_days.month_days(tuple(range(first, last + 1))).rule
    stretch = calendar_days.lasting(calendar_days.month_days((first,)), last - first + 1)
    return replace(stretch, rule=rule)


def _weekdays(match: re.Match[str]) -> Days:
    chosen = tuple(dict.fromkeys(WEEKDAYS[character] for character in _listed(match["list"])))
    scope = match["scope"]
    if scope:
        return calendar_days.weekdays_of_week(chosen, SCOPES[scope])
    return calendar_days.weekdays(chosen)


def _listed(written: str) -> Iterator[str]:
    return (character for character in re.sub(WEEK, "", written) if character in WEEKDAYS)


def _nth_weekday(match: re.Match[str]) -> Days:
    ordinals = tuple(_ordinals(match["ordinals"]))
    return calendar_days.nth_weekdays(ordinals, WEEKDAYS[match["weekday"]])


def _nth_workday(match: re.Match[str]) -> Days:
    return calendar_days.nth_workday(next(_ordinals(match["ordinals"])))


def _quarter(match: re.Match[str]) -> Days:
    return calendar_days.quarter(SCOPES[match["scope"]])


def _edge_of_quarter(match: re.Match[str]) -> Days:
    first = match["edge"] in ("初", "第一天", "头一天")
    return calendar_days.of_quarter(calendar_days.month_days((1 if first else -1,)), None)


def _ordinals(written: str) -> Iterator[int]:
    for part in re.split(AND, written):
        digits = re.search(NUMBER, part.replace("头一", "一").replace("首", "一"))
        value = number(digits.group()) if digits else 1
        yield -value if part.startswith(("最后", "倒数", "末")) else value


def _week(match: re.Match[str]) -> Days:
    return calendar_days.week(SCOPES[match["scope"]])


def _weekend(match: re.Match[str]) -> Days:
    return calendar_days.weekend(SCOPES[match["scope"]] if match["scope"] else None)


def _month(match: re.Match[str]) -> Days:
    return calendar_days.month(SCOPES[match["scope"]])


def _this_month(_: re.Match[str]) -> Days:
    return calendar_days.month(0)


def _named_month(match: re.Match[str]) -> Days | None:
    named = number(match["month"])
    return calendar_days.named_month(named) if 1 <= named <= calendar_days.DECEMBER else None


def _edge_of_month(match: re.Match[str]) -> Days:
    edge = match["edge"]
    if edge in ("上旬", "中旬", "下旬"):
        first = {"上旬": 1, "中旬": 11, "下旬": 21}[edge]
        return calendar_days.third_of_month(first, first + 9 if first < 21 else 31)  # noqa: PLR2004
    chosen = {"初": 1, "第一天": 1, "头一天": 1, "中": 15}.get(edge, -1)
    return calendar_days.month_days((chosen,))


def _spoken_year(match: re.Match[str]) -> Days:
    shift = YEARS[match["name"]]
    return calendar_days.year(lambda today: today.year + shift)


def _numbered_year(match: re.Match[str]) -> Days:
    numbered = _year(match["year"])
    return calendar_days.year(lambda _: numbered)


def _edge_of_year(match: re.Match[str]) -> Days:
    first = match["edge"] in ("初", "第一天")
    return calendar_days.year_day(1, 1) if first else calendar_days.year_day(12, 31)


def _workdays(_: re.Match[str]) -> Days:
    return calendar_days.workdays()


def _festival(match: re.Match[str]) -> Days:
    return FESTIVALS[match["name"]]


def _new_year(_: re.Match[str]) -> Days:
    return FESTIVALS["春节"]


def _lunar_date(match: re.Match[str]) -> Days | None:
    month = LUNAR_MONTHS.get(match["month"]) or number(match["month"])
    day = number(match["day"])
    if not (1 <= month <= calendar_days.DECEMBER and 1 <= day <= 30):  # noqa: PLR2004
        return None
    found = calendar_days.lunar_day(-month if match["leap"] else month, day)
    last = number(match["last"]) if match["last"] else day
    return calendar_days.lasting(found, last - day + 1) if day < last <= 30 else found  # noqa: PLR2004


def _first_month_days(match: re.Match[str]) -> Days:
    return calendar_days.lunar_day(1, number(match["day"]))


def _lunar_month_days(match: re.Match[str]) -> Days | None:
    chosen = tuple(number(written) for written in re.findall(LISTED, match.group()))
    if not all(1 <= day <= 30 for day in chosen):  # noqa: PLR2004
        return None
    return calendar_days.days_of_lunar_month(chosen)


def _later(match: re.Match[str]) -> Days | None:
    rough = ROUGH_COUNT.fullmatch(match["count"])
    if rough:
        # 两三天后 is after two at the least, 两三天内 after three at the latest.
        count = number(match["count"][0 if match["direction"] else 1])
    else:
        count = number(match["count"])
    if match["unit"] == "日" and "前" in match["direction"] and match["count"].isdecimal():
        return None  # 30日前 is up to the 30th.
    found = _counted(match["unit"], -count if "前" in match["direction"] else count)
    return replace(found, several=True) if rough else found


def _months_and_a_half(match: re.Match[str]) -> Days:
    count = -number(match["count"]) if "前" in match["direction"] else number(match["count"])
    return calendar_days.shifted(calendar_days.in_months(count), 15 if count > 0 else -15)


def _within(match: re.Match[str]) -> Days:
    match match["unit"]:
        case "周":
            return calendar_days.week(0)
        case "月":
            return calendar_days.month(0)
        case _:
            return calendar_days.year(lambda today: today.year)


def _counted(unit: str, count: int) -> Days:
    match unit:
        case "工作日":
            return calendar_days.in_workdays(max(count, 0))
        case "天" | "日":
            return calendar_days.in_days(count)
        case "周" | "星期" | "礼拜":
            return calendar_days.in_weeks(count)
        case "月":
            return calendar_days.in_months(count)
        case _:
            return calendar_days.in_months(12 * count)


def _half_month(match: re.Match[str]) -> Days:
    return calendar_days.in_days(-15 if "前" in match["direction"] else 15)


def _half_year(match: re.Match[str]) -> Days:
    return calendar_days.in_months(-6 if "前" in match["direction"] else 6)


def _names() -> str:
    longest_first = sorted(FESTIVALS.keys() - {"节"}, key=lambda name: (-len(name), name))
    plain = "|".join(name for name in longest_first if name not in WEATHER)
    weather = "|".join(sorted(WEATHER))
    return rf"(?P<name>{plain}|(?:{weather})(?=那天|当天|当日|这天))"


DIRECTION = rf"(?P<direction>{AFTER}|(?:之前|以前|前)(?!后)|(?=之?内|以内))"
UNIT = r"(?P<unit>工作日|天|日|周|星期|礼拜|(?<=个)月|年)"
DIGIT = "[一二三四五六七八九]"
SHORT_DATE = r"(?P<month>1[0-2]|0?[1-9])[./-](?P<day>[12]\d|3[01]|0?[1-9])"
LUNAR_LAST = (
    r"(?:(?:到|至|[-~—–])初?(?P<last>[二廿]?十?[一二三四五六七八九]|[二三]?十|廿)"
    r"(?![月年点时刻个]))?"
)
"""腊月二十五到二十八: the month is said once."""

Words = tuple[tuple[str, Reader], ...]

NEAR_DAYS: Words = (
    (r"(?P<which>当|即)日(?=起)", _relative),
    (r"(?P<which>大前|前|昨|今|明|听|大后|后)(?:天|日|儿个?|个儿?)(?![气然子真])", _relative),
    (r"(?P<which>昨|今|明|当)(?=[早晚晨夜])", _relative),
    (r"(?P<which>今明|明后)[两二]?[天日]", _two_days),
    (r"(?P<which>明)(?:朝|早(?=[上晨]))", _relative),
)
FULL_DATES: Words = (
    (
        r"""(?<![\d.])(?P<year>(?:19|20|21)\d\d)(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)
        (?P<day>\d{1,2})(?!\d)[日号]?""",
        _full_date,
    ),
    (
        rf"""(?<!\d)(?P<year>(?:19|20|21)?\d\d|二[零〇](?:{DIGIT}|[零〇]){{2}})年\s*
        (?P<month>{NUMBER})月\s*(?P<day>{NUMBER})[日号]?""",
        _full_date,
    ),
)
LUNAR_DAYS: Words = (
    (
        rf"""(?:农历|阴历|旧历)(?P<leap>闰)?(?P<month>[正冬腊]|{NUMBER})月(?:初|的)?
        (?P<day>{NUMBER})[日号]?{LUNAR_LAST}""",
        _lunar_date,
    ),
    (rf"(?P<leap>闰)?(?P<month>[正冬腊])月的?初?(?P<day>{NUMBER})[日号]?{LUNAR_LAST}", _lunar_date),
    (rf"(?P<leap>闰)?(?P<month>{NUMBER})月初(?P<day>{DIGIT}|十){LUNAR_LAST}", _lunar_date),
    (rf"(?:大年|年|正月)初(?P<day>{DIGIT}|十)", _first_month_days),
    (
        rf"""初(?P<days>(?:{DIGIT}|十)
        (?:十五|{AND}初?(?:[二廿]?十{DIGIT}?|廿{DIGIT}?|三十|{DIGIT}))*)(?![中级年班学生步的次])""",
        _lunar_month_days,
    ),
    (
        rf"(?:农历|阴历)初?(?P<days>{NUMBER}(?:{AND}初?{NUMBER})*)[日号]?(?![年月])",
        _lunar_month_days,
    ),
)
NAMED_DAYS: Words = (
    (
        rf"(?<![\d几半多今明去后前每当往来同十]|{DIGIT})年(?=前(?!后)|后的?(?:第?{NUMBER}|首))",
        _new_year,
    ),
    (r"(?:^|(?<=[\W在于到等请赶定放们家也都就是过]))(?P<name>节)(?=[前后](?![后期面]))", _festival),
    (rf"(?<![\d十]|{DIGIT}){_names()}(?![路街村巷社小广新桥])节?{HOLIDAY}", _festival),
)
LATER_DAYS: Words = (
    (rf"过?半个月{DIRECTION}", _half_month),
    (rf"过?半年{DIRECTION}", _half_year),
    (rf"过?(?P<count>{NUMBER})个半月{DIRECTION}", _months_and_a_half),
    (rf"过?(?P<count>{NUMBER})个?{UNIT}(?:的?时间)?{DIRECTION}", _later),
    (rf"再?过(?P<count>{NUMBER})个?{UNIT}(?P<direction>)", _later),
)
DATES: Words = (
    (
        rf"(?P<month>{NUMBER})月份?的?(?P<day>{NUMBER})(?:[日号]{NOT_A_DAY}|{MONTH_DAY_TAIL})",
        _month_and_day,
    ),
    (
        rf"""(?<![\d./:-]){SHORT_DATE}(?!\d)
        (?=[号日]?\s*(?:\(|[早上中下晚傍凌]|{WEEK}|前|之前|\d{{1,2}}[:点时]|
        [-~—–至到]+\s*\d{{1,2}}[./-]\d))[号日]?""",
        _month_and_day,
    ),
    (
        rf"""(?:^|(?<=[在到于定是为,\s])|(?<=\d[-~—–至到])(?=\d+[./])){SHORT_DATE}
        (?![\d./:%元块米度公里斤吨万平寸级分折号个-]|\s*[a-zA-Z])""",
        _month_and_day,
    ),
    (
        rf"""{STREET}(?<![\d.:-])(?P<first>\d{{1,2}})[-~—–至到](?P<last>\d{{1,2}})
        (?:号{NOT_A_DAY}{NOT_A_HOUSE}|日(?![常用子期均内]))""",
        _days_to_days,
    ),
    (
        rf"""{STREET}(?P<days>(?:{NUMBER}[号日]?{AND}){{0,5}}{NUMBER})
        (?:号{NOT_A_DAY}{NOT_A_HOUSE}|日(?![常用子期均]))""",
        _month_days,
    ),
)
WEEKS: Words = (
    (rf"{ORDINAL}(?:工作日|上班日)", _nth_workday),
    (rf"{ORDINAL}(?:{WEEK}的?)?{WEEK}(?P<weekday>[一二三四五六日天])", _nth_weekday),
    (rf"(?:{SCOPE}|(?<![\d半两]|{DIGIT}))(?:{WEEK}末|双休日)", _weekend),
    (
        rf"(?:{SCOPE}|(?<![一两\d半])){WEEK}(?P<list>{WEEKDAY_LIST})(?![次回遍个些年岁道])",
        _weekdays,
    ),
    (rf"{SCOPE}{WEEK}(?![年边围岁转密一二三四五六日天])", _week),
)
MONTHS_AND_YEARS: Words = (
    (rf"{SCOPE}季度?(?![节风])", _quarter),
    (
        r"(?:季度?|(?<=季)|(?<=季度))的?(?P<edge>第一天|头一天|最后一天|底|末|初)(?!月)",
        _edge_of_quarter,
    ),
    (rf"{SCOPE}月份?", _month),
    (r"当月", _this_month),
    (
        r"(?<![个几数多近半全整当\d一二两三四五六七八九十])(?P<unit>周|月|年)(?=之?内|以内)",
        _within,
    ),
    (
        rf"""(?<=月)份?的?(?P<edge>上旬|中旬|下旬|第一天|头一天|最后一天|底|末|初|中)
        (?!{DIGIT}|十)""",
        _edge_of_month,
    ),
    (r"月(?P<edge>底|末|初|中|最后一天)", _edge_of_month),
    (r"(?P<edge>上旬|中旬|下旬)", _edge_of_month),
    (rf"(?<!农历)(?<!阴历)(?P<month>{NUMBER})月份?(?!\d)", _named_month),
    (r"(?P<name>前年|去年|今年|本年|明年|来年|后年)度?", _spoken_year),
    (r"(?P<year>(?:19|20|21)\d\d)年", _numbered_year),
    (r"(?<=年)的?(?P<edge>底|末|初|最后一天|第一天)", _edge_of_year),
    (r"年(?P<edge>底|末|初|终)", _edge_of_year),
    (r"工作日|上班日", _workdays),
)
WORDS = tuple(
    (re.compile(pattern, re.VERBOSE), reader)
    for group in (
        *(NEAR_DAYS, FULL_DATES, LUNAR_DAYS, NAMED_DAYS, LATER_DAYS),
        *(DATES, WEEKS, MONTHS_AND_YEARS),
    )
    for pattern, reader in group
)
"""Tried in this order at each place of a text; the first that fits is what the word means."""


def read(text: str, position: int) -> tuple[Days, int] | None:
    """The calendar word at a place and where it ends; None when there is none."""
    for pattern, reader in WORDS:
        match = pattern.match(text, position)
        if match and (found := reader(match)):
            return found, match.end()
    return None
