"""Where: the unbroken stretch of a message that says a place, found by a small learned model.

Word lists and patterns mark each character: in a numbered piece, a landmark, a part of every
building, a thing. From the marks and the characters around it the model tells how well a place
begins there, goes on there and ends there; the stretch with the highest sum is the place.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from string import ascii_letters
from typing import Any

import numpy as np
import orjson

from faq.normalise import LONGEST, simplify
from faq.resources import DATA, rows

DIGIT = "[0-9A-Za-z一二三四五六七八九十百]"
NUMBER = "(?:[0-9]{1,4}|[一二三四五六七八九十百两几]{1,4}|[A-Za-z甲乙丙丁])"
NUMBERED = (
    f"{NUMBER}(?:号楼|号院|号门|号库|号|栋|幢|座|单元|区|期|组团|弄|#楼?|门洞?|排)"
    f"|第?(?!一层){NUMBER}(?:楼|层)半?"
    "|[0-9]{1,2}(?:[-－—–][0-9]{1,4}){1,3}|[0-9]{1,4}[A-Za-z](?![A-Za-z0-9])室?|[A-Za-z]室"
    "|(?<![A-Za-z])[A-Za-z](?:[0-9]{1,3}[区座栋口]?|[区座栋口])(?![A-Za-z])"
    "|(?:负|地下)[一二三四1234](?:层|楼)?|[东西南北中内外](?:[一二三]?区|苑|院|环)"
)
ROOM = "[A-Za-z]?[0-9]{3,4}(?![0-9年块元个])(?:室|房|号房)?"
ROAD = (
    "(?!马路|道路|公路|半路|走路|大路|小路|这路)"
    "(?:(?![那这在的从我你们有个条把被让到去是了和与边住过走修带问一])[一-龥]|五一|一[一-龥]){1,4}"
    "(?:路(?!灯|边|过|由|线|面|口)|街|大道|胡同)"
)

MARKS = {
    "landmark": "K", "part": "P", "object": "O", "joint": "J",
    "head": "H", "side": "D", "numeral": "C", "function": "F",
}  # fmt: skip
"""The mark of each kind in places.tsv; what follows in the word gets the small letter."""
OTHER = "."
PAUSES = "，。！？、；：,.!?;:~… \n"
PIECE = "(?:Nn*|Mm*|Kk*|Rr*|Pp*)"
CHAIN = re.compile(f"{PIECE}(?:(?:Jj*|D){{0,2}}{PIECE})*")
TAIL = re.compile("(?:里面|上面|里头|那边|这边|那里|这里|[里上])+$")
"""Words that end a place and add nothing to it."""
EDGE = 3
"""Characters before and after one that count for it."""

HALF_WIDTH = {
    code: code - 0xFEE0
    for first, last in ("０９", "ＡＺ", "ａｚ", "＃＃", "－－")
    for code in range(ord(first), ord(last) + 1)
}
ONE_DIGIT = {ord(digit): "0" for digit in "123456789"}


def spelled(text: str) -> str:
    """The read part of a text in simplified script and half width, character for character."""
    return simplify(text[:LONGEST]).translate(HALF_WIDTH)


class _Characters(dict[int, str]):
    """The mark of a single character, as a table for `str.translate`."""

    def __missing__(self, code: int) -> str:
        return OTHER


@cache
def _words() -> tuple[dict[str, str], _Characters]:
    """The marks of the shipped words, and of single characters."""
    words: dict[str, str] = {}
    for kind, names in rows("places.tsv"):
        for name in names.split():
            words.setdefault(name, MARKS[kind])
    single = _Characters({ord(word): mark for word, mark in words.items() if len(word) == 1})
    single.update(str.maketrans(dict.fromkeys(PAUSES, "_") | dict.fromkeys("0123456789", "0")))
    single.update(str.maketrans(dict.fromkeys(ascii_letters, "A")))
    return {word: mark for word, mark in words.items() if len(word) > 1}, single


def _any(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest that fits; the first character decides fast."""
    ends = defaultdict(list)
    for word in sorted(words, key=lambda word: (-len(word), word)):
        ends[word[0]].append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in ends.items())


