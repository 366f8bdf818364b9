"""Every setting as one frozen object: read once, at start, with all faults named at once.

Values come from the environment (XIAOLABA_*), then from xiaolaba.toml in the working folder
(or the file that XIAOLABA_CONFIG names), then from the defaults below. `docs/settings.md` is
written from the descriptions in this file.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import SettingsError

PREFIX = "XIAOLABA_"
"""What every environment variable of ours begins with."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _written(value: object) -> object:
    """An address is written as text: a bare number would be taken for one, too."""
    if isinstance(value, (bool, int)):
        raise ValueError(value)  # noqa: TRY004 - pydantic makes a fault of this one only
    return value


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(value)
    return value


def _database_url(value: str) -> str:
    if value and not _is_database(value):
        # Without the value: it may hold a password.
        raise ValueError("not the address of a database")
    return value


def _is_database(value: str) -> bool:
    try:
        _port = urlsplit(value).port
    except ValueError:
        return False
    return value.startswith(("sqlite:///", "postgresql+asyncpg://"))


class CommunitySettings(BaseModel):
    """One `[[community]]` table: a community of this install and its local facts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: str = Field("main", pattern=r"^[a-z0-9-]{1,32}$", description="代号，小写字母和数字")
    name: str = Field("本社区", min_length=1, max_length=40, description="社区名称")
    phone: str = Field("", max_length=40, description="居委会电话，居民处处都看得到")
    address: str = Field("", max_length=80, description="居委会地址")
    hours: str = Field("", max_length=80, description="办公时间")
    facts: dict[str, str] = Field(
        default_factory=dict, description="本地的电话、地址等，填进答案里的空格"
    )


class Settings(BaseModel):
    """What an operator can choose. Field descriptions are the text of docs/settings.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data: Path = Field(Path("data"), description="数据文件夹：数据库、照片、备份都在里面")
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "",
        repr=False,
        description="数据库地址。不填就用数据文件夹里的一个 SQLite 文件；"
        "也可以填 postgresql+asyncpg://用户:密码@主机/库名",
    )
    host: str = Field("127.0.0.1", description="监听的地址。0.0.0.0 表示局域网里都能打开")
    port: int = Field(8080, ge=0, le=65535, description="监听的端口，0 表示随便找一个空的")
    public_url: str = Field(
        "", pattern=r"^(https?://.+[^/])?$", description="外面看到的网址，如 https://sq.example.cn"
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "Asia/Shanghai", description="时区"
    )
    trusted_proxies: tuple[Annotated[Network, BeforeValidator(_written)], ...] = Field(
        (), description="前面代理的地址（可填多个，逗号分开）；只信它们说的来访地址"
    )
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="日志详细程度"
    )
    chat_messages_per_minute: int = Field(
        20, ge=1, le=10_000, description="网页上一台设备每分钟最多发几条"
    )
    chat_new_devices_per_hour: int = Field(
        60, ge=1, le=1_000_000, description="同一个来访地址每小时最多新增几台设备"
    )
    connections: int = Field(
        800, ge=10, le=100_000, description="同时最多开着多少个网络连接，多的请它过一会儿再来"
    )
    connections_per_address: int = Field(
        200, ge=1, le=100_000, description="其中同一个来访地址最多几个；本机和前面的代理不算"
    )
    metrics_token: str = Field(
        "", repr=False, description="查看 /metrics 要带的口令；不填就只有本机能看"
    )
    backup_keep: int = Field(14, ge=1, le=400, description="每晚备份留几份")
    community_name: str = Field("", max_length=40, description="只有一个社区时，它的名称")
    community_phone: str = Field("", max_length=40, description="只有一个社区时，居委会电话")
    community: tuple[CommunitySettings, ...] = Field(
        (), description="多个社区时，在 xiaolaba.toml 里每个写一张 [[community]] 表"
    )
    platforms: dict[str, dict[str, dict[str, str]]] = Field(default_factory=dict, repr=False)

    LISTS: ClassVar = ("trusted_proxies",)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown."""
        return ZoneInfo(self.timezone)

    @property
    def url(self) -> str:
        """The database's address, with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data / 'xiaolaba.db').absolute()}"

    @property
    def names_communities(self) -> bool:
        """True when the settings say who the community is."""
        return bool(self.community or self.community_name or self.community_phone)

    @property
    def communities(self) -> tuple[CommunitySettings, ...]:
        """The communities that the settings name; one without a name when they name none."""
        if self.community:
            return self.community
        return (
            CommunitySettings(name=self.community_name or "本社区", phone=self.community_phone),
        )

    def accounts(self, platform: str) -> dict[str, dict[str, str]]:
        """The settings of every configured account of a platform, by account name."""
        return self.platforms.get(platform, {})

    @classmethod
    def load(
        cls, platforms: Mapping[str, tuple[str, ...]], environ: Mapping[str, str] | None = None
    ) -> Self:
        """Read the environment and the file.

        Each platform comes with the names of its settings.

        Raises:
            SettingsError: with one line for each fault.
        """
        environ = os.environ if environ is None else environ
        faults: list[str] = []
        values = _file(environ, platforms, faults)
        _environment(environ, values, platforms, faults)
        try:
            settings = cls(**values)
        except ValidationError as error:
            faults += [_sentence(cls, fault["loc"], fault["input"]) for fault in error.errors()]
            raise SettingsError("\n".join(faults)) from error
        codes = [community.code for community in settings.communities]
        if len(set(codes)) < len(codes):
            faults.append("community：有两个社区用了同一个代号")
        if faults:
            raise SettingsError("\n".join(faults))
        return settings


