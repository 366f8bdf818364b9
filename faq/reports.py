"""Reports: how plainly something is said to be wrong. The acts know the less plain ways."""

from faq.lexicon import cues as lexicon
from faq.reading import Reading

CATEGORIES = (
    "环境卫生",
    "乱堆乱放",
    "公共设施",
    "管道漏水",
    "照明",
    "绿化",
    "违建",
    "停车",
    "噪音扰民",
    "宠物",
    "安全隐患",
    "牛皮癣小广告",
    "矛盾纠纷",
    "其他",
)
CERTAIN = 0.85
"""The weight of evidence from which a message is a report."""
EVIDENCE = {
    "broken": 0.4,
    "trouble": 0.7,
    "lasting": 0.4,
    "worry": 0.5,
    "urgent": 0.4,
    "resolved": -1.8,
    "told": -1.2,
    "rule": -1.1,
    "ad": -3.0,
    "neighbour": -0.9,
    "chat": -0.2,
    "progress": -1.5,
}
"""What each cue adds; a place adds `PLACE`, a category its own weight."""
PLACE = 0.7
UNNAMED = 0.2
"""What a matter of no known category counts, when it has a place and a mood."""
MOODS = frozenset({"broken", "trouble", "worry"})
ASKED = -0.3
"""What the form of a question adds."""


def named(reading: Reading) -> str | None:
    """The category that is named, None when nothing of the kind is said."""
    weights = lexicon().weights
    found = [name for name in CATEGORIES if name in reading.cues]
    return max(found, key=lambda name: (weights[name], -CATEGORIES.index(name)), default=None)


def evidence(reading: Reading, place: str | None) -> float:
    """How plainly it is said; from `CERTAIN` on it is a report."""
    matter = named(reading)
    if matter is None and not (place and reading.cues.keys() & MOODS):
        return 0.0
    said = sum(weight for cue, weight in EVIDENCE.items() if cue in reading.cues)
    asked = ASKED if reading.asks else 0.0
    weight = lexicon().weights[matter] - 0.5 if matter else UNNAMED
    return weight + said + asked + (PLACE if place else 0.0)
