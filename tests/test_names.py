"""Names: which of several things somebody means, and where a text says an issue's number."""

import re

import pytest

from bot.api import ISSUE_NUMBER, names


@pytest.mark.parametrize(
    ("text", "title", "named"),
    [
        ("电梯那个", "3号楼电梯坏了", True),
        ("灯", "楼道灯不亮", True),
        ("那个灯", "楼道灯不亮", True),
        ("楼上漏水", "水", True),
        ("参加合唱活动", "周六合唱", True),
        ("周六的活动", "周六合唱", False),
        ("我家的水管", "我家门口有垃圾", False),
        ("剪纸活动", "义诊活动", False),
        ("我家", "我家灯坏了", False),
        ("好", "门禁不好用", False),
        ("取消周六活动", "周六活动", True),
    ],
)
def test_names(text: str, title: str, named: bool) -> None:
    """What everybody says of everything names nothing, unless it is the whole title."""
    assert names(text, title) is named


@pytest.mark.parametrize(
    "text", ["712", "编号712", "#712修好了", "712又坏了", "712 楼道灯", "712 2点到", "712：坏了"]
)
def test_the_number_of_an_issue(text: str) -> None:
    """With 编号 or without."""
    found = re.match(ISSUE_NUMBER, text)
    assert found
    assert found[1] == "712"


@pytest.mark.parametrize(
    "text",
    [
        "10:30到",
        "0411-5550102",
        "8-10点",
        "20多个",
        "5人",
        "3.15",
        "12层",
        "13800138000",
        "1、打扫",
        "3号楼",
        "12楼",
        "3天了",
        "0411 5550102",
        "8 点",
        "3 号楼",
        "3 月15日",
    ],
)
def test_another_number(text: str) -> None:
    """A time, a date, a phone number, a place, an amount, a line of a list."""
    assert re.match(ISSUE_NUMBER, text) is None
