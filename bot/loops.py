"""Loops: a step, again and again, that logs what goes wrong and lives on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

log = logging.getLogger(__name__)

REST = timedelta(milliseconds=500)
"""How long a loop rests after an error."""


async def forever(name: str, step: Callable[[], Awaitable[object]]) -> None:
    """Run the step until the task is cancelled."""
    while True:
        try:
            await step()
        # A step may fail in any way: the disk is full, the network is gone. Nothing that was
        # acknowledged is lost by it, and the next step may succeed.
        except Exception:
            log.exception("step failed: %s", name)
            await asyncio.sleep(REST.total_seconds())
