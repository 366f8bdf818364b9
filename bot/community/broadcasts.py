"""Broadcasts: a notice of the committee, one outbox row for each destination."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from bot.community.audience import Reach
from bot.errors import RuleError
from bot.model import Kind
from bot.storage import outbox, posted
from bot.storage.outbox import Draft
from bot.storage.tables import Base, Identity, UtcTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.community.places import Place
    from bot.community.transaction import CommunityTransaction

LONGEST = 1000
"""Characters of a notice: longer ones are not read."""

USEFUL = timedelta(days=3)
"""After so long a notice that could not go out is not sent any more."""


class BroadcastRow(Base):
    """One notice."""

    __tablename__ = "broadcast"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A notice that was sent, and to whom."""

    id: int
    text: str
    reach: Reach


class Broadcasts:
    """The notices of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def send(self, places: "Sequence[Place]", text: str, by: int | None) -> Broadcast:
        """To everybody whom the places reach at this moment; it says which, if not all.

        Raises:
            RuleError: there is nothing to say, or too much; or the places are not the sender's.
        """
        if by is not None:
            await self._tx.people.may_act_for(by, places)
        said = text.strip()
        if not said:
            raise RuleError("通知里要写点什么。")
        if len(said) > LONGEST:
            raise RuleError(f"通知太长了，最多{LONGEST}个字。")
        store = self._tx.store
        result = await store.execute(
            store.insert(BroadcastRow)
            .values(
                community_id=self._tx.community.id,
                place_id=_common(places),
                text=said,
                created_by=by,
                sent_at=store.now,
            )
            .returning(BroadcastRow.id)
        )
        id = int(result.scalar_one())
        reach = await self._tx.audience.of(*places)
        root = await self._tx.places.root()
        names = "" if root in places else "、".join(place.name for place in places) + "："
        headed = f"【{self._tx.community.name}】{names}{said}"
        await outbox.add(
            store,
            [
                Draft(to, Kind.NOTICE, headed, origin=_origin(id), expires_at=store.now + USEFUL)
                for to in reach.all
            ],
        )
        return Broadcast(id, said, reach)

    async def latest(self) -> int | None:
        """The id of the newest notice; None when there is none."""
        rows = await self._tx.store.select(
            select(BroadcastRow.id)
            .where(BroadcastRow.community_id == self._tx.community.id)
            .order_by(BroadcastRow.id.desc())
            .limit(1)
        )
        return rows.scalar_one_or_none()

    async def progress(self, id: int) -> dict[str, int]:
        """How many destinations stand in which state of the outbox."""
        return await posted.progress(self._tx.store, _origin(id))


def _common(places: "Sequence[Place]") -> int:
    """The innermost place in which all of them lie."""
    shared = set.intersection(*(set(place.lineage) for place in places))
    return [id for id in places[0].lineage if id in shared][-1]


def _origin(id: int) -> str:
    return f"broadcast:{id}"
