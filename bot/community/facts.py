"""Facts: the phone numbers, addresses and hours of the place, which fill the slots of answers."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from bot.community.communities import OWN_FACTS, CommunityRow
from bot.errors import RuleError

if TYPE_CHECKING:
    from bot.community.transaction import CommunityTransaction

LONGEST = 80
"""Characters of a fact: it stands in one line of an answer."""

_SLOT = re.compile(r"\{([^{}]+)\}")
_NUMBER = re.compile(r"\d{3}")


class Facts:
    """The local facts of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def wanted(self) -> Mapping[str, int]:
        """How many answers of the FAQ have a slot for which fact, the most wanted first."""
        entries = await self._tx.questions.entries()
        found = Counter(slot for entry in entries for slot in set(_SLOT.findall(entry.answer)))
        return dict(found.most_common())

    async def missing(self) -> Mapping[str, int]:
        """The same, of the facts that nobody has filled in."""
        known = self._tx.community.known
        return {slot: count for slot, count in (await self.wanted()).items() if not known.get(slot)}

    async def checked(self, name: str, value: str) -> str:
        """The value as it can stand in an answer.

        Raises:
            RuleError: it cannot, or no answer has such a slot.
        """
        said, wanted = " ".join(value.split()), await self.wanted()
        if name not in wanted and name not in OWN_FACTS:
            raise RuleError(f"没有答案用到“{name}”。用得到的有：{'、'.join(wanted)}。")
        if not 0 < len(said) <= LONGEST or set(said) & set("{}"):
            raise RuleError(f"{name}要写成一行，最多{LONGEST}个字。")
        if name.endswith("电话") and not _NUMBER.search(said):
            raise RuleError(f"{name}里没有号码：{said}")
        return said

    async def fill(self, name: str, value: str) -> None:
        """Fill the slot of that name in all answers, at once.

        Raises:
            RuleError: as `checked` says.
        """
        said, row = await self.checked(name, value), CommunityRow.id == self._tx.community.id
        values: dict[str, Any] = {OWN_FACTS.get(name, ""): said}
        if name not in OWN_FACTS:
            # Held until the commit: whoever fills in another one meanwhile does not undo this.
            facts = select(CommunityRow.facts).where(row).with_for_update(key_share=True)
            rows = await self._tx.store.select(facts)
            values = {"facts": {**rows.scalar_one(), name: said}}
        await self._tx.store.execute(update(CommunityRow).where(row).values(**values))
        self._tx.store.change(f"faq:{self._tx.community.id}")
