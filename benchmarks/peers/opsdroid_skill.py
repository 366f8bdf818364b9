"""A skill that hears everything and says nothing."""

from opsdroid.events import Message
from opsdroid.matchers import match_regex
from opsdroid.skill import Skill


class Hear(Skill):
    """One matcher."""

    @match_regex(r".+", matching_condition="search")
    async def hear(self, message: Message) -> None:
        """Hear it."""
