"""What may leave `read`: values of the right type, strings any database can hold."""

import re
from datetime import UTC, datetime, timedelta

import orjson

from bot.errors import Malformed, Unauthorized
from bot.model import Call

MAX_TEXT = 4_000
"""Characters of one message that are kept; what is longer is a pasted document."""

MAX_ID = 200
"""Characters of an id or address; the longest known, a WeCom media id, has 128."""

MAX_BODY = 1 << 20
"""Bytes of a call that are looked at; the longest documented message has about 64 KiB."""

_LAST_MOMENT = 4_102_444_800
"""1 January 2100: whatever lies behind it was not sent by a service of today."""

_HALF_TURN = 180

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, at most 4,000 characters."""
    if not text.isprintable():
        text = _UNSTORABLE.sub("", text)
    return text[:MAX_TEXT]


def identifier(value: object) -> str:
    """An id as text.

    Raises:
        Malformed: neither text nor whole number, empty, unprintable or over 200 characters.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 1 << 64 else ""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID or not value.isprintable():
        raise Malformed("an id is missing or not an id")
    return value


def text_of(fields: dict[str, object], key: str) -> str:
    """A text, storable; "" when the key is absent or null.

    Raises:
        Malformed: something else stands there.
    """
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{key} is not a text")
    return storable(value)


def object_of(value: object) -> dict[str, object]:
    """A JSON object.

    Raises:
        Malformed: it is something else.
    """
    if not isinstance(value, dict):
        raise Malformed("a JSON object is missing")
    return value


def list_of(value: object) -> list[object]:
    """A JSON list.

    Raises:
        Malformed: it is something else.
    """
    if not isinstance(value, list):
        raise Malformed("a JSON list is missing")
    return value


def json_object(body: bytes) -> dict[str, object]:
    """The JSON object that the bytes spell; orjson refuses nesting beyond 1,024 levels.

    Raises:
        Malformed: they spell none.
    """
    try:
        return object_of(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Malformed("the body is not JSON") from error


def moment(seconds: object) -> datetime:
    """A Unix time in seconds, as the aware moment it means.

    Raises:
        Malformed: no whole number, before 1970 or after 2099.
    """
    if not isinstance(seconds, int | str) or isinstance(seconds, bool):
        raise Malformed("a time is missing")
    try:
        number = int(seconds)
    except ValueError as error:
        raise Malformed("a time is not a number") from error
    if not 0 <= number < _LAST_MOMENT:
        raise Malformed("a time is out of range")
    return datetime.fromtimestamp(number, UTC)


def degrees(value: object) -> float:
    """An angle in degrees, [-180, 180].

    Raises:
        Malformed: not a number, or beyond that.
    """
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        raise Malformed("an angle is missing")
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise Malformed("an angle is not a number") from error
    if not abs(number) <= _HALF_TURN:
        raise Malformed("an angle is out of range")
    return number


def check_form(call: Call, *methods: str) -> None:
    """Refuse other methods, and a body over 1 MiB before anything is computed from it.

    Raises:
        Malformed: it is one of those.
    """
    if call.method not in methods:
        raise Malformed(f"the method is {call.method[:10]!r}")
    if len(call.body) > MAX_BODY:
        raise Malformed(f"the body has {len(call.body)} bytes")


def check_fresh(sent_at: datetime, received_at: datetime, window: timedelta) -> None:
    """Refuse what was signed more than *window* before or after it came.

    Raises:
        Unauthorized: the clocks are further apart; a wrong clock of our own looks the same.
    """
    apart = abs(received_at - sent_at)
    if apart > window:
        raise Unauthorized(f"signed {apart.total_seconds():.0f} s away from this clock")
