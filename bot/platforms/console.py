"""The terminal: `xiaolaba ask` and `xiaolaba chat` write and read beside the service.

No signature, handshake, limits or groups: whoever sits at this computer is believed, as a
resident. A text is delivered by being stored.
"""

from collections.abc import Mapping

from bot.model import Capabilities, Memory
from bot.platforms import Platform, PlatformSettings

TITLE = "终端"

SETTINGS: Mapping[str, str] = {}


class Console:
    """The terminal of this computer."""

    name = "console"
    account = ""
    community = ""
    capabilities = Capabilities(max_bytes=1_000_000)


def build(settings: PlatformSettings, http: object, memory: Memory) -> list[Platform]:
    """The one terminal."""
    return [Console()]
