"""Places: the tree 社区 → 小区 → 楼栋 → 单元, their names and nicknames, and their codes."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import ForeignKey, Text, UniqueConstraint, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import RuleError
from bot.storage.tables import Base, Identity

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction

KINDS = ("社区", "小区", "楼栋", "单元", "公共部位")
"""What a place may be."""

NUMERALS = ("0123456789", "〇零一二三四五六七八九十百")
"""What the numbers in names are written with."""


class PlaceRow(Base):
    """One place. `path` is the ids from the root, "/1/4/": a prefix means "within"."""

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text, default="")
    code: Mapped[str] = mapped_column(Text, unique=True)


class PlaceNameRow(Base):
    """What else people call a place."""

    __tablename__ = "place_name"
    __table_args__ = (UniqueConstraint("place_id", "name"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    name: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Place:
    """A place as everybody else sees it; `path` holds the ids from the root to itself."""

    id: int
    name: str
    kind: str
    path: str
    code: str

    @property
    def lineage(self) -> list[int]:
        """The ids of this place and all it lies in, the root first."""
        return [int(part) for part in self.path.strip("/").split("/")]


_COLUMNS = (PlaceRow.id, PlaceRow.name, PlaceRow.kind, PlaceRow.path, PlaceRow.code)

# Made once: making a statement costs more than SQLite takes to run it.
_ALL = (
    select(*_COLUMNS).where(PlaceRow.community_id == bindparam("community")).order_by(PlaceRow.id)
)
_GET = select(*_COLUMNS).where(
    PlaceRow.id == bindparam("place"), PlaceRow.community_id == bindparam("community")
)
_NAMES = (
    select(PlaceNameRow.name, PlaceNameRow.place_id)
    .join(PlaceRow, PlaceRow.id == PlaceNameRow.place_id)
    .where(PlaceRow.community_id == bindparam("community"))
    .order_by(PlaceNameRow.id)
)


def new_code() -> str:
    """A code nobody can guess: what a QR code carries."""
    return secrets.token_urlsafe(9)


class Places:
    """The places of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def add(
        self, name: str, kind: str, parent: int | None = None, names: Iterable[str] = ()
    ) -> Place:
        """A new place under its parent.

        Raises:
            RuleError: a place of that name is there already, or the parent is not.
        """
        store, community = self._tx.store, self._tx.community.id
        above = "/"
        if parent is not None:
            above = (await self.get(parent)).path
        same = await store.select(
            select(PlaceRow.id).where(
                PlaceRow.community_id == community,
                PlaceRow.parent_id == parent,
                PlaceRow.name == name,
            )
        )
        if same.first():
            raise RuleError(f"已经有“{name}”了。")
        code = new_code()
        inserted = await store.execute(
            store.insert(PlaceRow)
            .values(
                community_id=community, parent_id=parent, kind=kind, name=name, code=code, path=""
            )
            .returning(PlaceRow.id)
        )
        id = inserted.scalar_one()
        path = f"{above}{id}/"
        await store.execute(update(PlaceRow).where(PlaceRow.id == id).values(path=path))
        rows = [{"place_id": id, "name": each} for each in dict.fromkeys(names) if each]
        if rows:
            await store.execute(store.insert(PlaceNameRow), rows)
        store.change(f"places:{community}")
        return Place(id, name, kind, path, code)

    async def get(self, id: int) -> Place:
        """The place with that id.

        Raises:
            RuleError: this community has no such place.
        """
        asked = {"place": id, "community": self._tx.community.id}
        found = (await self._tx.store.select(_GET, asked)).first()
        if found is None:
            raise RuleError("没有这个地方。")
        return Place(*found)

    async def find_by_id(self, id: int | None) -> Place | None:
        """That place, or without one the community itself; None while it has no places."""
        statement = select(*_COLUMNS).where(PlaceRow.community_id == self._tx.community.id)
        statement = statement.where(
            PlaceRow.parent_id.is_(None) if id is None else PlaceRow.id == id
        )
        found = (await self._tx.store.select(statement)).first()
        return Place(*found) if found else None

    async def root(self) -> Place:
        """The community itself; made when the community is new."""
        rows = await self._tx.store.select(
            select(*_COLUMNS).where(
                PlaceRow.community_id == self._tx.community.id, PlaceRow.parent_id.is_(None)
            )
        )
        found = rows.first()
        return Place(*found) if found else await self.add(self._tx.community.name, KINDS[0])

    async def by_code(self, code: str) -> Place | None:
        """The place whose QR code was scanned; None when the code is unknown or was changed."""
        if "\0" in code:
            # PostgreSQL cannot even be asked for it.
            return None
        rows = await self._tx.store.select(
            select(*_COLUMNS).where(
                PlaceRow.code == code, PlaceRow.community_id == self._tx.community.id
            )
        )
        found = rows.first()
        return Place(*found) if found else None

    async def rotate(self, id: int) -> str:
        """A new code for the place; the old one leads nowhere from now on."""
        code = new_code()
        await self._tx.store.execute(
            update(PlaceRow).where(PlaceRow.id == (await self.get(id)).id).values(code=code)
        )
        return code

    async def all(self) -> list[Place]:
        """Every place of the community, parents before children."""
        rows = await self._tx.store.select(_ALL, {"community": self._tx.community.id})
        return [Place(*row) for row in rows]

    async def names(self) -> dict[str, int]:
        """Every name and nickname with its place; of two places with one name, the first."""
        rows = await self._tx.store.select(_NAMES, {"community": self._tx.community.id})
        places = {place.id: place for place in await self.all()}
        names = {_full_name(place, places): place.id for place in reversed(places.values())}
        for name, id in rows:
            names.setdefault(name, id)
        return names

    async def find(self, words: str | None) -> Place | None:
        """The place that the words name: the longest known name that stands in them."""
        if not words:
            return None
        plain = normalize("NFKC", words).replace(" ", "")
        named = [(name, id) for name, id in (await self.names()).items() if _named(name, plain)]
        if not named:
            return None
        return await self.get(max(named, key=lambda found: len(found[0]))[1])


def _named(name: str, text: str) -> bool:
    """True when the name stands in the text and cuts no number: 15号楼 is not 5号楼."""
    if name not in text:
        return False
    before = next((f"(?<![{digits}])" for digits in NUMERALS if name[0] in digits), "")
    after = next((f"(?![{digits}])" for digits in NUMERALS if name[-1] in digits), "")
    return re.search(f"{before}{re.escape(name)}{after}", text) is not None


def _full_name(place: Place, places: dict[int, Place]) -> str:
    """A 单元 is named with its building: every building has a first one."""
    above = place.lineage[-2:-1]
    return places[above[0]].name + place.name if place.kind == "单元" and above else place.name
