"""The only place where the parts meet."""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

import aiohttp
import aiohttp_jinja2
import jinja2
from aiohttp import web
from filelock import FileLock, Timeout

from bot import loops, skills
from bot.community import communities, sample
from bot.community.communities import Named, everyone
from bot.community.questions import Entry
from bot.community.transaction import CommunityTransaction
from bot.deliver import Deliverer
from bot.dispatch import Dispatcher
from bot.errors import SettingsError
from bot.health import Duties, Health
from bot.metrics import Metrics
from bot.platforms import build_all, settings_of
from bot.pull import Puller
from bot.schedule import Clock
from bot.settings import Settings
from bot.storage import backup, engine, inbox, lanes, pulls, schema
from bot.storage.database import Database, open_database
from bot.storage.inbox import Inbox
from bot.storage.media import MediaFolder
from bot.storage.memory import SharedMemory
from bot.storage.transaction import Transaction
from bot.understanding import Understanding
from bot.web.chat import ResidentPage
from bot.web.door import LOOPBACK, Door
from bot.web.outage import Outage
from bot.web.security import add_headers
from bot.web.slow import NEXT_WITHIN, Doorman
from bot.web.static import Static
from bot.webhook import Webhook
from faq import starter

log = logging.getLogger(__name__)

BUSY_FILE = (
    "这个数据文件夹正被另一个小喇叭使用：{folder}\n"
    "请先停掉那一个，或者用 XIAOLABA_DATA 换一个文件夹。"
)

BUSY_PORT = "端口 {port} 被别的程序占用了。请用 XIAOLABA_PORT 换一个，或者填 0 随便找一个。"

OLD_SCHEMA = "数据库是旧版本的。先停掉服务，再运行 xiaolaba db upgrade。"

NEW_SCHEMA = "数据库是更新的版本建的。请装上最新的小喇叭再用。"

UPLOAD = 21 * 1024 * 1024
"""Bytes of a request: a message with photos is the largest."""


class Role(StrEnum):
    """What one process does; several processes share the work on one PostgreSQL."""

    WEB = "web"
    DISPATCH = "dispatch"
    DELIVER = "deliver"
    CLOCK = "clock"


ALL = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs. `url` is where its web server listens ("" without one)."""

    database: Database
    url: str


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: with one line for each fault.
    """
    return Settings.load(settings_of())


@contextlib.contextmanager
def alone(settings: Settings) -> Any:
    """Nobody else serves from this SQLite file meanwhile; on PostgreSQL everybody may.

    Raises:
        SettingsError: somebody does.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    file = engine.file_of(settings.url)
    if file is None:
        yield
        return
    lock = FileLock(file.with_name(file.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise SettingsError(BUSY_FILE.format(folder=settings.data.absolute())) from error
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def opened(
    settings: Settings, *, demo: bool = False, upgrade: bool = False
) -> AsyncIterator[Database]:
    """The database at its newest version, with the communities the settings name.

    Raises:
        SettingsError: it is of another version, and nobody asked to upgrade it: a service of
            that version may be at work.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    await _at_newest(settings.url, upgrade=upgrade)
    async with open_database(settings.url) as database:
        await database.write(partial(_settle_in, settings=settings, demo=demo))
        yield database


async def _at_newest(url: str, *, upgrade: bool) -> None:
    found, newest = await schema.version(url), schema.newest()
    if found is not None and found > newest:
        raise SettingsError(NEW_SCHEMA)
    if found is not None and found < newest and not upgrade:
        raise SettingsError(OLD_SCHEMA)
    await schema.upgrade(url)


