"""The resident page keeps the rules for old eyes and hands, measured in a browser."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import FOLDER, SCREENSHOTS, OpenPage
from tests.browser.talk import VAGUE, say, talk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RULES = (FOLDER / "rules.js").read_text(encoding="utf-8")
AXE = (FOLDER / "axe" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 360, 412)


async def picture(page: Page, name: str) -> None:
    """Keep what the page looks like, for human eyes."""
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def violations(page: Page) -> list[str]:
    """What axe finds: rule and place.

    At the end of the page, where the sticky bar covers no target in part: axe measures only
    what is uncovered at that moment.
    """
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    await page.evaluate(AXE)
    found = await page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
    return [
        f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]
    ]


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_the_empty_page_keeps_the_rules(
    open_page: OpenPage, width: int, *, large: bool
) -> None:
    """Letters, lines, contrast, targets and width hold before anything was said."""
    page = await open_page(width, large=large)
    await picture(page, f"empty-{width}-{'large' if large else 'normal'}")

    assert await page.evaluate(RULES, {"font": 30 if large else 18}) == []
    assert await violations(page) == []


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_a_conversation_keeps_the_rules(
    open_page: OpenPage, width: int, *, large: bool
) -> None:
    """They hold with bubbles, choices and a photo waiting to be sent."""
    page = await open_page(width, large=large)
    await talk(page)
    await picture(page, f"talk-{width}-{'large' if large else 'normal'}")

    assert await page.evaluate(RULES, {"font": 30 if large else 18}) == []
    assert await violations(page) == []


async def test_the_dark_page_keeps_the_rules(open_page: OpenPage) -> None:
    """A phone set to dark gets the same contrast."""
    page = await open_page()
    await page.emulate_media(color_scheme="dark")
    await talk(page)
    await picture(page, "talk-360-dark")

    assert await page.evaluate(RULES, {"font": 18}) == []
    assert await violations(page) == []


async def test_the_ruler_finds_faults(open_page: OpenPage) -> None:
    """Small letters, a small button and a wide block do not pass."""
    page = await open_page()
    await page.evaluate(
        """() => {
            document.querySelector("h1").style.fontSize = "12px";
            document.querySelector("#large").style.cssText = "min-width: 20px; width: 20px";
            document.querySelector("#log").style.width = "900px";
            document.querySelector(".greeting").style.color = "#ccc";
        }"""
    )

    faults = " ".join(await page.evaluate(RULES, {"font": 18}))
    assert all(word in faults for word in ("letters", "target", "contrast", "px wide"))


@pytest.mark.parametrize("width", WIDTHS)
async def test_letters_twice_as_large_do_not_scroll_sideways(
    open_page: OpenPage, width: int
) -> None:
    """At 200 % of 20 px everything still fits the width."""
    page = await open_page(width)
    await talk(page)
    await page.evaluate("document.documentElement.style.fontSize = '250%'")

    assert await page.evaluate(RULES, {"font": 18}) == []


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
async def test_the_composer_is_on_the_smallest_screen(open_page: OpenPage, *, large: bool) -> None:
    """At 320 x 568 one can write and send without scrolling, at the top and at the end."""
    page = await open_page(320, 568, large=large)
    for position in (0, 100_000):
        await page.evaluate("top => window.scrollTo(0, top)", position)

        await expect(page.get_by_role("textbox")).to_be_in_viewport(ratio=1)
        await expect(page.get_by_role("button", name="发送")).to_be_in_viewport(ratio=1)


async def test_an_open_keyboard_leaves_room_to_read(open_page: OpenPage) -> None:
    """With 300 px left by the keyboard, 大字 still shows an answer above the composer."""
    page = await open_page(320, 568, large=True)
    await say(page, "几点开门")
    await page.set_viewport_size({"width": 320, "height": 300})
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")

    await expect(page.get_by_role("button", name="发送")).to_be_in_viewport(ratio=1)
    await expect(page.locator("header")).not_to_be_in_viewport()


async def test_the_phone_number_stays_in_its_place(open_page: OpenPage) -> None:
    """The committee's number can be called from the same spot, empty page or long talk."""
    page = await open_page()
    phone = page.locator("header a[href^='tel:']")
    before = await phone.bounding_box()
    await talk(page)

    assert await phone.bounding_box() == before
    await expect(phone).to_be_in_viewport(ratio=1)


async def test_the_page_says_it_is_chinese(open_page: OpenPage) -> None:
    """Without lang=zh-CN phones draw Japanese forms of the characters."""
    page = await open_page()

    assert await page.evaluate("document.documentElement.lang") == "zh-CN"


async def test_the_page_speaks_plainly(open_page: OpenPage) -> None:
    """No foreign letter, no line of more than 30 characters in what the page itself says."""
    page = await open_page()
    text = await page.locator("body").inner_text()
    hints = await page.locator("[placeholder]").get_attribute("placeholder") or ""
    lines = [*text.splitlines(), hints]

    assert [line for line in lines if re.search("[A-Za-z]", line) or len(line) > 30] == []


async def test_zoom_is_never_blocked(open_page: OpenPage) -> None:
    """The viewport line forbids nothing."""
    page = await open_page()
    line = await page.locator("meta[name=viewport]").get_attribute("content") or ""

    assert "user-scalable" not in line
    assert "maximum-scale" not in line


async def test_large_letters_are_remembered(open_page: OpenPage) -> None:
    """大字 works at once and is still there on the next visit; 小字 goes back."""
    page = await open_page()
    async with page.expect_response("**/large"):
        await page.get_by_role("button", name="大字").click()
    assert await page.evaluate("getComputedStyle(document.body).fontSize") == "30px"
    await page.reload()
    assert await page.evaluate("getComputedStyle(document.body).fontSize") == "30px"
    async with page.expect_response("**/large"):
        await page.get_by_role("button", name="小字").click()
    await page.reload()

    assert await page.evaluate("getComputedStyle(document.body).fontSize") == "20px"


async def test_new_messages_are_read_aloud_politely(open_page: OpenPage) -> None:
    """The log is a live region with a name."""
    page = await open_page()
    log = page.get_by_role("log", name="聊天记录")

    await expect(log).to_have_attribute("aria-live", "polite")


async def test_everything_can_be_done_by_keyboard(open_page: OpenPage) -> None:
    """Tab alone reaches every control, each visible and outlined; Enter sends."""
    page = await open_page()
    await say(page, VAGUE)
    await page.reload()
    count = await page.locator(".choices button").count()
    choices = [f"choice {digit}" for digit in range(1, count + 1)]
    seen: list[str] = []
    for _ in range(20):
        await page.keyboard.press("Tab")
        step = await page.evaluate(FOCUSED)
        if step["name"] == "BODY" or step["name"] in seen:
            break
        seen.append(step["name"])
        assert step["outlined"] and step["uncovered"], step
    wanted = ["phone", "large", *choices, "photo", "text", "send"]

    assert choices
    assert seen == wanted


FOCUSED = """() => {
    const node = document.activeElement;
    const style = getComputedStyle(node.id === "photo" ? node.nextElementSibling : node);
    const box = node.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const choice = node.closest(".choices") && "choice " + node.value;
    return {
        name: choice || node.id || node.className || node.tagName,
        outlined: parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none",
        uncovered: Boolean(top) && (node.contains(top) || Boolean(top.closest(".photo"))),
    };
}"""
