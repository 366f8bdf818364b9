"""What the Chinese pages tell an operator to write is what the program accepts."""

import re
from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs" / "deploy").glob("*.md"))]
KF = {"wecom_kf": ("corp_id", "secret", "token", "aes_key", "open_kfid")}


def _blocks(page: Path) -> list[str]:
    """The TOML blocks of a page, without frp's own."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```toml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [block for block in blocks if "auth.token" not in block]


BLOCKS = [pytest.param(block, id=page.name) for page in PAGES for block in _blocks(page)]


def test_the_pages_show_settings() -> None:
    """The README and three of the pages hold a file to copy."""
    assert len(BLOCKS) == 5


@pytest.mark.parametrize("block", BLOCKS)
def test_every_settings_file_that_is_shown_can_be_read(block: str, tmp_path: Path) -> None:
    """Nobody copies a line that stops the start."""
    file = tmp_path / "xiaolaba.toml"
    file.write_text(block, encoding="utf-8")

    settings = Settings.load(KF, {PREFIX + "CONFIG": str(file)})

    codes = {community.code for community in settings.communities}
    assert {
        account.get("community", "main") for account in settings.accounts("wecom_kf").values()
    } <= codes


def test_every_setting_that_is_named_exists() -> None:
    """No page names a setting that nothing reads."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = {name.lower() for name in re.findall(PREFIX + r"([A-Z_]*[A-Z])", text)}

    assert named
    assert named <= set(Settings.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Links between the pages, and to what lies in deploy/."""
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    files = re.findall(r"`(deploy/[\w.-]+)`", text)

    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [file for file in files if not (ROOT / file).exists()]
    assert missing == []


def test_the_readme_is_short() -> None:
    """Staff read at most a hundred lines."""
    assert len(PAGES[0].read_text(encoding="utf-8").splitlines()) <= 100


def test_the_windows_starter_survives_any_code_page() -> None:
    """Pure ASCII with CRLF: cmd loses its labels and its characters otherwise."""
    content = (ROOT / "deploy" / "xiaolaba-start.cmd").read_bytes()

    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") > 0
