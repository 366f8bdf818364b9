"""docs/settings.md and .env.example, written from the settings themselves.

`python -m bot.commands.settings_page` prints the page; with the argument `env`, the example. A test
compares both with what is in the project.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.community.retention import RULES, Rule
from bot.platforms import discover
from bot.settings import PREFIX, CommunitySettings, Settings

INTRODUCTION = """\
# 设置

设置有三处，前面的优先：

1. 环境变量，名字都以 `XIAOLABA_` 开头；
2. 运行小喇叭的文件夹里的 `xiaolaba.toml`（或者 `XIAOLABA_CONFIG` 指的那个文件），
   名字不带前缀，用小写；
3. 都没有，就用默认值。

有一处填错，小喇叭就不启动，并且一次说全哪些不对。改了设置，停下再开始才生效。
口令、密钥一类不会出现在日志和报错里。这一页由 `python -m bot.commands.settings_page` 写出。
"""

COMMUNITIES = """\
## 多个社区

每个社区在 `xiaolaba.toml` 里写一张 `[[community]]` 表。只有一个社区又要填电话、地址，也这样写：

```toml
[[community]]
code = "main"
name = "幸福社区"
phone = "010-12345678"
facts = { 物业电话 = "010-87654321" }
```
"""

ACCOUNTS = """\
## 各家平台

一家只有一个账号时用环境变量。几个账号，就在 `xiaolaba.toml` 里每个写一张表，例如 `[wecom.east]`；
设置名不带前缀，用小写，回调网址是 `/webhook/wecom/east`。
每张表还可以写 `community`，说明这个账号是哪个社区的（填代号；只有一个社区就不用）。
"""

RETENTION = """\
## 什么留多久

每天夜里三点清一次：

{rows}

别的一直留着：报修和照片、活动和报名、通知、问答、地方、居民和工作人员。
备份留几份，看 `XIAOLABA_BACKUP_KEEP`。
"""

EXAMPLE = """\
# 小喇叭的环境变量。复制成 .env，去掉行首的 # 再改；全部设置见 docs/settings.md。
# 由 docker compose（env_file）或 systemd（EnvironmentFile）读入，程序自己不读这个文件。
"""

CONFIG = f"{PREFIX}CONFIG"
CONFIG_TEXT = "设置文件在哪里，默认是 xiaolaba.toml"

COMMUNITY_TEXT = "这个账号是哪个社区的（填代号）；只有一个社区就不用填"


def page() -> str:
    """The text of docs/settings.md."""
    parts = [
        INTRODUCTION,
        "## 小喇叭自己\n",
        _table("environment variable", [(CONFIG, "", CONFIG_TEXT), *_own()]),
        COMMUNITIES,
        _table("name", [_described(*field) for field in _fields(CommunitySettings)]),
        ACCOUNTS,
    ]
    for name, title, settings in _platforms():
        rows = [(variable(name, key), "", text) for key, text in settings.items()]
        parts += [f"### {title}：`{name}`\n", _table("environment variable", rows)]
    parts.append(RETENTION.format(rows="\n".join(map(_kept, RULES))))
    return "\n".join(parts)


def example() -> str:
    """The text of .env.example: every variable, commented out."""
    lines = [EXAMPLE]
    for name, default, text in [(CONFIG, "xiaolaba.toml", CONFIG_TEXT), *_own()]:
        lines.append(f"# {text}\n#{name}={default}\n")
    for name, title, settings in _platforms():
        lines.append(f"# —— {title} ——\n")
        described = {**settings, "community": COMMUNITY_TEXT}
        lines += [f"# {text}\n#{variable(name, key)}=\n" for key, text in described.items()]
    return "\n".join(lines)


def variable(platform: str, key: str) -> str:
    """The environment variable of a platform's setting."""
    return f"{PREFIX}{platform}_{key}".upper()


def _platforms() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """The services that have settings: name, what they are called, what each setting is for."""
    for name, module in discover().items():
        if module.SETTINGS:
            yield name, module.TITLE, module.SETTINGS


def _own() -> list[tuple[str, str, str]]:
    """The settings that an environment variable can hold, platforms aside."""
    rows = [
        _described(name, field)
        for name, field in _fields(Settings)
        if name not in {"platforms", "community"}
    ]
    return [(f"{PREFIX}{name.upper()}", default, text) for name, default, text in rows]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    yield from model.model_fields.items()


def _described(name: str, field: FieldInfo) -> tuple[str, str, str]:
    return name, _default(field), field.description or ""


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    return "" if value in (PydanticUndefined, None, ()) else str(value)


def _kept(rule: Rule) -> str:
    how_long = "到期就清" if rule.after is None else f"留{rule.after.days}天"
    return f"- {rule.what}：{how_long}"


def _table(head: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {head} | default | 说明 |", "|---|---|---|"]
    for name, default, text in rows:
        shown = f"`{default}`" if default else ""
        lines.append(f"| `{name}` | {shown} | {text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(example() if sys.argv[1:] == ["env"] else page())
