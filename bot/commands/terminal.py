"""The terminal as a resident: `ask`, `chat`, and why something is answered as it is.

A message goes the whole way, inbox to outbox. Where the service runs beside, it handles it;
else this command does, with its own dispatcher.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bot import app
from bot.app import Role
from bot.commands.office import community_of
from bot.errors import RuleError, SettingsError
from bot.model import ChatKind, Message, numbered
from bot.settings import Settings
from bot.storage import inbox, posted
from bot.storage.database import Database
from bot.storage.inbox import Inbox
from bot.understanding import Understanding

PATIENCE = timedelta(seconds=30)
"""How long `ask` waits for the service."""

POLL = timedelta(milliseconds=50)

NO_REPLY = "（小喇叭没有说话）"

Say = Callable[[str], Awaitable[list[str]]]


async def ask_once(settings: Settings, text: str) -> list[str]:
    """The replies to one message."""
    async with _conversation(settings) as say:
        return await say(text)


async def chat(settings: Settings) -> None:
    """A conversation line by line, until an empty line."""
    async with _conversation(settings) as say:
        while line := (await asyncio.to_thread(_prompted)).strip():
            for reply in await say(line) or [NO_REPLY]:
                sys.stdout.write(f"小喇叭：{reply}\n")


async def explain(settings: Settings, code: str, text: str) -> list[str]:
    """Which words, synonyms and scores lead where, a line each."""
    understanding, community = await _understanding(settings, code)
    return understanding.explain(text, community)


async def _understanding(settings: Settings, code: str) -> tuple[Understanding, int]:
    async with community_of(settings, code) as (database, community):
        understanding = Understanding(database, settings, [])
        await understanding.learn()
        await understanding.load()
        await understanding.adjust()
    return understanding, community.id


@asynccontextmanager
async def _conversation(settings: Settings) -> AsyncIterator[Say]:
    if _is_served(settings):
        async with app.opened(settings) as database:
            yield _Saying(database).say
    else:
        async with app.running(settings, {Role.DISPATCH}) as service:
            yield _Saying(service.database).say


def _is_served(settings: Settings) -> bool:
    """True when a service runs on the same file, which will answer."""
    try:
        with app.alone(settings):
            return False
    except SettingsError:
        return True


class _Saying:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._inbox = Inbox(database)
        self._sender = uuid4().hex

    async def say(self, text: str) -> list[str]:
        """The replies to one message of this terminal's resident."""
        message = Message(
            platform="console",
            account="",
            id=uuid4().hex,
            chat=self._sender,
            kind=ChatKind.PRIVATE,
            sender=self._sender,
            text=text[:2000],
            sent_at=datetime.now(UTC),
        )
        await self._inbox.add([message])
        deadline = message.sent_at + PATIENCE
        while datetime.now(UTC) < deadline:
            async with self._database.read() as tx:
                handled = await inbox.handled(tx, message)
                if handled is not None:
                    texts = await posted.from_origin(tx, f"inbox:{handled}")
                    return [numbered(text.text, text.choices) for text in texts]
            await asyncio.sleep(POLL.total_seconds())
        raise RuleError("等了半分钟还没有回答。服务在运行吗？")


def _prompted() -> str:
    sys.stdout.write("我：")
    sys.stdout.flush()
    return sys.stdin.readline()
