"""Intake: a signed call is verified, stored durably and then answered.

`python -m benchmarks.intake [--rounds N] [--peers FOLDER]`
"""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import peers, traffic
from benchmarks.processes import Process, bare, service, use_load_cpu
from benchmarks.rounds import Cost, Verdict, as_json, cost, judged, show

REQUESTS = 4000
"""A run: short enough that its pair sees the same machine."""

PEOPLE = 2000

Make = Callable[[str, int], bytes]


def calls(make: Make, number: int) -> list[bytes]:
    """New calls: each text from the labelled sets, by one resident after the other."""
    said = cycle(traffic.texts("queries", "reports", "intents"))
    sender = traffic.senders(PEOPLE)
    return [make(next(said), next(sender)) for _ in range(number)]


async def measured(
    targets: dict[str, tuple[Process, Make]], yardstick: Process, rounds: int
) -> list[Verdict]:
    """Each target in turn, paired with the bare handler, so many rounds; the first warms up."""
    pairs: dict[str, list[tuple[Cost, Cost]]] = {name: [] for name in targets}
    for number in range(rounds + 1):
        for name, (process, make) in targets.items():
            plain = await cost(yardstick, calls(make, REQUESTS))
            ours = await cost(process, calls(make, REQUESTS))
            if number:
                pairs[name].append((plain, ours))
    return [judged(name, pair) for name, pair in pairs.items()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peers", type=Path, help="folder of peers/build.sh: measure peers too")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    use_load_cpu()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        yardstick = stack.enter_context(bare())
        targets: dict[str, tuple[Process, Make]] = {}
        for name, make in (("onebot", traffic.onebot), ("wecom", traffic.wecom)):
            # Nobody listens there: intake alone sends nothing.
            environ = traffic.settings(Path(folder, name), "http://127.0.0.1:9")
            targets[f"{name}, intake"] = (stack.enter_context(service(environ, "web")), make)
        if chosen.peers:
            targets |= peers.started_in(stack, chosen.peers)
        verdicts = asyncio.run(measured(targets, yardstick, chosen.rounds))
    print(as_json(verdicts)) if chosen.json else show(verdicts)


if __name__ == "__main__":
    main()
