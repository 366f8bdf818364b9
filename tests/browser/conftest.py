"""A real browser and a running site; each page opened is a device of its own."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.service import served

FOLDER = Path(__file__).parent
SCREENSHOTS = FOLDER.parent / "screenshots"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

expect.set_options(timeout=15_000)

OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a service in which nobody sends notices, without a slash at its end."""
    async with served(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, named by XIAOLABA_TEST_CHROMIUM or found on the path."""
    names = (os.environ.get("XIAOLABA_TEST_CHROMIUM", ""), *CHROMIUM_NAMES)
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("no Chromium on this machine: run scripts/system-packages.sh chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, site: str) -> AsyncIterator[OpenPage]:
    """Opens the resident page on a new device of the given width, height and letter size."""
    contexts: list[BrowserContext] = []

    async def open_(
        width: int = 360, height: int = 640, *, large: bool = False, scripts: bool = True
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            has_touch=True,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = await context.new_page()
        await page.goto(site)
        if large:
            await page.get_by_role("button", name="大字").click()
        return page

    yield open_
    for context in contexts:
        await context.close()
