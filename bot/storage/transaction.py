"""A transaction: what commits together."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import Connection, CursorResult, Executable, Result, Select
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Transaction:
    """What commits together. `now` is one moment for all of it.

    SQLite's statements run where they are called, on the event loop: they take some ten
    microseconds, a hop to a thread and back takes a hundred. Only COMMIT, which
    waits for the disk, goes to a thread, and BEGIN IMMEDIATE when another process holds the lock
    (docs/decisions/0002-writer-on-the-loop.md).
    """

    def __init__(self, connection: Connection | AsyncConnection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.postgresql = connection.dialect.name == "postgresql"
        self.changed: set[str] = set()
        self.hinted: set[str] = set()

    async def execute(
        self, statement: "Executable | Upsert", values: Any = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run a statement that writes; with a list of values, once for each."""
        if isinstance(statement, Upsert):
            statement = statement.of(postgresql=self.postgresql)
        if isinstance(self.connection, Connection):
            return self.connection.execute(statement, values)
        result = await self.connection.execute(statement, values)
        assert isinstance(result, CursorResult)
        return result

    async def select(self, statement: Select[*Ts], values: Any = None) -> Result[*Ts]:
        """The rows of a statement."""
        if isinstance(self.connection, Connection):
            return self.connection.execute(statement, values)
        return await self.connection.execute(statement, values)

    def insert(self, table: Any) -> "Insert":
        """An insert of this database's own kind: one that knows ON CONFLICT."""
        return pg.insert(table) if self.postgresql else sqlite.insert(table)

    def change(self, topic: str) -> None:
        """Raise the topic's version when this commits."""
        self.changed.add(topic)

    def hint(self, topic: str) -> None:
        """Wake whoever watches the topic when this commits; nothing is stored."""
        self.hinted.add(topic)


Insert = pg.Insert | sqlite.Insert


class Upsert:
    """An insert that knows ON CONFLICT, made once for each kind of database.

    Making a statement costs more than SQLite takes to run it.
    """

    def __init__(self, table: Any, complete: Callable[[Insert], Executable]) -> None:
        """`complete` adds what happens on a conflict and what is returned."""
        self._sqlite = complete(sqlite.insert(table))
        self._postgresql = complete(pg.insert(table))

    def of(self, *, postgresql: bool) -> Executable:
        """The statement for one of the two."""
        return self._postgresql if postgresql else self._sqlite


Unit = Callable[[Transaction], Awaitable[T]]
"""A unit of work: awaits nothing but its transaction, and may be run again from the start."""
