"""Peers: other people's bots as their own documentation sets them up. None of them stores."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import traffic
from benchmarks.processes import Process, free_port, started

HERE = Path(__file__).resolve().parent

PEERS: dict[str, Callable[[str, int], bytes]] = {
    "nonebot": partial(traffic.onebot, path="/onebot/v11/"),
    "aiogram": traffic.telegram,
    "opsdroid": traffic.onebot,
}


def started_in(
    stack: ExitStack, environments: Path
) -> dict[str, tuple[Process, Callable[[str, int], bytes]]]:
    """Every peer, running, with the requests it understands."""
    found = {}
    for name, make in PEERS.items():
        port = free_port()
        python = environments.absolute() / name / "bin" / "python"
        command = [str(python), str(HERE / f"{name}_server.py"), str(port)]
        found[name] = (stack.enter_context(started(command, port)), make)
    return found
