"""Numbers as people write them: Chinese, Arabic, full width."""

import re

DIGITS = {
    character: value
    for value, characters in enumerate(
        ("零〇", "一", "二两俩", "三", "四", "五", "六", "七", "八", "九")
    )
    for character in characters
}
TENS = {"十": 10, "廿": 20, "卅": 30, "百": 100}

NUMBER = r"(?:(?<![\d.])\d{1,4}(?!\d)|[零〇一二两俩三四五六七八九十百廿卅]{1,5})"
"""One whole number; never a part of a longer row of digits."""

FOLDED = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {"\u3000": " ", "\u00a0": " "}
    | dict(
        zip(
            "週禮兩個後號農曆臘節時鐘內點開過幾會閏間隔裡裏當後晝為於際壹貳叁歲營陽雙勞動兒婦國慶聖誕師軍黨親穀蟄種處樓車棟機門線館庫廳單還歲開",
            "周礼两个后号农历腊节时钟内点开过几会闰间隔里里当后昼为于际一二三岁营阳双劳动儿妇国庆圣诞师军党亲谷蛰种处楼车栋机门线馆库厅单还岁开",
            strict=True,
        )
    )
)


JANUARY = re.compile(r"(?<![\d十百千万几多块])元月(?![租饼季费])")


def fold(text: str) -> str:
    """The text in half width and simplified characters, each at its old position."""
    return JANUARY.sub("1月", text.translate(FOLDED))


def number(digits: str) -> int:
    """The value of what `NUMBER` matched, 0 to 9999; "二〇二六" is read digit by digit."""
    if digits.isdecimal():
        return int(digits)
    if not any(character in TENS for character in digits):
        return int("".join(str(DIGITS[character]) for character in digits))
    total = digit = 0
    for character in digits:
        if character in TENS:
            total += TENS[character] * (digit or 1)
            digit = 0
        else:
            digit = DIGITS[character]
    return total + digit
