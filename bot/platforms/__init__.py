"""Messaging services: one file each, found by folder, their contract checked at start.

A platform file defines `TITLE`, what people call it, `SETTINGS`, its settings and what each is
for, in Chinese, and
`build(settings, http, memory) -> list[Platform]`: one object for each configured account, an
empty list when nothing is configured. It imports `bot.model` and
`bot.errors` and knows nothing of storage, the community or the handlers.

Checklist for each file, answered in its docstring with the address of each fact:
signature · replay window · handshake · de-duplication key · what the bot hears in a group ·
reply window · byte limit · rate limit and its signal · permanent and passing error codes.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Protocol, runtime_checkable

import aiohttp

from bot.errors import ContractError
from bot.model import (
    Call,
    Capabilities,
    Delivery,
    Media,
    Memory,
    Outgoing,
    Pulled,
    Response,
    Sent,
)


class PlatformSettings(Protocol):
    """What a platform may read: the tables of its own prefix."""

    def accounts(self, platform: str) -> dict[str, dict[str, str]]:
        """The settings of every configured account of that platform, by account name.

        The account configured by environment variables alone is named "". Keys are lower-case
        without the prefix: XIAOLABA_WECOM_CORP_ID is `accounts("wecom")[""]["corp_id"]`. The
        key "community" names the community of the account ("" for the only one).
        """


class Platform(Protocol):
    """One account of one messaging service."""

    @property
    def name(self) -> str:
        """The service, as in /webhook/<name>: the name of its file."""

    @property
    def account(self) -> str:
        """The account, "" for the one configured by environment."""

    @property
    def community(self) -> str:
        """The code of the community this account speaks for; "" for the only one."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""


@runtime_checkable
class Receives(Platform, Protocol):
    """A service that calls our webhook."""

    def read(self, call: Call) -> Delivery:
        """What the call brings, after its signature is checked.

        Pure and quick: no I/O.

        Raises:
            Unauthorized: unsigned, forged or stale.
            Malformed: not in the documented form.
        """

    def respond(self, delivery: Delivery) -> Response:
        """What the service wants to hear once the delivery is on disk."""


@runtime_checkable
class Sends(Platform, Protocol):
    """A service that texts are given to, one at a time."""

    async def send(self, outgoing: Outgoing) -> Sent:
        """Give one text to the service.

        Raises:
            RetryLater: not accepted, safe to repeat.
            Rejected: will never be accepted.
            Unknown: written, and no answer came.
        """


@runtime_checkable
class Pulls(Protocol):
    """A service that only announces: what was written has to be fetched."""

    async def pull(self, cursor: str, token: str) -> Pulled:
        """The next page after the cursor ("" from the beginning).

        Raises:
            RetryLater: the service is out of reach or too busy.
            Rejected: it will never answer this call.
        """


@runtime_checkable
class Fetches(Protocol):
    """A service whose pictures and clips can be downloaded."""

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a file, at most 20 MiB.

        Raises:
            RetryLater: not now.
            Rejected: gone, too large, or not on the service's own hosts.
        """


Build = Callable[[PlatformSettings, aiohttp.ClientSession, Memory], list[Platform]]


def discover() -> dict[str, ModuleType]:
    """Every platform file, by its name.

    Raises:
        ContractError: a file has no `build`, no `TITLE` or no `SETTINGS`.
    """
    found: dict[str, ModuleType] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if not callable(getattr(loaded, "build", None)):
            raise ContractError(f"bot/platforms/{module.name}.py has no build()")
        if not isinstance(getattr(loaded, "SETTINGS", None), Mapping):
            raise ContractError(f"bot/platforms/{module.name}.py has no SETTINGS")
        if not isinstance(getattr(loaded, "TITLE", None), str):
            raise ContractError(f"bot/platforms/{module.name}.py has no TITLE")
        found[module.name] = loaded
    return found


def settings_of() -> dict[str, tuple[str, ...]]:
    """The names of the settings of each platform, without its prefix."""
    return {name: tuple(module.SETTINGS) for name, module in discover().items()}


def build_all(
    settings: PlatformSettings, http: aiohttp.ClientSession, memory: Memory
) -> Sequence[Platform]:
    """Every configured account of every service, each pair (name, account) once.

    Raises:
        ContractError: two accounts share a name.
        SettingsError: an account is configured in part.
    """
    platforms: list[Platform] = []
    for module in discover().values():
        build: Build = module.build
        platforms += build(settings, http, memory)
    seen = set()
    for platform in platforms:
        key = (platform.name, platform.account)
        if key in seen:
            raise ContractError(f"{key} is configured twice")
        seen.add(key)
    return platforms