@asynccontextmanager
async def running(
    settings: Settings, roles: Collection[Role] = ALL, *, demo: bool = False, upgrade: bool = False
) -> AsyncIterator[Running]:
    """The service, until the context ends; then it stops within five seconds.

    Raises:
        SettingsError: settings, port or data folder cannot be used; the text says what to do.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(settings))
        database = await stack.enter_async_context(opened(settings, demo=demo, upgrade=upgrade))
        if not database.postgresql:
            # Nobody else is at work: what was leased was left by a process that is gone.
            await database.write(inbox.release)
            await database.write(pulls.release)
            await database.write(partial(lanes.recover, everything=True))
        parts = await Parts.build(stack, settings, database, roles)
        tasks = parts.start(roles)
        stack.push_async_callback(parts.stop, tasks)
        url = await parts.serve(stack) if Role.WEB in roles else ""
        yield Running(database, url)


@dataclass(frozen=True, slots=True)
class Parts:
    """What one process is made of."""

    settings: Settings
    database: Database
    understanding: Understanding
    dispatcher: Dispatcher
    deliverer: Deliverer
    puller: Puller
    clock: Clock
    page: ResidentPage
    outage: Outage
    webhook: Webhook
    health: Health

    @classmethod
    async def build(
        cls,
        stack: AsyncExitStack,
        settings: Settings,
        database: Database,
        roles: Collection[Role] = ALL,
    ) -> "Parts":
        """Every part, wired; nothing runs yet."""
        timeout = aiohttp.ClientTimeout(total=10, connect=5)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        platforms = build_all(settings, http, SharedMemory(database))
        handlers = skills.discover()
        understanding = Understanding(database, settings, handlers)
        await understanding.learn()
        worker = f"{socket.gethostname()}-{secrets.token_hex(6)}"
        media = MediaFolder(settings.data / "media")
        static = Static("bot.web", "/static")
        incoming = Inbox(database)
        metrics = Metrics()
        duties = Duties(
            dispatches=Role.DISPATCH in roles,
            delivers=Role.DELIVER in roles,
            accounts=frozenset((each.name, each.account) for each in platforms),
        )
        return cls(
            settings=settings,
            database=database,
            understanding=understanding,
            dispatcher=Dispatcher(
                worker, database, understanding, handlers, platforms, media, metrics
            ),
            deliverer=Deliverer(worker, database, platforms, metrics),
            puller=Puller(database, platforms),
            clock=Clock(database, understanding, settings, partial(nightly, settings)),
            page=ResidentPage(database, incoming, understanding, media, settings, static),
            outage=Outage(understanding, static),
            webhook=Webhook(database, incoming, platforms, metrics),
            health=Health(database, understanding, metrics, settings, duties),
        )

    def start(self, roles: Collection[Role]) -> list[asyncio.Task[None]]:
        """The loops of these roles, each a task."""
        loop: list[tuple[str, Callable[[], Awaitable[object]]]] = [("changes", self._poll)]
        if Role.DISPATCH in roles:
            loop += [
                ("understanding", self.understanding.follow),
                ("dispatch", self.dispatcher.run),
                ("hold", self.dispatcher.hold),
                ("pull", self.puller.run),
                ("look around", self.puller.look_around),
            ]
        if Role.DELIVER in roles:
            loop += [("deliver", self.deliverer.run), ("recover", self.deliverer.recover)]
        if Role.CLOCK in roles:
            self.clock.start()
        return [asyncio.create_task(loops.forever(name, step), name=name) for name, step in loop]

    async def serve(self, stack: AsyncExitStack) -> str:
        """Start the web server; its address."""
        doorman = Doorman()
        app = web.Application(
            client_max_size=UPLOAD, middlewares=[doorman.hear, self.outage.answer]
        )
        aiohttp_jinja2.setup(
            app, loader=jinja2.PackageLoader("bot.web"), autoescape=True, trim_blocks=True
        )
        app.on_response_prepare.append(add_headers)
        for part in (self.webhook, self.page, self.health):
            app.add_routes(part.routes())
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=1,
            keepalive_timeout=NEXT_WITHIN.total_seconds(),
            # No service and no browser compresses what it sends, and a bomb unpacks itself.
            auto_decompress=False,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        assert runner.server is not None
        watching = asyncio.create_task(doorman.watch(runner.server), name="doorman")
        stack.callback(watching.cancel)
        stack.callback(self.page.stop)
        settings = self.settings
        door = Door(
            runner.server,
            settings.connections,
            settings.connections_per_address,
            (*LOOPBACK, *settings.trusted_proxies),
        )
        try:
            listener = await asyncio.get_running_loop().create_server(
                door, settings.host, settings.port, backlog=1024
            )
        except OSError as error:
            raise SettingsError(BUSY_PORT.format(port=settings.port)) from error
        stack.callback(listener.close)
        port = listener.sockets[0].getsockname()[1]
        return f"http://{settings.host}:{port}"

    async def stop(self, tasks: list[asyncio.Task[None]]) -> None:
        """Finish what is under way; what cannot be finished is taken up at the next start."""
        with contextlib.suppress(Exception):
            self.clock.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.dispatcher.stop()
        await self.deliverer.stop()

    async def _poll(self) -> None:
        await self.database.poll()
        await asyncio.sleep(1)


async def serve(settings: Settings, roles: Collection[Role], *, demo: bool) -> None:
    """Run until the process is told to stop."""
    stop = asyncio.Event()
    _on_stop(stop.set)
    async with running(settings, roles, demo=demo, upgrade=True) as service:
        if service.url:
            print(f"listening on {service.url}", flush=True)  # noqa: T201 - the contract
        await stop.wait()


async def nightly(settings: Settings) -> str:
    """Tonight's backup, made once however many processes try; its name."""
    folder = settings.data / "backups"
    name = backup.nightly_name(datetime.now(settings.zone).date())
    if not (folder / name).exists():
        await asyncio.to_thread(
            asyncio.run, backup.save(settings.url, settings.data / "media", folder / name)
        )
        backup.prune(folder, settings.backup_keep)
    return name


def _on_stop(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        number = getattr(signal, name)
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # Windows: the handler runs between two steps of the loop.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


async def _settle_in(tx: Transaction, settings: Settings, *, demo: bool) -> None:
    """Communities of the settings; a new one gets its root place and the starter FAQ."""
    named = [
        Named(each.code, each.name, each.phone, each.address, each.hours, each.facts)
        for each in settings.communities
    ]
    if not settings.names_communities:
        # Nothing is said: the sample for a demo, and never a second community beside others.
        known = await everyone(tx, settings.zone)
        named = [] if known else [sample.named()] if demo else named
    new = set(await communities.settle_in(tx, named))
    for community in await everyone(tx, settings.zone):
        if community.id in new:
            room = CommunityTransaction(tx, community)
            await room.places.root()
            await room.questions.save(_starter())
            if demo:
                await sample.settle_in(room)


def _starter() -> list[Entry]:
    return [
        Entry(
            code=entry.id,
            question=entry.question,
            answer=entry.answer,
            alternates=entry.alternates,
            category=entry.category,
            source=entry.source,
            review_on=entry.review,
            valid_until=entry.valid_until,
        )
        for entry in starter.entries()
    ]


Main = Coroutine[Any, Any, None]


def run(main: Main) -> None:
    """Run on the quickest event loop this system has."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
