"""The two services under fire: they remember what arrived when, and are in a bad mood at times."""

import asyncio
import random
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from tests.fakes.onebot import FakeOneBot
from tests.fakes.trouble import Handler, Trouble, misbehave
from tests.fakes.wecom_kf import FakeWecomKf

UNANSWERED: ContextVar[bool] = ContextVar("UNANSWERED", default=False)
"""Whether the caller of this request will never hear that its text was taken."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A text that a service took. `answered`: its caller was told so, if it lived to hear it."""

    chat: str
    text: str
    at: datetime
    answered: bool


class Arrivals(asyncio.Queue[tuple[str, str]]):
    """What arrived, in order."""

    def __init__(self, record: list[Arrival]) -> None:
        super().__init__()
        self._record = record

    def put_nowait(self, item: tuple[str, str]) -> None:
        """Write it down."""
        self._record.append(Arrival(*item, datetime.now(UTC), answered=not UNANSWERED.get()))


class Mood:
    """When a service misbehaves: with this probability, in one of these ways."""

    def __init__(self, seed: str, share: float, ways: tuple[Trouble, ...]) -> None:
        self.share = share
        self._ways = ways
        self._random = random.Random(seed)  # noqa: S311 - a seed makes a run like another

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer properly, or not."""
        bad = self._random.random() < self.share
        way = self._random.choice(self._ways)
        UNANSWERED.set(bad and way == "lost")
        return await (misbehave(way, request, handler) if bad else handler(request))


class MoodyOneBot(FakeOneBot):
    """A QQ account in any group, with any friend."""

    def __init__(self, mood: Mood, record: list[Arrival]) -> None:
        super().__init__()
        self.arrivals = Arrivals(record)
        self.mood = mood

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await self.mood.answer(request, handler)


class MoodyWecom(FakeWecomKf):
    """A corporation with an app and a kf account."""

    def __init__(self, mood: Mood, record: list[Arrival]) -> None:
        super().__init__()
        self.arrivals = Arrivals(record)
        self.mood = mood

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.now = datetime.now(UTC)
        return await self.mood.answer(request, handler)
