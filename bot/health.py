"""Health: `/healthz` says the process lives, `/readyz` that it does its work, `/metrics` how."""

import hmac
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.errors import StorageError
from bot.metrics import Metrics
from bot.settings import Settings
from bot.storage import inbox, memory, outbox, schedules
from bot.storage.database import Database
from bot.storage.transaction import Transaction
from bot.understanding import Understanding

STALE = timedelta(minutes=2)
"""A queue whose oldest row waits longer is not being worked on."""

LEAST_DISK = 200 * 1024 * 1024
"""Bytes; with less, photos and backups will not fit much longer."""


class Health:
    """The three paths."""

    def __init__(
        self,
        database: Database,
        understanding: Understanding,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._database = database
        self._understanding = understanding
        self._metrics = metrics
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        """What the web server is given."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
        ]

    async def healthz(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 when every check holds, else 503; which ones do not stands in the body."""
        checks = {"understanding": self._understanding.ready, **await self._checks()}
        body = {"status": "ok" if all(checks.values()) else "not ready", "checks": checks}
        return web.Response(
            body=orjson.dumps(body),
            status=200 if all(checks.values()) else 503,
            content_type="application/json",
        )

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus; behind the token, or for this computer only."""
        if not self._may_see(request):
            raise web.HTTPNotFound
        try:
            await self._measure()
        except StorageError:
            self._metrics.trouble.labels("database").set(1)
        return web.Response(
            body=generate_latest(self._metrics.registry),
            headers={"Content-Type": CONTENT_TYPE_LATEST},
        )

    async def _checks(self) -> dict[str, bool]:
        folder = self._settings.data
        try:
            await self._database.write(memory.forget_expired)
            async with self._database.read() as tx:
                ages = [(await inbox.age(tx)).oldest, (await outbox.standing(tx, STALE)).oldest]
        except StorageError:
            return {"database": False}
        now = datetime.now(UTC)
        fresh = all(oldest is None or now - oldest < STALE for oldest in ages)
        return {"database": True, "queues": fresh, "disk": _free(folder) > LEAST_DISK}

    async def _measure(self) -> None:
        async with self._database.read() as tx:
            await self._measure_queues(tx)

    async def _measure_queues(self, tx: Transaction) -> None:
        day = timedelta(days=1)
        waiting, standing = await inbox.age(tx), await outbox.standing(tx, day)
        for queue, count, oldest in (
            ("inbox", waiting.waiting, waiting.oldest),
            ("outbox", standing.waiting, standing.oldest),
        ):
            self._metrics.waiting.labels(queue).set(count)
            age = (tx.now - oldest).total_seconds() if oldest else 0
            self._metrics.oldest.labels(queue).set(age)
        self._metrics.trouble.labels("texts").set(standing.trouble)
        missed = await schedules.missed(tx, tx.now - day)
        self._metrics.trouble.labels("schedules").set(missed)
        self._metrics.trouble.labels("database").set(0)

    def _may_see(self, request: web.Request) -> bool:
        token = self._settings.metrics_token
        if token:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(given.encode(), token.encode())
        return request.remote in {"127.0.0.1", "::1"} and "X-Forwarded-For" not in request.headers


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
