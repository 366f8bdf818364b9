"""What the office does at the keyboard, as far as test_cli.py does not show it."""

from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from bot.commands.office import draw_code, list_places
from bot.errors import RuleError
from bot.settings import Settings


async def test_a_qr_code_opens_the_page_of_its_place(tmp_path: Path) -> None:
    """The drawing is a picture; the address it holds is the one of the list."""
    settings = Settings(data=tmp_path, public_url="https://sq.example.cn")
    target = tmp_path / "code.svg"

    address = await draw_code(settings, "", "", target)

    assert parse(target).getroot().tag.endswith("svg")  # noqa: S314 - drawn by ourselves
    assert address.startswith("https://sq.example.cn/?place=")
    assert (await list_places(settings, ""))[0].endswith(address)


async def test_a_qr_code_needs_an_address(tmp_path: Path) -> None:
    """A code that opens nothing is not drawn."""
    with pytest.raises(RuleError, match="XIAOLABA_PUBLIC_URL"):
        await draw_code(Settings(data=tmp_path), "", "", tmp_path / "code.svg")
