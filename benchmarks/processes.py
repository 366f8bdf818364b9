"""Processes under test: started on CPU 0, measured from outside; the load runs on CPU 1."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

SERVER_CPU, LOAD_CPU = 0, 1
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Process:
    """A server that listens on `port` of this machine."""

    pid: int
    port: int
    output: IO[str]

    def cpu_seconds(self) -> float:
        """CPU time of the process with all its threads, those that ended included.

        A process's CPU clock by its pid: clock_getcpuclockid(3).
        """
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident_mib(self) -> float:
        """Resident memory now, in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        kib = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
        return int(kib) / 1024

    def told(self) -> dict[str, float]:
        """What `benchmarks.service` counted so far."""
        os.kill(self.pid, signal.SIGUSR1)
        answer: dict[str, float] = json.loads(self.output.readline())
        return answer


def use_load_cpu() -> None:
    """Keep this process away from the CPU of the servers."""
    os.sched_setaffinity(0, {LOAD_CPU})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int) -> bool:
    """True when a connection is taken there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status(port: int, path: str) -> int:
    """The status of a GET."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def ready(port: int) -> None:
    """Return when the service says that it can do all it should.

    Raises:
        RuntimeError: it does not within a minute.
    """
    for _ in range(6000):
        if status(port, "/readyz") == 200:
            return
        time.sleep(0.01)
    raise RuntimeError("not ready within a minute")


_OPEN = (
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting')"
    " + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending'))"
)


async def settled(database: Path) -> None:
    """Return when no message waits to be handled and no text to be sent."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        # What is waited for happens in another process.
        while connection.execute(_OPEN).fetchone()[0]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@contextmanager
def started(
    command: Sequence[str], port: int, environ: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """The server, from its first accepted connection; it is asked to stop at the end.

    Raises:
        RuntimeError: it ended before it listened.
    """
    with subprocess.Popen(
        ["taskset", "-c", str(SERVER_CPU), *command],
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        try:
            while not listening(port):
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended with {process.returncode}")
                time.sleep(0.002)
            yield Process(process.pid, port, process.stdout)
        finally:
            process.terminate()


@contextmanager
def bare() -> Iterator[Process]:
    """The bare aiohttp handler."""
    port = free_port()
    with started([sys.executable, "benchmarks/bare.py", str(port)], port) as process:
        yield process


@contextmanager
def service(environ: Mapping[str, str], *roles: str) -> Iterator[Process]:
    """Our service in these roles, all of them when none is named."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.service", *roles]
    with started(command, port, {**environ, "XIAOLABA_PORT": str(port)}) as process:
        process.output.readline()
        yield process
