"""A small server that keeps the resident page's contract, until the service itself serves it.

Real HTTP, cookies, forms and streams; only the answers are its own: it counts what was said,
and offers choices when the text has 乘车卡 in it.
"""

import asyncio
import hashlib
import json
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn, TypedDict
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web
from aiohttp_sse import sse_response

from bot.model import numbered

WEB = Path(__file__).parents[2] / "bot" / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
COMMUNITY = {"name": "幸福里社区", "phone": "021-5555 1234", "hours": "周一到周五 8:30–17:30"}
LARGE = "large"
DEVICE = "device"


class Line(TypedDict):
    """One message of the log, as the template and the stream know it."""

    id: str
    mine: bool
    text: str
    head: str
    time: str
    choices: list[str]


@dataclass
class Desk:
    """What was said on each device, and who listens."""

    logs: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def add(self, device: str, *lines: Line) -> None:
        """Append the lines and wake every stream."""
        async with self.changed:
            self.logs[device].extend(lines)
            self.changed.notify_all()

    async def after(self, device: str, count: int) -> list[Line]:
        """The lines after the first *count*, as soon as there are any."""
        log = self.logs[device]
        async with self.changed:
            await self.changed.wait_for(lambda: len(log) > count)
            return log[count:]

    async def announce(self, text: str) -> None:
        """Tell every device."""
        for device in list(self.logs):
            await self.add(device, line(uuid.uuid4().hex, text))


DESK = web.AppKey("desk", Desk)


def line(id: str, text: str, *choices: str, mine: bool = False) -> Line:
    """A message of this minute."""
    time = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%m月%d日 %H:%M")
    whole = numbered(text, choices)
    return Line(id=id, mine=mine, text=whole, head=text, time=time, choices=list(choices))


def hashed(name: str) -> str:
    """The address of a static file, with the hash of its content."""
    path = WEB / "static" / name
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"/static/{path.stem}.{digest}{path.suffix}"


async def static(request: web.Request) -> web.FileResponse:
    """A static file by its hashed name."""
    stem, _, suffix = request.match_info["name"].split(".")
    return web.FileResponse(WEB / "static" / f"{stem}.{suffix}")


async def page(request: web.Request) -> web.Response:
    """The resident page; a first visit gets its device cookie."""
    if "place" in request.query:
        raise web.HTTPSeeOther("/")
    device = request.cookies.get(DEVICE, uuid.uuid4().hex)
    log = request.app[DESK].logs[device]
    context = {
        "community": COMMUNITY,
        "place": "3号楼",
        "messages": log[-50:],
        "draft": "",
        "error": "",
        "static": hashed,
        "large": request.cookies.get(LARGE) == "1",
        "new_id": uuid.uuid4().hex,
        "cursor": str(len(log)),
    }
    response = aiohttp_jinja2.render_template("resident.html", request, context)
    response.set_cookie(DEVICE, device, httponly=True, samesite="Lax")
    return response


async def large(request: web.Request) -> NoReturn:
    """Toggle 大字."""
    back = web.HTTPSeeOther("/")
    back.set_cookie(LARGE, "0" if request.cookies.get(LARGE) == "1" else "1")
    raise back


async def read(request: web.Request) -> tuple[str, str, int]:
    """The id, the text and the number of photos of a posted message."""
    if request.content_type == "application/json":
        body = await request.json()
        return body["id"], body["text"], 0
    form = await request.post()
    photos = [part for part in form.getall("photo", []) if isinstance(part, web.FileField)]
    return str(form["id"]), str(form["text"]), len(photos)


async def messages(request: web.Request) -> web.Response:
    """Take one message; answer a script with JSON, a form with the page."""
    device = request.cookies[DEVICE]
    log = request.app[DESK].logs[device]
    id, text, photos = await read(request)
    if all(one["id"] != id for one in log):
        await request.app[DESK].add(device, line(id, text, mine=True), answer(id, text, photos))
    replies = [one for one in log if one["id"] == f"{id}-reply"]
    if "text/html" in request.headers.get("Accept", ""):
        raise web.HTTPSeeOther("/#end")
    return web.json_response({"id": id, "replies": replies})


def answer(id: str, text: str, photos: int) -> Line:
    """What the stand-in says to a text."""
    if photos:
        return line(f"{id}-reply", f"收到{photos}张照片，有人会看。")
    if "乘车卡" in text:
        said = "您是想问哪个？回个数字："
        return line(f"{id}-reply", said, "老人乘车卡", "高龄补贴", "都不是")
    return line(f"{id}-reply", f"记下了：{text}。周四前给您回话。急事请打 021-5555 1234。")


async def stream(request: web.Request) -> web.StreamResponse:
    """Every answer after the cursor, as it comes."""
    desk, device = request.app[DESK], request.cookies[DEVICE]
    given = request.headers.get("Last-Event-ID") or request.query.get("after") or 0
    async with sse_response(request) as response:
        sent = int(given)
        while response.is_connected():
            for one in await desk.after(device, sent):
                sent += 1
                if not one["mine"]:
                    await response.send(json.dumps(one, ensure_ascii=False), id=str(sent))
    return response


async def guard(_request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every page."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"


def build() -> web.Application:
    """The application."""
    app = web.Application(client_max_size=20 * 1024**2)
    app[DESK] = Desk()
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(WEB / "templates"), autoescape=True)
    app.on_response_prepare.append(guard)
    app.router.add_get("/", page)
    app.router.add_post("/large", large)
    app.router.add_post("/chat/messages", messages)
    app.router.add_get("/chat/stream", stream)
    app.router.add_get("/static/{name}", static)
    return app
