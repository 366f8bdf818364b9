"""What a message from the page may look like: JSON, a form, or a form with files."""

import asyncio
import re
from dataclasses import dataclass
from uuid import uuid4

import orjson
from aiohttp import BodyPartReader, web

from bot.model import MediaKind
from bot.storage.media import LARGEST

LONGEST = 2000
"""Characters of a message."""

MOST_BYTES = 16 * LONGEST
"""Of a message without files: each character escaped, and its fields' names."""

MOST_FILES = 6
"""Photos of one message."""

MOST_PARTS = 20
"""Parts of one form: more is nothing a page of ours sends."""

SLOWEST = 60
"""Seconds a message with photos may take to arrive; one without has ten."""

UNREADABLE = "没看懂这条消息，请重新发一次。"
EMPTY = "还没写字呢。"
TOO_LONG = f"太长了，最多{LONGEST}个字，请分几次发。"
TOO_LARGE = "照片太大了，请少发几张或发小一点的。"
TOO_SLOW = "网太慢没传完，请再发一次。"

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file."""

    kind: MediaKind
    data: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote on the page; `id` is the page's own name for it."""

    id: str
    text: str
    files: tuple[File, ...]


async def read_said(request: web.Request) -> Said:
    """The message of the request.

    Raises:
        HTTPBadRequest, HTTPRequestEntityTooLarge, HTTPRequestTimeout: with a sentence as reason.
    """
    files: tuple[File, ...] = ()
    multipart = request.content_type == "multipart/form-data"
    try:
        async with asyncio.timeout(SLOWEST if multipart else 10):
            if multipart:
                fields, files = await _parts(request)
            else:
                fields = await _fields(request)
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason=TOO_SLOW) from None
    except (ValueError, TypeError, AssertionError, LookupError) as error:
        raise web.HTTPBadRequest(reason=UNREADABLE) from error
    return _checked(fields, files)


async def _fields(request: web.Request) -> dict[str, str]:
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, reason=TOO_LONG)
    # A body of unknown length is measured while it is read.
    try:
        return await _read(request.clone(client_max_size=MOST_BYTES))
    except web.HTTPRequestEntityTooLarge:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, reason=TOO_LONG) from None


async def _read(request: web.BaseRequest) -> dict[str, str]:
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        return {name: value for name, value in form.items() if isinstance(value, str)}
    value = orjson.loads(await request.read())
    if not isinstance(value, dict):
        raise TypeError("not an object")
    wrong = [key for key in ("id", "text") if not isinstance(value.get(key, ""), str)]
    if wrong:
        raise ValueError("not a string")
    return {key: value.get(key, "") for key in ("id", "text")}


async def _parts(request: web.Request) -> tuple[dict[str, str], tuple[File, ...]]:
    fields: dict[str, str] = {}
    files: list[File] = []
    room = LARGEST
    reader = await request.multipart()
    parts = 0
    while (part := await reader.next()) is not None:
        parts += 1
        if parts > MOST_PARTS or not isinstance(part, BodyPartReader):
            raise TypeError("more parts than a page sends, or a part in a part")
        data = bytearray()
        while chunk := await part.read_chunk():
            data += chunk
            room -= len(chunk)
            if room < 0:
                raise web.HTTPRequestEntityTooLarge(LARGEST, reason=TOO_LARGE)
        if part.filename is None:
            fields[part.name or ""] = data.decode()
        elif data and len(files) < MOST_FILES:
            kind = MediaKind.VOICE if part.name == "voice" else MediaKind.IMAGE
            files.append(File(kind, bytes(data)))
    return fields, tuple(files)


def _checked(fields: dict[str, str], files: tuple[File, ...]) -> Said:
    # What no database and no service can store is nothing a person typed.
    text = fields.get("text", "").replace("\0", "").strip()
    text = text.encode("utf-8", "ignore").decode()
    if not text and not files:
        raise web.HTTPBadRequest(reason=EMPTY)
    if len(text) > LONGEST:
        raise web.HTTPRequestEntityTooLarge(LONGEST, reason=TOO_LONG)
    id = fields.get("id", "") or uuid4().hex
    if not _ID.fullmatch(id):
        raise web.HTTPBadRequest(reason=UNREADABLE)
    return Said(id, text, files)
