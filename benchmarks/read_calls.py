"""How long a signed call takes from its bytes to messages, in microseconds.

Run: .venv/bin/python -m benchmarks.read_calls
"""

import asyncio
import statistics
import timeit
from functools import partial

import aiohttp

from bot.model import Call
from bot.platforms import Receives, build_all
from tests.fakes import onebot, wecom, wecom_kf
from tests.fakes.memory import LocalMemory
from tests.fakes.tables import Tables

CALLS = 2_000
ROUNDS = 15

CASES: list[tuple[str, str, Call]] = [
    ("wecom", "a text, XML in XML", wecom.Signer().says("3号楼电梯坏了，麻烦来修一下")),
    ("wecom_kf", "an announcement", wecom_kf.sample().good),
    ("onebot", "array of segments", onebot.signed(onebot.in_group([onebot.text("电梯坏了")]))),
    ("onebot", "string with CQ code", onebot.signed(onebot.in_group("[CQ:at,qq=1]电梯坏了"))),
]


async def _platforms() -> dict[str, Receives]:
    samples = {"wecom": wecom.sample(), "wecom_kf": wecom_kf.sample(), "onebot": onebot.sample()}
    tables = Tables(**{name: {"": sample.settings} for name, sample in samples.items()})
    async with aiohttp.ClientSession() as http:
        every = build_all(tables, http, LocalMemory())
        return {each.name: each for each in every if isinstance(each, Receives)}


def main() -> None:
    """Print the best and the middle of the rounds."""
    platforms = asyncio.run(_platforms())
    print(f"{'platform':<10} {'call':<22} {'best':>8} {'median':>8}  µs, {CALLS} × {ROUNDS}")
    for name, what, call in CASES:
        rounds = timeit.repeat(partial(platforms[name].read, call), number=CALLS, repeat=ROUNDS)
        each = [seconds / CALLS * 1e6 for seconds in rounds]
        print(f"{name:<10} {what:<22} {min(each):8.1f} {statistics.median(each):8.1f}")


if __name__ == "__main__":
    main()
