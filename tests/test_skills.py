"""Skills: a file in a folder is all it takes, and the contract is checked at the start."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot import skills
from bot.api import Answer, Context, Handler, Message, handles
from bot.errors import ContractError

ROOT = Path(__file__).parent.parent
WEATHER = '''
"""天气: a skill that somebody added."""

from bot.api import Context, Message, Reply, handles


@handles("skill:weather", words=("天气",), help="天气", examples=("今天要带伞吗", "外面冷不冷"))
async def weather(message: Message, context: Context) -> Reply:
    """Look out of the window."""
    return Reply("看看窗外。")
'''


async def nothing(message: Message, context: Context) -> Answer:
    """Say nothing."""


@pytest.mark.parametrize("said", ["天气", "今天要带伞吗"])
def test_a_new_skill_is_one_file(tmp_path: Path, said: str) -> None:
    """Dropped into the folder it works, by its word and by what its examples say."""
    for package in ("bot", "faq"):
        (tmp_path / package).symlink_to(ROOT / package)
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    (tmp_path / "handlers" / "weather.py").write_text(WEATHER, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XIAOLABA_")}
    run = subprocess.run(
        [sys.executable, "-m", "bot", "ask", said],
        cwd=tmp_path,
        env=environment | {"XIAOLABA_DATA": str(tmp_path / "data"), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "看看窗外。\n"


@pytest.mark.parametrize(
    ("another", "fault"),
    [
        (Handler("report", nothing), "take the same action: report"),
        (Handler("skill:new", nothing, words=("报修",)), "take the same word: 报修"),
        (Handler("new", nothing), "an action of its own is called skill:<name>"),
    ],
)
def test_a_contract_broken_is_said_at_the_start(another: Handler, fault: str) -> None:
    """Which handler, and what it takes."""
    with pytest.raises(ContractError, match=re.escape(fault)) as refused:
        skills.check([*skills.discover(), another])

    assert "test_skills.nothing" in str(refused.value)


def test_every_action_needs_a_handler() -> None:
    """One that nobody serves is named."""
    served = [handler for handler in skills.discover() if handler.action != "progress"]

    with pytest.raises(ContractError, match="no handler for progress"):
        skills.check(served)


def test_the_decorator_makes_a_value() -> None:
    """Nothing is registered by importing a file."""
    made = handles("skill:new", words=["新"], pattern="^新", staff=True)(nothing)

    assert made == replace(
        Handler("skill:new", nothing, words=("新",), staff=True), pattern=re.compile("^新")
    )
    assert made not in skills.discover()


@pytest.mark.parametrize("handler", skills.discover(), ids=lambda handler: str(handler.action))
def test_every_handler_says_what_it_is(handler: Handler) -> None:
    """A docstring; words that are no part of an English sentence; a help line one can read."""
    assert handler.function.__doc__
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{1,8}", word) for word in handler.words)
    assert not re.search(r"[A-Za-z]{2,}", handler.help)
