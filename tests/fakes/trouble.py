"""How a service misbehaves: once for each entry of a list, in order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

Trouble = int | str | dict[str, object]
"""A status; a JSON answer; "hang": read, never answered; "reset": read, connection cut; "lost":
taken, and the connection cut before the answer; "garbage": 200 with something that is no JSON;
"noise": something that is no HTTP."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def misbehave(trouble: Trouble, request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the service does instead of answering properly."""
    await request.read()
    if isinstance(trouble, dict):
        return web.json_response(trouble)
    if isinstance(trouble, int):
        return web.Response(status=trouble, headers={"Retry-After": "7"}, text="trouble")
    if trouble == "garbage":
        return web.Response(text="<html>welcome to nginx</html>")
    if trouble == "hang":
        await asyncio.Event().wait()
    if trouble == "lost":
        await handler(request)
    assert request.transport is not None
    if trouble == "noise":
        request.transport.write(b"SPAM SPAM SPAM\r\n\r\n")
        request.transport.close()
    else:
        request.transport.abort()
    return web.Response()


class Server:
    """An aiohttp application on a port of its own, with its troubles."""

    def __init__(self, *routes: web.RouteDef) -> None:
        self.trouble: list[Trouble] = []
        self.arrivals: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.url = ""
        application = web.Application(middlewares=[self._troubled])
        application.add_routes(routes)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def arrival(self) -> tuple[str, str]:
        """The next text that arrives, with its chat; waited for up to 20 s."""
        async with asyncio.timeout(20):
            return await self.arrivals.get()

    def spared(self, request: web.Request) -> bool:
        """Whether troubles leave this call alone."""
        return False

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.trouble and not self.spared(request):
            return await misbehave(self.trouble.pop(0), request, handler)
        return await handler(request)
