"""Engines: SQLite with everything durable, PostgreSQL through asyncpg.

Errors hide their parameters: those are what people wrote.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_SECONDS = 10
"""How long a writer waits for another process that is writing to the same SQLite file."""


def is_postgresql(url: str) -> bool:
    """True for PostgreSQL, False for SQLite."""
    return make_url(url).get_backend_name() == "postgresql"


def file_of(url: str) -> Path | None:
    """The SQLite file of the URL; None for PostgreSQL."""
    return None if is_postgresql(url) else Path(make_url(url).database or "")


def writing_sqlite(url: str) -> Engine:
    """The one connection that writes to a SQLite file."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_SECONDS},
    )
    event.listen(engine, "connect", _durable)
    return engine


def writing_postgresql(url: str) -> AsyncEngine:
    """The pool that writes to PostgreSQL."""
    return _pool(url, 10)


def reading(url: str) -> AsyncEngine:
    """The engine for longer reads: beside the writer, off the loop, unable to write."""
    if is_postgresql(url):
        return _pool(url, 5)
    engine = create_async_engine(
        make_url(url).set(drivername="sqlite+aiosqlite"),
        hide_parameters=True,
        pool_size=2,
        max_overflow=2,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _read_only)
    return engine


def arguments(url: str) -> dict[str, Any]:
    """What asyncpg is to be called with for a connection beside the pool."""
    parts = make_url(url)
    _, found = parts.get_dialect()().create_connect_args(parts)
    # The others are SQLAlchemy's own.
    return {key: value for key, value in found.items() if not key.startswith("prepared_")}


def _pool(url: str, size: int) -> AsyncEngine:
    """Connections to PostgreSQL; one that died in the pool is replaced before it is used."""
    return create_async_engine(
        make_url(url), hide_parameters=True, pool_size=size, max_overflow=size, pool_pre_ping=True
    )


def _durable(connection: Any, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        # Not NORMAL: with WAL, NORMAL may roll back a committed transaction after a power cut.
        # https://sqlite.org/pragma.html#pragma_synchronous (read 2026-11-21)
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _read_only(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()
