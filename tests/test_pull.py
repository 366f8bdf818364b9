"""Pulling: a slow service is waited for, and nobody else begins meanwhile."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import aiohttp
from aiohttp import web
from sqlalchemy import select

from bot.platforms.wecom_kf import build
from bot.pull import Puller
from bot.storage import pulls
from bot.storage.database import Database
from bot.storage.inbox import InboxRow
from tests.fakes.memory import LocalMemory
from tests.fakes.tables import Tables
from tests.fakes.trouble import Handler
from tests.fakes.wecom_kf import FakeWecomKf
from tests.service import STEP

SHORT = timedelta(seconds=0.6)
"""A lease that a test can see end."""


class SlowKf(FakeWecomKf):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.set()
        await self.go.wait()
        return await handler(request)


async def test_a_slow_page_is_still_ours(store: Database) -> None:
    """It takes longer than the lease, and its messages are stored all the same."""
    async with AsyncExitStack() as stack:
        kf = await stack.enter_async_context(SlowKf())
        kf.now = datetime.now(UTC)
        kf.writes("wm1", content="3号楼漏水")
        http = await stack.enter_async_context(aiohttp.ClientSession())
        platforms = build(Tables(wecom_kf={"": kf.settings()}), http, LocalMemory())
        puller = Puller(store, platforms, SHORT)
        await store.write(partial(pulls.announce, platform="wecom_kf", account="", token=""))
        pulling = asyncio.create_task(puller.step())
        await kf.asked.wait()
        take = partial(pulls.take, accounts=[("wecom_kf", "")], lease=SHORT)
        with store.changes.watch("nothing") as watch:
            others = [await store.write(take) for _ in range(60) if not await watch.wait(STEP)]
        kf.go.set()
        read = await pulling
    async with store.read() as tx:
        stored = (await tx.select(select(InboxRow.message_id))).scalars().all()

    assert others == [[]] * 60
    assert (read, stored) == (1, ["in-0"])
