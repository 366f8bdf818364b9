"""The audience of a place: every door through which a text reaches those who live there."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.community.people import IdentityRow, PersonRow
from bot.community.places import Place, PlaceRow
from bot.model import STORED
from bot.storage.outbox import Destination

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction

REACHABLE = timedelta(hours=48)
"""Services answer only people who wrote lately (微信客服: 48 h); others would wait for nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Who a text to some places goes to. The pages of the places always show it."""

    pages: list[Destination]
    groups: list[Destination]
    people: list[Destination]

    @property
    def all(self) -> list[Destination]:
        """Every destination once."""
        return list(dict.fromkeys([*self.pages, *self.groups, *self.people]))

    @property
    def words(self) -> str:
        """For a preview: "网页、2个群、3个人"."""
        parts = ["网页"]
        if self.groups:
            parts.append(f"{len(self.groups)}个群")
        if self.people:
            parts.append(f"{len(self.people)}个人")
        return "、".join(parts)


def page_of(place: int) -> Destination:
    """The board of a place: what the pages of all its devices show."""
    return Destination("webchat", "", f"place:{place}")


class Audience:
    """Audiences in one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def of(self, *places: Place) -> Reach:
        """Everybody who is reached by a text to these places at this moment, once."""
        ids = {place.id for place in places}
        # Who lives in one of the places sees its page anyway.
        outer = [place for place in places if not ids.intersection(place.lineage[:-1])]
        reach = Reach([], [], [])
        for place in dict.fromkeys(outer):
            reach.pages.append(page_of(place.id))
            reach.groups.extend(group.to for group in await self._tx.groups.within(place))
            reach.people.extend(await self._people(place))
        return reach

    async def _people(self, place: Place) -> list[Destination]:
        """People of the place who wrote lately in a 1:1 chat that can be written to."""
        rows = await self._tx.store.select(
            select(
                IdentityRow.person_id,
                IdentityRow.platform,
                IdentityRow.account,
                IdentityRow.chat,
            )
            .join(PersonRow, PersonRow.id == IdentityRow.person_id)
            .join(PlaceRow, PlaceRow.id == PersonRow.place_id)
            .where(
                PersonRow.community_id == self._tx.community.id,
                PlaceRow.path.startswith(place.path, autoescape=True),
                IdentityRow.chat != "",
                IdentityRow.platform.not_in(STORED),
                IdentityRow.heard_at > self._tx.store.now - REACHABLE,
            )
            .order_by(IdentityRow.heard_at)
        )
        latest = {row[0]: Destination(row[1], row[2], row[3]) for row in rows}
        return list(latest.values())
