"""Devices: who sits at the resident page. A cookie nobody can guess; we keep only its hash."""

import hashlib
import re
import secrets
from dataclasses import dataclass

from aiohttp import web

COOKIE = "xiaolaba"
LARGE = "large"
YEARS = 400 * 86400
"""Seconds; browsers keep a cookie for at most 400 days after the last visit."""

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


def device_of(request: web.Request, default: str) -> Device:
    """The device of the cookie, or a new one in the default community."""
    match = _VALUE.fullmatch(request.cookies.get(COOKIE, ""))
    if match is None:
        return Device(default, secrets.token_urlsafe(24), new=True)
    return Device(match[1], match[2])


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
