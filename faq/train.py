"""`python -m faq.train [FOLDER]`: fit the scorer on labelled questions and write data/model.json.

The thesaurus was written by people who know the labelled set, so it fits that set too well.
Against this every question is also seen with concepts taken away, as a resident would ask who
uses words nobody thought of; and with its entry taken away, which makes it one to refuse.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from pathlib import Path
from random import Random

from faq.evaluate import Labelled
from faq.reading import Reading
from faq.resources import DATA
from faq.scorer import Features, Scorer, evidence, sigmoid

VERSIONS = 3
"""How often each question is seen: once whole, then with concepts missing."""
DROPPED = 0.4
"""The chance of a concept to be taken away."""
ORPHANED = 0.3
"""What a question without its entry weighs."""
STEPS = 250
RATE = 2.0
DECAY = 2e-3
FOLDS = 5

Weights = dict[str, float]


@dataclass(frozen=True)
class Example:
    """One version of a message: the features of its candidates, and which are right."""

    reading: Reading
    found: Mapping[str, Features]
    gold: frozenset[str]
    weight: float = 1.0
    group: int = 0


def examples(labelled: Labelled, random: Random) -> Iterator[Example]:
    """Every labelled message in its versions; those outside the FAQ have no gold."""
    rows = [*labelled.queries, *labelled.others]
    for group, row in enumerate(rows):
        for version in range(VERSIONS):
            reading = Reading(row["q"])
            if version:
                kept = {k: v for k, v in reading.concepts.items() if random.random() > DROPPED}
                reading.concepts = kept
            gold = frozenset(row.get("gold", ()))
            example = Example(reading, labelled.index.features(reading), gold, 1 / VERSIONS, group)
            yield example
            if gold:
                yield _orphan(example)


def _orphan(example: Example) -> Example:
    """The same message where no entry answers it."""
    found = {id: features for id, features in example.found.items() if id not in example.gold}
    return replace(example, found=found, gold=frozenset(), weight=example.weight * ORPHANED)


def fit_ranking(data: Sequence[Example], start: Weights) -> Weights:
    """Weights under which right candidates outrank the others (listwise softmax)."""
    weights = dict(start)
    lists = [example for example in data if example.gold & example.found.keys()]
    for step in range(STEPS):
        slope = dict.fromkeys(weights, 0.0)
        for example in lists:
            _add_list_slope(example, weights, slope)
        rate = RATE / (1 + step / 60)
        for name, weight in weights.items():
            weights[name] = weight + rate * (slope[name] / len(lists) - DECAY * weight)
    return weights


def _add_list_slope(example: Example, weights: Weights, slope: Weights) -> None:
    ranks = {
        id: sum(weight * features[name] for name, weight in weights.items())
        for id, features in example.found.items()
    }
    top = max(ranks.values())
    powers = {id: exp(rank - top) for id, rank in ranks.items()}
    total = sum(powers.values())
    right = sum(power for id, power in powers.items() if id in example.gold)
    for id, power in powers.items():
        pull = (power / right if id in example.gold else 0.0) - power / total
        for name, value in example.found[id].items():
            slope[name] += example.weight * VERSIONS * pull * value


def fit_judgement(data: Sequence[Example], ranking: Weights) -> Weights:
    """Weights of the probability that a leading candidate answers (logistic regression)."""
    scorer = Scorer(ranking, {})
    points = [point for example in data for point in _points(scorer, example)]
    names = sorted({name for signs, _right, _weight in points for name in signs})
    scale = {n: max(1e-6, *(abs(s.get(n, 0.0)) for s, _r, _w in points)) for n in names}
    weights = dict.fromkeys(names, 0.0)
    total = sum(weight for _signs, _right, weight in points)
    momentum = dict.fromkeys(names, 0.0)
    for step in range(STEPS * 2):
        slope = dict.fromkeys(names, 0.0)
        for signs, right, weight in points:
            value = sum(weights[name] * sign / scale[name] for name, sign in signs.items())
            error = weight * (right - sigmoid(value))
            for name, sign in signs.items():
                slope[name] += error * sign / scale[name]
        for name in names:
            momentum[name] = 0.9 * momentum[name] + slope[name] / total - 1e-4 * weights[name]
            weights[name] += (RATE / (1 + step / 200)) * momentum[name]
    return {name: weights[name] / scale[name] for name in names}


def _points(scorer: Scorer, example: Example) -> Iterator[tuple[Features, float, float]]:
    """What the judgement sees of the three leading candidates, and whether each is right."""
    ranks = sorted(((scorer.rank(f), id) for id, f in example.found.items()), reverse=True)
    for place, (rank, id) in enumerate(ranks[:3]):
        rival = ranks[1 if place == 0 else 0][0] if len(ranks) > 1 else rank - 3
        signs = evidence(example.reading, example.found[id], rank, rank - rival)
        weight = example.weight * (1.0 if place == 0 else 0.3)
        yield {k: v for k, v in signs.items() if v}, float(id in example.gold), weight


def fit(data: Sequence[Example]) -> Scorer:
    """Both parts of the scorer, fitted on the same examples."""
    first = next(features for example in data for features in example.found.values())
    ranking = fit_ranking(data, dict.fromkeys(first, 1.0))
    return Scorer(ranking, fit_judgement(data, ranking))


def check(data: Sequence[Example]) -> tuple[float, float]:
    """Hit@1 and log loss of the best candidate on messages the weights never saw."""
    hits, asked, loss, seen = 0, 0, 0.0, 0
    for fold in range(FOLDS):
        scorer = fit([e for e in data if e.group % FOLDS != fold])
        for example in data:
            if example.group % FOLDS != fold or not example.found or example.weight < 1 / VERSIONS:
                continue
            best = scorer.judge(example.reading, example.found)[0]
            right = best.id in example.gold
            asked, hits = asked + bool(example.gold), hits + right
            seen, loss = seen + 1, loss - log(best.score if right else 1 - best.score + 1e-4)
    return hits / asked, loss / seen


def main() -> None:
    """Fit, check by cross-validation, write."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    data = list(examples(Labelled.load(folder), Random(7)))  # noqa: S311 - not a secret
    if "--check" in sys.argv:
        hit, loss = check(data)
        sys.stdout.write(f"unseen hit@1 {hit:.3f}, log loss {loss:.3f}\n")
    scorer = fit(data)
    model = {
        part: {name: round(weight, 4) for name, weight in weights.items()}
        for part, weights in (("ranking", scorer.ranking), ("judgement", scorer.judgement))
    }
    text = json.dumps(model, ensure_ascii=False, indent=1)
    (DATA / "model.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
