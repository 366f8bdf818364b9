"""Fitting the scorer on FAQs made of the corpus.

Nothing is tried on what it was learned from: the topics that a fold's FAQs and messages are read
with come from the other folds, and some topics are left out of them altogether, as a committee's
own matters are. In each FAQ only some topics have an entry; messages about the others, and talk,
have no right answer.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression

from faq.entry import Entry
from faq.index import Index
from faq.linear import LinearModel, terms
from faq.reading import Reading
from faq.scorer import FEATURES, Scorer, Values
from faq.training import linear
from faq.training.corpus import ASKED, FOLDS, Act, Saying

TEMPERATURE = 0.1
ROUNDS = 2
"""FAQs made of each fold."""
COVERED = 0.65
"""The share of topics that have an entry."""
UNHEARD = 0.15
"""The share of topics that the topic space does not know."""
AXES = 64
TREES = 110
LEAVES = 15
DEPTH = 6
TALK_SHARE = 0.35
"""Messages of talk for each message on a topic."""
STRANGE = 0.7
"""The share of topics that the topic space of a foreign FAQ does not know."""
BORROWED = 0.2
"""The share of entries that are also asked in a resident's words."""


_START = {
    "concepts_asked": 2.0,
    "concepts_held": 2.0,
    "words_asked": 1.0,
    "words_held": 1.0,
    "pairs_asked": 1.0,
    "pairs_held": 1.0,
    "topic": 4.0,
}

_BLANK = Scorer(tuple(_START.get(name, 0.0) for name in FEATURES), None)
"""What stands for the ranking before there is one: it only chooses the best form of an entry."""


@dataclass(frozen=True)
class Example:
    """A message, the features of its candidates, and the right one ("" for none)."""

    reading: Reading
    found: dict[str, Values]
    gold: str


def topic_model(said: Sequence[Saying], readings: dict[str, Reading]) -> linear.Model:
    """The topic space of these sentences, as data; answers teach nothing."""
    taught = [saying for saying in said if saying.kind != "answer"]
    texts = [terms(readings[saying.text]) for saying in taught]
    data, weights = linear.fit_topics(texts, [saying.topic for saying in taught], TEMPERATURE)
    space = LinearModel(data, weights)
    scores = np.stack([space.scores(said) for said in texts])
    return {**data, **_axes(scores)}, weights


def _axes(scores: Any) -> dict[str, Any]:
    """The directions in which texts differ most, each made equally long."""
    centre = scores.mean(axis=0)
    _, strengths, directions = np.linalg.svd(scores - centre, full_matrices=False)
    # The sign of a direction is chance; the same sign everywhere makes the file the same.
    directions *= np.sign(
        directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)]
    )[:, None]
    axes = (directions[:AXES] / strengths[:AXES, None] * strengths[0]).T
    return {
        "centre": np.round(centre, 3).tolist(),
        "axes": np.round(axes, 3).tolist(),
    }


def examples(
    said: Sequence[Saying], readings: dict[str, Reading], others: Sequence[Act]
) -> Iterator[Example]:
    """What the scorer learns from, fold by fold."""
    dice = random.Random(7)  # noqa: S311 - not a secret
    talk = [Reading(act.text) for act in others]
    topics = sorted({saying.topic for saying in said})
    for fold in range(FOLDS):
        unheard = set(dice.sample(topics, int(UNHEARD * len(topics))))
        heard = [s for s in said if s.fold != fold and s.topic not in unheard]
        space = LinearModel(*topic_model(heard, readings))
        held = [saying for saying in said if saying.fold == fold]
        for _ in range(ROUNDS):
            covered = set(dice.sample(topics, int(COVERED * len(topics))))
            made, used = _entries(held, said, covered, dice)
            index = Index(made, _BLANK, space)
            asked = [s for s in held if not s.by_staff and s.text not in used]
            yield from _asked(index, asked, readings)
            for reading in dice.choices(talk, k=int(TALK_SHARE * len(held)) if talk else 0):
                yield Example(reading, index.features(reading), "")
        for _ in range(ROUNDS):
            yield from _foreign(said, readings, talk, dice)


