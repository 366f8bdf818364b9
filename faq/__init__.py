"""Understanding: what a message wants. Pure: no I/O but the data files beside the code."""

from faq.bounds import Bounds
from faq.decide import SHIPPED, Decision, OpenQuestion, Situation, understand
from faq.entry import Candidate, Entry
from faq.index import Explanation, Index
from faq.lexicon import cues, thesaurus
from faq.places import PlaceNames
from faq.scorer import shipped
from faq.spelling import speller

__all__ = [
    "SHIPPED",
    "Bounds",
    "Candidate",
    "Decision",
    "Entry",
    "Explanation",
    "Index",
    "OpenQuestion",
    "PlaceNames",
    "Situation",
    "load",
    "understand",
]


def load() -> None:
    """Read dictionaries and weights now, within a second; call it off the event loop."""
    thesaurus()
    cues()
    speller()
    shipped()
    understand("怎么报修", Situation(Index(), PlaceNames()))
