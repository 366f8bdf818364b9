"""The service as processes that can be killed at any moment and started again at once.

Each is forked off a server that has the imports behind it: an interpreter of its own, the command
line of its own, and a start in a fraction of the time.
"""

import asyncio
import multiprocessing
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

FORKS = multiprocessing.get_context("forkserver")


def serve(environment: Mapping[str, str], roles: Sequence[str], log: str) -> None:
    """Be `xiaolaba serve`; what it says goes to the log."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    os.environ.update(environment)
    from bot.cli import main

    main(["serve", *(word for role in roles for word in ("--role", role))])


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Worker:
    """One process of the service, over all its lives; it keeps its port."""

    def __init__(self, environment: Mapping[str, str], folder: Path, number: int) -> None:
        FORKS.set_forkserver_preload(["bot.cli"])
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"worker-{number}.log"
        self._environment = {**environment, "XIAOLABA_PORT": str(port)}
        self._process: BaseProcess | None = None
        self._roles: Sequence[str] = ()

    @property
    def answers(self) -> bool:
        """Whether it has a web server."""
        return not self._roles or "web" in self._roles

    @property
    def pid(self) -> int:
        """The process of this life."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def start(self, roles: Sequence[str] = ()) -> None:
        """Begin a life; without roles it does everything."""
        self._roles = roles
        self._process = FORKS.Process(
            target=serve, args=(self._environment, roles, str(self.log)), daemon=True
        )
        self._process.start()

    def kill(self) -> None:
        """End its life at this very moment, as `kill -9` does."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def stop(self) -> int | None:
        """Ask it to end, as an operator does; its exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(20)
        return self._process.exitcode

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Return when it answers."""
        while not await self.up(http):
            await asyncio.to_thread(self._wait)

    def _wait(self) -> None:
        """A moment, or less when it dies."""
        assert self._process is not None
        self._process.join(0.05)

    async def up(self, http: aiohttp.ClientSession) -> bool:
        """Whether it answers now, or has died by itself, which fails the test."""
        assert self._process is not None
        assert self._process.is_alive(), self.log.read_text(encoding="utf-8")[-3000:]
        try:
            async with http.get(f"{self.url}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False
