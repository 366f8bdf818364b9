"""Communities: who this install speaks for. A 街道 hosts its fourteen in one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables import Base, Identity, Json
from bot.storage.transaction import Transaction

OWN_FACTS = {"社区电话": "phone", "社区地址": "address", "办公时间": "hours"}
"""The facts that every community has; the others are what its answers ask for."""


class CommunityRow(Base):
    """One community; `facts` fill the slots of answers ("物业电话": "…")."""

    __tablename__ = "community"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    hours: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)


@dataclass(frozen=True, slots=True)
class Community:
    """A community as everybody else sees it.

    Times are shown in `zone`; `home` is the address of its page, "" when nobody outside has one.
    """

    id: int
    code: str
    name: str
    phone: str
    address: str
    hours: str
    facts: Mapping[str, str]
    zone: ZoneInfo
    home: str = ""

    @property
    def known(self) -> Mapping[str, str]:
        """All facts by the names of their slots; "" for one that nobody has filled in."""
        own = {name: str(getattr(self, column)) for name, column in OWN_FACTS.items()}
        return {**own, **self.facts}

    def fill(self, text: str) -> str:
        """The text with its slots filled; a line with a slot that nobody filled is left out."""
        known = self.known
        lines = []
        for line in text.splitlines():
            filled = line
            for slot, value in known.items():
                if value:
                    filled = filled.replace("{" + slot + "}", value)
            if "{" not in filled:
                lines.append(filled)
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Named:
    """What the settings say of a community."""

    code: str
    name: str
    phone: str
    address: str
    hours: str
    facts: Mapping[str, str]


async def settle_in(tx: Transaction, named: Iterable[Named]) -> list[int]:
    """Write down what the settings say; the ids of communities that are new."""
    rows = await tx.select(select(CommunityRow.code, CommunityRow.facts))
    known = {row[0]: row[1] for row in rows}
    new = []
    for each in named:
        values = {
            "name": each.name,
            "phone": each.phone,
            "address": each.address,
            "hours": each.hours,
            "facts": {**known.get(each.code, {}), **each.facts},
        }
        statement = tx.insert(CommunityRow).values(code=each.code, **values)
        # An empty setting says nothing; what staff filled in later stays.
        said = {key: value for key, value in values.items() if value}
        result = await tx.execute(
            statement.on_conflict_do_update(index_elements=["code"], set_=said).returning(
                CommunityRow.id
            )
        )
        id = result.scalar_one()
        if each.code not in known:
            new.append(id)
    return new


async def everyone(tx: Transaction, zone: ZoneInfo, home: str = "") -> list[Community]:
    """All communities of this install, the oldest first."""
    rows = await tx.select(
        select(
            CommunityRow.id,
            CommunityRow.code,
            CommunityRow.name,
            CommunityRow.phone,
            CommunityRow.address,
            CommunityRow.hours,
            CommunityRow.facts,
        ).order_by(CommunityRow.id)
    )
    return [Community(*row, zone=zone, home=home) for row in rows]
