"""Rounds: each measurement is paired with one of the bare handler made right before it.

A pair shares what else the machine does at that moment; the ratio of CPU seconds a request is
what is judged, by the median of the rounds.
"""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.load import saturate
from benchmarks.processes import Process


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request cost the server: microseconds of CPU; and how many went through a second."""

    microseconds: float
    per_second: float


async def cost(process: Process, requests: Sequence[bytes], connections: int = 64) -> Cost:
    """Send the requests as fast as they are answered."""
    before = process.cpu_seconds()
    seconds = await saturate(process.port, requests, connections)
    spent = process.cpu_seconds() - before
    return Cost(spent / len(requests) * 1e6, len(requests) / seconds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ratio of some rounds: the bare handler's cost over ours, as median and quartiles."""

    name: str
    ratio: float
    low: float
    high: float
    microseconds: float
    bare_microseconds: float
    per_second: float
    rounds: int


def judged(name: str, pairs: Sequence[tuple[Cost, Cost]]) -> Verdict:
    """What pairs of (bare, ours) come to."""
    ratios = [bare.microseconds / ours.microseconds for bare, ours in pairs]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Verdict(
        name,
        round(median(ratios), 4),
        round(low, 4),
        round(high, 4),
        round(median(ours.microseconds for _, ours in pairs), 1),
        round(median(bare.microseconds for bare, _ in pairs), 1),
        round(median(ours.per_second for _, ours in pairs)),
        len(pairs),
    )


def show(verdicts: Sequence[Verdict]) -> None:
    """Print a table."""
    print(f"{machine()}\n")
    print("| what | ratio | quartiles | CPU a request, µs | bare, µs | requests/s | rounds |")
    print("|---|---|---|---|---|---|---|")
    for each in verdicts:
        print(
            f"| {each.name} | {each.ratio:.3f} | {each.low:.3f}–{each.high:.3f} "
            f"| {each.microseconds:.0f} | {each.bare_microseconds:.0f} "
            f"| {each.per_second:.0f} | {each.rounds} |"
        )


def as_json(verdicts: Sequence[Verdict]) -> str:
    """The same for programs."""
    return json.dumps([asdict(each) for each in verdicts], ensure_ascii=False)


def machine() -> str:
    """Which machine this is, and how busy it is with other things."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    python = platform.python_version()
    return f"{len(names)} × {names[0] if names else '?'}, Python {python}, load average {load}"
