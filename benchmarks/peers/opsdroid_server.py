"""opsdroid with a connector of its own for OneBot events, signed, and one skill."""

import gettext
import logging
import sys
import tempfile
from pathlib import Path

gettext.install("opsdroid")

from opsdroid.core import OpsDroid  # noqa: E402 - it needs gettext in place

HERE = Path(__file__).resolve().parent

logging.getLogger().setLevel(logging.ERROR)
with tempfile.TemporaryDirectory() as folder:
    configuration = {
        "web": {"host": "127.0.0.1", "port": int(sys.argv[1])},
        "welcome-message": False,
        "module-path": folder,
        "parsers": {"regex": {"enabled": True}},
        "connectors": {"onebot": {"path": str(HERE / "opsdroid_connector.py")}},
        "skills": {"hear": {"path": str(HERE / "opsdroid_skill.py")}},
    }
    with OpsDroid(config=configuration) as opsdroid:
        opsdroid.run()
