"""Start: from nothing to the first 200, to the first answer, and the memory of 10,000 entries.

`python -m benchmarks.start [--rounds N]`: the real command, `xiaolaba serve`.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import entries, traffic
from benchmarks.processes import Process, free_port, ready, started, status, use_load_cpu
from benchmarks.rounds import machine

QUESTION = "老年证怎么办"

SERVE = [sys.executable, "-m", "bot", "serve"]


@contextmanager
def served(environ: dict[str, str]) -> Iterator[Process]:
    """`xiaolaba serve`, from its first accepted connection."""
    port = free_port()
    with started(SERVE, port, {**environ, "XIAOLABA_PORT": str(port)}) as process:
        yield process


def answer(port: int) -> list[str]:
    """What a resident reads who asks on the page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    body = json.dumps({"text": QUESTION}).encode()
    connection.request("POST", "/chat/messages", body, {"Content-Type": "application/json"})
    said = json.loads(connection.getresponse().read())
    connection.close()
    return [reply["text"] for reply in said["replies"]]


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds, and MiB."""

    first_200: float
    cpu: float
    ready: float
    resident: float


def cold(environ: dict[str, str]) -> Start:
    """Start on a folder that is there."""
    begun = time.perf_counter()
    with served(environ) as process:
        while status(process.port, "/healthz") != 200:
            time.sleep(0.002)
        first, cpu = time.perf_counter() - begun, process.cpu_seconds()
        ready(process.port)
        able = time.perf_counter() - begun
        answer(process.port)
        return Start(first, cpu, able, process.resident_mib())


def from_nothing() -> tuple[float, float]:
    """Seconds from an empty folder to the first answer, by the clock and of CPU.

    Raises:
        RuntimeError: there was none.
    """
    with TemporaryDirectory() as folder:
        begun = time.perf_counter()
        with served(traffic.settings(Path(folder), "http://127.0.0.1:9")) as process:
            replies = answer(process.port)
            seconds = time.perf_counter() - begun, process.cpu_seconds()
    if not replies:
        raise RuntimeError("no answer")
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(arguments)
    use_load_cpu()
    with TemporaryDirectory() as folder:
        environ = traffic.settings(Path(folder), "http://127.0.0.1:9")
        entries.fill(environ)
        starts = [cold(environ) for _ in range(chosen.rounds)]
    firsts = [from_nothing() for _ in range(chosen.rounds)]
    print(f"{machine()}\n\nmedians of {chosen.rounds} starts; seconds by the clock, and of CPU:")
    first, cpu = median(s.first_200 for s in starts), median(s.cpu for s in starts)
    print(f"first 200, 10,000 entries: {first:.2f} s, {cpu:.2f} s")
    print(f"index of 10,000 entries ready: {median(s.ready for s in starts):.2f} s")
    print(f"resident with 10,000 entries: {median(s.resident for s in starts):.0f} MiB")
    clock, cpu = (median(column) for column in zip(*firsts, strict=True))
    print(f"empty folder to first answer: {clock:.2f} s, {cpu:.2f} s")


if __name__ == "__main__":
    main()
