"""The labelled set: no figure falls below its floor."""

from pathlib import Path

import pytest

from faq.evaluate import Labelled, Measures, measure

FLOORS = {
    "hit@1": 0.85,
    "hit@3": 0.94,
    "CA5": 0.72,
    "AUROC": 0.93,
    "answered right": 0.66,
    "answered or offered": 0.85,
    "reports F1": 0.93,
    "category": 0.92,
    "place F1": 0.92,
    "intents macro F1": 0.95,
    "emergency recall": 1.0,
}
CEILINGS = {
    "answered wrong": 0.055,
    "spoke unaddressed (talk)": 0.02,
    "spoke unaddressed (others)": 0.03,
    "emergency false alarms": 0.01,
}


@pytest.fixture(scope="module")
def measures() -> Measures:
    """Every figure of the labelled set."""
    return measure(Labelled.load(Path(__file__).parent / "data"))


@pytest.mark.parametrize("name", FLOORS)
def test_no_figure_falls_below_its_floor(measures: Measures, name: str) -> None:
    """What was reached stays reached."""
    assert measures.figures[name] >= FLOORS[name]


@pytest.mark.parametrize("name", CEILINGS)
def test_no_harm_rises_above_its_ceiling(measures: Measures, name: str) -> None:
    """Wrong answers, needless words and false alarms stay rare."""
    assert measures.figures[name] <= CEILINGS[name]
