"""Like questions come together, others do not."""

from itertools import combinations
from pathlib import Path

import pytest

from faq import groups
from faq.evaluate import read

DATA = Path(__file__).parent / "data"


def test_questions_with_one_answer_come_together() -> None:
    """On the labelled set: who shares a group, and who should."""
    rows = read(DATA / "queries.jsonl")
    found = groups.groups([row["q"] for row in rows])
    number = {position: n for n, group in enumerate(found) for position in group}

    both = together = belong = 0
    for one, other in combinations(range(len(rows)), 2):
        same = bool(set(rows[one]["gold"]) & set(rows[other]["gold"]))
        joined = number[one] == number[other]
        both, together, belong = both + (same and joined), together + joined, belong + same
    assert sorted(number) == list(range(len(rows)))
    assert both / together >= 0.9
    assert both / belong >= 0.45


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("公交老人卡丢了去哪补", "我妈的老年公交卡丢了怎么补", True),
        ("你会不会唱京剧", "会唱京剧不", True),
        ("剪纸课的红纸去哪里领", "红纸在哪领，剪纸课用的", True),
        ("老人卡丢了去哪补", "居住证怎么办", False),
        ("你会不会唱京剧", "你会不会修自行车", False),
        ("停水停到几点", "物业费一个月多少", False),
    ],
)
def test_two_questions(one: str, other: str, *, alike: bool) -> None:
    """The same both ways."""
    assert groups.alike(one, other) is alike
    assert groups.alike(other, one) is alike


def test_nothing_is_like_nothing_but_itself() -> None:
    """Empty texts and odd ones do no harm."""
    assert groups.groups([]) == []
    assert groups.groups(["", "？！", "老人卡丢了"])[-1] == [2]
    assert groups.likeness("😀", "老人卡丢了") < groups.ALIKE
