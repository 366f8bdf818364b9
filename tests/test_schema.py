"""The schema: one history of migrations makes what the models say, on both databases."""

import asyncio
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

import bot.app  # noqa: F401 - brings every table
from bot.storage import schema
from bot.storage.tables import Base
from tests.databases import Database

ROOT = Path(__file__).parent.parent
UPGRADE = (
    "import asyncio, sys; from bot.storage import schema; asyncio.run(schema.upgrade(sys.argv[1]))"
)


def differences(connection: Connection) -> list[object]:
    """What a new migration would have to change."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def compared(database: Database) -> list[object]:
    """The same, of a database."""
    if database.kind == "sqlite":
        with create_engine(make_url(database.url)).connect() as connection:
            found = differences(connection)
        connection.engine.dispose()
        return found
    engine = create_async_engine(database.url)
    async with engine.connect() as reader:
        found = await reader.run_sync(differences)
    await engine.dispose()
    return found


async def test_migrations_make_what_the_models_say(database: Database) -> None:
    """From an empty database to the newest version; a second time changes nothing."""
    assert await schema.version(database.url) is None
    await schema.upgrade(database.url)
    await schema.upgrade(database.url)

    assert await schema.version(database.url) == schema.newest()
    assert await compared(database) == []


async def test_processes_that_start_together_migrate_once(database: Database) -> None:
    """One does it, the others wait for it."""
    starting = [
        asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, database.url, cwd=ROOT)
        for _ in range(3)
    ]
    processes = await asyncio.gather(*starting)

    assert [await process.wait() for process in processes] == [0, 0, 0]
    assert await schema.version(database.url) == schema.newest()
