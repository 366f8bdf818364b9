"""What fails around the service: disk, lock, database, a second server, a handler, the stop.

Nothing is acknowledged that is not stored, and nobody has to restart anything.
"""

import asyncio
import os
import resource
import sqlite3
import sys
import time
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlalchemy import make_url, select

from bot import app, loops, skills
from bot.api import ChatKind, Context, Handler, Message, Reply, handles
from bot.app import Role
from bot.dispatch import Dispatcher
from bot.metrics import Metrics
from bot.platforms import console
from bot.storage import inbox
from bot.storage.inbox import Inbox, InboxRow
from bot.storage.media import MediaFolder
from bot.storage.memory import SharedMemory
from bot.storage.outbox import LaneRow, OutboxRow
from bot.understanding import Understanding
from tests.databases import Database, PostgresServer
from tests.fakes.wecom import Signer
from tests.kills.processes import Worker
from tests.service import PATIENCE, STEP, Service, settings_for

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


async def say(http: aiohttp.ClientSession, url: str, id: str) -> int:
    """The status that a message from the page gets."""
    said = {"text": "你好", "id": id}
    async with http.post(f"{url}/chat/messages", json=said) as answer:
        return answer.status


async def call(service: Service, number: int) -> int:
    """The status that a message of a member gets."""
    signer = Signer(now=datetime.now(UTC))
    return await service.call("wecom", signer.says("你好", MsgId=str(number)))


async def stored(service: Service) -> set[str]:
    """The ids of all messages there are."""
    return {row[0] for row in await service.rows(select(InboxRow.message_id))}


@ON_SQLITE
async def test_a_full_disk_is_said_and_gone_again(seeded: Database, tmp_path: Path) -> None:
    """Not a byte can be written: 503; room again: everything works, in the same process."""
    environment = {"XIAOLABA_DATABASE_URL": seeded.url, "XIAOLABA_DATA": str(tmp_path)}
    worker = Worker(environment, tmp_path, 0)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        worker.start()
        try:
            await worker.ready(http)
            before = await say(http, worker.url, "before")
            room = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            full = [await say(http, worker.url, f"full-{number}") for number in range(3)]
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, room)
            after = await say(http, worker.url, "after")
        finally:
            code = worker.stop()

    assert (before, full, after, code) == (200, [503] * 3, 200, 0)
    ids = [id.partition(":")[2] for id in message_ids(seeded.url)]
    assert ids == ["before", "after"]


def message_ids(url: str) -> list[str]:
    """The messages of a SQLite file that nobody serves."""
    with sqlite3.connect(str(make_url(url).database)) as file:
        rows = file.execute("SELECT message_id FROM inbox ORDER BY id").fetchall()
    file.close()
    return [row[0] for row in rows]


