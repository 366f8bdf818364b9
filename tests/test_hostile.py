"""What strangers may send: every door takes it, says no in time, and goes on serving."""

import asyncio
import json
import random
import unicodedata
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest
from aiohttp import web
from sqlalchemy import select

from bot import app, skills
from bot.model import ChatKind, Message
from bot.settings import Network
from bot.storage import inbox
from bot.storage.inbox import Inbox, InboxRow
from bot.web.door import LOOPBACK, REFUSALS, Door
from bot.web.slow import Doorman
from tests.databases import Database
from tests.dialogues.people import Resident
from tests.fakes.onebot import in_group, signed
from tests.fakes.wecom import Signer
from tests.service import PATIENCE, Service, settings_for

MEBIBYTE = 1 << 20
LONG = 100
"""Mebibytes of a body that is too long."""

ONEBOT, WECOM, KF = "/webhook/onebot", "/webhook/wecom", "/webhook/wecom_kf"
SAY = "/chat/messages"
PATHS = ("/", SAY, "/large", "/static/nothing", "/metrics", ONEBOT, WECOM, KF, "/webhook/nobody")
DEEP = 100_000

NONSENSE: dict[str, tuple[str, bytes]] = {
    "empty": ("application/json", b""),
    "truncated": ("application/json", b'{"text": "3'),
    "null": ("application/json", b"null"),
    "deeply nested list": ("application/json", b"[" * DEEP),
    "deeply nested object": ("application/json", b'{"text":' * DEEP),
    "object for id": ("application/json", b'{"text": "x", "id": {"$gt": ""}}'),
    "id of a path": ("application/json", b'{"text": "x", "id": "../../etc/passwd"}'),
    "lone surrogate": ("application/json", b'{"text": "\\ud800"}'),
    "invalid UTF-8": ("application/json", b'{"text": "\xff\xfe"}'),
    "numbers": ("application/json", b'{"text": 1e999, "id": -5}'),
    "null character": ("application/json", b'{"text": "\\u0000", "id": "a"}'),
    "broken type": ("; ; =", b"text=1"),
    "unknown charset": ("application/json; charset=klingon", b'{"text": 5}'),
    "form of unknown charset": ("application/x-www-form-urlencoded; charset=klingon", b"text="),
    "broken escapes": ("application/x-www-form-urlencoded", b"text=%ZZ%&%=%00"),
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n"),
    "truncated parts": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-da"),
    "part without end": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\nabc',
    ),
    "many parts": (
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n' % number
            for number in range(1000)
        ),
    ),
    "part in a part": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n\r\n--y--\r\n--x--",
    ),
    "entities": (
        "text/xml",
        b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><xml><Encrypt>&c;</Encrypt></xml>',
    ),
    "deeply nested XML": ("text/xml", b"<xml>" * DEEP),
}

SPOILT_ADDRESSES = (
    "/?place=%00",
    "/?place=" + "x" * 5000,
    "/?place=' OR 1=1 --",
    "/?place=%ff%fe",
    "/chat/stream%00",
    "/static/..%2f..%2fapp.py",
    "/static/%00",
    "/webhook/onebot/%00",
    "/webhook/" + "x" * 5000,
    "/p/%00",
)


async def serves(service: Service) -> bool:
    """Whether residents are answered as if nothing had happened."""
    async with aiohttp.ClientSession() as http:
        return bool(await Resident(service, http).says("你好"))


async def test_nonsense_is_refused_everywhere(service: Service) -> None:
    """Any bytes to any path: a status that says whose fault it is, and never ours."""
    wrong = []
    for method, path, name in product(("POST", "GET", "PUT"), PATHS, NONSENSE):
        kind, body = NONSENSE[name]
        async with service.http.request(
            method,
            service.running.url + path,
            data=body,
            headers={"Content-Type": kind},
            allow_redirects=False,
        ) as answer:
            if answer.status >= 500:
                wrong.append((method, path, name, answer.status))

    assert wrong == []
    assert await serves(service)


async def test_nonsense_in_addresses_is_refused(service: Service) -> None:
    """Whatever stands in the address or in a cookie."""
    statuses = []
    for path in SPOILT_ADDRESSES:
        for cookie in ("demo.x", "demo." + "x" * 40, "\\073" * 500):
            answer = await raw(
                service.running.url, f"GET {path} HTTP/1.1", f"Cookie: xiaolaba={cookie}"
            )
            statuses.append((path, int(answer.split()[1])))

    assert [pair for pair in statuses if pair[1] >= 500] == []
    assert await serves(service)


