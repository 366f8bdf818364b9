"""Readers: who reads the resident page, and what is said to them there."""

from dataclasses import dataclass

from aiohttp import web

from bot.community.audience import page_of
from bot.community.communities import Community
from bot.community.places import Place
from bot.community.senders import Resident, resident
from bot.community.transaction import CommunityTransaction
from bot.storage.database import Database
from bot.storage.outbox import Destination
from bot.understanding import Understanding
from bot.web.devices import Arrival, Device, arrival_of, community_of, device_of

LONGEST_POSITION = 40
"""Characters of one `lane.seq` of a cursor."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page, and the lanes they read: their own and the boards of their place.

    `arrival` is the scan that brought them, as long as the bot has not heard of it; until then
    its place is theirs.
    """

    device: Device
    community: Community
    person: Resident | None
    place: str
    lanes: tuple[Destination, ...]
    arrival: Arrival | None


class Readers:
    """Finds the reader of a request."""

    def __init__(self, database: Database, understanding: Understanding) -> None:
        self._database = database
        self._understanding = understanding

    async def of(self, request: web.Request) -> Reader:
        """The reader who sent the request."""
        communities = self._understanding.communities
        community = community_of(request, communities)
        device = device_of(request, communities[0].code)
        own = Destination("webchat", community.code, device.sender)
        arrival = arrival_of(request)
        async with self._database.read() as tx:
            known = await resident(tx, ("webchat", community.code, device.sender))
            places = CommunityTransaction(tx, community).places
            scanned = await places.by_code(arrival.code) if arrival else None
            place = scanned or await places.find_by_id(known.place if known else None)
        return Reader(
            device,
            community,
            known,
            place.name if place else "",
            (own, *_boards(place)),
            arrival if scanned else None,
        )

    async def owner(self, code: str) -> Community | None:
        """The community in which a place has that code."""
        async with self._database.read() as tx:
            for community in self._understanding.communities:
                if await CommunityTransaction(tx, community).places.by_code(code):
                    return community
        return None


def _boards(place: Place | None) -> list[Destination]:
    return [page_of(id) for id in place.lineage] if place else []


def positions(cursor: str) -> dict[int, int]:
    """`5.14-9.3`: lane 5 was read up to 14, lane 9 up to 3; nonsense is no position."""
    found = {}
    for part in cursor[:1000].split("-"):
        lane, dot, seq = part.partition(".")
        if dot and lane.isdecimal() and seq.isdecimal() and len(part) <= LONGEST_POSITION:
            found[int(lane)] = int(seq)
    return found


def cursor_of(seen: dict[int, int]) -> str:
    """The cursor that says how far each lane was read."""
    return "-".join(f"{lane}.{seq}" for lane, seq in sorted(seen.items()))
