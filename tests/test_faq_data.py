"""The data files: what the code asks of them is there, and training learns from them."""

from random import Random

from faq import Entry, Index, emergency, intents, reports, scorer
from faq.evaluate import Labelled
from faq.lexicon import cues, thesaurus
from faq.resources import DATA, rows
from faq.train import examples, fit


def test_every_cue_that_the_code_knows_has_words() -> None:
    """A cue nobody can say would be a rule that never applies."""
    known = {*reports.CATEGORIES, *reports.EVIDENCE, *emergency.KINDS, *intents.ORDER}

    assert known | emergency.NOT_NOW | {*scorer.SIGNS, "urgent"} <= cues().weights.keys()


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


def test_the_model_stays_small() -> None:
    """At most 1 MB ships."""
    assert (DATA / "model.json").stat().st_size <= 1_000_000


def test_training_learns_to_tell_question_from_chatter() -> None:
    """Fitted on a handful of messages, the right entry leads and chatter scores below it."""
    labelled = Labelled(
        index=Index([Entry("a", "高龄津贴怎么申请"), Entry("b", "老年证怎么办理")]),
        queries=[
            {"q": "八十岁的补贴怎么领", "gold": ["a"]},
            {"q": "老人卡在哪里办", "gold": ["b"]},
        ],
        others=[{"q": "今天老人跳舞真开心"}, {"q": "老年证我昨天办好了"}],
        reports=[],
        intents=[],
    )
    data = list(examples(labelled, Random(1)))  # noqa: S311 - not a secret
    fitted = fit(data)

    best = [fitted.judge(example.reading, example.found)[0] for example in data if example.gold]
    stray = [
        fitted.judge(example.reading, example.found)[0].score
        for example in data
        if not example.gold and example.found and example.group > 1
    ]

    assert [candidate.id for candidate in best[::3]] == ["a", "b"]
    assert max(stray) < max(candidate.score for candidate in best)
