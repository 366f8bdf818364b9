"""What kind of message it is: a question, a report, a wish, danger or talk; learned."""

from functools import cached_property

from faq.linear import LinearModel, model, terms
from faq.reading import Reading
from faq.reports import CERTAIN, evidence

LONG = 8
"""Characters of one step of length; from six steps on all are the same."""

Shares = dict[str, float]
"""Probabilities by name; what is out of the question is left out."""


class Acts:
    """What one message may be."""

    def __init__(self, reading: Reading, place: str | None) -> None:
        """Ask of a reading; `place` is what it names, if anything."""
        self._terms = act_terms(reading, place)

    @cached_property
    def shares(self) -> Shares:
        """How likely it is each of the acts."""
        return _named(model("acts"), self._terms)

    @cached_property
    def categories(self) -> Shares:
        """If it is a report: how likely it is of each category."""
        return _named(model("categories"), self._terms)

    @cached_property
    def dangers(self) -> Shares:
        """If it is an emergency: how likely it is of each kind."""
        return _named(model("dangers"), self._terms)

    def share(self, *acts: str) -> float:
        """How likely it is one of these."""
        return sum(self.shares.get(act, 0.0) for act in acts)


def act_terms(reading: Reading, place: str | None) -> list[str]:
    """The terms that acts are told by: also cues and the form."""
    return [
        *terms(reading),
        *[f":{cue}" for cue in reading.cues],
        "?asks" if reading.asks else "?says",
        "?place" if place else "?nowhere",
        "?wrong" if evidence(reading, place) >= CERTAIN else "?fine",
        f"?{min(len(reading.core) // LONG, 6)}",
    ]


def _named(space: LinearModel, said: list[str]) -> Shares:
    return {space.labels[number]: share for number, share in space.shares(said).items()}
