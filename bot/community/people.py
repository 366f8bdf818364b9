"""People: who writes, by which identities, where they belong, and what they may do.

An identity is one sender of one account of one platform. Two identities become one person only
by a one-time code: names, phone numbers and issue numbers prove nothing.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.community.places import Place, PlaceRow
from bot.errors import RuleError
from bot.model import Kind
from bot.storage import outbox
from bot.storage.outbox import Destination, Draft
from bot.storage.tables import Base, Identity, UtcTime

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction

CODE_LIFETIME = timedelta(minutes=30)
"""How long a one-time code is good."""

CODE_TRIES = 5
"""Wrong codes within CODE_LIFETIME before a sender has to wait."""


class Role(StrEnum):
    """What somebody may do at a place and all below it."""

    LEAD = "lead"
    STAFF = "staff"
    VOLUNTEER = "volunteer"


class PersonRow(Base):
    """Somebody."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    name: Mapped[str] = mapped_column(Text, default="")
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class IdentityRow(Base):
    """One sender of one account; the triple is unique. `chat` is their 1:1 chat ("" if none)."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("platform", "account", "sender"),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    chat: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    heard_at: Mapped[datetime] = mapped_column(UtcTime)


class RoleRow(Base):
    """A role of a person at a place."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("person_id", "place_id", "role"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    role: Mapped[str] = mapped_column(Text)


