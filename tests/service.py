"""The whole service in this process: real database, real HTTP in, fake servers at the far end.

Every test gets a copy of one seeded database: the sample community with its places, its staff
and the starter answers, and nothing on its calendar.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlalchemy import Select, make_url, select
from yarl import URL

from bot import app
from bot.commands import office
from bot.community.communities import everyone
from bot.community.places import Place
from bot.community.transaction import CommunityTransaction
from bot.model import Call
from bot.platforms import settings_of
from bot.settings import Settings
from bot.storage import inbox, outbox
from bot.storage.changes import OUTBOX
from bot.storage.database import Database as Store
from bot.storage.database import open_database
from bot.storage.inbox import InboxRow
from bot.storage.outbox import LaneRow, OutboxRow
from bot.storage.pulls import PullRow
from bot.storage.transaction import Transaction, Ts
from tests.databases import Database, PostgresServer
from tests.fakes.onebot import FakeOneBot
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom_kf import FakeWecomKf

T = TypeVar("T")

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what no database can make a difference to."""

PATIENCE = timedelta(seconds=20)
"""How long a test waits for what must come."""

STEP = timedelta(milliseconds=20)
"""How often it looks when nothing wakes it."""


def settings_for(url: str, data: Path, **variables: str) -> Settings:
    """The settings as an operator's environment gives them; no limit that a test would meet."""
    environment = {
        "DATABASE_URL": url,
        "DATA": str(data),
        "PORT": "0",
        "CHAT_MESSAGES_PER_MINUTE": "10000",
        "CHAT_NEW_DEVICES_PER_HOUR": "10000",
        **variables,
    }
    prefixed = {f"XIAOLABA_{name}": value for name, value in environment.items()}
    return Settings.load(settings_of(), prefixed)


def variables(platform: str, settings: dict[str, str]) -> dict[str, str]:
    """The settings of one account as environment variables."""
    names = settings_of()[platform]
    return {f"{platform.upper()}_{key.upper()}": settings[key] for key in names if key in settings}


@dataclass
class Service:
    """A running service between its fakes."""

    settings: Settings
    running: app.Running
    http: aiohttp.ClientSession
    wecom: FakeWecom
    kf: FakeWecomKf
    onebot: FakeOneBot
    _count: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def number(self) -> int:
        """A number that no other message of this test has."""
        return next(self._count)

    async def call(self, platform: str, call: Call) -> int:
        """Bring a service's call to the webhook; the status of the answer."""
        query = f"?{call.query}" if call.query else ""
        url = URL(f"{self.running.url}/webhook/{platform}{query}", encoded=True)
        async with self.http.request(
            call.method, url, data=call.body, headers=dict(call.headers)
        ) as answer:
            return answer.status

    async def idle(self) -> None:
        """Return when everything that was said is handled and every answer has gone its way."""
        await self.until(self._is_idle)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Return when it holds; fail when it does not come to hold."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            with self.running.database.changes.watch(OUTBOX) as watch:
                while not await holds():
                    await watch.wait(STEP)

    async def write(self, unit: Callable[[CommunityTransaction], Awaitable[T]]) -> T:
        """Do as the rooms of the community do, in one transaction."""

        async def within(tx: Transaction) -> T:
            return await unit(await room(tx, self.settings))

        return await self.running.database.write(within)

    async def rows(self, statement: Select[*Ts]) -> list[Any]:
        """What is committed."""
        async with self.running.database.read() as tx:
            return list(await tx.select(statement))

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC)

    async def link(self, name: str) -> str:
        """What `xiaolaba staff link` prints for that member: a one-time code."""
        return await office.link_member(self.settings, "", name)

    async def _is_idle(self) -> bool:
        # In the order of a message's way: what has left one queue is in the next.
        async with self.running.database.read() as tx:
            pulls = await tx.select(_one(PullRow.platform).where(PullRow.wanted > 0))
            if pulls.first():
                return False
            waiting = await tx.select(_one(InboxRow.id).where(InboxRow.state == inbox.WAITING))
            if waiting.first():
                return False
            going = await tx.select(
                _one(OutboxRow.id)
                .join(LaneRow, LaneRow.id == OutboxRow.lane_id)
                .where(OutboxRow.state.in_([outbox.WAITING, outbox.SENDING]))
                .where(OutboxRow.next_at <= tx.now + PATIENCE)
            )
            return going.first() is None


def _one(column: Any) -> Select[Any]:
    return select(column).limit(1)


async def place(tx: CommunityTransaction, name: str) -> Place:
    """The place that is called so."""
    found = await tx.places.find(name)
    assert found is not None
    return found


def code_of(name: str) -> Callable[[CommunityTransaction], Awaitable[str]]:
    """What the QR code of a place says."""

    async def unit(tx: CommunityTransaction) -> str:
        return (await place(tx, name)).code

    return unit


def rotate(name: str) -> Callable[[CommunityTransaction], Awaitable[str]]:
    """Give the place a new code."""

    async def unit(tx: CommunityTransaction) -> str:
        return await tx.places.rotate((await place(tx, name)).id)

    return unit


async def room(tx: Transaction, settings: Settings) -> CommunityTransaction:
    """The rooms of the one community."""
    (community,) = await everyone(tx, settings.zone)
    return CommunityTransaction(tx, community)


async def sow(url: str, data: Path) -> None:
    """Fill an empty database: the sample community, its calendar cleared."""
    settings = settings_for(url, data)

    async def clear(tx: Transaction) -> None:
        events = (await room(tx, settings)).events
        for event in await events.upcoming():
            await events.cancel(event)

    async with app.opened(settings, demo=True) as database:
        await database.write(clear)


def sow_now(url: str, data: Path) -> None:
    """The same, from outside of any event loop."""
    # With a factory the runner leaves the event loop of the tests alone.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(sow(url, data))


@pytest.fixture(scope="session")
def sqlite_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded file."""
    folder = tmp_path_factory.mktemp("seed")
    sow_now(f"sqlite:///{folder}/seed.db", folder)
    return folder / "seed.db"


@pytest.fixture(scope="session")
def postgres_seed(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of the seeded database; nobody is connected to it."""
    with postgres_server.database() as url:
        address = url.replace("postgresql:", "postgresql+asyncpg:", 1)
        sow_now(address, tmp_path_factory.mktemp("seed"))
        yield urlsplit(url).path[1:]


@pytest.fixture
def seeded(database: Database, request: pytest.FixtureRequest) -> Database:
    """A copy of the seeded database, for this test alone."""
    if database.kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_seed"), str(make_url(database.url).database))
    return database


@pytest.fixture
async def service(seeded: Database, tmp_path: Path) -> AsyncIterator[Service]:
    """The service, with accounts of WeCom, 微信客服 and OneBot."""
    async with AsyncExitStack() as stack:
        wecom = await stack.enter_async_context(FakeWecom())
        kf = await stack.enter_async_context(FakeWecomKf())
        onebot = await stack.enter_async_context(FakeOneBot())
        wecom.now = kf.now = datetime.now(UTC)
        settings = settings_for(
            seeded.url,
            tmp_path / "data",
            **variables("wecom", wecom.settings()),
            **variables("wecom_kf", kf.settings()),
            **variables("onebot", onebot.settings() | {"media_hosts": urlsplit(onebot.url).netloc}),
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        running = await stack.enter_async_context(app.running(settings))
        yield Service(settings, running, http, wecom, kf, onebot)


@pytest.fixture
async def store(seeded: Database) -> AsyncIterator[Store]:
    """The seeded database, open, with nobody at work on it."""
    async with open_database(seeded.url) as opened:
        yield opened
