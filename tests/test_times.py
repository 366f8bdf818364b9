"""Time phrases: what staff type becomes a date, a deadline or a rule, and is said again."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq.times import TimePhrase, describe, occurrences, parse, read_back, rule_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
DATA = Path(__file__).parent / "data"
FLOOR = 0.96


def at(written: str) -> datetime:
    """The local time of "2026-11-28T09:00"."""
    return datetime.fromisoformat(written).replace(tzinfo=SHANGHAI)


def rows(name: str) -> list[dict[str, str | None]]:
    """The labelled phrases of a file, one JSON object a line."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def as_labelled(row: dict[str, str | None]) -> bool:
    """True when start, end, rule and precision (and problem, where labelled) are all as said."""
    assert row["text"] is not None and row["now"] is not None
    phrase = parse(row["text"], datetime.fromisoformat(row["now"]))
    deadline = phrase.precision == "deadline"
    first = phrase.end if deadline else phrase.start
    last = None if deadline else phrase.end
    return (
        _iso(first) == row["expect"]
        and _iso(last) == row["end"]
        and phrase.rrule == row["rule"]
        and phrase.precision == row["precision"]
        and phrase.problem == row.get("problem", phrase.problem)
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@pytest.mark.parametrize("name", ["times.jsonl", "times_own.jsonl"])
def test_labelled_phrases_are_read_as_labelled(name: str) -> None:
    """At least 96 of 100 phrases agree in every field."""
    labelled = rows(name)

    assert sum(map(as_labelled, labelled)) / len(labelled) >= FLOOR


@pytest.mark.parametrize(
    ("text", "start", "stretch"),
    [
        ("讲座改到明天下午两点半，老地方", "2026-11-24T14:30", "明天下午两点半"),
        ("原定周三的课，改到周五下午三点", "2026-11-27T15:00", "周五下午三点"),
        ("昨天说好了，周六上午九点", "2026-11-28T09:00", "周六上午九点"),
        ("我六点到家", "2026-11-23T18:00", "六点"),
        ("３号楼，１２月５日　上午９：３０", "2026-12-05T09:30", "１２月５日　上午９：３０"),
        ("星期六（11月28日）早八点", "2026-11-28T08:00", "星期六（11月28日）早八点"),
        ("周六9点3号楼集合", "2026-11-28T09:00", "周六9点"),
        ("二十九號晚上十一點三刻", "2026-11-29T23:45", "二十九號晚上十一點三刻"),
    ],
)
def test_finds_the_stretch_that_says_when(text: str, start: str, stretch: str) -> None:
    """The stretch is cut from the text as it was written."""
    phrase = parse(text, NOW)

    assert (phrase.start, phrase.text) == (at(start), stretch)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3号楼漏水了",
        "5号院2号门",
        "坐7号线到8号口",
        "701室，3-2-501",
        "电话13800000000，0571-12345678",
        "编号712办得怎么样了",
        "一共3.5元，满12.9元免运费",
        "我有两点建议",
        "提三点小问题",
        "第3季度物业费",
        "感恩节前",
        "快一点，声音小一点",
        "一点也不好",
        "在五一路和国庆路路口",
        "吵了一晚上，水流了一下午",
        "车牌尾号七三八",
        "每次都要等",
        "3小时",
        "雨水管堵了，下大雪路滑",
        "十一个人",
        "初一学生的家长",
        "2月30号",
        "第二天",
        "25点",
    ],
)
def test_numbers_that_are_not_times_are_left_alone(text: str) -> None:
    """Houses, rooms, phone numbers, prices and matters say nothing about when."""
    assert parse(text, NOW) == TimePhrase()


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("今天上午八点", "2026-11-23T08:00"),
        ("昨天", "2026-11-22T00:00"),
        ("本月20号", "2026-11-20T00:00"),
        ("上周五下午三点", "2026-11-20T15:00"),
        ("2025年3月1日", "2025-03-01T00:00"),
        ("去年国庆", "2025-10-01T00:00"),
        ("两小时前", "2026-11-23T07:00"),
        ("今年清明节", "2026-04-05T00:00"),
    ],
)
def test_what_is_gone_is_said_to_be_past(text: str, start: str) -> None:
    """Nothing said outright is moved into the future."""
    phrase = parse(text, NOW)

    assert (phrase.start, phrase.problem) == (at(start), "past")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("明天两点", "2026-11-24T14:00"),
        ("周五六点半", "2026-11-27T18:30"),
        ("今天八点", "2026-11-23T20:00"),
        ("下午两三点", "2026-11-23T14:00"),
        ("周二、周四晚上七点", "2026-11-24T19:00"),
        ("11月28日（周五）", "2026-11-28T00:00"),
        ("周三或周四上午", "2026-11-25T09:00"),
        ("每季度一次", "2027-02-23T00:00"),
        ("每周一次", "2026-11-30T00:00"),
    ],
)
def test_two_readings_are_said_to_be_ambiguous(text: str, start: str) -> None:
    """The likelier reading is given, and that it is only that."""
    phrase = parse(text, NOW)

    assert (phrase.start, phrase.problem) == (at(start), "ambiguous")


