"""The database: `write` a unit of work, `read` beside the writer, hear of changes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import StorageError
from bot.storage import engine
from bot.storage.changes import Changes
from bot.storage.transaction import T, Transaction, Unit
from bot.storage.writers import CHANNEL, PostgreSQLWriter, SQLiteWriter, Writer

log = logging.getLogger(__name__)

LISTEN_FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a pooler, a full server or a network does to the one connection that listens."""

LISTEN_AGAIN = timedelta(seconds=10)
"""How long to leave it at that."""


class Database:
    """An open database. Made by `open_database`."""

    def __init__(self, url: str, writer: Writer, reader: AsyncEngine, changes: Changes) -> None:
        self.url = url
        self.changes = changes
        self._writer = writer
        self._reader = reader
        self._listener: asyncpg.Connection | None = None
        self._listen_at = datetime.min.replace(tzinfo=UTC)

    @property
    def postgresql(self) -> bool:
        """True on PostgreSQL, False on SQLite."""
        return engine.is_postgresql(self.url)

    async def write(self, unit: Unit[T]) -> T:
        """Run the unit and return what it returns, once it is committed.

        Raises:
            StorageError: the database did not take it; nothing of the unit is there.
            Exception: whatever the unit raised; nothing of it is there either.
        """
        return await self._writer.write(unit)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads: a view of what is committed, beside the writer.

        Raises:
            StorageError: the database is out of reach.
        """
        try:
            async with self._reader.connect() as connection:
                yield Transaction(connection, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            raise StorageError("the database could not be read") from error

    async def poll(self) -> None:
        """Read the changes of other processes, and listen again if the listener was lost.

        Where nobody may listen the table is read all the same: a hint only saves time.

        Raises:
            StorageError: the database is out of reach.
        """
        now = datetime.now(UTC)
        try:
            await self.changes.poll(now)
        except (SQLAlchemyError, OSError, asyncpg.PostgresError) as error:
            raise StorageError("the changes could not be read") from error
        lost = self._listener is None or self._listener.is_closed()
        if self.postgresql and lost and now >= self._listen_at:
            self._listen_at = now + LISTEN_AGAIN
            await self._listen()

    async def close(self) -> None:
        """Finish what was begun and close every connection."""
        await self._writer.close()
        if self._listener:
            await self._listener.close()
        await self._reader.dispose()

    async def _listen(self) -> None:
        try:
            self._listener = await asyncpg.connect(**engine.arguments(self.url))
            await self._listener.add_listener(CHANNEL, self._notified)
        except LISTEN_FAULTS as error:
            log.warning("nobody listens for changes: %s", type(error).__name__)
            return
        # Hints were lost while nobody listened.
        self.changes.hint_all()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.changes.hint(str(payload).split("\n"))


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """The database at the URL, closed at the end. Its tables must be there (`migrations`)."""
    reader = engine.reading(url)
    changes = Changes(reader)
    kind = PostgreSQLWriter if engine.is_postgresql(url) else SQLiteWriter
    database = Database(url, kind(url, changes), reader, changes)
    try:
        yield database
    finally:
        await database.close()
