"""The schema: one history of migrations for both databases, and which version a database has."""

from importlib.resources import files

import asyncpg
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import StorageError
from bot.storage import engine

MIGRATIONS = "bot.storage.migrations"


def newest() -> str:
    """The newest version there is: migrations are numbered files."""
    names = [file.name for file in files(MIGRATIONS).joinpath("versions").iterdir()]
    return max(name for name in names if name[:4].isdecimal() and name.endswith(".py"))[:4]


async def version(url: str) -> str | None:
    """The version of the database; None when it is empty.

    Raises:
        StorageError: it is out of reach, or no database.
    """
    try:
        return await _version_at(url)
    except (SQLAlchemyError, OSError, asyncpg.PostgresError) as error:
        raise StorageError("the database is out of reach") from error


async def upgrade(url: str) -> None:
    """Bring the database to the newest version; nothing happens when it has it."""
    if await version(url) == newest():
        return
    if engine.is_postgresql(url):
        writer = create_async_engine(make_url(url))
        async with writer.begin() as connection:
            # Of several processes that start together one migrates, the others wait for it.
            await connection.execute(text("SELECT pg_advisory_xact_lock(7230112)"))
            await connection.run_sync(_upgrade)
        await writer.dispose()
        return
    file = engine.writing_sqlite(url)
    with file.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _upgrade(connection)
        connection.commit()
    file.dispose()


async def _version_at(url: str) -> str | None:
    if engine.is_postgresql(url):
        reader = create_async_engine(make_url(url))
        try:
            async with reader.connect() as connection:
                return await connection.run_sync(_version)
        finally:
            await reader.dispose()
    writer = create_engine(make_url(url).set(drivername="sqlite"))
    try:
        with writer.connect() as connection:
            return _version(connection)
    finally:
        writer.dispose()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    # Alembic takes a fifth of a second to import; most starts do not need it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", MIGRATIONS.replace(".", ":", 1).replace(".", "/"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