@pytest.mark.parametrize(
    "text", ["明天下午两点", "明天14点", "明天09:30", "明天9点", "周六上午", "中午一点"]
)
def test_a_clear_hour_is_not_ambiguous(text: str) -> None:
    """A part of the day, 24 hours or an office hour leave no doubt."""
    assert parse(text, NOW).problem is None


@pytest.mark.parametrize(
    ("text", "now", "start"),
    [
        ("周三下午", "2026-11-25T18:30", "2026-12-02T14:00"),
        ("周三下午", "2026-11-25T08:30", "2026-11-25T14:00"),
        ("周三", "2026-11-25T08:30", "2026-12-02T00:00"),
        ("25号", "2026-11-25T18:30", "2026-11-25T00:00"),
        ("31号", "2026-11-25T18:30", "2026-12-31T00:00"),
        ("上午九点", "2026-12-31T09:01", "2027-01-01T09:00"),
        ("除夕", "2027-02-05T10:00", "2027-02-05T00:00"),
        ("今年除夕", "2026-11-23T09:00", "2027-02-05T00:00"),
        ("除夕", "2027-02-06T10:00", "2028-01-25T00:00"),
        ("今天上午", "2026-11-23T10:30", "2026-11-23T09:00"),
        ("一个月后", "2027-01-31T09:00", "2027-02-28T00:00"),
        ("周末", "2026-11-29T09:00", "2026-11-28T00:00"),
    ],
)
def test_a_word_means_the_next_such_day(text: str, now: str, start: str) -> None:
    """What counts is whether the moment itself is over, not the day."""
    phrase = parse(text, at(now))

    assert (phrase.start, phrase.problem) == (at(start), None)


def test_half_an_hour_is_half_an_hour_when_clocks_change() -> None:
    """A delay runs on the real clock, whatever the wall clock does."""
    berlin = datetime(2026, 10, 25, 2, 45, tzinfo=ZoneInfo("Europe/Berlin"))
    start = parse("半小时后", berlin).start

    assert start is not None and start.timestamp() - berlin.timestamp() == 1800


@pytest.mark.parametrize(
    ("rrule", "start", "expected"),
    [
        (
            "FREQ=MONTHLY;BYDAY=1SA",
            "2026-12-05T09:00",
            ["2026-12-05T09:00", "2027-01-02T09:00", "2027-02-06T09:00"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU",
            "2026-11-29T09:30",
            ["2026-11-29T09:30", "2026-12-13T09:30", "2026-12-27T09:30"],
        ),
        (
            "LUNAR:DAY=1,15",
            "2026-12-09T08:00",
            ["2026-12-09T08:00", "2026-12-23T08:00", "2027-01-08T08:00"],
        ),
        (
            "LUNAR:MONTH=12;DAY=-1",
            "2027-02-05T18:00",
            ["2027-02-05T18:00", "2028-01-25T18:00", "2029-02-12T18:00"],
        ),
        (
            "TERM:NAME=冬至",
            "2026-12-22T12:00",
            ["2026-12-22T12:00", "2027-12-22T12:00", "2028-12-21T12:00"],
        ),
    ],
)
def test_a_rule_expands_to_its_times(rrule: str, start: str, expected: list[str]) -> None:
    """Each time keeps the hour and the zone of the first."""
    assert occurrences(rrule, at(start), NOW, 3) == [at(time) for time in expected]


def test_a_rule_goes_on_after_the_time_given() -> None:
    """What is not later than `after` is left out; every second week is counted from the start."""
    found = occurrences(
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", at("2026-11-29T09:30"), at("2026-12-13T09:30"), 1
    )

    assert found == [at("2026-12-27T09:30")]


def test_a_rule_keeps_the_hour_when_clocks_change() -> None:
    """Nine o'clock stays nine o'clock in a zone with summer time."""
    start = datetime(2026, 10, 24, 9, tzinfo=ZoneInfo("Europe/Berlin"))

    assert [time.hour for time in occurrences("FREQ=DAILY", start, start, 3)] == [9, 9, 9]


def test_a_rule_that_ends_gives_what_there_is() -> None:
    """12月1日到3日每天 is three times."""
    phrase = parse("12月1日到3日每天上午九点", NOW)
    assert phrase.rrule and phrase.start

    assert len(occurrences(phrase.rrule, phrase.start, NOW, 10)) == 3


@pytest.mark.parametrize("rrule", ["", "FREQ=OFTEN", "LUNAR:X=1", "TERM:NAME=夏天", "随便"])
def test_an_unknown_rule_is_refused(rrule: str) -> None:
    """A rule nobody can expand is an error, not an empty list."""
    with pytest.raises(ValueError):  # noqa: PT011
        occurrences(rrule, NOW, NOW, 1)


@pytest.mark.parametrize(
    ("moment", "spoken"),
    [
        ("2026-11-28T09:00", "11月28日（周六，农历十月二十）上午9点"),
        ("2026-11-24T14:30", "11月24日（周二，农历十月十六）下午2点半"),
        ("2027-02-06T00:00", "2027年2月6日（周六，农历正月初一）"),
        ("2026-12-05T19:05", "12月5日（周六，农历十月二十七）晚上7点05分"),
        ("2026-12-05T12:15", "12月5日（周六，农历十月二十七）中午12点15分"),
    ],
)
def test_a_time_is_read_back_in_plain_words(moment: str, spoken: str) -> None:
    """Date, weekday, lunar day and hour; the year only when it is another one."""
    assert read_back(at(moment), NOW) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("周六上午九点到十一点半", "11月28日（周六，农历十月二十）上午9点到11点半"),
        ("周五下午五点前", "最晚11月27日（周五，农历十月十九）下午5点"),
        ("周五前", "最晚11月27日（周五，农历十月十九）"),
        ("后天下午", "11月25日（周三，农历十月十七）下午"),
        ("12月1日到2日", "12月1日（周二，农历十月二十三）到12月2日（周三，农历十月二十四）"),
        (
            "周六、周日上午",
            "11月28日（周六，农历十月二十）上午到11月29日（周日，农历十月二十一）上午",
        ),
        ("每周三下午两点", "每周三下午2点，第一次是11月25日（周三，农历十月十七）"),
        ("每周五下班前", "每周五下午5点半前，最近一次是11月27日（周五，农历十月十九）"),
        ("你好", ""),
    ],
)
def test_a_phrase_is_described_in_plain_words(text: str, spoken: str) -> None:
    """What a confirmation puts into its sentence."""
    assert describe(parse(text, NOW), NOW) == spoken


