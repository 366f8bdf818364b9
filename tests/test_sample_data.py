"""The sample community of the demo is whole, and nobody could take it for a real one."""

import tomllib
from collections import Counter
from importlib.resources import files

from bot.community.people import Role
from bot.community.places import KINDS
from faq.starter import SLOTS

SAMPLE = tomllib.loads(
    files("bot.community").joinpath("data", "sample.toml").read_text(encoding="utf-8")
)
PLACES = {place["name"]: place for place in SAMPLE["place"]}
FAMILIES = {"教育联抓", "治安联防", "卫生联搞", "服务联做", "文化联办", "经济联推"}


def test_every_slot_of_an_answer_is_filled() -> None:
    """The demo shows every starter answer in full."""
    community = SAMPLE["community"]
    own = {"社区电话": community["phone"], "社区地址": community["address"]}
    own["办公时间"] = community["hours"]
    filled = own | community["facts"]

    assert {slot for slot, value in filled.items() if value} == SLOTS


def test_every_telephone_number_is_a_sample() -> None:
    """All numbers are of the kind 555-01xx, and no two services share one."""
    community = SAMPLE["community"]
    phones = [community["phone"], *community["facts"].values()]

    assert all("0411-55501" in phone for phone in phones)
    assert len(set(phones)) == len(phones)


def test_every_place_has_a_parent_that_stands_before_it() -> None:
    """Read from top to bottom, the tree can be planted."""
    known = {SAMPLE["community"]["name"]}
    for place in SAMPLE["place"]:
        assert place["kind"] in KINDS
        assert place["parent"] in known
        known.add(place["name"])


def test_the_twelve_buildings_have_entrances() -> None:
    """1–12号楼, each with at least one 单元."""
    entrances = Counter(place["parent"] for place in SAMPLE["place"] if place["kind"] == "单元")

    assert set(entrances) == {f"{number}号楼" for number in range(1, 13)}


def test_no_nickname_means_two_places() -> None:
    """A name leads to one place only; the units of a building are told apart by it."""
    names = [place["name"] for place in SAMPLE["place"] if place["kind"] != "单元"]
    names += [name for place in SAMPLE["place"] for name in place["names"]]

    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_five_people_work_here() -> None:
    """Five names, every role, each at a known place."""
    staff = SAMPLE["staff"]

    assert len({person["name"] for person in staff}) == 5
    assert {person["role"] for person in staff} == set(Role)
    assert {person["place"] for person in staff} <= {SAMPLE["community"]["name"], *PLACES}


def test_every_month_has_its_theme() -> None:
    """Twelve themes, and each of the six families twice."""
    assert [theme["month"] for theme in SAMPLE["theme"]] == list(range(1, 13))
    assert Counter(theme["family"] for theme in SAMPLE["theme"]) == dict.fromkeys(FAMILIES, 2)


def test_the_clean_up_is_announced_at_once() -> None:
    """The reminder that the demo promises says 大清扫 and comes within two minutes."""
    clean_up = SAMPLE["event"][0]

    assert "大清扫" in clean_up["reminder"]
    assert clean_up["remind_minutes"] < 2


def test_events_and_notices_are_at_known_places() -> None:
    """Two events and three notices, none of them nowhere."""
    known = {SAMPLE["community"]["name"], *PLACES}

    assert [each["place"] for each in SAMPLE["event"] if each["place"] not in known] == []
    assert [each["place"] for each in SAMPLE["notice"] if each["place"] not in known] == []
    assert (len(SAMPLE["event"]), len(SAMPLE["notice"])) == (2, 3)
