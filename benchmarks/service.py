"""The service under test: `python -m benchmarks.service [role …]`, settings from the environment.

It prints its address, and on SIGUSR1 a line of JSON: how many decisions were made since the
start and the CPU seconds they took. Only that is added to what `xiaolaba serve` does.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Collection
from time import thread_time

import faq
from bot import app, logs
from bot.app import Role
from bot.community.dialogues import Dialogue
from bot.community.people import Person
from bot.model import Message
from bot.understanding import Understanding


class Timed(Understanding):
    """Understanding that adds up what its decisions cost."""

    seconds = 0.0
    decisions = 0

    def decide(
        self, message: Message, person: Person, community: int, dialogue: Dialogue | None
    ) -> faq.Decision:
        """The decision, measured."""
        begun = thread_time()
        decision = super().decide(message, person, community, dialogue)
        Timed.seconds += thread_time() - begun
        Timed.decisions += 1
        return decision


def tell() -> None:
    """Print what was counted so far."""
    print(json.dumps({"seconds": Timed.seconds, "decisions": Timed.decisions}), flush=True)


async def serve(roles: Collection[Role]) -> None:
    """Run until SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, tell)
    settings = app.load_settings()
    logs.start(settings.log_level)
    async with app.running(settings, roles) as service:
        print(f"listening on {service.url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    app.Understanding = Timed  # type: ignore[attr-defined]
    app.run(serve([Role(role) for role in sys.argv[1:]] or app.ALL))