async def raw(url: str, request: str, *headers: str) -> bytes:
    """The beginning of the answer to a request that no client library would send."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    lines = [request, "Host: x", "Connection: close", *headers, "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    async with asyncio.timeout(PATIENCE.total_seconds()):
        answer = await reader.read(1000)
    writer.close()
    return answer


async def test_calls_nobody_signed_are_refused(service: Service) -> None:
    """Unsigned, forged and stale: 401, and nothing of them is stored."""
    now = datetime.now(UTC)
    old = now - timedelta(days=31)
    stale = in_group("你好", time=int(old.timestamp()))
    calls = [
        ("onebot", signed(in_group("你好"), secret="guessed")),
        ("onebot", signed(stale)),
        ("wecom", Signer(now=now, token="guessed").says("你好")),
        ("wecom", Signer(now=now - timedelta(hours=1)).says("你好")),
        ("wecom_kf", Signer(now=now, token="guessed").says("你好")),
        ("wecom", Signer(now=now, receive_id="ww0000000000000000").says("你好")),
    ]

    assert [await service.call(*call) for call in calls] == [401] * len(calls)
    assert await service.rows(select(InboxRow.id)) == []


async def blanks(size: int) -> AsyncIterator[bytes]:
    """So many mebibytes, one at a time."""
    for _ in range(size):
        yield b" " * MEBIBYTE


@pytest.mark.parametrize("path", [ONEBOT, WECOM, KF, SAY])
@pytest.mark.parametrize(("size", "declared"), [(LONG, True), (LONG, False), (2, False)])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_is_too_long_is_cut_off(
    service: Service, path: str, size: int, *, declared: bool
) -> None:
    """413 whether the length is told or hidden, and the memory stays where it was."""
    headers = {"Content-Type": "application/json"}
    headers |= {"Content-Length": str(size * MEBIBYTE)} if declared else {}
    before = psutil.Process().memory_info().rss
    url = service.running.url + path
    try:
        async with service.http.post(url, data=blanks(size), headers=headers) as answer:
            status = answer.status
    except aiohttp.ClientConnectionError:
        # The server answered and hung up while we were still sending.
        status = 413

    assert status == 413
    assert psutil.Process().memory_info().rss - before < LONG / 2 * MEBIBYTE
    assert await serves(service)


@pytest.mark.parametrize("path", [ONEBOT, WECOM, KF, SAY])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_bomb_is_not_unpacked(service: Service, path: str) -> None:
    """A hundred kilobytes that would unpack to a hundred mebibytes stay what they are."""
    bomb = zlib.compressobj(wbits=31)
    packed = b"".join([bomb.compress(b" " * MEBIBYTE) for _ in range(LONG)]) + bomb.flush()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    before = psutil.Process().memory_info().rss
    url = service.running.url + path
    async with service.http.post(url, data=packed, headers=headers) as answer:
        status = answer.status

    assert status in {400, 401, 413}
    assert psutil.Process().memory_info().rss - before < LONG / 2 * MEBIBYTE
    assert await serves(service)


async def test_long_words_are_refused(service: Service) -> None:
    """2,001 characters are too many; the limit is said in words."""
    body = json.dumps({"text": "好" * 2001}).encode()
    async with service.http.post(service.running.url + SAY, data=body) as answer:
        status, sentence = answer.status, (await answer.json())["title"]

    assert (status, sentence) == (413, "太长了，最多2000个字，请分几次发。")


@dataclass
class Dripper:
    """Somebody who sends a byte now and then; `cut` tells when they were thrown out."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def begins(cls, url: str, head: str) -> "Dripper":
        """Connect and send the beginning."""
        place = urlsplit(url)
        dripper = cls(*await asyncio.open_connection(place.hostname, place.port))
        dripper.writer.write(head.encode())
        return dripper

    async def cut(self) -> float:
        """Seconds until the server had enough."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        ended = asyncio.create_task(self.reader.read(100))
        while not (await asyncio.wait({ended}, timeout=0.1))[0]:
            self.writer.write(b"x")
        self.writer.close()
        return loop.time() - began


@asynccontextmanager
async def guarded(doorman: Doorman) -> AsyncIterator[str]:
    """A small server behind a doorman."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    small = web.Application(middlewares=[doorman.hear])
    small.add_routes([web.get("/", page)])
    runner = web.AppRunner(small)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    assert runner.server is not None
    watching = asyncio.create_task(doorman.watch(runner.server))
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    watching.cancel()
    await runner.cleanup()


