"""Parts: a text longer than services take goes out as several, each with a row of its own.

So each part is ordered, counted, repeated or not by itself like every other text.
"""

LONGEST = 2000
"""Bytes of UTF-8: less than the 2,048 that WeCom and 微信客服 take, the least of all services.
https://developer.work.weixin.qq.com/document/path/90236"""


def split(text: str, most: int) -> list[str]:
    """The text in parts of at most `most` bytes of UTF-8, cut at ends of sentences if it can."""
    parts = []
    rest = text
    while len(rest.encode()) > most:
        head = rest.encode()[:most].decode(errors="ignore")
        ends = [head.rfind(mark) for mark in ("\n", "。", "！", "？", "；", "，")]
        cut = next((end + 1 for end in ends if end > len(head) // 3), len(head))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest]
