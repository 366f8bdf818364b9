"""`python scripts/faq_tables.py`: write the character and word tables that ship in faq/data.

Needs the development packages pypinyin and jieba and the converter OpenCC; what they cost at
run time (150 MiB together) is why only these small extracts ship.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import jieba
import opencc
from pypinyin import Style, lazy_pinyin

from faq.resources import DATA

HAN = [chr(code) for code in range(0x4E00, 0x9FA6)]
LEAST_FREQUENCY = 30
"""Words rarer than this in jieba's count of 60 million are left out."""
LONGEST_WORD = 4


def write(name: str, source: str, lines: Iterable[str]) -> None:
    """Write a data file with a first line naming its source."""
    (DATA / name).write_text("\n".join([f"# {source}", *lines]) + "\n", encoding="utf-8")


def simplified() -> list[str]:
    """Pairs of a traditional character and its simplified form."""
    convert = opencc.OpenCC("t2s").convert
    return [han + convert(han) for han in HAN if len(convert(han)) == 1 and convert(han) != han]


def syllables() -> list[str]:
    """A toneless syllable and the characters whose commonest reading it is, one a line."""
    found = defaultdict(list)
    for han in HAN:
        reading = lazy_pinyin(han, style=Style.NORMAL, v_to_u=False)[0]
        if re.fullmatch("[a-z]{1,6}", reading):
            found[reading].append(han)
    return [f"{reading} {''.join(found[reading])}" for reading in sorted(found)]


def words() -> list[str]:
    """Simplified words of at most four characters and their frequency."""
    path = Path(jieba.__file__).parent / "dict.txt"
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        word, count, _kind = line.split(" ")
        common = int(count) >= LEAST_FREQUENCY or len(word) == 1
        if common and len(word) <= LONGEST_WORD and all("一" <= han <= "龥" for han in word):
            kept.append(f"{word} {count}")
    return kept


def main() -> None:
    """Write the three tables."""
    write("simplified.txt", "from OpenCC's t2s (Apache-2.0)", simplified())
    write("pinyin.txt", "from pypinyin (MIT)", syllables())
    write("words.txt", "from jieba's dict.txt (MIT)", words())


if __name__ == "__main__":
    main()
