"""Old, careful and hardened browsers: the resident page works in each of them."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import FOLDER, OpenPage
from tests.browser.talk import MINE, THEIRS, VAGUE, choose_photo, say, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_page_works_without_scripts(open_page: OpenPage) -> None:
    """Plain forms ask, choose, look and enlarge; the page ends where the answer is."""
    page = await open_page(scripts=False)
    await page.get_by_role("button", name="问事情").click()
    await expect(page.locator(MINE)).to_have_text(["你能帮我做什么"])
    await page.get_by_role("textbox").fill(VAGUE)
    await send(page)
    await page.locator(".choices button").first.click()
    await expect(page.locator(MINE)).to_have_text(["你能帮我做什么", VAGUE, "1"])
    await expect(page.locator(THEIRS)).to_have_count(3)
    assert urlsplit(page.url).fragment == "end"
    await page.get_by_role("link", name="看看有没有新消息").click()
    await expect(page.locator(THEIRS)).to_have_count(3)
    await page.get_by_role("button", name="大字").click()

    await expect(page.locator("html")).to_have_class("large")


async def test_a_photo_goes_without_scripts(open_page: OpenPage) -> None:
    """The browser's own file box is there and sends."""
    page = await open_page(scripts=False)
    await choose_photo(page, "灯.jpg")
    await send(page)

    await expect(page.locator(THEIRS)).to_have_count(1)


async def test_a_blocked_storage_hinders_nothing(open_page: OpenPage) -> None:
    """Private windows that forbid localStorage can still ask."""
    page = await open_page()
    await page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
    )
    await page.reload()
    await say(page, "3号楼电梯坏了")

    await expect(page.locator(MINE)).to_have_text(["3号楼电梯坏了"])


async def test_nothing_breaks_the_policy_or_calls_strangers(open_page: OpenPage, site: str) -> None:
    """No CSP violation, no script error, no request to another host, at most 50 kB to begin."""
    page = await open_page()
    faults: list[str] = []
    hosts: set[str] = set()
    sizes: list[int] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    await page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
    )

    async def weigh(route: Route) -> None:
        response = await route.fetch()
        sizes.append(len(await response.body()))
        await route.fulfill(response=response)

    await page.route(lambda url: "/chat/" not in url, weigh)
    await page.reload(wait_until="load")
    first_load = sum(sizes)
    await page.unroute_all(behavior="wait")
    await say(page, VAGUE)
    await choose_photo(page, "灯.jpg")
    await page.get_by_role("button", name="大字").click()

    assert faults == []
    assert {host for host in hosts if host} == {urlsplit(site).netloc}
    assert 10_000 < first_load <= 50_000


async def test_the_script_reads_as_es2017(open_page: OpenPage) -> None:
    """Phones of 2018 parse it; the parser itself refuses newer syntax."""
    page = await open_page()
    sources = await page.evaluate(SOURCES)
    await page.evaluate((FOLDER / "acorn" / "acorn.js").read_text(encoding="utf-8"))
    parse = """source => {
        try { return acorn.parse(source, {ecmaVersion: 2017}).type; }
        catch (error) { return error.message; }
    }"""

    assert [await page.evaluate(parse, source) for source in sources] == ["Program"] * 3
    assert await page.evaluate(parse, "a?.b") != "Program"


SOURCES = """() => Promise.all(Array.from(document.scripts).map(
    (script) => fetch(script.src).then((response) => response.text())))"""
