"""Skills: every handler of `handlers/`, found by folder, its contract checked."""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence

import handlers as folder
from bot.api import Handler
from bot.errors import ContractError

SILENT = "silent"
"""The action that nobody serves."""

REQUIRED = (
    "answer",
    "suggest",
    "refuse",
    "report",
    "progress",
    "human",
    "signup",
    "cancel_signup",
    "next_event",
    "emergency",
    "unclear",
)
"""The actions that understanding decides on: each needs a handler."""


def discover() -> list[Handler]:
    """Every handler of every file in `handlers/`.

    Raises:
        ContractError: two take the same action or word, or an action has no handler.
    """
    found: list[Handler] = []
    for module in pkgutil.iter_modules(folder.__path__):
        loaded = importlib.import_module(f"handlers.{module.name}")
        found += [value for value in vars(loaded).values() if isinstance(value, Handler)]
    return check(found)


def check(found: Sequence[Handler]) -> list[Handler]:
    """The handlers, if together they keep the contract.

    Raises:
        ContractError: two take the same action or word, or an action has no handler.
    """
    _once("action", ((handler.action, handler.name) for handler in found))
    _once("word", ((word, handler.name) for handler in found for word in handler.words))
    served = {handler.action for handler in found}
    if missing := [action for action in REQUIRED if action not in served]:
        raise ContractError(f"no handler for {', '.join(missing)}")
    for handler in found:
        if handler.action not in REQUIRED and not handler.action.startswith("skill:"):
            raise ContractError(f"{handler.name}: an action of its own is called skill:<name>")
    return list(found)


def _once(what: str, taken: Iterable[tuple[str, str]]) -> None:
    owners: dict[str, str] = {}
    for value, name in taken:
        if value in owners:
            raise ContractError(f"{name} and {owners[value]} take the same {what}: {value}")
        owners[value] = name
