"""One account of each service, before a fake of it: what the tests of a platform ask for."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.platforms import onebot as onebot_file
from bot.platforms import wecom as wecom_file
from bot.platforms import wecom_kf as kf_file
from bot.platforms.onebot import OneBot
from bot.platforms.wecom import Wecom
from bot.platforms.wecom_kf import WecomKf
from tests.fakes.memory import LocalMemory
from tests.fakes.onebot import FakeOneBot
from tests.fakes.tables import Tables
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom_kf import FakeWecomKf


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """The one session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def memory() -> LocalMemory:
    """What all workers share."""
    return LocalMemory()


@pytest.fixture
async def fake_onebot() -> AsyncIterator[FakeOneBot]:
    """The implementation that holds the account."""
    async with FakeOneBot() as running:
        yield running


@pytest.fixture
def onebot(fake_onebot: FakeOneBot, http: aiohttp.ClientSession, memory: LocalMemory) -> OneBot:
    """The one configured account."""
    (platform,) = onebot_file.build(Tables(onebot={"": fake_onebot.settings()}), http, memory)
    assert isinstance(platform, OneBot)
    return platform


@pytest.fixture
async def fake_wecom() -> AsyncIterator[FakeWecom]:
    """The server that takes the texts."""
    async with FakeWecom() as running:
        yield running


@pytest.fixture
def wecom(fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory) -> Wecom:
    """The one configured account."""
    return configured(fake_wecom.settings(), http, memory)


def configured(settings: dict[str, str], http: aiohttp.ClientSession, memory: LocalMemory) -> Wecom:
    """The account that those settings describe."""
    (platform,) = wecom_file.build(Tables(wecom={"": settings}), http, memory)
    assert isinstance(platform, Wecom)
    return platform


@pytest.fixture
async def fake_kf() -> AsyncIterator[FakeWecomKf]:
    """The server that residents write to."""
    async with FakeWecomKf() as running:
        yield running


@pytest.fixture
def kf(fake_kf: FakeWecomKf, http: aiohttp.ClientSession, memory: LocalMemory) -> WecomKf:
    """The one configured account."""
    (platform,) = kf_file.build(Tables(wecom_kf={"": fake_kf.settings()}), http, memory)
    assert isinstance(platform, WecomKf)
    return platform
