"""Latency: from the moment a message is due at the webhook to its reply arriving at the service.

`python -m benchmarks.latency [--rate 100] [--seconds 20] [--rounds N]`, with 10,000 entries.
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import count, cycle, islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from benchmarks import entries, traffic
from benchmarks.fake_onebot import FakeOneBot, fake_onebot
from benchmarks.load import at_rate
from benchmarks.processes import Process, free_port, ready, service, settled, use_load_cpu
from benchmarks.rounds import machine


async def delays(
    process: Process, fake: FakeOneBot, database: Path, senders: Sequence[int], rate: float
) -> list[float]:
    """Milliseconds from due to arrived, for each message that has a reply.

    Each is by somebody else; thanks and greetings may be left without one.

    Raises:
        RuntimeError: more than one in fifty has none.
    """
    said = cycle(traffic.texts("queries"))
    fake.arrivals.clear()
    requests = [traffic.onebot(next(said), sender) for sender in senders]
    due = dict(zip(senders, await at_rate(process.port, requests, rate), strict=True))
    await settled(database)
    if len(fake.arrivals) < 0.98 * len(senders):
        raise RuntimeError(f"{len(fake.arrivals)} replies to {len(senders)} messages")
    return [(arrived - due[sender]) * 1000 for sender, arrived in fake.arrivals.items()]


async def measured(
    process: Process, port: int, database: Path, rate: float, seconds: float, rounds: int
) -> list[list[float]]:
    """The delays of each round; the first warms up and is not counted."""
    people = count(50_000_000)
    found = []
    async with fake_onebot(port) as fake:
        for _ in range(rounds + 1):
            senders = list(islice(people, int(rate * seconds)))
            found.append(await delays(process, fake, database, senders, rate))
    return found[1:]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    use_load_cpu()
    port = free_port()
    with TemporaryDirectory() as folder:
        environ = traffic.settings(Path(folder), f"http://127.0.0.1:{port}")
        database = entries.fill(environ)
        with service(environ) as process:
            ready(process.port)
            rounds = asyncio.run(
                measured(process, port, database, chosen.rate, chosen.seconds, chosen.rounds)
            )
    print(f"{machine()}\n")
    print("| round | p50, ms | p95, ms | p99, ms |\n|---|---|---|---|")
    cuts = [quantiles(each, n=100) for each in rounds]
    for number, cut in enumerate(cuts, 1):
        print(f"| {number} | {cut[49]:.1f} | {cut[94]:.1f} | {cut[98]:.1f} |")
    middle = [median(cut[place] for cut in cuts) for place in (49, 94, 98)]
    print(f"| median | {middle[0]:.1f} | {middle[1]:.1f} | {middle[2]:.1f} |")


if __name__ == "__main__":
    main()