@pytest.mark.parametrize(
    ("rrule", "spoken"),
    [
        ("FREQ=DAILY", "每天"),
        ("FREQ=DAILY;INTERVAL=2", "每2天"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "每个工作日"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "每周二、周四"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "每2周的周日"),
        ("FREQ=MONTHLY;BYMONTHDAY=10,25", "每月10日、25日"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "每月最后一天"),
        ("FREQ=MONTHLY;BYDAY=1SA", "每月第一个周六"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "每月最后一个周五"),
        ("FREQ=MONTHLY;BYDAY=-2SU", "每月倒数第二个周日"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "每月最后一个工作日"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=10", "每月第10个工作日"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA", "每3个月的第一个周六"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", "每年3月5日"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", "每年5月第二个周日"),
        ("LUNAR:DAY=1,15", "每个农历月的初一、十五"),
        ("LUNAR:MONTH=12;DAY=-1", "每年农历腊月最后一天"),
        ("TERM:NAME=冬至", "每年冬至"),
    ],
)
def test_a_rule_is_said_in_plain_words(rrule: str, spoken: str) -> None:
    """No resident reads FREQ=WEEKLY."""
    assert rule_text(rrule) == spoken


VOCABULARY = """
今天 昨天 明天 大后天 周三 下周 上周五 周末 本月 下个月 12月 5号 31号 2月29日 2月30号
除夕 清明 正月十五 农历 闰六月初一 每 每周 每月 隔周 每两周 第一个周六 最后一天 月底 年底
上午 晚上 半夜 凌晨 两点 十二点半 14:00 24点 到 至 - 前 之前 内 截止 最晚 后 三天 半小时后
9999天后 9999个月后 99年后 三天前 前一天 、 和 ， 改到 9999年 2199年12月31日 的 （ ） 一点 每小时
每季度 首月 季度末 或 双周 工作日 节前 起 第一个周一 两周一次
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=9).map("".join)


@settings(deadline=None, max_examples=300)
@given(
    text=st.one_of(WORDS, st.text(max_size=60)),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001
)
def test_any_text_gives_a_phrase_that_keeps_its_promises(text: str, now: datetime) -> None:
    """Nothing raises, and nothing is over that is not said to be past."""
    now = now.replace(tzinfo=SHANGHAI)
    phrase = parse(text, now)
    assert phrase.text in text
    assert bool(phrase.text) == bool(phrase.start or phrase.end) == bool(phrase.precision)
    describe(phrase, now)
    if phrase.start and phrase.rrule:
        occurrences(phrase.rrule, phrase.start, now, 2)

    assert phrase.problem == "past" or not phrase.text or _over(phrase) >= now


def _over(phrase: TimePhrase) -> datetime:
    """The last minute the phrase can mean."""
    if phrase.end or phrase.start is None:
        assert phrase.end is not None
        return phrase.end
    if phrase.precision == "minute":
        return phrase.start
    return phrase.start.replace(hour=0, minute=0) + timedelta(days=2)


TEDIOUS = (
    "一 9 周一、 每月第一个 十二月 前一天 12: 明天到 农历初一、 过 下周 明年 今年除夕 十二月二月 啊"
)


@pytest.mark.parametrize("piece", TEDIOUS.split())
def test_a_long_text_is_read_in_bounded_time(piece: str) -> None:
    """2,000 characters of the worst kind take less than a second of work."""
    began = time.process_time()
    parse((piece * 2000)[:2000], NOW)

    assert time.process_time() - began < 1
