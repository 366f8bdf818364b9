"""Settings: read once, all faults at once, no secret in any of them; and the pages about them."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import settings_page
from bot.commands.settings_page import variable
from bot.errors import SettingsError
from bot.platforms import discover, settings_of
from bot.settings import CommunitySettings, Settings
from bot.storage import engine

ROOT = Path(__file__).parent.parent


def load(**variables: str) -> Settings:
    """What this environment says."""
    prefixed = {f"XIAOLABA_{name}": value for name, value in variables.items()}
    return Settings.load(settings_of(), prefixed)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without a xiaolaba.toml."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")


def load_file(folder: Path, text: str | bytes, **variables: str) -> Settings:
    """What that xiaolaba.toml says, and this environment."""
    file = folder / "xiaolaba.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(CONFIG=str(file), **variables)


@pytest.mark.parametrize(
    ("name", "text"),
    [("docs/settings.md", settings_page.page), (".env.example", settings_page.example)],
)
def test_the_pages_say_what_the_code_reads(name: str, text: Any) -> None:
    """Write them anew with `python -m bot.commands.settings_page`, and with `env`."""
    assert (ROOT / name).read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("value", ["[true]", "[1]", '["10.0.0.300"]'])
def test_a_proxy_is_an_address(tmp_path: Path, value: str) -> None:
    """Written out: a bare number is none."""
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_file(tmp_path, f"trusted_proxies = {value}")


def test_every_setting_is_described() -> None:
    """In Chinese, whoever owns it."""
    fields = [*Settings.model_fields.items(), *CommunitySettings.model_fields.items()]
    undescribed = [name for name, field in fields if not field.description]

    assert undescribed == ["platforms"]
    assert all(text for module in discover().values() for text in module.SETTINGS.values())


def test_every_variable_of_the_example_is_read(tmp_path: Path) -> None:
    """Uncommented as it stands, with a value where one is missing, it is understood."""
    lines = settings_page.example().splitlines()
    found = dict(line[1:].split("=", 1) for line in lines if line.startswith("#XIAOLABA_"))
    file = tmp_path / "xiaolaba.toml"
    file.touch()
    loaded = Settings.load(settings_of(), {**found, "XIAOLABA_CONFIG": str(file)})

    assert loaded == load().model_copy(update={"platforms": loaded.platforms})
    assert set(loaded.platforms["wecom"][""]) == {*settings_of()["wecom"], "community"}


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """One line for each, in one error: of the file, of the environment, of the values."""
    text = 'nonsense = 1\n[wecom.east]\nnothing = "x"\n[[community]]\ncode = "ÄÖ"\n'
    with pytest.raises(SettingsError) as caught:
        load_file(tmp_path, text, PORT="many", TIMEZONE="Mars/Base", NO_SUCH="1")

    said = str(caught.value)
    for name in ("nonsense", "wecom.nothing", "community.0.code", "PORT", "TIMEZONE", "NO_SUCH"):
        assert name in said
    assert len(said.splitlines()) == 6


def test_the_environment_wins(tmp_path: Path) -> None:
    """Over the file, which wins over the default; a mark at its beginning does no harm."""
    found = load_file(tmp_path, "\ufeffport = 1\nhost = '0.0.0.0'\n", PORT="2")

    assert (found.port, found.host, found.timezone) == (2, "0.0.0.0", "Asia/Shanghai")  # noqa: S104


def test_accounts_come_from_file_and_environment(tmp_path: Path) -> None:
    """The unnamed one from either, the named ones from the file; numbers are texts."""
    text = '[wecom]\nagent_id = 7\n[wecom.east]\ncorp_id = "ww1"\ncommunity = "east"\n'
    found = load_file(tmp_path, text, WECOM_CORP_ID="ww0", WECOM_KF_CORP_ID="kf")

    assert found.accounts("wecom") == {
        "": {"agent_id": "7", "corp_id": "ww0"},
        "east": {"corp_id": "ww1", "community": "east"},
    }
    assert found.accounts("wecom_kf") == {"": {"corp_id": "kf"}}
    assert found.accounts("onebot") == {}


SECRETS = {
    "DATABASE_URL": "postgresql+asyncpg://laba:hunter2@db/laba",
    "METRICS_TOKEN": "hunter2",
    "WECOM_SECRET": "hunter2",
    "WECOM_AES_KEY": "hunter2",
    "ONEBOT_ACCESS_TOKEN": "hunter2",
}


def test_no_secret_is_shown() -> None:
    """Neither by a log of the settings nor by an error of something else."""
    assert "hunter2" not in repr(load(**SECRETS))
    with pytest.raises(SettingsError) as caught:
        load(**SECRETS, PORT="x")
    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize(
    "text",
    [
        'database_url = "mysql://laba:hunter2@db/laba"',
        'database_url = "postgresql+asyncpg://laba:hunter2@db:port/laba"',
        'metrics_token = ["hunter2"]',
        'wecom = "hunter2"',
        'wecom_secret = "hunter2"',
        '[wecom]\nsecrets = "hunter2"',
        '[[community]]\nfacts = ["hunter2"]',
    ],
)
def test_a_fault_in_a_secret_does_not_show_it(tmp_path: Path, text: str) -> None:
    """The name of the setting, and what it is for; not what stands there."""
    with pytest.raises(SettingsError) as caught:
        load_file(tmp_path, text)

    assert str(caught.value)
    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize(
    "text", ["port = ", b"\xff\xfe", "platforms = 3", "community = 3", "[port]"]
)
def test_a_broken_file_is_a_fault(tmp_path: Path, text: str | bytes) -> None:
    """Not a traceback, whatever stands in it."""
    with pytest.raises(SettingsError):
        load_file(tmp_path, text, WECOM_SECRET="x")


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """When it was asked for; the usual one may be missing."""
    with pytest.raises(SettingsError, match="找不到文件"):
        load(CONFIG=str(tmp_path / "nothing.toml"))


def test_two_communities_of_one_code_are_refused(tmp_path: Path) -> None:
    """Their rows could not be told apart."""
    with pytest.raises(SettingsError, match="同一个代号"):
        load_file(tmp_path, '[[community]]\nname = "甲"\n[[community]]\nname = "乙"\n')


def test_networks_are_listed_with_commas() -> None:
    """Proxies, in one variable."""
    found = load(TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8,")

    assert [str(network) for network in found.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]


FREELY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NAMES = sorted(
    {f"XIAOLABA_{name.upper()}" for name in Settings.model_fields}
    | {variable(platform, name) for platform, names in settings_of().items() for name in names}
)
VALUES = st.text(max_size=20) | st.sampled_from(
    ["", "0", "-1", "true", "1,2", "http://x", "sqlite:///", "postgresql+asyncpg://[", "UTC", "../"]
)


@FREELY
@given(environ=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=20), VALUES, max_size=6))
def test_any_environment_loads_or_is_refused(environ: dict[str, str]) -> None:
    """Never another error; what was loaded knows its database and its zone."""
    with suppress(SettingsError):
        found = Settings.load(settings_of(), environ)
        assert found.zone.key == found.timezone
        assert engine.is_postgresql(found.url) == found.url.startswith("postgresql")


KEYS = st.sampled_from([*Settings.model_fields, *settings_of(), "secret", "code", "name", "facts"])
TOML = st.recursive(
    st.sampled_from(["1", "true", "-0.5", '"x"', "1979-05-27", "[]", "'''", "=", "nan"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=5,
)


@FREELY
@given(pairs=st.lists(st.tuples(KEYS, TOML), max_size=4))
def test_any_file_loads_or_is_refused(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    """Settings of every name with values of every type."""
    text = "\n".join(f"{key} = {value}" for key, value in pairs)
    with suppress(SettingsError):
        assert load_file(tmp_path, text, WECOM_SECRET="x").accounts("wecom")[""]["secret"] == "x"
