"""Places: the stretch of a message that says where."""

import json
from pathlib import Path
from typing import Any

import pytest

from faq import PlaceNames

PLACES = PlaceNames(["老锅炉房", "幸福里"])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("3号楼2单元三楼灯坏了", "3号楼2单元三楼"),
        ("12号楼301室漏水", "12号楼301室"),
        ("北门那边路灯不亮", "北门"),
        ("9號樓樓道堆滿雜物", "9號樓樓道"),
        ("老锅炉房后面有人烧垃圾", "老锅炉房后面"),
        ("有人在幸福里围墙边搭棚子", "幸福里围墙边"),
        ("8栋和9栋之间积水", "8栋和9栋之间"),
        ("建设路人行道塌了", "建设路人行道"),
        ("地下车库B区进水了", "地下车库B区"),
        ("二栋3单元門口的燈壞了", "二栋3单元門口"),
        ("到处是狗屎，就在12-2-301门前", "12-2-301门前"),
        ("有人把破沙发撂在5#楼后头", "5#楼后头"),
        ("６号楼２单元没水了", "６号楼２单元"),
        ("小广场", "小广场"),
        ("10栋一楼下水道堵了", "10栋一楼"),
        ("楼道灯坏了", None),
        ("我家门口有垃圾", None),
        ("电梯又停了", None),
        ("隔壁太吵", None),
        ("明天开会吗", None),
        ("", None),
    ],
)
def test_the_longest_stretch_that_says_where(text: str, place: str | None) -> None:
    """Buildings, landmarks and the community's own names; nothing that fits every house."""
    assert PLACES.find(text) == place


def test_a_place_is_cut_from_the_text_as_typed() -> None:
    """Script and width stay."""
    text = "麻煩看看15號樓露台"

    assert PLACES.find(text) == "15號樓露台"


@pytest.mark.parametrize(
    "text", ["聚贤阁有人打架", "楼道灯坏了，我住聚贤阁", "聚贤阁", "聚贤阁的人真多", "聚賢閣"]
)
def test_a_name_of_the_community_is_a_place_wherever_it_stands(text: str) -> None:
    """What the language cannot know, the community tells."""
    found = PlaceNames(["聚贤阁"]).find(text)

    assert found in {"聚贤阁", "聚賢閣"}


def test_a_building_is_not_the_end_of_another() -> None:
    """3号楼 is known, 13号楼 was meant."""
    assert PlaceNames(["3号楼"]).find("13号楼的灯坏了") == "13号楼"
    assert PlaceNames(["3号楼"]).find("通知都贴在13号楼了吗") != "3号楼"


@pytest.mark.parametrize(
    "text", ["1", "12", "好的", "谢谢", "三点半", "门口", "我家", "\U0001f60a"]
)
def test_a_short_answer_is_no_place(text: str) -> None:
    """A number answers a numbered question."""
    assert PLACES.find(text) is None


def test_places_that_were_never_learned_from() -> None:
    """Of the labelled reports' places, the characters found: F1."""
    reports = [row for row in labelled() if row["is_report"]]
    right = said = given = 0
    for row in reports:
        meant, found = characters(row["q"], row["place"]), characters(row["q"], find(row["q"]))
        right += len(meant & found)
        said += len(found)
        given += len(meant)

    assert 2 * right / (said + given) >= 0.93


def test_talk_has_no_place() -> None:
    """Of the labelled messages that report nothing, few seem to name one."""
    talk = [row["q"] for row in labelled() if not row["is_report"]]

    assert sum(find(text) is not None for text in talk) <= 0.2 * len(talk)


def labelled() -> list[dict[str, Any]]:
    """The labelled reports, and messages that look like one."""
    file = Path(__file__).parent / "data" / "reports.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def find(text: str) -> str | None:
    """The place that is found without names of any community."""
    return PlaceNames().find(text)


def characters(text: str, place: str | None) -> set[int]:
    """Where the place's characters stand."""
    start = text.find(place) if place else 0
    return set(range(start, start + len(place or "")))