class Marker:
    """What lists and patterns say of each character."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Know these names as landmarks, beside the shipped words."""
        shipped, self._single = _words()
        own = {name for name in names if not re.fullmatch(f"(?:{NUMBERED})+", name)}
        self._marks = shipped | dict.fromkeys(own, "K")
        known = f"(?P<own>{_any(own)})|" if own else ""
        self._pieces = re.compile(
            f"{known}(?P<N>{NUMBERED})|(?P<M>{ROOM})|(?P<word>{_any(shipped)})|(?P<R>{ROAD})"
        )

    def mark(self, plain: str) -> str:
        """One letter for each character of a text."""
        marks = list(plain.translate(self._single))
        for found in self._pieces.finditer(plain):
            start, end = found.span()
            mark = found.lastgroup or OTHER
            if len(mark) > 1:
                mark = self._marks[found.group()]
            marks[start:end] = mark + mark.lower() * (end - start - 1)
        return "".join(marks)


def _chains(marks: str) -> str:
    """Where pieces stand in a row: 1 2 3 in the weightiest, B I E in others, b i e in idle ones."""
    out = [OTHER] * len(marks)
    best, most = (0, 0), 0
    for found in CHAIN.finditer(marks):
        start, end = found.span()
        chain = found.group()
        numbered = chain.count("N") + chain.count("M")
        tells = numbered or "K" in chain or "R" in chain
        out[start:end] = _shape("BIE" if tells else "bie", end - start)
        weight = end - start + 6 * numbered if tells else 0
        if weight > most:
            best, most = (start, end), weight
    out[slice(*best)] = _shape("123", best[1] - best[0])
    return "".join(out)


def _shape(letters: str, length: int) -> str:
    """Begin, middle and end over so many characters."""
    return (letters[0] + letters[1] * (length - 2) + letters[2])[:length]


def features(plain: str, marks: str) -> Iterator[tuple[str, ...]]:
    """What the model looks at, for each character of a text: always as many."""
    rim = "^" * EDGE
    text = f"{rim}{plain.translate(ONE_DIGIT)}{rim}"
    mark = f"{rim}{marks}{rim}"
    chain = f"{rim}{_chains(marks)}{rim}"
    since = 0
    for at in range(EDGE, EDGE + len(plain)):
        before, here, after = text[at - 1], text[at], text[at + 1]
        sign = mark[at]
        since = 0 if sign == "_" else min(since + 1, 3)
        around = mark[at - 1 : at + 2]
        yield (
            f"a{here}",
            f"b{before}",
            f"c{after}",
            f"d{before}{here}",
            f"e{here}{after}",
            f"f{text[at - 2]}{before}",
            f"g{sign}",
            f"h{mark[at : at + 2]}",
            f"i{around}",
            f"j{mark[at - 2 : at + 3]}",
            f"k{mark[at : at + 4]}",
            f"l{mark[at - 1]}{here}",
            f"m{chain[at - 1 : at + 2]}",
            f"n{since}{at < EDGE + 3:d}",
            f"o{min(since, 2)}{mark[at : at + 2]}",
        )


class PlaceModel:
    """How much each feature speaks for a place that begins, goes on or ends at a character."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """`data` is what `faq.training.places` makes."""
        self._numbers = {name: number for number, name in enumerate(data["features"], 1)}
        self._weights = np.array([(0, 0, 0), *data["weights"]]).T.copy()

    def best(self, plain: str, marks: str) -> tuple[int, int] | None:
        """From where to where the place stands; None when none is likelier."""
        if not plain:
            return None
        get = self._numbers.get
        known = [get(name, 0) for names in features(plain, marks) for name in names]
        begin, inside, last = self._weights.take(known, 1).reshape(3, len(plain), -1).sum(2)
        upto = inside.cumsum()
        opening = begin - upto + inside
        closing = last + upto + np.maximum.accumulate(opening)
        end = int(closing.argmax())
        if closing[end] <= 0:
            return None
        return int(opening[: end + 1].argmax()), end + 1


@cache
def _model() -> PlaceModel:
    """The model that ships."""
    return PlaceModel(orjson.loads((DATA / "places.json").read_bytes()))


class PlaceNames:
    """What places are called here: the language's own ways and the community's own names."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Know these names ("老锅炉房") beside buildings, units, floors, rooms and landmarks."""
        own = {spelled(name) for name in names if name}
        self._marker = Marker(own)
        self._own = re.compile(f"(?<!{DIGIT})(?:{_any(own)})") if own else None

    def find(self, text: str) -> str | None:
        """The place as it stands in the text; None when it names none.

        A name of the community's own is a place wherever it stands.
        """
        plain = spelled(text)
        found = _model().best(plain, self._marker.mark(plain))
        if found is None and self._own and (named := self._own.search(plain)):
            found = named.span()
        if found is None:
            return None
        start, end = found
        return text[start : start + len(TAIL.sub("", plain[start:end]))] or None
