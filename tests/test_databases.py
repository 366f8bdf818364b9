"""The databases of the tests are real, fresh and gone afterwards."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from tests.databases import OPTION, Database, PostgresServer

ROOT = Path(__file__).parent.parent


async def fetch(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What one statement returns on PostgreSQL."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def rows(database: Database, *statements: str) -> list[tuple[Any, ...]]:
    """What the last of the statements returns, by the plain driver of that kind."""
    if database.kind == "sqlite":
        with closing(sqlite3.connect(urlsplit(database.url).path)) as file:
            return [file.execute(statement).fetchall() for statement in statements][-1]
    url = database.url.replace("+asyncpg", "")
    return [await fetch(url, statement) for statement in statements][-1]


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_gets_a_database_of_its_own(database: Database, turn: int) -> None:
    """The same table can be made in every test, and holds what that test put there."""
    table = "CREATE TABLE place (name text)"
    fill = f"INSERT INTO place SELECT '{turn}号楼'"

    assert await rows(database, table, fill, "SELECT name FROM place") == [(f"{turn}号楼",)]


def test_a_database_is_dropped_even_while_connected(postgres_server: PostgresServer) -> None:
    """What a test leaves open does not keep its database alive."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        with postgres_server.database() as url:
            forgotten = runner.run(asyncpg.connect(url))
        with postgres_server.database() as other:
            names = [row[0] for row in runner.run(fetch(other, "SELECT datname FROM pg_database"))]
        forgotten.terminate()

    assert urlsplit(url).path[1:] not in names
    assert urlsplit(other).path[1:] in names


def test_a_killed_run_leaves_no_server_behind() -> None:
    """The server ends and its data goes although the tests never get to their last line."""
    program = """
        from tests.databases import own_server
        with own_server() as url:
            print(url, flush=True)
            input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout
        url = run.stdout.readline().strip()
        [keeper] = psutil.Process(run.pid).children()
        data = Path(asyncio.run(fetch(url, "SHOW data_directory"))[0][0])
        server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        run.kill()

        _, alive = psutil.wait_procs([keeper, server], timeout=30)

        assert not alive
        assert not data.parent.exists()


def test_leaving_postgresql_out_is_said() -> None:
    """Without PostgreSQL nothing runs on it, and the last lines say how much was left out."""
    words = ["-q", "-p", "no:cacheprovider", OPTION, "-k", "own or dropped", __file__]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"3 tests on PostgreSQL ({OPTION})" in run.stdout
    assert "2 passed" in run.stdout
