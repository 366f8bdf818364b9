"""Handoffs: who wants a person, and who hears of it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Text, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from bot.community.people import PersonRow
from bot.community.places import PlaceRow
from bot.model import Kind
from bot.storage import outbox
from bot.storage.outbox import Draft
from bot.storage.tables import Base, Identity, UtcTime

if TYPE_CHECKING:
    from bot.community.people import Person
    from bot.community.transaction import CommunityTransaction


REPEATED = timedelta(minutes=30)
"""Who asks again within so long means the same; after that staff are told again."""


class HandoffRow(Base):
    """Somebody waits for a person; `media` names a clip that staff have to hear."""

    __tablename__ = "handoff"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    media: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits for a person; `ids` are all the times they asked, `text` the last."""

    ids: tuple[int, ...]
    caller: str
    text: str
    asked_at: datetime


class Handoffs:
    """Waiting people of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def open(self, person: "Person", text: str, media: str | None = None) -> int:
        """Staff are told at once, unless they just were; how many hear of it."""
        store = self._tx.store
        waiting = await store.select(
            select(func.count(HandoffRow.id)).where(
                HandoffRow.person_id == person.id,
                HandoffRow.done_at.is_(None),
                HandoffRow.asked_at > store.now - REPEATED,
            )
        )
        again = waiting.scalar_one() > 0
        await store.execute(
            store.insert(HandoffRow).values(
                community_id=self._tx.community.id,
                person_id=person.id,
                text=text[:500],
                media=media,
                asked_at=store.now,
            )
        )
        if again:
            return len(await self._tx.people.alerted())
        what = "发来一段语音，请听一下" if media else f"说：{text[:100]}"
        return await self.alert(f"找人帮忙：{await self.caller(person)}{what}", Kind.REMINDER)

    async def caller(self, person: "Person") -> str:
        """Who it is, for staff: the name, and the place they belong to, as far as we know."""
        place = await self._tx.places.get(person.place) if person.place is not None else None
        return _called(person.name, place.name if place else None)

    async def alert(self, text: str, kind: Kind) -> int:
        """Tell every staff member on their own phone; how many."""
        staff = await self._tx.people.alerted()
        await outbox.add(self._tx.store, [Draft(to, kind, text) for to in staff])
        return len(staff)

    async def waiting(self) -> list[Waiting]:
        """Who waits for a person, each of them once, whoever waits longest first."""
        rows = await self._tx.store.select(
            select(
                HandoffRow.person_id,
                HandoffRow.id,
                PersonRow.name,
                PlaceRow.name,
                HandoffRow.text,
                HandoffRow.asked_at,
            )
            .join(PersonRow, PersonRow.id == HandoffRow.person_id)
            .join(PlaceRow, PlaceRow.id == PersonRow.place_id, isouter=True)
            .where(HandoffRow.community_id == self._tx.community.id, HandoffRow.done_at.is_(None))
            .order_by(HandoffRow.id)
        )
        found: dict[int, Waiting] = {}
        for person, id, name, place, text, asked_at in rows:
            before = found[person].ids if person in found else ()
            caller = _called(name, place)
            found[person] = Waiting((*before, id), caller, text, asked_at)
        return list(found.values())

    async def done(self, ids: Sequence[int]) -> int:
        """Whoever asked then has been helped; how many people still waited for it."""
        helped = await self._tx.store.execute(
            update(HandoffRow)
            .where(
                HandoffRow.community_id == self._tx.community.id,
                HandoffRow.id.in_(ids),
                HandoffRow.done_at.is_(None),
            )
            .values(done_at=self._tx.store.now)
            .returning(HandoffRow.person_id)
        )
        return len(set(helped.scalars()))


def _called(name: str, place: str | None) -> str:
    who = name or "一位居民"
    return f"{place}的{who}" if place else who
