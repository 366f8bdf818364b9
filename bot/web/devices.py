"""Devices: who sits at the resident page, and which QR code brought them.

A device is a cookie nobody can guess; we keep only its hash. The code of a place stays in a
second cookie until the page has announced it: opening an address writes nothing, since chat
programs open every link for its preview.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web

from bot.community.communities import Community

COOKIE = "xiaolaba"
LARGE = "large"
ARRIVAL = "place"
YEARS = 400 * 86400
"""Seconds; browsers keep a cookie for at most 400 days after the last visit."""

A_DAY = 86400
"""Seconds that the code of a place waits to be announced."""

_ARRIVAL = re.compile(r"([A-Za-z0-9_-]{1,64})\.([0-9a-f]{32})")
_VALUE = re.compile(r"([a-z0-9-]{1,32})\.([A-Za-z0-9_-]{32,64})")


@dataclass(frozen=True, slots=True)
class Device:
    """One browser in one community; `sender` is its name in the database."""

    community: str
    token: str
    new: bool = False

    @property
    def sender(self) -> str:
        """What the cookie hashes to."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One scan of a place's QR code; `scan` tells it from every other."""

    code: str
    scan: str


def device_of(request: web.Request, default: str) -> Device:
    """The device of the cookie, or a new one in the default community."""
    match = _VALUE.fullmatch(request.cookies.get(COOKIE, ""))
    if match is None:
        return Device(default, secrets.token_urlsafe(24), new=True)
    return Device(match[1], match[2])


def community_of(request: web.Request, communities: Sequence[Community]) -> Community:
    """The community of the device, the oldest when it has none; nothing is read for it."""
    code = device_of(request, communities[0].code).community
    return next((each for each in communities if each.code == code), communities[0])


def remember(response: web.StreamResponse, device: Device, *, secure: bool) -> None:
    """Give the browser its cookie, or give it again so that it stays."""
    response.set_cookie(
        COOKIE,
        f"{device.community}.{device.token}",
        max_age=YEARS,
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def arrival_of(request: web.Request) -> Arrival | None:
    """The scan that was not announced yet."""
    match = _ARRIVAL.fullmatch(request.cookies.get(ARRIVAL, ""))
    return Arrival(match[1], match[2]) if match else None


def note_arrival(response: web.StreamResponse, code: str, *, secure: bool) -> None:
    """Let the browser keep the code for the page that it opens next."""
    response.set_cookie(
        ARRIVAL,
        f"{code}.{uuid4().hex}",
        max_age=A_DAY,
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def forget_arrival(response: web.StreamResponse) -> None:
    """The scan was announced."""
    response.del_cookie(ARRIVAL)
