"""Linear text models: what each term of a text adds to each label, learned from the corpus.

A term is a word, a character, a pair of them or a concept of the reading. A model is two files
that `python -m faq.training` writes: NAME.json (labels, terms) and NAME.npy.gz (the weights).
"""

import gzip
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import orjson

from faq.reading import Reading
from faq.resources import DATA

PAIR = "-"
"""How the term of two neighbouring characters begins."""
LEAST = 0.002
"""A label of which less is likely counts for nothing."""

Shares = dict[int, float]
"""Probabilities by label number; labels that are out of the question are left out."""


class LinearModel:
    """Labels, their biases, and the terms with what they add."""

    def __init__(self, data: Mapping[str, Any], weights: "np.ndarray[Any, Any]") -> None:
        """`weights` is (terms, labels), 8-bit whole numbers of `unit`; see `faq.training`."""
        self.labels: tuple[str, ...] = tuple(data["labels"])
        self._numbers = {term: number for number, term in enumerate(data["terms"])}
        self._rarities = np.array(data["rarities"], dtype=np.float32)
        self._biases = np.array(data["biases"], dtype=np.float32)
        self._sharpness = 1 / data["temperature"]
        self._unit = data["unit"]
        self._weights = weights
        self._centre = np.array(data.get("centre", ()), dtype=np.float32)
        self._axes = np.array(data.get("axes", ()), dtype=np.float32)

    def scores(self, terms: Iterable[str]) -> "np.ndarray[Any, Any]":
        """What the terms say for each label, on no particular scale."""
        numbers = [number for term in terms if (number := self._numbers.get(term)) is not None]
        scores = self._biases
        if numbers:
            rarities = self._rarities[numbers]
            share = self._unit / np.sqrt(rarities @ rarities)
            scores = scores + share * (rarities @ self._weights[numbers])
        return scores

    def shares(self, terms: Iterable[str]) -> Shares:
        """The probabilities of the labels."""
        return self.likely(self.scores(terms))

    def likely(self, scores: "np.ndarray[Any, Any]") -> Shares:
        """The probabilities of the labels with these scores."""
        powers = np.exp((scores - scores.max()) * self._sharpness)
        shares = powers / powers.sum()
        likely = np.flatnonzero(shares > LEAST)
        return dict(zip(likely.tolist(), shares[likely].tolist(), strict=True))

    def direction(self, scores: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Where a text with these scores lies among the labels: a vector of length 1.

        Texts on a matter that is no label lie close together all the same.
        """
        vector = (scores - self._centre) @ self._axes
        length = np.sqrt(vector @ vector)
        return vector / length if length else vector


def terms(reading: Reading) -> list[str]:
    """The terms of a text that every model knows: words, characters, concepts and pairs."""
    return [
        *[f"_{word}" for word in reading.words],
        *dict.fromkeys(reading.core.replace(" ", "")),
        *[f"={concept}" for concept in reading.concepts],
        *[f"{PAIR}{pair}" for pair in reading.pairs],
    ]


@cache
def model(name: str) -> LinearModel:
    """The model of that name in the package."""
    data = orjson.loads((DATA / f"{name}.json").read_bytes())
    with gzip.open(DATA / f"{name}.npy.gz") as file:
        return LinearModel(data, np.load(file))
