"""Retention: what is dropped after how long. Everything else is kept until somebody drops it.

`docs/settings.md` shows the list to operators; the clock sweeps every night.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from bot.community import dialogues
from bot.community.people import CodeRow, CodeTryRow
from bot.storage import changes, inbox, memory, outbox, schedules
from bot.storage.database import Database
from bot.storage.transaction import Transaction

CODES = timedelta(days=30)
"""How long a one-time code can be found after its end: who was linked when."""

CODE_TRIES = timedelta(days=1)
"""Much longer than wrong codes are counted."""


async def forget_codes(tx: Transaction) -> int:
    """Drop one-time codes that were used or ended 30 days ago; how many."""
    # A code is used before its end, half an hour after it was made.
    result = await tx.execute(delete(CodeRow).where(CodeRow.expires_at < tx.now - CODES))
    return result.rowcount


async def forget_code_tries(tx: Transaction) -> int:
    """Drop yesterday's wrong codes; how many."""
    result = await tx.execute(delete(CodeTryRow).where(CodeTryRow.tried_at < tx.now - CODE_TRIES))
    return result.rowcount


@dataclass(frozen=True, slots=True)
class Rule:
    """What is dropped, in the operator's words, and after how long; None: when it has expired.

    `forget` drops as much as one transaction should, and says how many rows.
    """

    what: str
    after: timedelta | None
    forget: Callable[[Transaction], Awaitable[int]]


RULES = (
    Rule("办完的来话", inbox.KEEP, inbox.forget),
    Rule("没弄好的来话", inbox.KEEP_FAILED, inbox.forget_failed),
    Rule("发出去的话，没发成的也算", outbox.KEEP, outbox.forget),
    Rule("没有话了的聊天", outbox.KEEP, outbox.forget_lanes),
    Rule("提醒的时间表，过了的", schedules.KEEP, schedules.forget),
    Rule("绑定用的数字，用过或者过期的", CODES, forget_codes),
    Rule("谁输错过绑定的数字", CODE_TRIES, forget_code_tries),
    Rule("内部的变动记号", changes.KEEP, changes.forget),
    Rule("平台的临时口令", None, memory.forget_expired),
    Rule("问了居民、居民没回的", None, dialogues.forget_expired),
)
"""In this order: texts go before the chats they were in."""


async def sweep(database: Database) -> Mapping[str, int]:
    """Drop what is kept no longer, a little at a time; how many rows of each."""
    dropped = dict.fromkeys((rule.what for rule in RULES), 0)
    for rule in RULES:
        while (count := await database.write(rule.forget)) > 0:
            dropped[rule.what] += count
    return dropped
