"""The resident page: a chat that works in any browser, with or without scripts.

A message goes through the same inbox as every other; the answer is read from the outbox. What
is said to a place is on a board that all its devices read.
"""

import asyncio
import logging
import math
import time
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp_jinja2
import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.errors import RuleError, StorageError
from bot.model import ChatKind, Media, Message, numbered
from bot.settings import Settings
from bot.storage import inbox as queue
from bot.storage import outbox, posted
from bot.storage.changes import Watch
from bot.storage.database import Database
from bot.storage.inbox import Inbox
from bot.storage.media import MediaFolder
from bot.storage.posted import Posted
from bot.storage.transaction import Transaction
from bot.understanding import Understanding
from bot.web.devices import LARGE, YEARS, Device, forget_arrival, note_arrival, remember
from bot.web.forms import Said, read_said
from bot.web.photos import Photos
from bot.web.readers import Reader, Readers, cursor_of, positions
from bot.web.security import address, own_page, secure
from bot.web.static import Static

log = logging.getLogger(__name__)

ANSWER_WITHIN = timedelta(seconds=5)
"""How long a call waits for the replies; later ones come by the stream."""

SHOWN = 50
"""So many messages of each side are on the page."""

PING = timedelta(seconds=15)
"""Proxies cut streams that say nothing for longer."""

RETRY = timedelta(seconds=1)
"""How long a lost hint may delay a reply; a stream looks that often whether it was ended."""

LOOKS = 5
"""After so many of them a stream reads though nobody told it of a change."""

BUSY = "发得太快了，请歇一会儿再发。"
TOO_MANY_DEVICES = "现在打开的人太多，请过一会儿再来。"
UNAVAILABLE = "现在存不下来，请过一会儿再发，或者打电话给居委会。"
FOREIGN = "请在小喇叭的页面上发。"

REFUSALS = (web.HTTPException, RuleError, StorageError, OSError)
"""What may keep a message from being taken in."""

RETRY_AFTER = "Retry-After"


