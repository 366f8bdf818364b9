"""Bounds follow what is labelled, slowly and never against it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faq.bounds import HIGHEST, LOWER, WRONG_ANSWERS, Bounds, Pairs, learned

SHIPPED = Bounds(0.65, 0.2)
PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)


def test_a_new_faq_has_the_shipped_bounds() -> None:
    """Nothing is labelled, nothing is learned."""
    assert learned([], SHIPPED) == SHIPPED


@given(PAIRS)
def test_a_few_labels_move_them_a_little(pairs: Pairs) -> None:
    """In order, and within their limits; five labels move them little."""
    found = learned(pairs, SHIPPED)
    few = learned(pairs[:5], SHIPPED)

    assert found.suggest <= found.answer <= HIGHEST
    assert found.answer >= SHIPPED.answer - LOWER.answer
    assert abs(few.answer - SHIPPED.answer) < 0.2
    assert abs(few.suggest - SHIPPED.suggest) < 0.1


@given(PAIRS, st.integers(0, 59))
def test_what_turns_out_wrong_lowers_no_bound(pairs: Pairs, position: int) -> None:
    """Monotone: more mistakes, more caution."""
    worse = [(score, right and at != position) for at, (score, right) in enumerate(pairs)]
    before, after = learned(pairs, SHIPPED), learned(worse, SHIPPED)

    assert after.answer >= before.answer
    assert after.suggest >= before.suggest


@pytest.mark.parametrize("sure", [0.4, 1.0, 2.5])
def test_many_labels_keep_wrong_answers_few(sure: float) -> None:
    """Whether the scores promise too much, too little, or what they say."""
    random = Random(7)  # noqa: S311 - the same cases every time
    scores = [random.random() for _ in range(3000)]
    pairs = [(score, random.random() < score ** (1 / sure)) for score in scores]
    found = learned(pairs, SHIPPED)

    answered = [right for score, right in pairs if score >= found.answer]
    allowed = WRONG_ANSWERS * (len(answered) + 200)
    assert answered.count(False) <= allowed
    assert found.answer > SHIPPED.answer if sure < 1 else found.answer <= 0.95


def test_a_faq_whose_answers_are_right_answers_more() -> None:
    """Chosen again and again: the bound goes down, as far as it may."""
    right = [(0.55, True)] * 1000

    assert learned(right, SHIPPED).answer == pytest.approx(SHIPPED.answer - LOWER.answer)
    assert learned(right[:20], SHIPPED).answer > 0.6