async def test_a_connection_that_says_nothing_is_closed() -> None:
    """Silent ones and dripping ones are closed; who has made a request stays."""
    reused: list[object] = []

    async def note(*about: object) -> None:
        reused.append(about)

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(note)
    http = aiohttp.ClientSession(trace_configs=[trace])
    heads = ("", "GET / HTTP/1.1\r\nX-A: ")
    async with http, guarded(Doorman(timedelta(seconds=0.4))) as url:
        (await http.get(url)).release()
        drippers = [await Dripper.begins(url, head) for head in heads]
        seconds = await asyncio.gather(*(dripper.cut() for dripper in drippers))
        (await http.get(url)).release()

    assert len(reused) == 1
    assert max(seconds) < 5


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_slow_callers_do_not_hold_up_others(service: Service) -> None:
    """A hundred who drip headers or bodies are cut off; residents are answered meanwhile."""
    post = (
        "POST {} HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    )
    heads = ["GET / HTTP/1.1\r\nX-A: ", *(post.format(path) for path in (ONEBOT, WECOM, SAY))]
    drippers = [await Dripper.begins(service.running.url, head) for head in heads * 25]
    cut = asyncio.gather(*(dripper.cut() for dripper in drippers))
    answered = [await serves(service) for _ in range(5)]

    assert answered == [True] * 5
    assert max(await cut) < 30


@dataclass
class Caller:
    """A connection that is held open."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def comes(cls, url: str) -> "Caller":
        """Connect."""
        place = urlsplit(url)
        return cls(*await asyncio.open_connection(place.hostname, place.port))

    async def asks(self) -> tuple[int, str]:
        """The status of the page and what stands there; the connection stays if it may."""
        self.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE.total_seconds()):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length:")[1].split()[0])
            return int(head.split()[1]), (await self.reader.readexactly(length)).decode()


@asynccontextmanager
async def crowded(
    most: int, most_of_one: int, uncounted: tuple[Network, ...]
) -> AsyncIterator[str]:
    """A small server behind a door."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    small = web.Application()
    small.add_routes([web.get("/", page)])
    runner = web.AppRunner(small)
    await runner.setup()
    assert runner.server is not None
    door = Door(runner.server, most, most_of_one, uncounted)
    listener = await asyncio.get_running_loop().create_server(door, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    listener.close()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("most", "most_of_one", "uncounted"), [(3, 9, LOOPBACK), (9, 3, ()), (3, 1, LOOPBACK)]
)
async def test_beyond_so_many_connections_the_answer_is_a_polite_no(
    most: int, most_of_one: int, uncounted: tuple[Network, ...]
) -> None:
    """In all or from one address; who is inside is served, and who leaves makes room."""
    async with crowded(most, most_of_one, uncounted) as url:
        callers = [await Caller.comes(url) for _ in range(5)]
        answers = [await caller.asks() for caller in callers]
        again = [await caller.asks() for caller in callers[:3]]
        ended = [await caller.reader.read() for caller in callers[3:]]
        callers[0].writer.close()
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while (await (late := await Caller.comes(url)).asks())[0] != 200:
                late.writer.close()
        for caller in [*callers[1:], late]:
            caller.writer.close()

    assert answers[:3] == again == [(200, "ok")] * 3
    assert [status for status, _ in answers[3:]] == [503, 503]
    assert "现在人太多，请过一会儿再来。" in answers[4][1]
    assert ended == [b"", b""]


class Gone(asyncio.Transport):
    """A connection whose caller is away before anybody looked who it was."""

    def __init__(self) -> None:
        super().__init__({"peername": None})
        self.aborted = False

    def abort(self) -> None:
        """Cut off."""
        self.aborted = True


def test_a_caller_without_an_address_counts_for_nothing() -> None:
    """Neither as inside nor as refused: after many of them as many read a no as before."""
    door = Door(asyncio.Protocol, 1, 1, ())
    for _ in range(3):
        gone, visit = Gone(), door()
        visit.connection_made(gone)
        visit.connection_lost(None)
        assert gone.aborted

    assert [door.admit("192.0.2.1"), door.admit("192.0.2.2")] == [True, False]
    assert [door.refuse() for _ in range(REFUSALS + 1)] == [True] * REFUSALS + [False]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_an_operator_says_how_many_connections(seeded: Database, tmp_path: Path) -> None:
    """The eleventh is too many for the whole service."""
    settings = settings_for(seeded.url, tmp_path / "data", CONNECTIONS="10")
    async with app.running(settings) as running:
        callers = [await Caller.comes(running.url) for _ in range(11)]
        statuses = [(await caller.asks())[0] for caller in callers]
        for caller in callers:
            caller.writer.close()

    assert statuses == [200] * 10 + [503]


def noise(seed: int, length: int) -> str:
    """Characters of every kind there is, control characters above all."""
    chance = random.Random(seed)  # noqa: S311 - the same for every run
    kinds = [
        lambda: chr(chance.randrange(32)),
        lambda: chr(chance.randrange(0x20, 0x7F)),
        lambda: chr(chance.randrange(0x4E00, 0x9FFF)),
        lambda: chr(chance.choice([0x200B, 0x202E, 0x2066, 0xFEFF, 0xFFFD, 0x1F468, 0x300])),
        lambda: chr(chance.randrange(0xE000, 0x110000)),
        lambda: chance.choice("0123456789０１２３一二三，。！？：；"),
    ]
    text = "".join(chance.choice(kinds)() for _ in range(length))
    return "".join(c for c in text if unicodedata.category(c) != "Cs" and c != "\0")


def addressed_to_each() -> Sequence[tuple[str, bool]]:
    """A word of every handler with noise behind it, and whether only staff may say it."""
    said = [(noise(seed, 2000), False) for seed in range(10)]
    for number, handler in enumerate(skills.discover()):
        for word in handler.words:
            said += [
                (f"{word} {noise(number, 2000)}", handler.staff),
                (f"{word}{noise(number, 200)}", handler.staff),
                (word, handler.staff),
            ]
    return said


async def test_no_handler_fails_on_noise(service: Service) -> None:
    """2,000 characters of any kind, to residents' and staff's skills, alone and in a group."""
    messages = [
        message(number, text, kind, staff=staff)
        for number, (text, staff) in enumerate(addressed_to_each())
        for kind in ChatKind
    ]
    code = await service.link("周敏")
    await Inbox(service.running.database).add([message(-1, f"绑定 {code}", staff=True), *messages])

    async def handled() -> bool:
        rows = await service.rows(select(InboxRow.id).where(InboxRow.state == inbox.WAITING))
        return not rows

    await service.until(handled)
    failed = await service.rows(select(InboxRow.body, InboxRow.error).where(InboxRow.attempts > 0))

    assert failed == []


def message(
    number: int, text: str, kind: ChatKind = ChatKind.PRIVATE, *, staff: bool = False
) -> Message:
    """A message on OneBot; staff are one person, everybody else is somebody new."""
    sender = "77" if staff else str(1000 + number)
    chat = f"private:{sender}" if kind is ChatKind.PRIVATE else f"group:{number}"
    return Message(
        platform="onebot",
        account="",
        id=f"{number}-{kind}",
        chat=chat,
        kind=kind,
        sender=sender,
        text=text,
        sent_at=datetime.now(UTC),
        private_chat=f"private:{sender}",
    )


@asynccontextmanager
async def limited(database: Database, folder: Path) -> AsyncIterator[str]:
    """The service with the limits it has by default; its address."""
    limits = {"CHAT_MESSAGES_PER_MINUTE": "20", "CHAT_NEW_DEVICES_PER_HOUR": "60"}
    settings = settings_for(database.url, folder, **limits)
    async with app.running(settings) as running:
        yield running.url


async def statuses(url: str, times: int, *, same_device: bool) -> list[int]:
    """What that many messages from one address bring, each under another X-Forwarded-For."""
    found = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        for number in range(times):
            if not same_device:
                http.cookie_jar.clear()
            headers = {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.1.{number}"}
            async with http.post(url + SAY, json={"text": "你好"}, headers=headers) as answer:
                found.append(answer.status)
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_flood_is_stopped(seeded: Database, tmp_path: Path) -> None:
    """20 messages a minute from a device, 60 devices an hour from an address, come what may."""
    async with limited(seeded, tmp_path / "data") as url:
        device = await statuses(url, 22, same_device=True)
        # That device was the first of the sixty.
        address = await statuses(url, 61, same_device=False)

    assert device == [200] * 20 + [429] * 2
    assert address == [200] * 59 + [429] * 2
