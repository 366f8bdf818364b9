"""Fitting linear text models, their weights in eight bits."""

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from faq.linear import PAIR

Texts = Sequence[Sequence[str]]
"""The terms of each text."""

Model = tuple[dict[str, Any], Any]
"""What `faq.linear.LinearModel` takes: data and weights."""

RAREST = 2
"""Texts that must hold a term before it counts."""
RAREST_PAIR = 4
"""The same for pairs of characters, of which there are many."""
SOFTNESS = 2.0
"""The C of the machines that know topics."""
UNIT = 0.02
"""The step of their weights."""


def fit_topics(texts: Texts, labels: Sequence[str], temperature: float) -> Model:
    """A support vector machine for each label: best where labels are many and texts few."""
    table, known, rarities = _table(texts, rare=True)
    names = sorted(set(labels))
    machine = LinearSVC(C=SOFTNESS, random_state=0)
    machine.fit(table, [names.index(label) for label in labels])
    return _model(names, known, rarities, machine, temperature, UNIT)


def fit_shares(texts: Texts, labels: Sequence[str]) -> Model:
    """Logistic regression: its probabilities hold as they are. Every term weighs the same.

    A rare label weighs more, by the root of how rare it is.
    """
    table, known, rarities = _table(texts, rare=False)
    names = sorted(set(labels))
    counts = Counter(names.index(label) for label in labels)
    weights = {name: (len(labels) / len(counts) / count) ** 0.5 for name, count in counts.items()}
    machine = LogisticRegression(C=20.0, class_weight=weights, max_iter=400)
    machine.fit(table, [names.index(label) for label in labels])
    unit = round(float(np.abs(machine.coef_).max()) / 127, 5)
    return _model(names, known, rarities, machine, 1.0, unit)


def _table(texts: Texts, *, rare: bool) -> tuple[Any, list[str], list[float]]:
    """A row of length 1 for each text: the rarity of each of its terms, or 1."""
    counts = Counter(term for terms in texts for term in set(terms))
    known = sorted(
        term
        for term, count in counts.items()
        if count >= (RAREST_PAIR if term.startswith(PAIR) else RAREST)
    )
    numbers = {term: number for number, term in enumerate(known)}
    rarities = [round(log(len(texts) / counts[t]) ** 0.5, 3) if rare else 1.0 for t in known]
    rows, columns, values = [], [], []
    for row, terms in enumerate(texts):
        held = [numbers[term] for term in terms if term in numbers]
        length = sum(rarities[column] ** 2 for column in held) ** 0.5 or 1.0
        for column in held:
            rows.append(row)
            columns.append(column)
            values.append(rarities[column] / length)
    shape = len(texts), len(known)
    return csr_matrix((values, (rows, columns)), shape=shape), known, rarities


def _model(
    names: list[str],
    known: list[str],
    rarities: list[float],
    machine: Any,
    temperature: float,
    unit: float,
) -> Model:
    steps = np.clip(np.round(machine.coef_.T / unit), -127, 127).astype(np.int8)
    data = {
        "labels": names,
        "temperature": temperature,
        "unit": unit,
        "biases": [round(float(bias), 3) for bias in machine.intercept_],
        "terms": known,
        "rarities": rarities,
    }
    return data, steps
