"""What one search engine costs: it is measured in a process of its own, by the same rules as all.

Only the standard library: peers run it in their own environments.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

WARM_PASSES = 3
"""How often each question is asked after the first time, when caches were cold."""
ADD_SECONDS = 10
"""No further entry is added after so long: some engines build everything anew for one."""

Row = dict[str, Any]
"""An entry (id, question, alternates, answer) as tests/data/faq.jsonl holds it."""


class Engine(Protocol):
    """What is measured."""

    def build(self, entries: Sequence[Row]) -> None:
        """Hold these entries."""

    def add(self, entry: Row) -> None:
        """Hold one more; from then on it can be found."""

    def search(self, text: str) -> list[str]:
        """The ids of the best entries, best first, for a text as somebody typed it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, and MiB; `top` is the id found first for each question.

    `warm_cpu` are the seconds of `warm` in which the process had the CPU.
    """

    build: float
    adds: list[float]
    cold: list[float]
    warm: list[float]
    warm_cpu: list[float]
    resident: float
    top: list[str | None]


def rows(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, found: Sequence[Row]) -> None:
    """Write the rows of a JSONL file."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    path.write_text("".join(lines), encoding="utf-8")


def resident_mib() -> float:
    """Resident memory of this process now, without what was freed."""
    gc.collect()
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
    return int(kib) / 1024


def measured(make: Callable[[], Engine], folder: Path) -> Measured:
    """Build, search and add what the folder holds."""
    entries, more = rows(folder / "entries.jsonl"), rows(folder / "more.jsonl")
    asked = [row["q"] for row in rows(folder / "queries.jsonl")]
    # Dictionaries, models and thread pools are there before the clock starts.
    warming = make()
    warming.build(entries[:2])
    warming.search(asked[0])
    del warming
    engine, before = make(), resident_mib()
    begun = time.perf_counter()
    engine.build(entries)
    build = time.perf_counter() - begun
    gc.collect()
    gc.freeze()
    top: list[str | None] = []
    cold: list[float] = []
    for text in asked:
        begun = time.perf_counter()
        ids = engine.search(text)
        cold.append(time.perf_counter() - begun)
        top.append(ids[0] if ids else None)
    warm, warm_cpu = [], []
    for text in asked * WARM_PASSES:
        begun, had = time.perf_counter(), time.process_time()
        engine.search(text)
        warm_cpu.append(time.process_time() - had)
        warm.append(time.perf_counter() - begun)
    resident = resident_mib() - before
    return Measured(
        build=build,
        cold=cold,
        warm=warm,
        warm_cpu=warm_cpu,
        resident=resident,
        adds=_added(engine, more),
        top=top,
    )


def _added(engine: Engine, more: Sequence[Row]) -> list[float]:
    seconds: list[float] = []
    for entry in more:
        begun = time.perf_counter()
        engine.add(entry)
        seconds.append(time.perf_counter() - begun)
        if sum(seconds) > ADD_SECONDS:
            break
    return seconds


def main(make: Callable[[], Engine]) -> None:
    """Measure on the folder named on the command line and print it as JSON."""
    print(json.dumps(asdict(measured(make, Path(sys.argv[1])))))
