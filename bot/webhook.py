"""Step 1: call → messages → inbox, commit, then success.

A call is answered with success when what it brought is on disk, never before.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from aiohttp import web

from bot.errors import Malformed, StorageError, Unauthorized
from bot.metrics import Metrics
from bot.model import Call, Delivery, Response
from bot.platforms import Platform, Receives
from bot.storage import pulls
from bot.storage.database import Database
from bot.storage.inbox import Inbox

log = logging.getLogger(__name__)

LARGEST = 1024 * 1024
"""Bytes of a call; no service sends more: files come by reference."""

SLOWEST = 10
"""Seconds a caller may take to send its body."""


class Webhook:
    """`/webhook/<platform>[/<account>]`."""

    def __init__(
        self, database: Database, inbox: Inbox, platforms: Sequence[Platform], metrics: Metrics
    ) -> None:
        self._metrics = metrics
        self._database = database
        self._inbox = inbox
        self._platforms = [platform for platform in platforms if isinstance(platform, Receives)]

    def routes(self) -> list[web.RouteDef]:
        """What the web server is given: a plain path for each account."""
        return [route for platform in self._platforms for route in self._routes(platform)]

    def _routes(self, platform: Receives) -> list[web.RouteDef]:
        path = f"/webhook/{platform.name}/{platform.account}".rstrip("/")
        handle = partial(self._handle, platform)
        return [web.post(path, handle), web.get(path, handle)]

    async def _handle(self, platform: Receives, request: web.Request) -> web.Response:
        response = await self._take_in(platform, request)
        self._metrics.calls.labels(platform.name, response.status).inc()
        return response

    async def _take_in(self, platform: Receives, request: web.Request) -> web.Response:
        try:
            delivery = platform.read(await _call(request))
            await self._accept(platform, delivery)
        except Unauthorized as error:
            log.warning("refused: a call to %s: %s", platform.name, error)
            return web.Response(status=401)
        except Malformed as error:
            log.warning("malformed: a call to %s: %s", platform.name, error)
            return web.Response(status=400)
        except TimeoutError:
            return web.Response(status=408)
        except StorageError as error:
            # The service sends it again: nothing was acknowledged.
            log.error("not stored: a call to %s: %s", platform.name, error)  # noqa: TRY400
            return web.Response(status=503)
        return _web(delivery.handshake or platform.respond(delivery))

    async def _accept(self, platform: Platform, delivery: Delivery) -> None:
        await self._inbox.add(delivery.messages)
        if delivery.announcement:
            other = delivery.announcement.account
            await self._database.write(
                partial(
                    pulls.announce,
                    platform=platform.name,
                    account=platform.account if other is None else other,
                    token=delivery.announcement.token,
                )
            )


async def _call(request: web.Request) -> Call:
    if (request.content_length or 0) > LARGEST:
        raise web.HTTPRequestEntityTooLarge(LARGEST, request.content_length or 0)
    return Call(
        method=request.method,
        query=request.rel_url.raw_query_string,
        # It finds names in any case, lower case included.
        headers=request.headers,
        body=await _body(request),
        received_at=datetime.now(UTC),
    )


async def _body(request: web.Request) -> bytes:
    if not request.can_read_body:
        return b""
    if request.content.is_eof():
        # It came with its head, as nearly all do: nothing to wait for.
        return await request.read()
    async with asyncio.timeout(SLOWEST):
        # Of unknown length, perhaps, until it is read.
        return await request.clone(client_max_size=LARGEST).read()


def _web(response: Response) -> web.Response:
    return web.Response(
        status=response.status,
        body=response.body,
        content_type=response.content_type if response.body else None,
        charset="utf-8" if response.body else None,
    )