def _file(
    environ: Mapping[str, str], platforms: Mapping[str, tuple[str, ...]], faults: list[str]
) -> dict[str, Any]:
    path = Path(environ.get(PREFIX + "CONFIG", "xiaolaba.toml"))
    values: dict[str, Any] = {"platforms": {name: {} for name in platforms}}
    if not path.is_file():
        if PREFIX + "CONFIG" in environ:
            faults.append(f"{PREFIX}CONFIG：找不到文件 {path}")
        return values
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        faults.append(f"{path}：格式不对（{error}）")
        return values
    for name, table in tables.items():
        if name in platforms:
            _accounts(name, table, values["platforms"][name], platforms[name], faults)
        elif name == "platforms":
            faults.append(f"{name}：不认识的设置")
        else:
            values[name] = table
    return values


def _accounts(
    platform: str,
    table: object,
    accounts: dict[str, dict[str, str]],
    known: tuple[str, ...],
    faults: list[str],
) -> None:
    """Take `[wecom]` (the account "") and `[wecom.<account>]` apart."""
    if not isinstance(table, dict):
        faults.append(f"{platform}：要写成 [{platform}] 表")
        return
    for key, value in table.items():
        account, values = (key, value) if isinstance(value, dict) else ("", {key: value})
        for name, one in values.items():
            if name not in (*known, "community"):
                faults.append(f"{platform}.{name}：不认识的设置")
            accounts.setdefault(account, {})[name] = str(one)


def _environment(
    environ: Mapping[str, str],
    values: dict[str, Any],
    platforms: Mapping[str, tuple[str, ...]],
    faults: list[str],
) -> None:
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        name = variable.removeprefix(PREFIX).lower()
        owner = next(
            (
                (platform, key)
                for platform, known in platforms.items()
                for key in (*known, "community")
                if name == f"{platform}_{key}"
            ),
            None,
        )
        if owner:
            values["platforms"][owner[0]].setdefault("", {})[owner[1]] = value
        elif name in Settings.model_fields and name not in {"platforms", "community"}:
            parts = [part.strip() for part in value.split(",") if part.strip()]
            values[name] = parts if name in Settings.LISTS else value
        else:
            faults.append(f"{variable}：不认识的设置")


def _sentence(model: type[BaseModel], where: tuple[int | str, ...], value: object) -> str:
    """One fault in words: which setting, what it is for, what stands there now."""
    name = ".".join(map(str, where))
    field = model.model_fields.get(str(where[0]))
    if field is None:
        return f"{name}：不认识的设置"
    if len(where) > 1 or not field.repr:
        return f"{name}：填得不对（{field.description}）"
    return f"{PREFIX}{name.upper()}：“{value}”不对（{field.description}）"
