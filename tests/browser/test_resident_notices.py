"""What comes while the resident page is open: notices, and answers asked for elsewhere."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.service import served
from tests.browser.talk import THEIRS, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a service whose first reminder is due in a minute."""
    async with served(tmp_path_factory.mktemp("demo"), "--demo") as address:
        yield address


async def test_a_reminder_appears_without_a_reload(open_page: OpenPage, demo: str) -> None:
    """The stream brings what the committee says, and it is there at the next visit, too."""
    page = await open_page()
    await page.goto(demo)
    reminder = page.locator(THEIRS, has_text="大清扫")
    await expect(reminder).to_have_count(1, timeout=100_000)
    await page.reload()

    await expect(reminder).to_have_count(1)


async def other_tab(page: Page) -> Page:
    """The same device's page once more: what it asks, the first one hears by its stream."""
    tab = await page.context.new_page()
    await tab.goto(page.url)
    return tab


async def test_a_long_answer_is_read_from_its_beginning(open_page: OpenPage) -> None:
    """On a low screen the page moves to the first line of a new text, not past it."""
    page = await open_page(320, 260, large=True)
    await say(page, "几点开门")
    newest = page.locator(".bot").last

    await expect(newest.locator(".name")).to_be_in_viewport()


async def test_reading_above_is_not_disturbed(open_page: OpenPage) -> None:
    """Who reads old messages stays there and is told that there is something new below."""
    page = await open_page(320, 480, large=True)
    for text in ("3号楼电梯坏了", "5号楼电梯坏了"):
        await say(page, text)
    await page.evaluate("window.scrollTo(0, 0)")
    await say(await other_tab(page), "几点开门")
    below = page.get_by_role("button", name="下面有新消息")
    await expect(below).to_be_visible()
    assert await page.evaluate("window.pageYOffset") == 0
    await below.click()

    await expect(page.locator(THEIRS).last).to_be_in_viewport()
    await expect(below).to_be_hidden()


async def test_a_phone_number_in_an_answer_can_be_called(open_page: OpenPage) -> None:
    """The number is a link, before and after a reload; nothing the resident wrote is."""
    page = await open_page()
    await say(page, "3号楼电梯坏了，请打13812345678")
    await say(page, "几点开门")
    links = page.locator(f"{THEIRS} a[href='tel:021-55551234']")
    await expect(links).not_to_have_count(0)
    await page.reload()

    await expect(links).not_to_have_count(0)
    await expect(page.locator(".mine a")).to_have_count(0)


async def test_a_hidden_page_lets_go_of_its_stream(open_page: OpenPage) -> None:
    """Hidden it holds no connection; seen again it catches up from where it was."""
    page = await open_page()
    await say(page, "3号楼电梯坏了")
    await page.evaluate(HIDE, {"hidden": True})
    await say(await other_tab(page), "几点开门")
    assert await page.locator(THEIRS).count() == 1
    async with page.expect_request("**/chat/stream?after=*"):
        await page.evaluate(HIDE, {"hidden": False})

    await expect(page.locator(THEIRS)).to_have_count(2)


HIDE = """({hidden}) => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
