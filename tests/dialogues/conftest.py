"""Who speaks in the dialogues."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.community.transaction import CommunityTransaction
from bot.storage.outbox import Destination
from tests.dialogues.people import GROUP, KfResident, Neighbour, Resident, Staff
from tests.service import Service, place


@pytest.fixture
async def resident(service: Service) -> AsyncIterator[Resident]:
    """Somebody at the page."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Resident(service, http)


@pytest.fixture
async def another(service: Service) -> AsyncIterator[Resident]:
    """Somebody else at the page."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Resident(service, http)


@pytest.fixture
def kf_resident(service: Service) -> KfResident:
    """Somebody in WeChat."""
    return KfResident(service, "wmLiuNaiNai")


@pytest.fixture
async def staff(service: Service) -> Staff:
    """周敏, the secretary, on her phone; she is linked."""
    member = Staff(service, "ZhouMin")
    assert await member.links("周敏") == ["绑好了，周敏。"]
    return member


@pytest.fixture
async def group(service: Service) -> Neighbour:
    """Somebody in the QQ group of 3号楼, which the office has registered."""
    to = Destination("onebot", "", f"group:{GROUP}")

    async def unit(tx: CommunityTransaction) -> None:
        await tx.groups.add("3号楼邻居群", await place(tx, "3号楼"), to)

    await service.write(unit)
    return Neighbour(service, 30003000, "3号楼王阿姨")