def _foreign(
    said: Sequence[Saying],
    readings: dict[str, Reading],
    talk: Sequence[Reading],
    dice: random.Random,
) -> Iterator[Example]:
    """A FAQ on matters that the topic space knows nothing of, asked by residents and in its words.

    Only what the words share can tell there; the scorer has to see that the topics cannot.
    """
    topics = sorted({saying.topic for saying in said})
    strange = set(dice.sample(topics, int(STRANGE * len(topics))))
    space = LinearModel(*topic_model([s for s in said if s.topic not in strange], readings))
    covered = set(dice.sample(sorted(strange), int(COVERED * len(strange))))
    forms = [s for s in said if s.topic in strange and s.kind in ASKED]
    dice.shuffle(forms)
    made, used = _entries(forms[: len(forms) // 2], said, covered, dice)
    index = Index(made, _BLANK, space)
    left = [form for form in forms[len(forms) // 2 :] if form.text not in used]
    residents = [s for s in said if s.topic in strange and not s.by_staff]
    asked = [*left, *dice.sample(residents, min(len(left), len(residents)))]
    yield from _asked(index, asked, readings)
    for reading in dice.choices(talk, k=len(asked) // 4 if talk else 0):
        yield Example(reading, index.features(reading), "")


def _asked(
    index: Index, asked: Sequence[Saying], readings: dict[str, Reading]
) -> Iterator[Example]:
    """Each message asked of the FAQ; without a right answer where its topic has no entry."""
    for saying in asked:
        reading = readings[saying.text]
        gold = saying.topic if saying.topic in index else ""
        yield Example(reading, index.features(reading), gold)


def _entries(
    held: Sequence[Saying], said: Sequence[Saying], covered: set[str], dice: random.Random
) -> tuple[list[Entry], set[str]]:
    """An entry for each covered topic, of the fold's own sentences, and those that it took."""
    forms, plain, answers = defaultdict(list), defaultdict(list), defaultdict(list)
    for saying in held:
        if saying.kind in ASKED:
            forms[saying.topic].append(saying.text)
        elif saying.kind == "plain":
            plain[saying.topic].append(saying.text)
    for saying in said:
        if saying.kind == "answer":
            answers[saying.topic].append(saying.text)
    made, used = [], set()
    for topic in sorted(covered):
        texts = forms[topic][:4]
        if plain[topic] and (not texts or dice.random() < BORROWED):
            texts = [*texts, dice.choice(plain[topic])]
            used.add(texts[-1])
        if texts:
            dice.shuffle(texts)
            answer = dice.choice(answers[topic]) if answers[topic] else ""
            made.append(Entry(topic, texts[0], tuple(texts[1:]), answer))
    return made, used


def fit_ranking(data: Sequence[Example]) -> dict[str, float]:
    """The weight of each feature: logistic regression over all candidates of messages with one."""
    rows: list[Values] = []
    right: list[bool] = []
    for example in data:
        if example.gold in example.found:
            rows += example.found.values()
            right += [id == example.gold for id in example.found]
    fitted = LogisticRegression(C=10.0, max_iter=2000).fit(np.array(rows), right)
    return {name: round(float(w), 3) for name, w in zip(FEATURES, fitted.coef_[0], strict=True)}


def fit_trees(data: Sequence[Example], ranking: dict[str, float]) -> dict[str, Any]:
    """The trees of the judgement."""
    ranker = Scorer(tuple(ranking[name] for name in FEATURES), None)
    rows, right, weights = [], [], []
    for example in data:
        for place, (id, signs) in enumerate(ranker.evidence(example.reading, example.found)):
            rows.append(signs)
            right.append(float(id == example.gold))
            weights.append(1.0 if place == 0 else 0.5)
    settings = {
        "objective": "binary",
        "num_leaves": LEAVES,
        "max_depth": DEPTH,
        "learning_rate": 0.1,
        "min_data_in_leaf": 60,
        "lambda_l2": 5.0,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": 3,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    table = lightgbm.Dataset(np.array(rows), np.array(right), weight=np.array(weights))
    booster = lightgbm.train(settings, table, num_boost_round=TREES)
    return _flat([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]])


def _flat(structures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """LightGBM's trees as flat lists; see `faq.scorer.Trees`."""
    flat: dict[str, Any] = {
        part: [] for part in ("roots", "features", "limits", "left", "right", "values")
    }
    deepest = 0

    def add(node: dict[str, Any], depth: int) -> int:
        nonlocal deepest
        deepest = max(deepest, depth)
        number = len(flat["values"])
        leaf = "leaf_value" in node
        flat["features"].append(0 if leaf else node["split_feature"])
        flat["limits"].append(0.0 if leaf else round(node["threshold"], 5))
        flat["values"].append(round(node["leaf_value"], 5) if leaf else 0.0)
        flat["left"].append(number)
        flat["right"].append(number)
        if not leaf:
            flat["left"][number] = add(node["left_child"], depth + 1)
            flat["right"][number] = add(node["right_child"], depth + 1)
        return number

    flat["roots"] = [add(structure, 0) for structure in structures]
    return {**flat, "depth": deepest}
