"""The starter FAQ: plain answers that any committee can keep, edit or switch off.

What depends on the place is either said so in the answer or left as a slot: a name of `SLOTS`
in braces, which the community's own facts fill.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files

SLOTS = frozenset(
    {
        "社区电话",
        "社区地址",
        "办公时间",
        "物业电话",
        "街道办事大厅",
        "燃气抢修电话",
        "供水电话",
        "供电电话",
        "供热电话",
        "电梯应急电话",
        "派出所电话",
        "社区医院电话",
        "书记电话",
    }
)
"""The facts that a community fills in once, for all answers."""

_SLOT = re.compile(r"\{([^{}]*)\}")


class Source(StrEnum):
    """Whose rule an answer repeats, and so who may change it."""

    NATIONAL = "国家规定"
    LOCAL = "地方规定"
    COMMUNITY = "社区自定"


@dataclass(frozen=True, slots=True)
class StarterEntry:
    """One question with its other wordings and its answer of at most three lines.

    `review` is the day by which staff should read it again. After `valid_until` it no longer
    holds; None when no end is known.
    """

    id: str
    question: str
    alternates: tuple[str, ...]
    answer: str
    category: str
    source: Source
    review: date
    valid_until: date | None

    @property
    def slots(self) -> frozenset[str]:
        """The facts that the answer needs, without their braces."""
        return frozenset(_SLOT.findall(self.answer))


def entries() -> list[StarterEntry]:
    """Every entry of the starter FAQ, in the order of the file."""
    text = files("faq").joinpath("data", "starter.jsonl").read_text(encoding="utf-8")
    return [_entry(json.loads(line)) for line in text.splitlines()]


def _entry(row: Mapping[str, str | list[str] | None]) -> StarterEntry:
    until = row["valid_until"]
    return StarterEntry(
        id=str(row["id"]),
        question=str(row["question"]),
        alternates=tuple(row["alternates"] or ()),
        answer=str(row["answer"]),
        category=str(row["category"]),
        source=Source(str(row["source"])),
        review=date.fromisoformat(str(row["review"])),
        valid_until=None if until is None else date.fromisoformat(str(until)),
    )
