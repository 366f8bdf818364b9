"""One HTTP exchange with a service, and what its failure means for a text.

Nothing raised here carries the cause: aiohttp's errors spell out addresses, and ours hold access
tokens and secrets. Redirects are not followed for the same reason.
"""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import orjson

from bot.errors import Rejected, RetryLater, Unknown

REPAIR = timedelta(minutes=10)
"""The pause where only a person can help (settings, permissions): texts wait for the repair."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, and how many bytes of an answer to take."""

    timeout: aiohttp.ClientTimeout
    size: int


QUESTION = Limits(aiohttp.ClientTimeout(total=10, connect=5), 8 << 20)
"""For an answer in JSON: a full page of kf messages has about 1 MiB. Within the 5 s of `connect`
nothing has been written yet."""

DOWNLOAD = Limits(aiohttp.ClientTimeout(total=60, connect=5, sock_read=10), 20 << 20)
"""For a file: as large as WeCom lets anybody upload, at 3 Mbit/s or more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; a body of one byte more than the limit says "too long".

    `attachment` is true for a file, as opposed to an answer in words.
    """

    status: int
    attachment: bool
    retry_after: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `json` goes out as UTF-8, for WeCom refuses escaped characters (40033)."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    json: dict[str, object] | None = None
    bearer: str = ""


async def exchange(
    http: aiohttp.ClientSession, request: Request, limits: Limits = QUESTION
) -> Answer:
    """The service's answer, whatever its status.

    Raises:
        RetryLater: no connection, so nothing was written.
        Unknown: written, and no answer came.
    """
    try:
        async with http.request(
            request.method,
            request.url,
            params=request.query,
            data=None if request.json is None else orjson.dumps(request.json),
            headers=_headers(request),
            timeout=limits.timeout,
            allow_redirects=False,
        ) as response:
            body = await _beginning(response, limits.size)
            attachment = "Content-Disposition" in response.headers
            retry_after = response.headers.get("Retry-After", "")
            return Answer(response.status, attachment, retry_after, body)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise RetryLater("连不上对方的服务器") from None
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise Unknown("发出去了，对方没有回音") from None


def _headers(request: Request) -> dict[str, str]:
    headers = {} if request.json is None else {"Content-Type": "application/json"}
    if request.bearer:
        headers["Authorization"] = f"Bearer {request.bearer}"
    return headers


async def _beginning(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > limit:
            break
    return bytes(body[: limit + 1])


def check_status(answer: Answer) -> None:
    """Let a success through.

    503 and 429 are refusals at the door. Any other 5xx may come from behind it: a gateway whose
    own server was too slow says 502 or 504 for a text that has long been taken.

    Raises:
        RetryLater: refused at the door.
        Rejected: the request itself is wrong.
        Unknown: it may have been taken.
    """
    if answer.status in {408, 429, 503}:
        raise RetryLater(f"对方太忙（HTTP {answer.status}）", _pause(answer.retry_after))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unknown(f"对方的服务器出错（HTTP {answer.status}）")
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise Rejected(f"对方不接受这个请求（HTTP {answer.status}）")
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise RetryLater(f"服务地址不对（HTTP {answer.status}）", REPAIR)


def _pause(retry_after: str) -> timedelta | None:
    """Seconds as the header gives them, at most an hour; its date form is not worth reading."""
    if not (retry_after.isascii() and retry_after.isdecimal()):
        return None
    return timedelta(seconds=min(int(retry_after[:6]), 3600))


def json_answer(answer: Answer) -> dict[str, object]:
    """The JSON object of an answer.

    Raises:
        Unknown: it is none; what became of the text cannot be told.
    """
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise Unknown("对方的回答看不懂") from None
    if not isinstance(value, dict):
        raise Unknown("对方的回答看不懂")
    return value


def check_bytes(text: str, most: int) -> None:
    """Refuse a text that the service would cut or refuse.

    Raises:
        Rejected: more than *most* bytes of UTF-8.
    """
    size = len(text.encode())
    if size > most:
        raise Rejected(f"文字太长：{size} 字节，最多 {most} 字节")
