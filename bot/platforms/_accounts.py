"""The configured accounts of a service, complete or refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.errors import SettingsError
from bot.platforms import PlatformSettings

Check = Callable[[str], str]
"""What is wrong with a value, in Chinese; "" when nothing is."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account of one service; every required value is there and checked."""

    name: str
    community: str
    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, key: str) -> str:
        """The value, "" when an optional one is absent."""
        return self.values.get(key, "")


def configured(
    settings: PlatformSettings,
    platform: str,
    required: tuple[str, ...],
    checks: Mapping[str, Check],
) -> list[Account]:
    """Every account of the service; the unnamed one is absent while no required key is set.

    Raises:
        SettingsError: an account is configured in part or wrongly; one line for each account.
    """
    accounts, faults = [], []
    for name, raw in settings.accounts(platform).items():
        values = {key: value.strip() for key, value in raw.items() if value.strip()}
        if not name and not any(key in values for key in required):
            continue
        found = _faults(platform, name, values, required, checks)
        faults += found
        accounts.append(Account(name, values.get("community", ""), values))
    if faults:
        raise SettingsError("\n".join(faults))
    return accounts


def _faults(
    platform: str,
    name: str,
    values: Mapping[str, str],
    required: tuple[str, ...],
    checks: Mapping[str, Check],
) -> list[str]:
    where = f"xiaolaba.toml 的 [{platform}.{name}] " if name else "环境变量 "
    prefix = "" if name else f"XIAOLABA_{platform.upper()}_"
    labels = {key: key if name else prefix + key.upper() for key in (*required, *checks)}
    missing = [labels[key] for key in required if key not in values]
    wrong = [
        f"{where}{labels[key]}：{fault}"
        for key, check in checks.items()
        if key in values and (fault := check(values[key]))
    ]
    return ([f"{where}还缺：{'、'.join(missing)}"] if missing else []) + wrong


def address_fault(value: str) -> str:
    """Whether it can be the beginning of an address to call."""
    if re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        return ""
    return "应是 http:// 或 https:// 开头的网址，不带问号"


def number_fault(value: str) -> str:
    """Whether it is a whole number."""
    return "" if value.isdecimal() and value.isascii() else "应是一个整数"
