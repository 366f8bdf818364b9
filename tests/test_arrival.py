"""Scanning a place's QR code: opening its address writes nothing, the page announces it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from sqlalchemy import func, select

from bot.community.transaction import CommunityTransaction
from bot.settings import Settings
from bot.storage.inbox import InboxRow
from bot.web.forms import TOO_LONG
from bot.web.security import address
from tests.service import SQLITE, Service, code_of

FROM_A_CHAT = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
"""What a browser says when a link in somebody else's page was followed."""


async def written(room: CommunityTransaction) -> int:
    """How many messages ever came in."""
    return (await room.store.select(select(func.count(InboxRow.id)))).scalar_one()


async def opened(service: Service, http: aiohttp.ClientSession) -> str:
    """The page behind the QR code of 3号楼."""
    url = f"{service.running.url}/?place={await service.write(code_of('3号楼'))}"
    async with http.get(url, headers=FROM_A_CHAT) as answer:
        assert answer.status == 200
        return await answer.text()


@SQLITE
async def test_the_address_shows_the_place_and_writes_nothing(service: Service) -> None:
    """A preview may open it as well: no message, no limit used, and the beginnings are offered."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        page = await opened(service, http)

    assert '<p class="place">3号楼</p>' in page
    assert "data-arrived" in page
    assert 'id="starters"' in page
    assert await service.write(written) == 0


@SQLITE
async def test_the_page_announces_a_scan_once(service: Service) -> None:
    """The greeting comes with the answer; the beginnings stay until the person has spoken."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await opened(service, http)
        url = service.running.url
        replies = []
        for _ in range(2):
            async with http.post(f"{url}/chat/arrive") as answer:
                replies.append(len((await answer.json())["replies"]))
        async with http.get(url) as answer:
            page = await answer.text()

    assert replies == [1, 0]
    assert '<p class="place">3号楼</p>' in page
    assert "data-arrived" not in page
    assert 'id="starters"' in page


@SQLITE
async def test_a_foreign_page_cannot_announce(service: Service) -> None:
    """Only the page itself may."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await opened(service, http)
        async with http.post(f"{service.running.url}/chat/arrive", headers=FROM_A_CHAT) as answer:
            status = answer.status

    assert status == 403
    assert await service.write(written) == 0


@SQLITE
async def test_without_scripts_the_first_message_brings_the_place(service: Service) -> None:
    """It belongs to the place from then on."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await opened(service, http)
        async with http.post(
            f"{service.running.url}/chat/messages",
            data={"text": "你好"},
            headers={"Accept": "text/html"},
        ) as answer:
            page = await answer.text()

    assert '<p class="place">3号楼</p>' in page
    assert "data-arrived" not in page


@SQLITE
async def test_too_long_without_a_length_is_said_in_chinese(service: Service) -> None:
    """A body that does not say how long it is."""

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 1000

    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{service.running.url}/chat/messages",
            data=drip(),
            headers={"Content-Type": "application/json"},
        ) as answer,
    ):
        assert (answer.status, (await answer.json())["title"]) == (413, TOO_LONG)


@pytest.mark.parametrize(
    ("lines", "caller"),
    [
        (["6.6.6.6", "9.9.9.9"], "9.9.9.9"),
        (["6.6.6.6, 9.9.9.9"], "9.9.9.9"),
        (["6.6.6.6", "9.9.9.9, 127.0.0.1"], "9.9.9.9"),
        ([], "127.0.0.1"),
    ],
)
async def test_every_line_of_the_proxies_counts(lines: list[str], caller: str) -> None:
    """What stands in a line above the proxy's own was written by the caller."""
    headers = CIMultiDict([("X-Forwarded-For", line) for line in lines])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="127.0.0.1")
    proxies = Settings(trusted_proxies=("127.0.0.1",)).trusted_proxies

    assert address(request, proxies) == caller
