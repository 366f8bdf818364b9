"""The resident page: a private chat with the bot, and the notices of a place.

Not a webhook: `bot.web` takes the messages, the page reads the outbox. The sender is a device
cookie; the de-duplication key is the id that the page gives each message. A text is delivered
by being stored, so there is no rate, no quota and no limit but the screen's.
"""

from collections.abc import Mapping

from bot.model import Capabilities, Memory
from bot.platforms import Platform, PlatformSettings

TITLE = "居民页面"

SETTINGS: Mapping[str, str] = {}


class WebChat:
    """The page."""

    name = "webchat"
    account = ""
    community = ""
    capabilities = Capabilities(
        max_bytes=1_000_000,
    )


def build(settings: PlatformSettings, http: object, memory: Memory) -> list[Platform]:
    """The one page."""
    return [WebChat()]
