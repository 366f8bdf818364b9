"""The sample community of `serve --demo`: made up, but complete."""

import tomllib
from datetime import datetime, time, timedelta
from importlib.resources import files
from typing import Any

from bot.community.communities import Named
from bot.community.events import EventKind, Plan
from bot.community.people import Role
from bot.community.places import Place
from bot.community.transaction import CommunityTransaction

SOON = timedelta(hours=2, seconds=60)
"""The clean-up starts then: its reminder, two hours before, is due in a minute."""

THEME = "一月一主题"
"""An event of this kind takes its words from the month's theme."""


def _data() -> dict[str, Any]:
    text = files("bot.community").joinpath("data/sample.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def named() -> Named:
    """What the sample says of its community."""
    community = _data()["community"]
    return Named(**{key: community[key] for key in Named.__dataclass_fields__})


async def settle_in(tx: CommunityTransaction) -> None:
    """Places, staff and events of a community that has none."""
    data = _data()
    places = await _places(tx, data["place"])
    for member in data["staff"]:
        place = places[member["place"]]
        await tx.people.add(member["name"], Role(member["role"]), place)
    await _events(tx, data)


async def _places(tx: CommunityTransaction, rows: list[dict[str, Any]]) -> dict[str, Place]:
    root = await tx.places.root()
    # The first row's parent is the community itself, whatever its name is here.
    places = {rows[0]["parent"]: root}
    for row in rows:
        parent = places[row["parent"]]
        place = await tx.places.add(row["name"], row["kind"], parent.id, row["names"])
        places.setdefault(row["name"], place)
    return places


async def _events(tx: CommunityTransaction, data: dict[str, Any]) -> None:
    root = await tx.places.root()
    for row in data["event"]:
        if row["kind"] == THEME:
            day = tx.now.date() + timedelta(days=row["days_ahead"])
            theme = next(theme for theme in data["theme"] if theme["month"] == day.month)
            start = datetime.combine(day, time.fromisoformat(row["at"]), tzinfo=tx.now.tzinfo)
            plan = Plan(
                EventKind.THEME,
                theme["title"],
                root,
                start,
                row["place"],
                theme["text"],
                theme["family"],
                capacity=row["capacity"],
            )
        else:
            plan = Plan(
                EventKind(row["kind"]),
                row["title"],
                root,
                tx.now + SOON,
                row["place"],
                row["text"],
                capacity=row["capacity"],
            )
        await tx.events.plan(plan)