@ON_SQLITE
async def test_a_locked_file_is_waited_for(service: Service) -> None:
    """Three seconds: everybody waits and is served. Longer than we wait: 503, then well again."""
    other = sqlite3.connect(str(make_url(service.settings.url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    patient = [asyncio.create_task(call(service, number)) for number in range(10)]
    early, _ = await asyncio.wait(patient, timeout=3)
    other.execute("ROLLBACK")
    waited = await asyncio.gather(*patient)
    other.execute("BEGIN IMMEDIATE")
    refused = await call(service, 100)
    other.execute("ROLLBACK")
    other.close()
    again = await call(service, 101)
    await service.idle()

    assert early == set()
    assert (set(waited), refused, again) == ({200}, 503, 200)
    assert await stored(service) == {*map(str, range(10)), "101"}


@ON_POSTGRESQL
async def test_a_database_that_went_away_comes_back(
    service: Service, postgres_server: PostgresServer
) -> None:
    """Every connection is cut and none taken: 503; back again: well, nothing acknowledged lost."""
    name = urlsplit(service.settings.url).path[1:]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    allow = f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS '
    outcomes = {1: await call(service, 1)}
    await asyncio.to_thread(postgres_server.execute, allow + "false")
    await asyncio.to_thread(postgres_server.execute, cut)
    outcomes |= {number: await call(service, number) for number in range(2, 6)}
    await asyncio.to_thread(postgres_server.execute, allow + "true")
    outcomes |= {number: await call(service, number) for number in range(6, 10)}
    # Connections that were cut while they were idle are replaced, and nobody notices.
    await asyncio.to_thread(postgres_server.execute, cut)
    outcomes |= {number: await call(service, number) for number in range(10, 20)}
    acknowledged = {str(number) for number, status in outcomes.items() if status == 200}

    assert list(outcomes.values()) == [200] + [503] * 4 + [200] * 14
    assert await stored(service) == acknowledged


class Gone:
    """A database that cannot be read for a while: tables away, or a server that takes nobody."""

    def __init__(self, url: str, server: PostgresServer | None = None) -> None:
        self._url, self._server = url, server

    async def leave(self) -> None:
        """Every read fails from now on."""
        if self._server is None:
            self._rename("", "_gone")
            return
        await self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS false")
        await self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
        )

    async def come_back(self) -> None:
        """As before."""
        if self._server is None:
            self._rename("_gone", "")
        else:
            await self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS true")

    def _rename(self, before: str, after: str) -> None:
        with closing(sqlite3.connect(str(make_url(self._url).database))) as file:
            for name in ("identity", "lane", "inbox"):
                file.execute(f"ALTER TABLE {name}{before} RENAME TO {name}{after}")

    async def _execute(self, statement: str) -> None:
        assert self._server is not None
        name = urlsplit(self._url).path[1:]
        await asyncio.to_thread(self._server.execute, statement.format(name))


async def seen(http: aiohttp.ClientSession, url: str, accept: str) -> tuple[int, str, str]:
    """What a page gets: status, when to come again, the words."""
    async with http.get(url, headers={"Accept": accept}) as answer:
        # A stream that opens has no end.
        words = "" if answer.status == 200 and "stream" in url else await answer.text()
        return answer.status, answer.headers.get("Retry-After", ""), words


async def test_pages_say_when_the_database_is_gone(
    service: Service, request: pytest.FixtureRequest
) -> None:
    """503 with a sentence and the phone number, never a bare 500; then everything as before."""
    on_server = service.running.database.postgresql
    server = request.getfixturevalue("postgres_server") if on_server else None
    database = Gone(service.settings.url, server)
    url, html = service.running.url, "text/html"
    said = {"text": "你好", "id": "1"}
    open_stream = await service.http.get(f"{url}/chat/stream")
    await database.leave()
    page = await seen(service.http, url, html)
    stream = await seen(service.http, f"{url}/chat/stream", "text/event-stream")
    async with service.http.post(f"{url}/chat/messages", json=said) as answer:
        refused = answer.status, (await answer.json())["title"]
    form, accept = {"text": "你好"}, {"Accept": html}
    async with service.http.post(f"{url}/chat/messages", data=form, headers=accept) as answer:
        without_scripts = answer.status, await answer.text()
    async with asyncio.timeout(PATIENCE.total_seconds()):
        await open_stream.read()
    await database.come_back()
    again = await seen(service.http, url, html)

    assert page[:2] == stream[:2] == (503, "10")
    assert "请过一会儿再来" in page[2]
    assert "☎0411-5550101" in page[2]
    assert 'http-equiv="refresh"' in page[2]
    assert refused == (503, "这会儿打不开，请过一会儿再来。急事请打居委会电话☎0411-5550101。")
    assert without_scripts[0] == 503
    assert 'http-equiv="refresh"' not in without_scripts[1]
    assert again[0] == 200


@ON_SQLITE
async def test_what_is_stored_need_not_be_said_again(seeded: Database, tmp_path: Path) -> None:
    """The database goes away while a call waits for the replies: it was taken in all the same."""
    settings = settings_for(seeded.url, tmp_path / "data")
    async with app.running(settings, {Role.WEB}) as running, aiohttp.ClientSession() as http:
        waiting = asyncio.create_task(say(http, running.url, "1"))
        with running.database.changes.watch("inbox") as watch:
            assert await watch.wait(PATIENCE)
        database = Gone(seeded.url)
        await database.leave()
        status = await waiting
        await database.come_back()

    assert status == 200
    assert len(message_ids(seeded.url)) == 1


@ON_SQLITE
async def test_a_second_server_is_refused(service: Service) -> None:
    """One file, one server: a sentence that says what to do, and an exit code."""
    environment = {
        **os.environ,
        "XIAOLABA_DATABASE_URL": service.settings.url,
        "XIAOLABA_DATA": str(service.settings.data),
        "XIAOLABA_PORT": "0",
    }
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, error = await second.communicate()

    assert second.returncode not in {0, None}
    assert "正被另一个小喇叭使用" in error.decode()
    assert out == b""


async def test_it_stops_with_fifty_pages_open(seeded: Database, tmp_path: Path) -> None:
    """Every stream is ended, and the service is gone within five seconds."""
    settings = settings_for(seeded.url, tmp_path / "data")
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        async with app.running(settings) as running:
            pages = [await http.get(f"{running.url}/chat/stream") for _ in range(50)]
            opened = {page.status for page in pages}
            began = time.monotonic()
        seconds = time.monotonic() - began
        ends = await asyncio.gather(*(page.read() for page in pages), return_exceptions=True)

    assert opened == {200}
    assert seconds < 5
    assert len(ends) == 50


def written(number: int, chat: str, text: str) -> Message:
    """A message at the terminal."""
    return Message(
        platform="console",
        account="demo",
        id=str(number),
        chat=chat,
        kind=ChatKind.PRIVATE,
        sender=chat,
        text=text,
        sent_at=datetime.now(UTC),
    )


@handles("skill:poison", words=("毒药",))
async def poison(message: Message, context: Context) -> Reply:
    """Fail in a way that nobody has thought of."""
    raise KeyError(message.id, context.person)


async def test_a_poison_message_is_set_aside(seeded: Database, tmp_path: Path) -> None:
    """Three tries, an apology, and the chat goes on; other chats do not wait for it."""
    settings = settings_for(seeded.url, tmp_path / "data")
    every: list[Handler] = [*skills.discover(), poison]
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        database = await stack.enter_async_context(app.opened(settings))
        understanding = Understanding(database, settings, every)
        await understanding.learn()
        await understanding.load()
        dispatcher = Dispatcher(
            "worker",
            database,
            understanding,
            every,
            console.build(settings, http, SharedMemory(database)),
            MediaFolder(tmp_path / "media"),
            Metrics(),
        )
        said = [("a", "毒药"), ("a", "你好"), ("b", "你好")]
        messages = [written(number, *each) for number, each in enumerate(said)]
        await Inbox(database).add(messages)
        loop = asyncio.create_task(loops.forever("dispatch", dispatcher.run))
        stack.push_async_callback(dispatcher.stop)
        stack.callback(loop.cancel)

        async def rows() -> list[tuple[str, str, int]]:
            async with database.read() as tx:
                found = await tx.select(
                    select(InboxRow.message_id, InboxRow.state, InboxRow.attempts).order_by(
                        InboxRow.id
                    )
                )
                return [(row[0], row[1], row[2]) for row in found]

        with database.changes.watch("outbox") as watch:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while (now := await rows())[2][1] == inbox.WAITING:
                    await watch.wait(STEP)
                meanwhile = now
                while (now := await rows())[1][1] == inbox.WAITING:
                    await watch.wait(STEP)
        async with database.read() as tx:
            texts = await tx.select(
                select(LaneRow.chat, OutboxRow.text)
                .join(LaneRow, LaneRow.id == OutboxRow.lane_id)
                .where(LaneRow.platform == "console")
                .order_by(OutboxRow.id)
            )
            replies = [(chat, text) for chat, text in texts]

    assert meanwhile[0][1] == inbox.WAITING
    assert now == [("0", inbox.FAILED, 3), ("1", inbox.DONE, 0), ("2", inbox.DONE, 0)]
    assert [chat for chat, _ in replies] == ["b", "a", "a"]
    assert "刚才没弄好" in replies[1][1]
