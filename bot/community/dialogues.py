"""Dialogues: the one open question that the bot has put to a person.

A new question takes the place of the old one; an answered or expired one is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Text, bindparam, delete, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from bot.community.people import IdentityRow
from bot.model import STORED, Kind
from bot.storage import outbox
from bot.storage.outbox import Draft, LaneRow, OutboxRow
from bot.storage.tables import Base, Json, UtcTime
from bot.storage.transaction import Transaction, Upsert

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction

LIFETIME = timedelta(minutes=30)
"""After so long a digit is asked back: nobody remembers what it was for."""

DECLINING = frozenset({"不发", "不对", "不用", "都不是", "都不报", "都不取消"})
"""What the last choice says when it leaves everything as it is."""

LINK = "修好的照片：{home}/photos/{name}"
"""Instead of a picture where none can be sent."""

PHOTOS = "photos"
"""The only thing that a question knows which waits for the words to some pictures."""


class DialogueRow(Base):
    """The open question of one identity, in the chat where it was put.

    `assent_since`: when it was put, if 好的 means its first choice; None where it does not.
    """

    __tablename__ = "dialogue"

    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    chat: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    values: Mapped[list[Any]] = mapped_column(Json)
    labels: Mapped[list[str]] = mapped_column(Json)
    free_text: Mapped[bool]
    data: Mapped[Any] = mapped_column(Json, nullable=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    assent_since: Mapped[datetime | None] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """An open question: who continues it (`action`), what the digits mean, what it knows.

    `assent`: 好的 means the first choice, 不行 the last one.
    """

    action: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    free_text: bool
    data: Any
    assent: bool = False

    @property
    def refusal(self) -> int | None:
        """The number of the choice that declines, when the last one does."""
        return len(self.labels) if self.labels and self.labels[-1] in DECLINING else None


# Made once: making a statement costs more than SQLite takes to run it.
_LAST_SAID = (
    select(OutboxRow.created_at)
    .join(LaneRow, (LaneRow.id == OutboxRow.lane_id) & (LaneRow.seq == OutboxRow.seq))
    .join(
        IdentityRow,
        (IdentityRow.platform == LaneRow.platform) & (IdentityRow.account == LaneRow.account),
    )
    .where(LaneRow.chat == DialogueRow.chat, IdentityRow.id == DialogueRow.identity_id)
    .scalar_subquery()
)
_OPEN_QUESTIONS = select(
    DialogueRow.identity_id,
    DialogueRow.chat,
    DialogueRow.action,
    DialogueRow.values,
    DialogueRow.labels,
    DialogueRow.free_text,
    DialogueRow.data,
    # 好的 to whatever was said later is no answer to the question.
    (DialogueRow.assent_since >= _LAST_SAID).label("assent"),
).where(
    tuple_(DialogueRow.identity_id, DialogueRow.chat).in_(bindparam("asked", expanding=True)),
    DialogueRow.expires_at > bindparam("now"),
)
_OPEN = Upsert(
    DialogueRow,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["identity_id"],
        set_={column.name: column for column in insert.excluded if column.name != "identity_id"},
    ),
)
_CLOSE = delete(DialogueRow).where(DialogueRow.identity_id == bindparam("identity"))


async def open_questions(
    tx: Transaction, asked: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], Dialogue]:
    """The open question of each (identity, chat) that has one."""
    rows = await tx.select(_OPEN_QUESTIONS, {"asked": list(asked), "now": tx.now})
    return {
        (row[0], row[1]): Dialogue(
            row[2], tuple(row[3]), tuple(row[4]), row[5], row[6], assent=bool(row[7])
        )
        for row in rows
    }


async def forget_expired(tx: Transaction) -> int:
    """Drop the questions that nobody answered; how many."""
    result = await tx.execute(delete(DialogueRow).where(DialogueRow.expires_at < tx.now))
    return result.rowcount


class Dialogues:
    """Open questions in one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def open(
        self, identity: int, chat: str, dialogue: Dialogue, lifetime: timedelta = LIFETIME
    ) -> None:
        """Put this question; an older one of the same person is given up."""
        values = {
            "identity_id": identity,
            "chat": chat,
            "action": dialogue.action,
            "values": list(dialogue.values),
            "labels": list(dialogue.labels),
            "free_text": dialogue.free_text,
            "data": dialogue.data,
            "expires_at": self._tx.store.now + lifetime,
            "assent_since": self._tx.store.now if dialogue.assent else None,
        }
        await self._tx.store.execute(_OPEN, values)

    async def put_to(
        self,
        person: int,
        text: str,
        dialogue: Dialogue,
        lifetime: timedelta,
        photos: Sequence[str] = (),
    ) -> bool:
        """Put the question to somebody who did not just write; False when nobody can reach them.

        The page shows the photos; elsewhere they are a link to it, if it has an address.
        """
        found = await self._tx.people.reachable_identity(person)
        if found is None:
            return False
        identity, to = found
        await self.open(identity, to.chat, dialogue, lifetime)
        home = self._tx.community.home
        if to.platform not in STORED and home:
            links = [LINK.format(home=home, name=name) for name in photos]
            text = "\n".join([text, *links])
        draft = Draft(
            to,
            Kind.REPLY,
            text,
            choices=dialogue.labels,
            photos=tuple(photos) if to.platform in STORED else (),
            closing=True,
        )
        await outbox.add(self._tx.store, [draft])
        return True

    async def take_photos(self, identity: int, chat: str) -> list[str]:
        """The photos that were sent there without a word; they do not wait for one any more."""
        found = await open_questions(self._tx.store, [(identity, chat)])
        dialogue = found.get((identity, chat))
        if (
            dialogue is None
            or not isinstance(dialogue.data, dict)
            or set(dialogue.data) != {PHOTOS}
        ):
            return []
        await self.close(identity)
        return list(dialogue.data[PHOTOS])

    async def close(self, identity: int) -> None:
        """The question is answered."""
        await self._tx.store.execute(_CLOSE, {"identity": identity})
