"""The resident page: a chat that works in any browser, with or without scripts.

A message goes through the same inbox as every other; the answer is read from the outbox. What
is said to a place is on a board that all its devices read.
"""

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp_jinja2
import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.community.audience import page_of
from bot.community.communities import Community
from bot.community.people import Resident, resident
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError, StorageError
from bot.model import ChatKind, Media, Message, numbered
from bot.settings import Settings
from bot.storage import inbox as queue
from bot.storage import outbox
from bot.storage.database import Database
from bot.storage.inbox import Inbox
from bot.storage.media import MediaFolder
from bot.storage.outbox import Destination, Posted
from bot.storage.transaction import Transaction
from bot.understanding import Understanding
from bot.web.devices import LARGE, YEARS, Device, device_of, remember
from bot.web.forms import Said, read_said
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
"""How long a lost hint may delay a text."""

BUSY = "发得太快了，请歇一会儿再发。"
TOO_MANY_DEVICES = "现在打开的人太多，请过一会儿再来。"
UNAVAILABLE = "现在存不下来，请过一会儿再发，或者打电话给居委会。"
LONGEST_POSITION = 40
"""Characters of one `lane.seq` of a cursor."""

FOREIGN = "请在小喇叭的页面上发。"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page, and the lanes they read: their own and the boards of their place."""

    device: Device
    community: Community
    person: Resident | None
    place: str
    lanes: tuple[Destination, ...]


class ResidentPage:
    """`/`, `/chat/…` and `/large`."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        understanding: Understanding,
        media: MediaFolder,
        settings: Settings,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._understanding = understanding
        self._media = media
        self._settings = settings
        self._static = Static("bot.web", "/static")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(settings.chat_messages_per_minute)
        self._devices = RateLimitItemPerHour(settings.chat_new_devices_per_hour)
        self._streams: weakref.WeakSet[EventSourceResponse] = weakref.WeakSet()

    def routes(self) -> list[web.RouteDef]:
        """What the web server is given."""
        return [
            web.get("/", self.page),
            web.post("/chat/messages", self.say),
            web.get("/chat/stream", self.stream),
            web.post("/large", self.large),
            web.get("/static/{name}", self._static.handle),
        ]

    def stop(self) -> None:
        """End every stream, so that the server can stop at once; browsers come back."""
        for stream in list(self._streams):
            stream.stop_streaming()

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page; a place's code is taken out of the address at once."""
        if code := request.query.get("place", ""):
            return await self._arrive(request, code)
        reader = await self._reader(request)
        return await self._render(request, reader)

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Take a message in and wait a little for the replies."""
        wants_page = "text/html" in request.headers.get("Accept", "")
        reader = await self._reader(request)
        said = Said("", "", ())
        try:
            said = await read_said(request)
            self._allow(request, reader)
            message = await self._message(reader, said)
            await self._inbox.add([message])
            replies = await self._replies(message)
        except web.HTTPException as error:
            return await self._sorry(request, reader, wants_page, error.status, error.reason, said)
        except RuleError as error:
            return await self._sorry(request, reader, wants_page, 400, str(error), said)
        except (StorageError, OSError):
            log.exception("a message was not stored")
            return await self._sorry(request, reader, wants_page, 503, UNAVAILABLE, said)
        if wants_page:
            response: web.StreamResponse = _see("/#end")
        else:
            id = message.id.partition(":")[2]
            response = _json({"id": id, "replies": [self._shown(text) for text in replies]})
        remember(response, reader.device, secure=self._secure(request))
        return response

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Replies, notices and reminders as they come, from where the reader was."""
        reader = await self._reader(request)
        cursor = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        async with self._open_stream(request) as stream:
            seen = _positions(cursor)
            if not seen:
                async with self._database.read() as tx:
                    seen = await outbox.positions(tx, reader.lanes)
            topics = [outbox.topic_of(to) for to in reader.lanes]
            with self._database.changes.watch(*topics) as watch:
                while stream.is_connected():
                    for text in await self._news(reader, seen):
                        seen[text.lane] = text.seq
                        await stream.send(_dumps(self._shown(text)), id=_cursor(seen))
                    await watch.wait(RETRY)
        return stream

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

    async def _reader(self, request: web.Request) -> Reader:
        communities = self._understanding.communities
        device = device_of(request, communities[0].code)
        named = [c for c in communities if c.code == device.community]
        community = named[0] if named else communities[0]
        own = Destination("webchat", community.code, device.sender)
        async with self._database.read() as tx:
            known = await resident(tx, ("webchat", community.code, device.sender))
            room = CommunityTransaction(tx, community)
            place = await room.places.find_by_id(known.place if known else None)
        boards = [page_of(id) for id in place.lineage] if place else []
        return Reader(device, community, known, place.name if place else "", (own, *boards))

    async def _arrive(self, request: web.Request, code: str) -> web.StreamResponse:
        """Somebody scanned a place's QR code: the bot hears of it like of a message."""
        reader = await self._reader(request)
        response = _see("/")
        community = await self._owner(code)
        if community is not None:
            self._allow(request, reader)
            device = Device(community.code, reader.device.token, reader.device.new)
            sender = device.sender
            await self._inbox.add(
                [
                    Message(
                        platform="webchat",
                        account=community.code,
                        id=f"{sender}:place-{uuid4().hex}",
                        chat=sender,
                        kind=ChatKind.PRIVATE,
                        sender=sender,
                        text="",
                        sent_at=datetime.now(UTC),
                        place_code=code,
                    )
                ]
            )
            remember(response, device, secure=self._secure(request))
        return response

    async def _owner(self, code: str) -> Community | None:
        async with self._database.read() as tx:
            for community in self._understanding.communities:
                if await CommunityTransaction(tx, community).places.by_code(code):
                    return community
        return None

    def _allow(self, request: web.Request, reader: Reader) -> None:
        """Refuse floods and pages of somebody else."""
        if not own_page(request):
            raise web.HTTPForbidden(reason=FOREIGN)
        if reader.person is None:
            caller = address(request, self._settings.trusted_proxies)
            if not self._limiter.hit(self._devices, "device", caller):
                raise web.HTTPTooManyRequests(reason=TOO_MANY_DEVICES)
        if not self._limiter.hit(self._messages, "message", reader.device.sender):
            raise web.HTTPTooManyRequests(reason=BUSY)

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
        )

    async def _replies(self, message: Message) -> Sequence[Posted]:
        """What the bot said to it; nothing when it takes longer than a call may wait."""
        topic = f"handled:{message.platform}:{message.id}"
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                with self._database.changes.watch(topic) as watch:
                    while True:
                        async with self._database.read() as tx:
                            handled = await queue.handled(tx, message)
                            if handled is not None:
                                return await outbox.from_origin(tx, f"inbox:{handled}")
                        await watch.wait(RETRY)
        except TimeoutError:
            return []

    async def _news(self, reader: Reader, seen: dict[int, int]) -> list[Posted]:
        """What came since; a lane that did not exist then is read from its beginning."""
        async with self._database.read() as tx:
            newest = await outbox.positions(tx, reader.lanes)
            texts = []
            for lane, seq in newest.items():
                if seq > seen.get(lane, 0):
                    texts += await outbox.after(tx, lane, seen.get(lane, 0))
        return sorted(texts, key=lambda text: text.id)

    async def _sorry(
        self,
        request: web.Request,
        reader: Reader,
        wants_page: bool,
        status: int,
        title: str,
        said: Said,
    ) -> web.StreamResponse:
        if not wants_page:
            return _json({"title": title}, status=status)
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
            lanes = await outbox.positions(tx, reader.lanes)
            messages = await self._history(tx, reader, list(lanes))
        response = aiohttp_jinja2.render_template(
            "resident.html",
            request,
            {
                "community": asdict(reader.community),
                "place": reader.place,
                "messages": messages,
                "cursor": _cursor(lanes) or "0.0",
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
        texts = await outbox.newest(tx, lanes, SHOWN) if lanes else []
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


def _positions(cursor: str) -> dict[int, int]:
    """`5.14-9.3`: lane 5 was read up to 14, lane 9 up to 3; nonsense is no position."""
    found = {}
    for part in cursor[:1000].split("-"):
        lane, dot, seq = part.partition(".")
        if dot and lane.isdecimal() and seq.isdecimal() and len(part) <= LONGEST_POSITION:
            found[int(lane)] = int(seq)
    return found


def _cursor(seen: dict[int, int]) -> str:
    return "-".join(f"{lane}.{seq}" for lane, seq in sorted(seen.items()))


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(value), status=status, content_type="application/json", charset="utf-8"
    )
