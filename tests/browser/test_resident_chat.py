"""Asking and being answered on the resident page."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MINE, THEIRS, VAGUE, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_question_is_answered_on_the_page(open_page: OpenPage) -> None:
    """What was asked stands right, the answer left, and both survive a reload once."""
    page = await open_page()
    await say(page, "几点开门")
    await expect(page.locator(MINE)).to_have_text(["几点开门"])
    await page.reload()

    await expect(page.locator(MINE)).to_have_text(["几点开门"])
    await expect(page.locator(THEIRS)).to_have_count(1)


async def test_an_answer_comes_once_though_it_comes_two_ways(open_page: OpenPage) -> None:
    """The reply and the stream bring the same answer; a second one proves both had time."""
    page = await open_page()
    await say(page, "3号楼电梯坏了")
    await say(page, "5号楼电梯坏了")

    await expect(page.locator(".message")).to_have_count(4)


async def test_enter_sends(open_page: OpenPage) -> None:
    """The keyboard's own key is enough; with Shift it makes a new line."""
    page = await open_page()
    await page.get_by_role("textbox").fill("上一行")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("下一行")
    await page.keyboard.press("Enter")

    await expect(page.locator(MINE)).to_have_text(["上一行\n下一行"])


async def test_a_choice_is_sent_by_its_button(open_page: OpenPage) -> None:
    """The button sends its digit and the offer is gone."""
    page = await open_page()
    await say(page, VAGUE)
    button = page.locator(".choices button").last
    digit = await button.get_attribute("value") or ""
    await button.click()

    await expect(page.locator(MINE)).to_have_text([VAGUE, digit])
    await expect(page.locator(THEIRS)).to_have_count(2)
    await expect(page.locator(".choices")).to_have_count(0)


async def test_choices_are_not_said_twice(open_page: OpenPage) -> None:
    """While the buttons are there the text leaves its list out; afterwards it is whole."""
    page = await open_page()
    await say(page, VAGUE)
    question = page.locator(THEIRS).first
    [label, *_] = await page.locator(".choices .label").all_inner_texts()
    assert label not in await question.inner_text()
    await say(page, "1")

    await expect(question).to_contain_text(label, use_inner_text=True)


async def test_a_starter_sends_a_whole_sentence(open_page: OpenPage) -> None:
    """Three beginnings on an empty page; after one is taken they make room."""
    page = await open_page()
    await expect(page.locator(".starters button")).to_have_count(3)
    await page.get_by_role("button", name="报坏了的东西").click()

    await expect(page.locator(MINE)).to_have_text(["我要报修"])
    await expect(page.locator(".starters")).to_have_count(0)


async def test_what_was_typed_is_never_markup(open_page: OpenPage) -> None:
    """Angle brackets stay letters, at once and after a reload."""
    page = await open_page()
    text = "<b>粗</b><img src=x onerror=alert(1)>"
    await say(page, text)
    await expect(page.locator(MINE)).to_have_text([text])
    await page.reload()

    await expect(page.locator(MINE)).to_have_text([text])


async def test_another_device_sees_nothing_of_it(open_page: OpenPage) -> None:
    """Two devices, two conversations."""
    first, second = await open_page(), await open_page()
    await say(first, "我家漏水了")
    await second.reload()

    await expect(second.locator(".message")).to_have_count(0)
