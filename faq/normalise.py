"""One spelling for what people write in many: width, script, dialect, fillers."""

import re
import unicodedata
from functools import cache

from faq.resources import lines, rows

LONGEST = 400
"""Characters of a message that are read; a longer one is read at both ends."""
STICKER = re.compile(r"\[[一-龥A-Za-z]{1,6}\]")
SPACE = re.compile(r"\s+")
FILLER = re.compile(
    "你好|您好|大家好|各位好|请问一下|请问|请教一下|请教|麻烦问一下|想问一下|我想问问|我想问下|想问下"
    "|想问问|问一下|问问|问下|打扰一下|打扰了|打扰|不好意思|是这样子的|是这样的|就是说|就是那个|然后"
    "|那个那个|嗯+|呃+|喂+|哎呀|哎+|唉+|[啊呀嘛呢吧哦噢喔哈诶欸咧哟呗啦]"
)


@cache
def simplified() -> dict[int, str]:
    """A table for `str.translate`: each traditional character to its simplified form."""
    return {ord(line[0]): line[1] for line in lines("simplified.txt")}


@cache
def spoken() -> tuple[re.Pattern[str], dict[str, str]]:
    """The words of dialects as one pattern, longest first, and what each means."""
    table = {row[0]: row[1] for row in rows("spoken.tsv")}
    ordered = sorted(table, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered))), table


def cap(text: str) -> str:
    """At most `LONGEST` characters: the beginning and the end, where people ask."""
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST * 2 // 3] + " " + text[-LONGEST // 3 :]


def simplify(text: str) -> str:
    """Simplified characters, one for one: positions stay what they were."""
    return text.translate(simplified())


def normalise(text: str) -> str:
    """The capped text in half width, simplified script, lower case and standard words."""
    plain = simplify(unicodedata.normalize("NFKC", cap(text))).lower()
    plain = SPACE.sub(" ", STICKER.sub(" ", plain)).strip()
    pattern, table = spoken()
    return pattern.sub(lambda found: table[found.group()], plain)


def bare(text: str) -> str:
    """A normalised text without the words that only fill."""
    return FILLER.sub("", text)
