"""The index: what is added is found, what is removed is not, at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq import Entry, Index
from faq.evaluate import entries, read

DATA = Path(__file__).parent / "data"
PENSION = Entry("a", "高龄津贴怎么申请？", ("多少岁可以领高龄津贴",), "满八十岁带身份证来社区。")
CARD = Entry("b", "老年优待证怎么办理？")
WATER = Entry("c", "楼上漏水到我家怎么办？")


@pytest.fixture(scope="module")
def full() -> Index:
    """The labelled entries."""
    return Index(entries(read(DATA / "faq.jsonl")))


def test_an_added_entry_is_found_at_once() -> None:
    """No rebuild lies between adding and finding."""
    index = Index([CARD, WATER])
    assert "a" not in [candidate.id for candidate in index.search("八十岁的补贴怎么领")]

    index.add(PENSION)

    assert index.search("八十岁的补贴怎么领")[0].id == "a"


def test_a_removed_entry_is_gone() -> None:
    """Neither search nor get know it any more."""
    index = Index([PENSION, CARD])

    index.remove("a")

    assert index.get("a") is None
    assert "a" not in index
    assert len(index) == 1
    assert all(candidate.id != "a" for candidate in index.search("高龄津贴怎么申请"))


def test_adding_the_same_id_replaces() -> None:
    """The old wording leaves no trace."""
    index = Index([PENSION, WATER])

    index.add(Entry("a", "消防通道被占用怎么举报？"))

    assert len(index) == 2
    assert index.search("消防通道停了车向谁举报")[0].id == "a"
    assert all(candidate.score < 0.3 for candidate in index.search("高龄津贴"))


def test_removing_what_is_not_there_does_nothing() -> None:
    """An unknown id is no error."""
    index = Index([CARD])

    index.remove("none")

    assert len(index) == 1


def test_changes_leave_the_index_as_if_built_anew(full: Index) -> None:
    """After adding and removing, scores are those of a fresh index."""
    index = Index(full)
    index.add(PENSION)
    index.remove("a")

    assert index.search("楼上漏水找谁") == full.search("楼上漏水找谁")


def test_scores_are_probabilities_best_first(full: Index) -> None:
    """Never below 0 or above 1, in falling order."""
    scores = [candidate.score for candidate in full.search("老人卡在哪里办", 5)]

    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_an_explanation_names_what_is_shared(full: Index) -> None:
    """Staff see the words read, what is shared and what each part added."""
    best = full.explain("低保怎么申请")[0]

    assert best.id == full.search("低保怎么申请")[0].id
    assert "低保" in best.words
    assert "低保" in best.shared
    assert best.parts["topic"] > 0


def test_an_empty_index_finds_nothing() -> None:
    """There is nothing to be found."""
    assert Index().search("低保怎么申请") == []


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(max_size=60), min_size=1, max_size=6),
    query=st.text(max_size=200),
)
def test_any_text_can_be_held_and_asked(texts: list[str], query: str) -> None:
    """Whatever is typed, held and asked, nothing raises and nothing stays behind."""
    index = Index(Entry(str(number), text) for number, text in enumerate(texts))
    index.search(query)
    for number in range(len(texts)):
        index.remove(str(number))

    assert index.search(query) == []
