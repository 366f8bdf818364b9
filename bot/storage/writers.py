"""The one place that writes, in two forms.

SQLite: the units that wait together are committed together: one BEGIN, a savepoint each, one
fsync. PostgreSQL: each unit is a transaction of its own, repeated after a deadlock. Either way
`write` returns when the unit is on disk, or raises and nothing of it is there.
"""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StorageError
from bot.storage import engine
from bot.storage.changes import Changes, bump
from bot.storage.transaction import T, Transaction, Unit

log = logging.getLogger(__name__)

GROUP = 256
"""At most so many units share one commit."""

UNIT_SECONDS = 10
"""A unit that waits longer is rolled back: others wait for it. SQLite's statements do not wait."""

CHANNEL = "xiaolaba"
"""PostgreSQL's channel for hints."""

PAYLOAD = 7000
"""A notification holds less than 8,000 bytes; what is left out is found by the poll.
https://www.postgresql.org/docs/15/sql-notify.html"""

RETRIED = {"40001", "40P01"}
"""SQLSTATE of serialization failure and deadlock: the unit is run again.
https://www.postgresql.org/docs/15/mvcc-serialization-failure-handling.html"""

OUT_OF_REACH = {"08", "53", "55", "57", "58"}
"""Classes of SQLSTATE that blame the server: connection, disk or memory full, not ready yet, told
to stop, broken. https://www.postgresql.org/docs/15/errcodes-appendix.html"""

ATTEMPTS = 5
"""How often a unit is run before a deadlock is the caller's."""


class Writer(Protocol):
    """Commits units of work."""

    async def write(self, unit: Unit[T]) -> T:
        """Run the unit and return what it returns, once it is committed."""

    async def close(self) -> None:
        """Finish what was begun."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    unit: Unit[T]
    done: "asyncio.Future[T]"

    def resolve(self, value: T) -> None:
        if not self.done.done():
            self.done.set_result(value)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class SQLiteWriter:
    """One connection, one task, group commit."""

    def __init__(self, url: str, changes: Changes) -> None:
        self._engine = engine.writing_sqlite(url)
        self._connection: Connection | None = None
        self._changes = changes
        self._queue: asyncio.Queue[_Waiting[Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name="writer")

    async def write(self, unit: Unit[T]) -> T:
        """Queue the unit for the next commit and wait for it."""
        waiting: _Waiting[T] = _Waiting(unit, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(waiting)
        return await waiting.done

    async def close(self) -> None:
        """Commit what waits, then let the file go."""
        await self._queue.join()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._connection:
            self._connection.close()
        self._engine.dispose()

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            try:
                try:
                    connection = await self._begin()
                finally:
                    # Whatever came while the lock was waited for goes along, or fails along:
                    # nobody waits for it one after the other.
                    while len(group) < GROUP and not self._queue.empty():
                        group.append(self._queue.get_nowait())
                await self._commit(connection, group)
            except (SQLAlchemyError, sqlite3.Error, OSError) as error:
                log.error("commit failed: %s", _short(error))  # noqa: TRY400 - no statement, no text
                for waiting in group:
                    waiting.fail(StorageError(_short(error)))
            finally:
                for _ in group:
                    self._queue.task_done()

    async def _commit(self, connection: Connection, group: list[_Waiting[Any]]) -> None:
        committed = False
        try:
            shared = Transaction(connection, datetime.now(UTC))
            done = [await self._run_unit(connection, waiting, shared) for waiting in group]
            await bump(shared, shared.changed)
            await asyncio.to_thread(connection.commit)
            committed = True
        finally:
            if not committed:
                # Closed for good: a failed COMMIT leaves its transaction open, and the pool does
                # not roll it back.
                connection.invalidate()
                connection.close()
        for waiting, value in filter(None, done):
            waiting.resolve(value)
        self._changes.hint(shared.changed | shared.hinted)

    async def _begin(self) -> Connection:
        """A transaction that holds the lock; only when somebody else has it a thread waits."""
        if self._connection and not self._connection.closed:
            try:
                return self._lock(0)
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
        return await asyncio.to_thread(self._lock, engine.BUSY_SECONDS)

    def _lock(self, patience_seconds: int) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._engine.connect()
        connection = self._connection
        try:
            _run(connection, f"PRAGMA busy_timeout={patience_seconds * 1000}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except (SQLAlchemyError, sqlite3.Error):
            connection.close()
            raise
        return connection

    async def _run_unit(
        self, connection: Connection, waiting: _Waiting[Any], shared: Transaction
    ) -> tuple[_Waiting[Any], Any] | None:
        tx = Transaction(connection, shared.now)
        _run(connection, "SAVEPOINT unit")
        try:
            async with asyncio.timeout(UNIT_SECONDS):
                value = await waiting.unit(tx)
        # Whatever a unit raises belongs to whoever asked for it; the rest of the group goes on.
        except Exception as error:
            _run(connection, "ROLLBACK TO unit")
            _run(connection, "RELEASE unit")
            waiting.fail(_translated(error))
            return None
        _run(connection, "RELEASE unit")
        shared.changed |= tx.changed
        shared.hinted |= tx.hinted
        return waiting, value


class PostgreSQLWriter:
    """A pool; each unit alone."""

    def __init__(self, url: str, changes: Changes) -> None:
        self._engine = engine.writing_postgresql(url)
        self._changes = changes

    async def write(self, unit: Unit[T]) -> T:
        """Run the unit in a transaction of its own, again after a deadlock."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._attempt(unit)
            except (SQLAlchemyError, OSError) as error:
                state = getattr(getattr(error, "orig", None), "sqlstate", "")
                if state not in RETRIED or attempt == ATTEMPTS - 1:
                    raise _translated(error) from error
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    async def _attempt(self, unit: Unit[T]) -> T:
        async with self._engine.begin() as connection:
            tx = Transaction(connection, datetime.now(UTC))
            async with asyncio.timeout(UNIT_SECONDS):
                value = await unit(tx)
            await bump(tx, tx.changed)
            if topics := tx.changed | tx.hinted:
                payload = "\n".join(sorted(topics))[:PAYLOAD]
                await connection.execute(
                    text("SELECT pg_notify(:channel, :payload)"),
                    {"channel": CHANNEL, "payload": payload},
                )
        self._changes.hint(topics)
        return value


def _run(connection: Connection, statement: str) -> None:
    """Run a statement without values or rows; SQLAlchemy's way costs ten times as much."""
    connection.connection.cursor().execute(statement).close()


def _out_of_reach(error: BaseException) -> bool:
    """True when the database could not (disk, lock, network); False for a faulty statement."""
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    if isinstance(error, DBAPIError):
        # A connection that is cut in the middle of a statement brings no state.
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state[:2] in OUT_OF_REACH:
            return True
    return isinstance(error, (InterfaceError, PoolTimeout, OSError))


def _translated(error: Exception) -> Exception:
    if _out_of_reach(error):
        translated = StorageError(_short(error))
        translated.__cause__ = error
        return translated
    return error


def _short(error: Exception) -> str:
    """The driver's own words, without the statement and its values: they hold people's texts."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {str(cause)[:200]}"
