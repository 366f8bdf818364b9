"""The labelled sets: no figure falls below its floor."""

from pathlib import Path

import pytest

from faq.evaluate import Labelled, Measures, measure

DATA = Path(__file__).parent / "data"
SETS = {"known": DATA, "blind": DATA / "blind"}
"""The set that was tuned on, and one by other writers that nobody tuned on."""

FLOORS = {
    "known": {
        "hit@1": 0.93,
        "hit@3": 0.98,
        "CA5": 0.86,
        "AUROC": 0.96,
        "answered right": 0.68,
        "answered or offered": 0.83,
        "reports F1": 0.95,
        "category": 0.93,
        "place, character F1": 0.92,
        "intents macro F1": 0.96,
        "emergency recall": 1.0,
    },
    "blind": {
        "hit@1": 0.82,
        "hit@3": 0.89,
        "CA5": 0.66,
        "AUROC": 0.92,
        "reports F1": 0.93,
        "category": 0.85,
        "place, character F1": 0.89,
        "intents macro F1": 0.93,
        "emergency recall": 0.96,
    },
}
CEILINGS = {
    "known": {
        "answered wrong": 0.035,
        "spoke unaddressed (talk)": 0.01,
        "spoke unaddressed (others)": 0.01,
        "emergency false alarms": 0.01,
    },
    "blind": {
        "answered wrong": 0.05,
        "spoke unaddressed (talk)": 0.01,
        "spoke unaddressed (others)": 0.01,
        "emergency false alarms": 0.015,
    },
}


def bounds(table: dict[str, dict[str, float]]) -> list[tuple[str, str]]:
    """Every figure of every set."""
    return [(name, figure) for name, figures in table.items() for figure in figures]


@pytest.fixture(scope="module")
def measures() -> dict[str, Measures]:
    """Every figure of the labelled sets."""
    return {name: measure(Labelled.load(folder)) for name, folder in SETS.items()}


@pytest.mark.parametrize(("name", "figure"), bounds(FLOORS))
def test_no_figure_falls_below_its_floor(
    measures: dict[str, Measures], name: str, figure: str
) -> None:
    """What was reached stays reached."""
    assert measures[name].figures[figure] >= FLOORS[name][figure]


@pytest.mark.parametrize(("name", "figure"), bounds(CEILINGS))
def test_no_harm_rises_above_its_ceiling(
    measures: dict[str, Measures], name: str, figure: str
) -> None:
    """Wrong answers, needless words and false alarms stay rare."""
    assert measures[name].figures[figure] <= CEILINGS[name][figure]
