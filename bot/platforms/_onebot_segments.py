"""A OneBot 11 message, as an array of segments or as a string with CQ codes.

https://github.com/botuniverse/onebot-11/blob/master/message/segment.md (read 2026-11)
"""

import re
from dataclasses import dataclass, field

from bot.errors import Malformed
from bot.model import Location, Media, MediaKind, Quote
from bot.platforms._inbound import (
    MAX_ID,
    degrees,
    identifier,
    list_of,
    object_of,
    storable,
    text_of,
)

_MEDIA = {
    "image": MediaKind.IMAGE,
    "record": MediaKind.VOICE,
    "video": MediaKind.VIDEO,
    "file": MediaKind.FILE,
}

_LABELS = {"forward": "[聊天记录]", "contact": "[名片]", "music": "[音乐]"}

_MAX_SEGMENTS = 500
"""A message holds a few dozen at most; more is no message."""

_MAX_URL = 2048

_CQ_CODE = re.compile(r"\[CQ:([A-Za-z0-9_.-]{1,40})((?:,[^,\[\]]*)*)\]")


@dataclass(slots=True)
class Parsed:
    """What the segments add up to."""

    text: str = ""
    addressed: bool = False
    media: tuple[Media, ...] = ()
    location: Location | None = None
    quote: Quote | None = None
    parts: list[str] = field(default_factory=list)


def parse(message: object, self_id: str) -> Parsed:
    """The message's words, with names for people it addresses, and what it carries.

    Raises:
        Malformed: neither a string nor an array of segments.
    """
    segments = _from_string(message) if isinstance(message, str) else list_of(message)
    if len(segments) > _MAX_SEGMENTS:
        raise Malformed("the message has too many segments")
    parsed = Parsed()
    for segment in segments:
        found = object_of(segment)
        _add(parsed, text_of(found, "type"), object_of(found.get("data") or {}), self_id)
    parsed.text = storable("".join(parsed.parts).strip())
    return parsed


def _add(parsed: Parsed, kind: str, data: dict[str, object], self_id: str) -> None:
    if kind == "text":
        parsed.parts.append(text_of(data, "text"))
    elif kind == "at":
        _add_mention(parsed, data, self_id)
    elif kind in _MEDIA:
        parsed.media += (_media(kind, data),)
    elif kind == "reply":
        parsed.quote = Quote(text="", id=identifier(data.get("id")))
    elif kind == "location":
        parsed.location = _location(data)
    elif kind == "share":
        parsed.parts.append("\n".join((text_of(data, "title"), text_of(data, "url"))))
    elif kind in _LABELS:
        parsed.parts.append(_LABELS[kind])


def _add_mention(parsed: Parsed, data: dict[str, object], self_id: str) -> None:
    """Us: addressed, and gone from the text. A neighbour: stays, for it is not for us."""
    whom = identifier(data.get("qq"))
    if whom == self_id:
        parsed.addressed = True
    else:
        name = "全体成员" if whom == "all" else text_of(data, "name").removeprefix("@") or whom
        parsed.parts.append(f"@{name} ")


def _media(kind: str, data: dict[str, object]) -> Media:
    """The file by its address; without one it is known to be there and cannot be fetched."""
    url = text_of(data, "url")
    handle = url if len(url) <= _MAX_URL else ""
    return Media(_MEDIA[kind], handle, text_of(data, "file")[:MAX_ID])


def _location(data: dict[str, object]) -> Location:
    label = text_of(data, "title") or text_of(data, "content")
    return Location(degrees(data.get("lat")), degrees(data.get("lon")), label)


def _from_string(message: str) -> list[object]:
    """The segments of a string with CQ codes."""
    segments: list[object] = []
    end = 0
    for code in _CQ_CODE.finditer(message):
        segments += _plain(message[end : code.start()])
        pairs = (pair.partition("=") for pair in code[2].split(",")[1:])
        data = {name: _unescape(value.replace("&#44;", ",")) for name, _, value in pairs}
        segments.append({"type": code[1], "data": data})
        end = code.end()
    return segments + _plain(message[end:])


def _plain(text: str) -> list[object]:
    return [{"type": "text", "data": {"text": _unescape(text)}}] if text else []


def _unescape(text: str) -> str:
    return text.replace("&#91;", "[").replace("&#93;", "]").replace("&amp;", "&")