class CodeRow(Base):
    """A one-time code, stored as a hash: whoever types it becomes this person too."""

    __tablename__ = "one_time_code"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class CodeTryRow(Base):
    """A wrong code that somebody typed."""

    __tablename__ = "code_try"
    __table_args__ = (Index(None, "identity_id", "tried_at"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    tried_at: Mapped[datetime] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote, by the identity that wrote."""

    id: int
    identity: int
    name: str
    place: int | None
    staff: bool
    lead: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a role, for lists."""

    id: int
    name: str
    role: str
    place: str
    linked: int


class People:
    """The people of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def move(self, person: int, place: Place) -> None:
        """The person belongs to that place now: they opened its QR code."""
        await self._tx.store.execute(
            update(PersonRow).where(PersonRow.id == person).values(place_id=place.id)
        )

    async def add(self, name: str, role: Role, place: Place) -> int:
        """Somebody with a role, who has no identity yet; the id.

        Raises:
            RuleError: somebody of that name has a role already.
        """
        store = self._tx.store
        if any(member.name == name for member in await self.members()):
            raise RuleError(f"已经有“{name}”了。")
        result = await store.execute(
            store.insert(PersonRow)
            .values(community_id=self._tx.community.id, name=name, created_at=store.now)
            .returning(PersonRow.id)
        )
        id = int(result.scalar_one())
        await store.execute(insert(RoleRow).values(person_id=id, place_id=place.id, role=role))
        return id

    async def charge(self, person: int) -> list[Place]:
        """The places the person works for as staff or lead, the largest first."""
        rows = await self._tx.store.select(
            select(PlaceRow.id, PlaceRow.name, PlaceRow.kind, PlaceRow.path, PlaceRow.code)
            .join(RoleRow, RoleRow.place_id == PlaceRow.id)
            .where(
                PlaceRow.community_id == self._tx.community.id,
                RoleRow.person_id == person,
                RoleRow.role.in_([Role.LEAD, Role.STAFF]),
            )
            .order_by(func.length(PlaceRow.path), PlaceRow.id)
        )
        return [Place(*row) for row in rows]

    async def may_act_for(self, person: int, places: Sequence[Place]) -> None:
        """A role holds for its place and all below it.

        Raises:
            RuleError: one of the places is none of the person's.
        """
        charge = await self.charge(person)
        if not all(any(place.path.startswith(own.path) for own in charge) for place in places):
            names = "、".join(own.name for own in charge) or "哪里也不"
            raise RuleError(f"您管的是{names}，别处的请找书记。")

    async def members(self) -> list[Member]:
        """Everybody with a role, and by how many identities they can be reached."""
        linked = (
            select(func.count(IdentityRow.id))
            .where(IdentityRow.person_id == PersonRow.id)
            .scalar_subquery()
        )
        rows = await self._tx.store.select(
            select(PersonRow.id, PersonRow.name, RoleRow.role, PlaceRow.name, linked)
            .join(RoleRow, RoleRow.person_id == PersonRow.id)
            .join(PlaceRow, PlaceRow.id == RoleRow.place_id)
            .where(PersonRow.community_id == self._tx.community.id)
            .order_by(PersonRow.id)
        )
        return [Member(*row) for row in rows]

    async def new_code(self, person: int) -> str:
        """Eight digits, good once and for 30 minutes: whoever types them is this person."""
        code = f"{secrets.randbelow(10**8):08d}"
        await self._tx.store.execute(
            insert(CodeRow).values(
                hash=_hash(code),
                person_id=person,
                expires_at=self._tx.store.now + CODE_LIFETIME,
            )
        )
        return code

    async def redeem(self, identity: int, code: str) -> str:
        """Join the identity to the person of the code; their name, "" when the code is not good.

        What the old person reported and signed up for goes along with their last identity.

        Raises:
            RuleError: too many wrong codes were tried.
        """
        store = self._tx.store
        tries = await store.select(
            select(func.count(CodeTryRow.id)).where(
                CodeTryRow.identity_id == identity,
                CodeTryRow.tried_at > store.now - CODE_LIFETIME,
            )
        )
        if tries.scalar_one() >= CODE_TRIES:
            raise RuleError("试了太多次，请过半小时再来。")
        used = await store.execute(
            update(CodeRow)
            .where(
                CodeRow.hash == _hash(code),
                CodeRow.expires_at > store.now,
                CodeRow.used_at.is_(None),
                CodeRow.person_id.in_(
                    select(PersonRow.id).where(PersonRow.community_id == self._tx.community.id)
                ),
            )
            .values(used_at=store.now)
            .returning(CodeRow.person_id)
        )
        person = used.scalar_one_or_none()
        if person is None:
            await store.execute(insert(CodeTryRow).values(identity_id=identity, tried_at=store.now))
            return ""
        before = await store.select(select(IdentityRow.person_id).where(IdentityRow.id == identity))
        old = before.scalar_one()
        await store.execute(
            update(IdentityRow).where(IdentityRow.id == identity).values(person_id=person)
        )
        left = await store.select(select(IdentityRow.id).where(IdentityRow.person_id == old))
        if left.first() is None:
            await self._tx.issues.adopt(old, person)
            await self._tx.events.adopt(old, person)
        name = await store.select(select(PersonRow.name).where(PersonRow.id == person))
        return name.scalar_one() or "您"

    async def reachable_identity(self, person: int) -> tuple[int, Destination] | None:
        """The identity that was heard last, with its 1:1 chat; None when there is none."""
        rows = await self._tx.store.select(
            select(IdentityRow.id, IdentityRow.platform, IdentityRow.account, IdentityRow.chat)
            .where(IdentityRow.person_id == person, IdentityRow.chat != "")
            .order_by(IdentityRow.heard_at.desc(), IdentityRow.id.desc())
            .limit(1)
        )
        found = rows.first()
        return (found[0], Destination(found[1], found[2], found[3])) if found else None

    async def reach(self, person: int) -> Destination | None:
        """The 1:1 chat in which the person was heard last; None when there is none."""
        found = await self.reachable_identity(person)
        return found[1] if found else None

    async def tell(self, person: int, text: str) -> bool:
        """Say it to somebody who did not just write; False when nobody can reach them."""
        to = await self.reach(person)
        if to is None:
            return False
        await outbox.add(self._tx.store, [Draft(to, Kind.REPLY, text)])
        return True

    async def alerted(self) -> list[Destination]:
        """Where staff hear of what cannot wait: each of them once."""
        rows = await self._tx.store.select(
            select(PersonRow.id)
            .join(RoleRow, RoleRow.person_id == PersonRow.id)
            .where(
                PersonRow.community_id == self._tx.community.id,
                RoleRow.role.in_([Role.LEAD, Role.STAFF]),
            )
            .order_by(PersonRow.id)
        )
        destinations = [await self.reach(person) for person in dict.fromkeys(rows.scalars())]
        return [destination for destination in destinations if destination]


def _hash(code: str) -> str:
    return hashlib.sha256(b"xiaolaba one-time code " + code.encode()).hexdigest()
