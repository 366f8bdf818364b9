"""The data files: what the code asks of them is there, and the corpus is what it says it is."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from faq import emergency, reports, scorer
from faq.intents import WISHES
from faq.lexicon import cues, thesaurus
from faq.linear import model
from faq.resources import DATA, rows
from faq.training.corpus import FOLDS, acts, sayings

LABELLED = Path(__file__).parent / "data"
MODELS = ("topics", "acts", "categories", "dangers")
RESIDENTS = 25
"""Ways to say it that every topic has at least."""


def bare(text: str) -> str:
    """A text without anything but letters, digits and characters."""
    return "".join(filter(str.isalnum, text))


def labelled() -> Iterator[str]:
    """Every sentence of the labelled sets."""
    for path in LABELLED.rglob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield from (row[key] for key in ("q", "question", "text") if key in row)
            yield from row.get("alternates", [])


def test_every_cue_that_the_code_knows_has_words() -> None:
    """A cue nobody can say would be a rule that never applies."""
    known = {
        *reports.CATEGORIES,
        *reports.EVIDENCE,
        *emergency.KINDS,
        *emergency.NOT_NOW,
        *scorer.SIGNS,
        "urgent",
    }

    assert known <= cues().weights.keys()


def test_every_wider_concept_exists() -> None:
    """What something is a kind of is itself a concept."""
    wider = {
        name
        for _concept, weight, names in rows("thesaurus.tsv")
        if weight == ">"
        for name in names.split()
    }

    assert wider <= thesaurus().weights.keys()


def test_dialect_words_are_said_once() -> None:
    """One word has one meaning."""
    said = [row[0] for row in rows("spoken.tsv")]

    assert len(said) == len(set(said))


def test_what_is_learned_stays_small() -> None:
    """All models together: at most 5 MB ship."""
    files = [DATA / "scorer.json", *(path for name in MODELS for path in DATA.glob(f"{name}.*"))]

    assert sum(path.stat().st_size for path in files) <= 5_000_000


def test_the_models_know_what_the_code_asks_for() -> None:
    """Each wish, category and danger is a label."""
    assert {*WISHES, "question", "report", "emergency"} <= set(model("acts").labels)
    assert set(model("categories").labels) == set(reports.CATEGORIES)
    assert set(model("dangers").labels) == set(emergency.KINDS)


def test_the_models_know_every_topic() -> None:
    """What the corpus names was learned: after an addition, make train."""
    named = {topic for _family, topic, _asked in rows("corpus/topics.tsv")}

    assert set(model("topics").labels) == named


def test_every_topic_is_said_in_many_ways() -> None:
    """Three hundred topics and more, each by two writers at least and in 25 ways or more."""
    ways, writers = Counter[str](), defaultdict(set)
    for saying in sayings():
        if saying.kind != "answer":
            ways[saying.topic] += 1
            writers[saying.topic].add(saying.writer)

    assert len(ways) >= 300
    assert {topic: count for topic, count in ways.items() if count < RESIDENTS} == {}
    assert {topic for topic, names in writers.items() if len(names) < 2} == set()


def test_nobody_repeats_a_sentence_of_a_topic() -> None:
    """A sentence that stands twice would only count twice."""
    said = Counter((saying.topic, bare(saying.text)) for saying in sayings())

    assert [text for text, count in said.items() if count > 1] == []


def test_the_corpus_shares_nothing_with_the_labelled_sets() -> None:
    """What understanding is judged by was not learned."""
    learned = {bare(saying.text) for saying in sayings()} | {bare(act.text) for act in acts()}

    assert learned & {bare(text) for text in labelled()} == set()


def test_places_of_reports_stand_in_them() -> None:
    """A place is words of its report."""
    assert [act.text for act in acts() if act.place not in act.text] == []


@pytest.mark.parametrize("name", MODELS)
def test_shares_are_probabilities(name: str) -> None:
    """They add up to nearly 1: only what is out of the question is left out."""
    shares = model(name).shares(["灯", "坏", "_灯", "-灯坏", "nobody knows this term"])

    assert 0.8 < sum(shares.values()) <= 1.0001


def test_folds_are_about_the_same_size() -> None:
    """So that each of them is tried on what the others taught."""
    sizes = Counter(saying.fold for saying in sayings())

    assert set(sizes) == set(range(FOLDS))
    assert max(sizes.values()) < 1.2 * min(sizes.values())
