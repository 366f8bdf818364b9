"""A look at the database that changes nothing: what `xiaolaba doctor` needs to know of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StorageError
from bot.storage import engine, schema
from bot.storage.transaction import Transaction

PATIENCE = timedelta(seconds=10)
"""For everything that is asked in one look."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """The version (None when the database is empty) and what each kind of database tells.

    `journal` is SQLite's journal mode, `clock` the time on PostgreSQL's machine.
    """

    version: str | None
    journal: str | None = None
    clock: datetime | None = None

    @property
    def newest(self) -> bool:
        """True when the tables are those of this program."""
        return self.version == schema.newest()


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Transaction]:
    """A transaction beside a service that may run; nothing can be written by it.

    Raises:
        StorageError: the database is out of reach, or its file is not there or none of ours.
    """
    file = engine.file_of(url)
    if file is not None and not file.is_file():
        raise StorageError("there is no such file")
    reader = engine.reading(url)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()), reader.connect() as connection:
            yield Transaction(connection, datetime.now(UTC))
    except (SQLAlchemyError, OSError, asyncpg.PostgresError) as error:
        raise StorageError("the database could not be read") from error
    finally:
        await reader.dispose()


async def look(url: str) -> Checkup:
    """What the database is like.

    Raises:
        StorageError: it is out of reach.
    """
    async with looking(url) as tx:
        connection = tx.connection
        assert isinstance(connection, AsyncConnection)
        known = await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version"))
        version = None
        if known:
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            version = found.scalar_one_or_none()
        if tx.postgresql:
            return Checkup(version, clock=(await tx.select(select(func.now()))).scalar_one())
        journal = await connection.execute(text("PRAGMA journal_mode"))
        return Checkup(version, journal=journal.scalar_one())
