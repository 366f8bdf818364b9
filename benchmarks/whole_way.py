"""The whole way: call, inbox, decision, handler, outbox, text sent; with 10,000 entries.

The CPU time of the decisions is measured inside the process and left out of the ratio: how well
the FAQ matches is another question. `python -m benchmarks.whole_way [--rounds N]`
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import entries, traffic
from benchmarks.fake_onebot import fake_onebot
from benchmarks.load import saturate
from benchmarks.processes import Process, bare, free_port, ready, service, settled, use_load_cpu
from benchmarks.rounds import Cost, Verdict, as_json, cost, judged, show

MESSAGES = 1500
PEOPLE = 3000
"""A person may be sent 20 texts a minute; more people than messages a round stay below that."""


async def whole(process: Process, database: Path, requests: Sequence[bytes]) -> tuple[Cost, float]:
    """What a message cost without its decision; the decision's microseconds beside it."""
    loop = asyncio.get_running_loop()
    before, told = process.cpu_seconds(), process.told()
    begun = loop.time()
    await saturate(process.port, requests)
    await settled(database)
    seconds = loop.time() - begun
    spent, after = process.cpu_seconds() - before, process.told()
    if after["decisions"] - told["decisions"] < len(requests):
        raise RuntimeError("not every message was decided")
    deciding = after["seconds"] - told["seconds"]
    per_message = 1e6 / len(requests)
    return (
        Cost((spent - deciding) * per_message, len(requests) / seconds),
        deciding * per_message,
    )


def messages() -> list[bytes]:
    """Questions, reports and talk."""
    return [traffic.onebot(next(_SAID), next(_SENDERS)) for _ in range(MESSAGES)]


_SAID = cycle(traffic.texts("queries", "reports", "intents", "oos"))
_SENDERS = traffic.senders(PEOPLE)


async def measured(
    process: Process, yardstick: Process, api_port: int, database: Path, rounds: int
) -> tuple[Verdict, float]:
    """Pairs of rounds; the first two are everybody's first message and are not counted."""
    pairs, deciding = [], []
    async with fake_onebot(api_port):
        for number in range(rounds + 2):
            plain = await cost(yardstick, messages())
            ours, decision = await whole(process, database, messages())
            if number >= 2:
                pairs.append((plain, ours))
                deciding.append(decision)
    return judged("whole way without the decision", pairs), sum(deciding) / len(deciding)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    use_load_cpu()
    port = free_port()
    with TemporaryDirectory() as folder:
        environ = traffic.settings(Path(folder), f"http://127.0.0.1:{port}")
        database = entries.fill(environ)
        with bare() as yardstick, service(environ) as process:
            ready(process.port)
            verdict, deciding = asyncio.run(
                measured(process, yardstick, port, database, chosen.rounds)
            )
    if chosen.json:
        print(as_json([verdict]))
    else:
        show([verdict])
        print(f"\nThe decision itself: {deciding:.0f} µs of CPU.")


if __name__ == "__main__":
    main()
