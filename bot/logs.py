"""Logs: one line an event, `time level logger message`, to standard error.

The number of a message ("message 17") and the origin of a text ("inbox:17") stand in every line
about them, so one message can be followed from its call to its reply. Nothing a resident typed
and no secret is logged above DEBUG.
"""

import logging
import sys


def start(level: str) -> None:
    """Log from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # They log every step of theirs; ours log what came of it.
    for library in ("apscheduler", "alembic", "aiohttp.access"):
        logging.getLogger(library).setLevel(logging.WARNING)
