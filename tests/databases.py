"""Fresh empty databases for tests, one of each kind: a SQLite file and a real PostgreSQL.

The server is TEST_PG_URL when that is set, else one of our own from the binaries of this
machine. Without either the tests fail; `--without-postgres` leaves them out by name.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

KINDS = ("sqlite", "postgresql")
OPTION = "--without-postgres"
KEEPER = Path(__file__).with_name("postgres.py")
DEBIAN = Path("/usr/lib/postgresql")
LEFT_OUT = pytest.StashKey[int]()


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database of one kind; `url` is what XIAOLABA_DATABASE_URL takes."""

    kind: str
    url: str


class PostgresServer:
    """A running server, reached through one connection that makes and drops databases."""

    def __init__(self, url: str) -> None:
        """Reach the server by the address of a database that may create others."""
        self._url = url
        # With a factory the runner leaves the event loop of the tests alone.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: Any = self._runner.run(asyncpg.connect(url))

    def execute(self, statement: str) -> None:
        """Run one statement outside of a transaction."""
        self._runner.run(self._connection.execute(statement))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The asyncpg address of a new copy of the template; dropped at the end.

        Must not be entered while an event loop runs.
        """
        name = f"xiaolaba_{uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Let go of the server."""
        self._runner.run(self._connection.close())
        self._runner.close()


def tools() -> Path | None:
    """The folder of initdb: in PATH, else the newest that Debian installed."""
    found = [Path(at).resolve() for at in [shutil.which("initdb")] if at]
    newest_first = sorted(DEBIAN.glob("*/bin/initdb"), key=version, reverse=True)
    return next((initdb.parent for initdb in [*found, *newest_first]), None)


def version(initdb: Path) -> float:
    """The major version in a Debian path."""
    return float(initdb.parts[-3])


@contextmanager
def own_server() -> Iterator[str]:
    """The address of a server of our own, gone with this process however it ends."""
    folder = tools()
    if folder is None:
        pytest.fail(
            f"no PostgreSQL: run scripts/system-packages.sh postgresql, set TEST_PG_URL "
            f"or leave it out by name with {OPTION}"
        )
    # In a session of its own: Ctrl-C is for the tests, the keeper sees the closed pipe.
    with subprocess.Popen(
        [sys.executable, "-I", str(KEEPER), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as keeper:
        assert keeper.stdin
        assert keeper.stdout
        port = keeper.stdout.readline().strip()
        if not port:
            pytest.fail("PostgreSQL did not start; its words are in the captured stderr")
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        keeper.stdin.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The one PostgreSQL server of the run."""
    given = os.environ.get("TEST_PG_URL", "").replace("+asyncpg", "")
    with nullcontext(given) if given else own_server() as url:
        server = PostgresServer(url)
        yield server
        server.close()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        yield Database("sqlite", f"sqlite:///{tmp_path}/xiaolaba.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    # The copy that `tests.service.seeded` asks for is made at once, not after an empty one.
    copied = "seeded" in request.fixturenames
    template = request.getfixturevalue("postgres_seed") if copied else "template0"
    with server.database(template) as url:
        yield Database("postgresql", url.replace("postgresql:", "postgresql+asyncpg:", 1))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the tests leave PostgreSQL out, by name only."""
    parser.addoption(OPTION, action="store_true", help="leave out what needs PostgreSQL")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs PostgreSQL when that was asked for, and say how much it was."""
    if not config.getoption(OPTION):
        return
    left_out = [item for item in items if needs_postgres(item)]
    items[:] = [item for item in items if not needs_postgres(item)]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = len(left_out)


def needs_postgres(item: pytest.Item) -> bool:
    """Whether the test runs on the server, on its own account or through `database`."""
    call = getattr(item, "callspec", None)
    kind = call.params.get("database") if call else None
    return kind == "postgresql" or "postgres_server" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, so that a green run cannot be mistaken for a whole one."""
    count = terminalreporter.config.stash.get(LEFT_OUT, 0)
    if count:
        terminalreporter.section("left out")
        terminalreporter.line(f"{count} tests on PostgreSQL ({OPTION})")
