"""Where: the longest unbroken stretch of a message that says a place.

A place is a chain of pieces (building, unit, floor, room, landmark, side) joined by small words.
At least one piece must tell this building from any other: 楼道 or 门口 alone say nothing.
"""

import re
from collections.abc import Iterable

from faq.normalise import LONGEST, simplify
from faq.resources import rows

NUMBER = "(?:[0-9０-９]{1,4}|[一二三四五六七八九十百两几]{1,4}|[A-Za-zＡ-Ｚ])"
ROOM = "[A-Za-z]?[0-9]{3,4}(?![0-9年块元个])(?:室|房|号房)?"
NUMBERED = (
    f"{NUMBER}(?:号楼|号院|号门|号|栋|幢|座|单元|区|期|组团|弄)|第?(?!一层){NUMBER}(?:楼|层)"
    "|(?<![A-Za-z])[A-Za-z](?:[0-9]{1,3}[区座栋口]?|[区座栋口])(?![A-Za-z])"
    "|[东西南北中](?:[一二三]?区|苑|院)"
)
ROAD = (
    "(?!马路|道路|公路|半路|走路|大路|小路|这路)"
    "(?:(?![那这在的从我你们有个条把被让到去是了和与边住过走修带问一])[一-龥]|五一|一[一-龥]){1,4}"
    "(?:路(?!灯|边|过|由|线|面|口)|街|大道|胡同)"
)


EXTRA = "下(?![水雨一个])|电梯(?![坏停卡又不老也运急按故]|突然)|楼梯"
GLUE = "(?:的|那[个条段块边]|上|从|到|至|和|与|靠近|通往|里的|上的| )"
LEADING = re.compile("^(?:楼上|隔壁|对门)+")
TRAIL = re.compile("(?:那边|这边|那里|这里|里面|上面|里头|[里上的那这和与到至从 ])+$")


def _any(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest that fits."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _known(kind: str) -> list[str]:
    """The shipped names of one kind: "landmark" tells a place alone, "part" does not."""
    return [name for found, names in rows("places.tsv") if found == kind for name in names.split()]


class PlaceNames:
    """What places are called here: the general grammar and the community's own names."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Know these names ("老锅炉房") beside buildings, units, floors, rooms and landmarks."""
        telling = [*(simplify(name) for name in names if name), *_known("landmark")]
        piece = f"(?:{_any([*telling, *_known('part')])}|{NUMBERED}|{ROAD}|{ROOM}|{EXTRA})"
        self._telling = re.compile(f"{_any(telling)}|{NUMBERED}|{ROAD}|{ROOM}")
        self._chain = re.compile(f"{piece}(?:{GLUE}{{0,2}}{piece})*")
        self._numbered = re.compile(f"{NUMBERED}|{ROOM}")

    def find(self, text: str) -> str | None:
        """The place as it stands in the text; None when it names none."""
        read = text[:LONGEST]
        plain = simplify(read)
        best, best_weight = None, 0.0
        for match in self._chain.finditer(plain):
            kept = TRAIL.sub("", match.group())
            weight = self._weight(kept)
            if weight > best_weight:
                best, best_weight = read[match.start() : match.start() + len(kept)], weight
        return best

    def _weight(self, stretch: str) -> float:
        """How much a stretch tells; 0 when it fits every building."""
        if not self._telling.search(stretch):
            return 0.0
        return len(stretch) + 6.0 * len(self._numbered.findall(stretch))
