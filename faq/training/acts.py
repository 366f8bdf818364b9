"""Fitting what messages are: acts, categories of reports, kinds of danger."""

import random
from collections.abc import Sequence

from faq.acts import act_terms
from faq.places import PlaceNames
from faq.reading import Reading
from faq.training.corpus import Act, Saying
from faq.training.linear import Model, fit_shares

QUESTIONS = 5_000
"""Questions on topics, for all other acts together."""


def fit_acts(others: Sequence[Act], said: Sequence[Saying]) -> dict[str, Model]:
    """The three models, by name."""
    dice = random.Random(5)  # noqa: S311 - not a secret
    asked = [saying for saying in said if saying.kind != "answer"]
    questions = [Act("question", saying.text) for saying in dice.sample(asked, QUESTIONS)]
    every = [*others, *questions]
    places = PlaceNames()
    heard = [act_terms(Reading(act.text), places.find(act.text)) for act in every]
    models = {"acts": fit_shares(heard, [act.act for act in every])}
    for name, kind in (("categories", "report"), ("dangers", "emergency")):
        kept = [number for number, act in enumerate(every) if act.act == kind and act.category]
        models[name] = fit_shares(
            [heard[number] for number in kept],
            [every[number].category for number in kept],
        )
    return models
