"""Health: `/healthz` says the process lives, `/readyz` that it does its work, `/metrics` how."""

import asyncio
import hmac
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.errors import StorageError
from bot.metrics import Metrics
from bot.settings import Settings
from bot.storage import inbox, memory, posted, schedules, standstill
from bot.storage.database import Database
from bot.storage.standstill import Account
from bot.storage.transaction import Transaction
from bot.understanding import Understanding

STALE = timedelta(minutes=2)
"""A queue whose oldest row waits longer is not being worked on."""

LEAST_DISK = 200 * 1024 * 1024
"""Bytes; with less, photos and backups will not fit much longer."""

LOOK_AGAIN = timedelta(seconds=5)
"""A check writes to the disk; whoever asks more often gets what was found."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What this process does, and for which accounts; the rest is checked where it is done."""

    dispatches: bool
    delivers: bool
    accounts: frozenset[Account]


class Health:
    """The three paths."""

    def __init__(
        self,
        database: Database,
        understanding: Understanding,
        metrics: Metrics,
        settings: Settings,
        duties: Duties,
    ) -> None:
        self._database = database
        self._understanding = understanding
        self._duties = duties
        self._checking = asyncio.Lock()
        self._checks: dict[str, bool] = {}
        self._checked_at = datetime.min.replace(tzinfo=UTC)
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
        async with self._checking:
            if datetime.now(UTC) - self._checked_at >= LOOK_AGAIN:
                self._checks = await self._check()
                self._checked_at = datetime.now(UTC)
        checks = dict(self._checks)
        if self._duties.dispatches:
            checks["understanding"] = self._understanding.ready
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

    async def _check(self) -> dict[str, bool]:
        try:
            await self._database.write(memory.forget_expired)
            async with self._database.read() as tx:
                waiting_since = await self._waiting_since(tx)
        except StorageError:
            return {"database": False}
        now = datetime.now(UTC)
        moving = all(now - since < STALE for since in waiting_since)
        free = _free(self._settings.data)
        return {"database": True, "queues": moving, "disk": free > LEAST_DISK}

    async def _waiting_since(self, tx: Transaction) -> list[datetime]:
        """Since when each queue that is this process's work waits; none for an empty one."""
        accounts, found = self._duties.accounts, []
        if self._duties.dispatches:
            found.append(await standstill.oldest_message(tx, accounts))
        if self._duties.delivers:
            found.append(await standstill.oldest_text(tx, accounts))
        return [since for since in found if since]

    async def _measure(self) -> None:
        async with self._database.read() as tx:
            await self._measure_queues(tx)

    async def _measure_queues(self, tx: Transaction) -> None:
        day = timedelta(days=1)
        waiting, standing = await inbox.age(tx), await posted.standing(tx, day)
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
