"""The words the project speaks: what comes in, what goes out, and what lies between.

Values only, frozen and without behaviour that needs a database. Times are aware and in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Protocol


class ChatKind(StrEnum):
    """Where something was written."""

    PRIVATE = "private"
    GROUP = "group"


class MediaKind(StrEnum):
    """What a file is, as far as a service says so."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, clip or file that came with a message.

    `handle` is what the platform needs to fetch it (a media id or an address); `hash` is set
    once the bytes lie in our own media folder.
    """

    kind: MediaKind
    handle: str
    name: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """A point somebody sent: degrees, in the service's own datum (GCJ-02 in China)."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """The earlier message that a message answers."""

    text: str
    id: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One text somebody wrote; the triple (platform, account, id) is unique.

    `chat` is the address an answer goes to, `private_chat` the 1:1 address of the sender where
    the service has one ("" otherwise). `reply_to` is opaque, for services that must be answered
    in place. `place_code` is the code of the QR code or link that opened the chat.
    """

    platform: str
    account: str
    id: str
    chat: str
    kind: ChatKind
    sender: str
    text: str
    sent_at: datetime
    sender_name: str = ""
    private_chat: str = ""
    addressed: bool = True
    media: tuple[Media, ...] = ()
    location: Location | None = None
    quote: Quote | None = None
    reply_to: str = ""
    place_code: str = ""


class Kind(IntEnum):
    """What an outgoing text is for; the number is its priority within a lane."""

    EMERGENCY = 0
    REPLY = 1
    REMINDER = 2
    NOTICE = 3

    @property
    def repeatable(self) -> bool:
        """True for at-least-once: sent again after a crash in flight. Notices never are."""
        return self is not Kind.NOTICE


def numbered(text: str, choices: Sequence[str]) -> str:
    """The text with its choices written out, one a line, for people who answer with a digit."""
    return "\n".join([text, *(f"{number} {label}" for number, label in enumerate(choices, 1))])


STORED = frozenset({"console", "webchat"})
"""Platforms on which a text is delivered by being stored: the reader comes for it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text on its way to one chat.

    `key` is unique for ever and at most 32 characters of [0-9a-z-]: what a service with an
    idempotency key is given. `choices` are numbered from 1 and already written out in `text`;
    a service with buttons may show them as such.
    """

    id: int
    key: str
    platform: str
    account: str
    chat: str
    kind: Kind
    text: str
    choices: tuple[str, ...] = ()
    reply_to: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """The service took it; `id` is its own name for the message ("" when it gives none)."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request by a platform, as it came: signatures cover bytes.

    `query` is the raw query string, not decoded; header names are lower-case.
    """

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """What the service gets back on the same connection."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something is there to be fetched; the token makes the next pull cheap for the service.

    `account` names another account of the service, when several share one address; None for the
    one that was called.
    """

    token: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The service says later that a text it took did not arrive; `key` names the text."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one call brought: messages, an announcement, or a handshake to answer as it is."""

    messages: tuple[Message, ...] = ()
    announcement: Announcement | None = None
    handshake: Response | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """One page of a pull; `cursor` is stored in the transaction that stores the messages."""

    messages: tuple[Message, ...]
    cursor: str
    more: bool
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` texts to one chat in any window of length `per`."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `count` texts within `window` after the person's last message."""

    count: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a service takes, as its `platforms.md` row says; `max_bytes` counts UTF-8."""

    max_bytes: int
    rate: Rate | None = None
    quota: Quota | None = None


class Memory(Protocol):
    """Expiring keys that all workers share: access tokens, cursors of a service."""

    async def recall(self, key: str) -> str | None:
        """The value, or None when it was never kept or has expired."""

    async def keep(self, key: str, value: str, lifetime: timedelta) -> None:
        """Remember the value for at most that long; a newer one replaces it."""

    async def forget(self, key: str) -> None:
        """Drop the key, if it is there."""
