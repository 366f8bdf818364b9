"""Slow callers: whoever opens a connection has to say something on it.

The web server waits for ever for the end of a request's headers; a few thousand connections that
drip a byte now and then would be all that an office PC can hold. Bodies have limits where they
are read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

FIRST_WITHIN = timedelta(seconds=15)
"""By then the headers of the first request of a connection are there, or it is closed."""

NEXT_WITHIN = timedelta(seconds=75)
"""The same for every further request; longer than a proxy of ours keeps a connection idle (nginx:
60 s), so that it never sends on one that is just being closed.
https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout"""

LOOK = timedelta(seconds=1)
"""How often the connections are looked at."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Doorman:
    """Closes connections on which no request comes in time."""

    def __init__(self, first_within: timedelta = FIRST_WITHIN) -> None:
        self._first_within = first_within.total_seconds()
        self._silent_since: dict[Any, float] = {}
        self._heard: set[Any] = set()

    @web.middleware
    async def hear(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note that the connection has made a request."""
        self._heard.add(request.protocol)
        return await handler(request)

    async def watch(self, server: web.Server) -> None:
        """Look at the connections of the server, for ever."""
        while True:
            self._look(server, asyncio.get_running_loop().time())
            await asyncio.sleep(min(LOOK.total_seconds(), self._first_within / 4))

    def _look(self, server: web.Server, now: float) -> None:
        connections = server.connections
        self._heard.intersection_update(connections)
        since = self._silent_since
        self._silent_since = {
            each: since.get(each, now) for each in connections if each not in self._heard
        }
        for connection, first_seen in self._silent_since.items():
            if now - first_seen > self._first_within:
                connection.force_close()
