"""The HTTP API that texts are sent to: takes every text and notes when it came and to whom."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class FakeOneBot:
    """`arrivals` holds `time.perf_counter()` of the first text to each person since `forget`."""

    def __init__(self) -> None:
        self.arrivals: dict[int, float] = {}
        self.texts = 0

    async def take(self, request: web.Request) -> web.Response:
        """Accept one text."""
        sent = await request.json()
        self.arrivals.setdefault(sent["user_id"], time.perf_counter())
        self.texts += 1
        return web.json_response({"status": "ok", "retcode": 0, "data": {"message_id": self.texts}})


@asynccontextmanager
async def fake_onebot(port: int) -> AsyncIterator[FakeOneBot]:
    """The fake, while the context lasts."""
    fake = FakeOneBot()
    application = web.Application()
    application.router.add_post("/send_private_msg", fake.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield fake
    finally:
        await runner.cleanup()
