"""What the contract test has to know of a platform: each file of `tests/fakes` has a `sample()`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model import Call


@dataclass(frozen=True)
class Sample:
    """One configured account and the calls that belong to it.

    `signed` signs any bytes as the service would, at any time; `dressed` signs an ordinary message
    with some of its fields replaced; `tags` are names the service's markup nests, "" for JSON.
    """

    settings: dict[str, str]
    good: Call
    signed: Callable[[bytes], Call]
    dressed: Callable[[Mapping[str, object]], Call]
    fields: tuple[str, ...]
    stale: tuple[Call, ...]
    for_somebody_else: tuple[Call, ...]
    now: datetime
