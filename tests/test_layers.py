"""The plan of the house holds: dependencies point one way, and the drawing says so."""

import pytest

from tests.layers import ALLOWED, ROOT, Source, faults, part_of, sources, table

BEGIN, END = "<!-- layers: begin -->", "<!-- layers: end -->"
DRAWING = "docs/architecture.md"


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)
def test_a_file_imports_only_what_its_part_may(source: Source) -> None:
    """No file of the project breaks a rule of the table."""
    assert faults(source) == []


def test_every_part_has_a_row() -> None:
    """A new room in bot/ says first whom it may know."""
    parts = {part_of(source.module) for source in sources()}

    assert parts - set(ALLOWED) == set()


def test_no_two_parts_know_each_other() -> None:
    """The table itself goes one way: nobody reaches himself through others."""

    def reached(part: str) -> set[str]:
        found: set[str] = set()
        waiting = [part]
        while waiting:
            new = ALLOWED[waiting.pop()] - found
            found |= new
            waiting += new
        return found

    assert [part for part in ALLOWED if part in reached(part)] == []


def test_the_drawing_shows_the_table() -> None:
    """What docs/architecture.md prints between its marks is what is checked."""
    text = (ROOT / DRAWING).read_text(encoding="utf-8")
    printed = text.split(BEGIN)[1].split(END)[0].strip()

    assert printed == table()


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("handlers/a.py", "import handlers.b", "imports handlers"),
        ("handlers/a.py", "from . import b", "imports handlers"),
        ("handlers/a.py", "from bot.community import places", "imports bot.community"),
        ("handlers/a.py", "from bot import community", "imports bot.community"),
        ("bot/platforms/a.py", "from ..storage import inbox", "imports bot.storage"),
        ("bot/storage/a.py", "from bot.community.places import Place", "imports bot.community"),
        ("bot/web/a.py", "def page():\n    import bot.app", "imports bot.app"),
        ("bot/web/a.py", "import sqlalchemy.orm", "imports sqlalchemy, which"),
        ("bot/model.py", "from sqlalchemy import text", "imports sqlalchemy, which"),
        ("faq/a.py", "from bot.model import Message", "imports bot.model"),
        ("faq/a.py", "import aiohttp", "imports aiohttp, which is none"),
        ("faq/a.py", "from urllib.request import urlopen", "imports urllib, which is none"),
        ("bot/web/a.py", "import os\nos.environ['A']", "reads the environment"),
        ("bot/web/a.py", "from os import getenv", "reads the environment"),
    ],
)
def test_a_breach_is_seen(path: str, text: str, fault: str) -> None:
    """Each rule can fail, however the import is written."""
    [found] = faults(Source(path, text))

    assert found.startswith(f"{path} {fault}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("handlers/a.py", "from bot.api import Reply\nimport faq"),
        ("bot/platforms/a.py", "from bot.platforms import _accounts\nfrom . import _accounts"),
        ("bot/community/places.py", "from bot.community import people\nimport sqlalchemy"),
        ("bot/settings.py", "import os\nos.environ['A']"),
        ("bot/cli.py", "from bot import app\nimport bot.storage.engine"),
        ("faq/a.py", "import json, jieba\nfrom faq.words import words"),
    ],
)
def test_what_is_allowed_passes(path: str, text: str) -> None:
    """The rules stop nobody who keeps to them."""
    assert faults(Source(path, text)) == []
