"""Places: the stretch of a message that says where."""

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
        ("6号楼楼上往下扔东西", "6号楼"),
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


def test_an_unknown_name_is_learnt_by_naming_it() -> None:
    """What the general grammar cannot know, the community tells."""
    assert PlaceNames().find("望江亭后头漏水") != "望江亭后头"
    assert PlaceNames(["望江亭"]).find("望江亭后头漏水") == "望江亭后头"