class ResidentPage:
    """`/`, `/chat/…` and `/large`."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        understanding: Understanding,
        media: MediaFolder,
        settings: Settings,
        static: Static,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._readers = Readers(database, understanding)
        self._media = media
        self._settings = settings
        self._static = static
        self._photos = Photos(database, media)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(settings.chat_messages_per_minute)
        self._devices = RateLimitItemPerHour(settings.chat_new_devices_per_hour)
        self._streams: weakref.WeakSet[EventSourceResponse] = weakref.WeakSet()

    def routes(self) -> list[web.RouteDef]:
        """What the web server is given."""
        return [
            web.get("/", self.page),
            web.post("/chat/messages", self.say),
            web.post("/chat/arrive", self.arrive),
            web.get("/chat/stream", self.stream),
            web.post("/large", self.large),
            web.get("/static/{name}", self._static.handle),
            web.get("/photos/{name}", self._photos.handle),
        ]

    def stop(self) -> None:
        """End every stream, so that the server can stop at once; browsers come back."""
        for stream in list(self._streams):
            stream.stop_streaming()

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page; a place's code is taken out of the address at once."""
        if code := request.query.get("place", ""):
            return await self._open(request, code)
        reader = await self._readers.of(request)
        return await self._render(request, reader)

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Take a message in and wait a little for the replies."""
        wants_page = "text/html" in request.headers.get("Accept", "")
        reader = await self._readers.of(request)
        said = Said("", "", ())
        try:
            said = await read_said(request)
            replies = await self._exchange(request, reader, said)
        except REFUSALS as error:
            return await self._sorry(request, reader, error, said, wants_page=wants_page)
        if wants_page:
            response: web.StreamResponse = _see("/#end")
        else:
            response = _json({"id": said.id, "replies": replies})
        remember(response, reader.device, secure=self._secure(request))
        forget_arrival(response)
        return response

    async def arrive(self, request: web.Request) -> web.StreamResponse:
        """Let the bot hear of the scan that brought the reader; what it says to that."""
        reader = await self._readers.of(request)
        if reader.arrival is None:
            return _json({"replies": []})
        said = Said(f"place-{reader.arrival.scan}", "", ())
        try:
            response = _json({"replies": await self._exchange(request, reader, said)})
        except REFUSALS as error:
            return await self._sorry(request, reader, error, said, wants_page=False)
        forget_arrival(response)
        return response

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Replies, notices and reminders as they come, from where the reader was."""
        reader = await self._readers.of(request)
        cursor = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        async with self._open_stream(request) as stream:
            seen = positions(cursor)
            if not seen:
                async with self._database.read() as tx:
                    seen = await posted.positions(tx, reader.lanes)
            topics = [outbox.topic_of(to) for to in reader.lanes]
            with self._database.changes.watch(*topics) as watch:
                while stream.is_connected():
                    for text in await self._news(reader, seen):
                        seen[text.lane] = text.seq
                        await stream.send(_dumps(self._shown(text)), id=cursor_of(seen))
                    await self._change(stream, watch)
        return stream

    async def _change(self, stream: EventSourceResponse, watch: Watch) -> None:
        """Return when something changed, or late enough that a lost hint is no matter."""
        for _ in range(LOOKS):
            if await watch.wait(RETRY) or not stream.is_connected():
                return

    async def large(self, request: web.Request) -> web.StreamResponse:
        """Switch the size of the letters and remember it."""
        if not own_page(request):
            raise web.HTTPForbidden(reason=FOREIGN)
        response = _see("/")
        if request.cookies.get(LARGE):
            response.del_cookie(LARGE)
        else:
            response.set_cookie(LARGE, "1", max_age=YEARS, samesite="Lax")
        return response

    @asynccontextmanager
    async def _open_stream(self, request: web.Request) -> AsyncIterator[EventSourceResponse]:
        headers = {"X-Accel-Buffering": "no"}
        try:
            async with sse_response(request, headers=headers, ping_interval=PING.seconds) as stream:
                self._streams.add(stream)
                yield stream
        # The reader left: closed the page, lost the network.
        except (ConnectionResetError, asyncio.CancelledError):
            log.debug("a stream ended")
        # What was sent cannot become a 503: the page opens the stream again and gets one.
        except StorageError as error:
            log.warning("a stream ended: %s", error)

    async def _open(self, request: web.Request, code: str) -> web.StreamResponse:
        """Somebody scanned a place's QR code, or a preview did: the page itself announces it."""
        reader = await self._readers.of(request)
        response = _see("/")
        community = await self._readers.owner(code)
        if community is not None:
            secure = self._secure(request)
            note_arrival(response, code, secure=secure)
            device = Device(community.code, reader.device.token, reader.device.new)
            remember(response, device, secure=secure)
        return response

    async def _exchange(
        self, request: web.Request, reader: Reader, said: Said
    ) -> list[dict[str, Any]]:
        """Take in what was said; the replies as the page shows them."""
        self._allow(request, reader)
        message = await self._message(reader, said)
        await self._inbox.add([message])
        return [self._shown(text) for text in await self._replies(message)]

    def _allow(self, request: web.Request, reader: Reader) -> None:
        """Refuse floods and pages of somebody else."""
        if not own_page(request):
            raise web.HTTPForbidden(reason=FOREIGN)
        if reader.person is None:
            caller = address(request, self._settings.trusted_proxies)
            self._hit(self._devices, caller, TOO_MANY_DEVICES)
        self._hit(self._messages, reader.device.sender, BUSY)

    def _hit(self, limit: RateLimitItem, who: str, refusal: str) -> None:
        if not self._limiter.hit(limit, who):
            seconds = self._limiter.get_window_stats(limit, who).reset_time - time.time()
            wait = str(max(1, math.ceil(seconds)))
            raise web.HTTPTooManyRequests(reason=refusal, headers={RETRY_AFTER: wait})

    async def _message(self, reader: Reader, said: Said) -> Message:
        media = [
            Media(file.kind, "", hash=await self._media.keep(file.data)) for file in said.files
        ]
        sender = reader.device.sender
        return Message(
            platform="webchat",
            account=reader.community.code,
            # The id of one device never stands for the message of another.
            id=f"{sender}:{said.id}",
            chat=sender,
            kind=ChatKind.PRIVATE,
            sender=sender,
            text=said.text,
            sent_at=datetime.now(UTC),
            media=tuple(media),
            place_code=reader.arrival.code if reader.arrival else "",
        )

    async def _replies(self, message: Message) -> Sequence[Posted]:
        """What the bot said to it; nothing when it takes longer than a call may wait.

        The message is on disk: whatever keeps us from reading on, nobody has to say it again.
        """
        topic = f"handled:{message.platform}:{message.id}"
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                with self._database.changes.watch(topic) as watch:
                    while True:
                        async with self._database.read() as tx:
                            handled = await queue.handled(tx, message)
                            if handled is not None:
                                return await posted.from_origin(tx, f"inbox:{handled}")
                        await watch.wait(RETRY)
        except (TimeoutError, StorageError):
            return []

    async def _news(self, reader: Reader, seen: dict[int, int]) -> list[Posted]:
        """What came since; a lane that did not exist then is read from its beginning."""
        async with self._database.read() as tx:
            newest = await posted.positions(tx, reader.lanes)
            texts = []
            for lane, seq in newest.items():
                if seq > seen.get(lane, 0):
                    texts += await posted.after(tx, lane, seen.get(lane, 0))
        return sorted(texts, key=lambda text: text.id)

    async def _sorry(
        self,
        request: web.Request,
        reader: Reader,
        error: Exception,
        said: Said,
        *,
        wants_page: bool,
    ) -> web.StreamResponse:
        status, title = _refusal(error)
        if not wants_page:
            headers = error.headers if isinstance(error, web.HTTPTooManyRequests) else {}
            return _json({"title": title}, status, headers.get(RETRY_AFTER))
        return await self._render(request, reader, status=status, error=title, draft=said.text)

    async def _render(
        self,
        request: web.Request,
        reader: Reader,
        status: int = 200,
        error: str = "",
        draft: str = "",
    ) -> web.StreamResponse:
        async with self._database.read() as tx:
            lanes = await posted.positions(tx, reader.lanes)
            messages = await self._history(tx, reader, list(lanes))
        response = aiohttp_jinja2.render_template(
            "resident.html",
            request,
            {
                "community": asdict(reader.community),
                "place": reader.place,
                "arrived": reader.arrival is not None,
                "messages": messages,
                "cursor": cursor_of(lanes) or "0.0",
                "new_id": uuid4().hex,
                "error": error,
                "draft": draft,
                "large": bool(request.cookies.get(LARGE)),
                "static": self._static.url,
            },
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        remember(response, reader.device, secure=self._secure(request))
        return response

    async def _history(
        self, tx: Transaction, reader: Reader, lanes: list[int]
    ) -> list[dict[str, Any]]:
        own = reader.lanes[0]
        written = await queue.written(tx, own.platform, own.account, own.chat, SHOWN)
        mine = [
            (w.at, {"id": w.id.partition(":")[2], "mine": True, "text": w.text, "choices": []})
            for w in written
            if w.text or w.photos
        ]
        texts = await posted.newest(tx, lanes, SHOWN) if lanes else []
        theirs = [(t.at, {**self._shown(t), "mine": False}) for t in texts]
        both = sorted([*mine, *theirs], key=lambda pair: pair[0])[-SHOWN:]
        return [{**shown, "time": self._time(at)} for at, shown in both]

    def _shown(self, text: Posted) -> dict[str, Any]:
        """A text for the page; `head` is without the choices, which it shows as buttons."""
        return {
            "id": str(text.id),
            "from": "小喇叭",
            "text": numbered(text.text, text.choices),
            "head": text.text,
            "choices": list(text.choices),
            "photos": [self._photos.url(name) for name in text.photos],
            "time": self._time(text.at),
        }

    def _time(self, at: datetime) -> str:
        local = at.astimezone(self._settings.zone)
        return f"{local.month}月{local.day}日 {local:%H:%M}"

    def _secure(self, request: web.Request) -> bool:
        return secure(request, self._settings.trusted_proxies)


def _see(address: str) -> web.Response:
    """Go there, by GET: an answer that can take a cookie, unlike aiohttp's exception."""
    return web.Response(status=303, headers={"Location": address})


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _refusal(error: Exception) -> tuple[int, str]:
    """The status and the sentence for whoever sent the message."""
    if isinstance(error, web.HTTPException):
        return error.status, error.reason
    if isinstance(error, RuleError):
        return 400, str(error)
    log.error("a message was not stored", exc_info=error)
    return 503, UNAVAILABLE


def _json(value: Any, status: int = 200, retry_after: str | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(value),
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers={RETRY_AFTER: retry_after} if retry_after else {},
    )
