"""What is masked before it reaches more people than it concerns."""

import pytest

from bot.community.privacy import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13912345678", "电话［手机号］"),
        ("电话 139 1234 5678。", "电话 ［手机号］。"),
        ("+8613912345678", "［手机号］"),
        ("身份证210204196001011234", "身份证［身份证号］"),
        ("21020419600101123X", "［身份证号］"),
        ("卡号6222021234567890123", "卡号［卡号］"),
        ("6222 0212 3456 7890", "［卡号］"),
        ("辽B12345挡路", "［车牌］挡路"),
        ("京A·D12345", "［车牌］"),
        ("3号楼2单元501漏水", "3号楼2单元［某户］漏水"),
        ("501室", "［某户］"),
        ("1203户没水", "［某户］没水"),
    ],
)
def test_masked(text: str, masked: str) -> None:
    """Told by its form alone; the building stays."""
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "3号楼2单元电梯坏了",
        "0411-5550101",
        "12345热线",
        "编号712",
        "2026年11月22日",
        "停水8:00-12:00",
        "户口怎么办",
        "交了1200元",
        "101路公交车",
    ],
)
def test_left_as_it_is(text: str) -> None:
    """Public numbers, dates, prices and buildings."""
    assert mask(text) == text
