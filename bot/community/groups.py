"""Chat groups: which group belongs to which place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Text, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from bot.community.places import Place, PlaceRow
from bot.errors import RuleError
from bot.storage.outbox import Destination
from bot.storage.tables import Base, Identity

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction


class GroupRow(Base):
    """One chat group; the triple (platform, account, chat) is unique."""

    __tablename__ = "chat_group"
    __table_args__ = (UniqueConstraint("platform", "account", "chat"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    platform: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    chat: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Group:
    """A group and its place, for lists."""

    name: str
    place: str
    to: Destination


class Groups:
    """The groups of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def add(self, name: str, place: Place, to: Destination) -> None:
        """The group belongs to the place from now on.

        Raises:
            RuleError: the group is known already.
        """
        store = self._tx.store
        known = await store.select(
            select(GroupRow.name).where(
                GroupRow.platform == to.platform,
                GroupRow.account == to.account,
                GroupRow.chat == to.chat,
            )
        )
        if found := known.scalar_one_or_none():
            raise RuleError(f"这个群已经登记过了，叫“{found}”。")
        await store.execute(
            insert(GroupRow).values(
                community_id=self._tx.community.id,
                place_id=place.id,
                platform=to.platform,
                account=to.account,
                chat=to.chat,
                name=name,
            )
        )

    async def within(self, place: Place) -> list[Group]:
        """The groups of the place and of all places in it."""
        rows = await self._tx.store.select(
            select(GroupRow.name, PlaceRow.name, GroupRow.platform, GroupRow.account, GroupRow.chat)
            .join(PlaceRow, PlaceRow.id == GroupRow.place_id)
            .where(
                GroupRow.community_id == self._tx.community.id,
                PlaceRow.path.startswith(place.path, autoescape=True),
            )
            .order_by(GroupRow.id)
        )
        return [Group(row[0], row[1], Destination(row[2], row[3], row[4])) for row in rows]
