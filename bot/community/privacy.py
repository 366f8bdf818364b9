"""Privacy: what is masked before it reaches more people than it concerns."""

import re

_MASKS = (
    # 身份证: 17 digits and a digit or X.
    (re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?![\dXx])"), "［身份证号］"),
    # 银行卡: 16 to 19 digits, in one run or in groups of four.
    (re.compile(r"(?<!\d)[3-6]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)"), "［卡号］"),
    # 手机: 11 digits from 13 to 19.
    (re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), "［手机号］"),
    # 车牌: province, letter, five or six letters and digits.
    (
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
            r"[A-HJ-NP-Z][·. ]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警]"
        ),
        "［车牌］",
    ),
    # 门牌: the flat is left out, the building stays.
    (re.compile(r"(?<![\d年月])\d{3,4}(?:室|户(?!口))"), "［某户］"),
    (re.compile(r"(?<=单元)\d{3,4}(?!\d|号楼|年)"), "［某户］"),
)


def mask(text: str) -> str:
    """The text with phone numbers, identity cards, plates, bank cards and flats left out."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text
