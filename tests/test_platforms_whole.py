"""The whole service as a process of its own, between the servers of three services."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.model import Call
from tests.fakes.onebot import SELF_ID, FakeOneBot, at, in_group, signed, text
from tests.fakes.wecom import FakeWecom, Signer
from tests.fakes.wecom_kf import FakeWecomKf


def variables(platform: str, settings: dict[str, str]) -> dict[str, str]:
    """The settings as an operator gives them."""
    return {f"XIAOLABA_{platform}_{key.upper()}": value for key, value in settings.items()}


@asynccontextmanager
async def serving(folder: Path, settings: dict[str, str]) -> AsyncIterator[str]:
    """`xiaolaba serve` with a new database; its address."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("XIAOLABA_")
    }
    environment |= settings | {"XIAOLABA_DATA": str(folder), "XIAOLABA_PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while not (line := await process.stdout.readline()).startswith(b"listening on "):
                assert line, "the service stopped before it listened"
        yield line.decode().split()[-1]
    finally:
        process.terminate()
        await process.communicate()


class Caller:
    """Brings the services' calls to the bot."""

    def __init__(self, address: str, http: aiohttp.ClientSession) -> None:
        self._address = address
        self._http = http

    async def bring(self, platform: str, call: Call) -> tuple[int, str]:
        """The status and the body of the answer."""
        query = f"?{call.query}" if call.query else ""
        url = URL(f"{self._address}/webhook/{platform}{query}", encoded=True)
        async with self._http.request(
            call.method, url, data=call.body, headers=dict(call.headers)
        ) as answer:
            return answer.status, await answer.text()


@pytest.fixture
def now() -> datetime:
    """The service runs by the real clock, so its callers must."""
    return datetime.now(UTC)


async def test_three_services_are_answered_once_each(tmp_path: Path, now: datetime) -> None:
    """A report comes in by each, twice; each gets one answer where it was asked."""
    async with FakeWecom() as wecom, FakeWecomKf() as kf, FakeOneBot() as onebot:
        wecom.now = kf.now = now
        kf_settings = kf.settings()
        del kf_settings["agent_id"]
        settings = variables("WECOM", wecom.settings()) | variables("WECOM_KF", kf_settings)
        settings |= variables("ONEBOT", onebot.settings())
        said = "3号楼电梯坏了"
        in_onebot = in_group([at(SELF_ID), text(said)], time=int(now.timestamp()))
        calls = [
            ("wecom", Signer(now=now).says(said), (200, "")),
            ("wecom_kf", kf.writes("wmResident", content=said), (200, "")),
            ("onebot", signed(in_onebot), (204, "")),
        ]
        async with serving(tmp_path, settings) as address, aiohttp.ClientSession() as http:
            caller = Caller(address, http)
            for platform, call, expected in calls * 2:
                assert await caller.bring(platform, call) == expected
            answers = await asyncio.gather(wecom.arrival(), kf.arrival(), onebot.arrival())

    assert [chat for chat, _ in answers] == ["WangLi", "wmResident", "group:20002000"]
    assert all(answer.startswith("记下了") for _, answer in answers)
    assert all(service.arrivals.empty() for service in (wecom, kf, onebot))


async def test_what_is_not_believed_is_told_so(tmp_path: Path, now: datetime) -> None:
    """401 for a forgery, 400 for nonsense, 404 for nobody; the address check comes back."""
    async with FakeWecom() as wecom, FakeOneBot() as onebot:
        settings = variables("WECOM", wecom.settings()) | variables("ONEBOT", onebot.settings())
        calls = [
            ("wecom", Signer(now=now, token="guessed").says("你好"), 401),
            ("wecom", Signer(now=now - timedelta(hours=1)).says("你好"), 401),
            ("wecom", Signer(now=now).call("not XML"), 400),
            ("onebot", signed(in_group("你好"), secret="guessed"), 401),
            ("onebot", signed(b"not JSON"), 400),
            ("wecom/east", Signer(now=now).says("你好"), 404),
            ("wecom_kf", Signer(now=now).says("你好"), 404),
            ("nobody", Signer(now=now).says("你好"), 404),
        ]
        async with serving(tmp_path, settings) as address, aiohttp.ClientSession() as http:
            caller = Caller(address, http)
            statuses = [(await caller.bring(name, call))[0] for name, call, _ in calls]
            checked = await caller.bring("wecom", Signer(now=now).check("5927782489442352469"))

    assert statuses == [expected for _, _, expected in calls]
    assert checked == (200, "5927782489442352469")
