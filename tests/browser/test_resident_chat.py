"""Asking and being answered on the resident page."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Announce, OpenPage
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
    await say(page, "第一句")
    await say(page, "第二句")

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
    await page.locator(".choices button").nth(1).click()

    await expect(page.locator(MINE)).to_have_text([VAGUE, "2"])
    await expect(page.locator(THEIRS)).to_have_count(2)
    await expect(page.locator(".choices")).to_have_count(0)


async def test_choices_are_not_said_twice(open_page: OpenPage) -> None:
    """While the buttons are there the text leaves its list out; afterwards it is whole."""
    page = await open_page()
    await say(page, VAGUE)
    question = page.locator(THEIRS).first
    labels = await page.locator(".choices .label").all_inner_texts()
    for _ in range(2):
        said = await question.inner_text()
        assert not any(label in said for label in labels)
        await page.reload()
    await say(page, "1")

    for label in labels:
        await expect(question).to_contain_text(label, use_inner_text=True)


async def test_a_long_answer_is_read_from_its_beginning(
    open_page: OpenPage, announce: Announce
) -> None:
    """The page moves to the first line of a new text, not past it."""
    page = await open_page()
    await say(page, "有通知吗")
    await announce("通知\n" * 40)
    newest = page.locator(".bot").last

    await expect(newest.locator(".name")).to_be_in_viewport(ratio=1)


async def test_reading_above_is_not_disturbed(open_page: OpenPage, announce: Announce) -> None:
    """Who reads old messages stays there and is told that there is something new below."""
    page = await open_page()
    await say(page, "长一点\n" * 40)
    await page.evaluate("window.scrollTo(0, 0)")
    await announce("新消息")
    below = page.get_by_role("button", name="下面有新消息")
    await expect(below).to_be_visible()
    assert await page.evaluate("window.pageYOffset") == 0
    await below.click()

    await expect(page.locator(THEIRS).last).to_be_in_viewport(ratio=1)
    await expect(below).to_be_hidden()


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


async def test_a_phone_number_in_an_answer_can_be_called(open_page: OpenPage) -> None:
    """Numbers become links in what the bot wrote, before and after a reload; others do not."""
    page = await open_page()
    await say(page, "编号310101194901011234，电话13812345678")
    links = page.locator(f"{THEIRS} a")
    calls = ["tel:13812345678", "tel:021-55551234"]
    assert await links.evaluate_all("all => all.map(one => one.getAttribute('href'))") == calls
    await page.reload()

    assert await links.evaluate_all("all => all.map(one => one.getAttribute('href'))") == calls


async def test_a_notice_appears_without_a_reload(open_page: OpenPage, announce: Announce) -> None:
    """The stream brings what the committee says."""
    page = await open_page()
    await announce("明天上午停水，请先接好水。")

    await expect(page.locator(THEIRS)).to_have_text(["明天上午停水，请先接好水。"])


async def test_another_device_sees_nothing_of_it(open_page: OpenPage) -> None:
    """Two devices, two conversations."""
    first, second = await open_page(), await open_page()
    await say(first, "只有我知道")
    await second.reload()

    await expect(second.locator(".message")).to_have_count(0)
