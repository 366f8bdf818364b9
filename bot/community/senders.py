"""Senders: who wrote these messages. Whoever is new becomes a person of the community."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, select, tuple_, update

from bot.community.people import IdentityRow, Person, PersonRow, Role, RoleRow
from bot.model import ChatKind, Message
from bot.storage.transaction import Transaction

Sender = tuple[str, str, str]
"""Platform, account and sender: what an identity is known by."""


# Made once: making a statement costs more than SQLite takes to run it.
_KNOWN = (
    select(
        IdentityRow.platform,
        IdentityRow.account,
        IdentityRow.sender,
        IdentityRow.heard_at,
        PersonRow.id,
        IdentityRow.id,
        PersonRow.name,
        PersonRow.place_id,
        # "lead" comes before "staff": the smallest is the highest.
        select(func.min(RoleRow.role))
        .where(RoleRow.person_id == PersonRow.id, RoleRow.role.in_([Role.LEAD, Role.STAFF]))
        .scalar_subquery()
        .label("rank"),
    )
    .join(PersonRow, PersonRow.id == IdentityRow.person_id)
    .where(
        tuple_(IdentityRow.platform, IdentityRow.account, IdentityRow.sender).in_(
            bindparam("senders", expanding=True)
        )
    )
)
_ADD_PERSON = insert(PersonRow).returning(PersonRow.id)
_ADD_IDENTITY = insert(IdentityRow)
_HEARD = (
    update(IdentityRow)
    .where(IdentityRow.id.in_(bindparam("identities", expanding=True)))
    .values(heard_at=bindparam("now"))
)


async def meet(
    tx: Transaction, community_of: dict[Sender, int], messages: Sequence[Message]
) -> dict[Sender, Person]:
    """Who wrote these messages; whoever is new becomes a person of their community."""
    latest = {sender_of(message): message for message in messages}
    known = await _known(tx, list(latest))
    new = sorted(sender for sender in latest if sender not in known)
    for sender in new:
        await _welcome(tx, community_of[sender], latest[sender])
    if new:
        known |= await _known(tx, new)
    stale = [p.identity for s, (p, heard) in known.items() if tx.now - heard > timedelta(minutes=1)]
    if stale:
        await tx.execute(_HEARD, {"identities": stale, "now": tx.now})
    return {sender: person for sender, (person, _) in known.items()}


def sender_of(message: Message) -> Sender:
    """By what the sender of a message is known."""
    return message.platform, message.account, message.sender


async def _known(tx: Transaction, senders: list[Sender]) -> dict[Sender, tuple[Person, datetime]]:
    rows = await tx.select(_KNOWN, {"senders": senders})
    return {
        (row[0], row[1], row[2]): (
            Person(row[4], row[5], row[6], row[7], row[8] is not None, row[8] == Role.LEAD),
            row[3],
        )
        for row in rows
    }


async def _welcome(tx: Transaction, community: int, message: Message) -> None:
    person = {"community_id": community, "name": message.sender_name[:40], "created_at": tx.now}
    added = await tx.execute(_ADD_PERSON, person)
    own = message.chat if message.kind is ChatKind.PRIVATE else ""
    identity = {
        "platform": message.platform,
        "account": message.account,
        "sender": message.sender,
        "chat": message.private_chat or own,
        "person_id": added.scalar_one(),
        "heard_at": tx.now,
    }
    await tx.execute(_ADD_IDENTITY, identity)


@dataclass(frozen=True, slots=True)
class Resident:
    """A known sender: the person, and the place they belong to."""

    person: int
    place: int | None


async def resident(tx: Transaction, sender: Sender) -> Resident | None:
    """Who the sender is; None when they never wrote."""
    platform, account, name = sender
    rows = await tx.select(
        select(PersonRow.id, PersonRow.place_id)
        .join(IdentityRow, IdentityRow.person_id == PersonRow.id)
        .where(
            IdentityRow.platform == platform,
            IdentityRow.account == account,
            IdentityRow.sender == name,
        )
    )
    found = rows.first()
    return Resident(found[0], found[1]) if found else None
