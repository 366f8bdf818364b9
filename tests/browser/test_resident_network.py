"""Bad networks and long pauses: nothing written on the resident page is lost or sent twice."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import MINE, THEIRS, say, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MESSAGES = "**/chat/messages"
UNSENT = "没发出去，点这里再发一次"


def sent_ids(page: Page) -> list[str]:
    """Grows by the id of each message the page posts as JSON."""
    ids: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and urlsplit(request.url).path == "/chat/messages":
            ids.append(json.loads(request.post_data or "{}")["id"])

    page.on("request", note)
    return ids


async def test_a_draft_survives_a_reload(open_page: OpenPage) -> None:
    """What was being written is there again."""
    page = await open_page()
    await page.get_by_role("textbox").fill("还没写完")
    await page.reload()

    await expect(page.get_by_role("textbox")).to_have_value("还没写完")


async def test_a_lost_network_keeps_the_text_and_sends_it_once(open_page: OpenPage) -> None:
    """Offline the page says what to do; back online the message goes by itself, once."""
    page = await open_page()
    await say(page, "几点开门")
    ids = sent_ids(page)
    await page.context.set_offline(True)
    await page.get_by_role("textbox").fill("3号楼的门禁坏了")
    await send(page)
    await expect(page.get_by_role("button", name=UNSENT)).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_text("没发出去，您写的还在。请看看网络。")
    await page.context.set_offline(False)
    await expect(page.locator(THEIRS)).to_have_count(2)
    await expect(page.get_by_role("button", name=UNSENT)).to_have_count(0)
    await page.reload()

    await expect(page.locator(MINE)).to_have_text(["几点开门", "3号楼的门禁坏了"])
    await expect(page.locator(THEIRS)).to_have_count(2)
    assert len(set(ids)) == 1


async def test_an_answer_lost_on_its_way_is_not_a_second_message(open_page: OpenPage) -> None:
    """The service had it, the phone does not know: the same id goes again."""
    page = await open_page()
    ids = sent_ids(page)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route(MESSAGES, lose, times=1)
    await page.get_by_role("textbox").fill("3号楼漏水")
    await send(page)
    await page.get_by_role("button", name=UNSENT).click()
    await expect(page.get_by_role("button", name=UNSENT)).to_have_count(0)
    await page.reload()

    await expect(page.locator(".message")).to_have_count(2)
    assert len(ids) >= 2
    assert len(set(ids)) == 1


async def test_a_message_that_did_arrive_is_not_shown_as_unsent(open_page: OpenPage) -> None:
    """The answer was lost, the page closed: the next visit finds the message in the log."""
    page = await open_page()

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route(MESSAGES, lose, times=1)
    await page.get_by_role("textbox").fill("3号楼的灯坏了")
    await send(page)
    await expect(page.get_by_role("button", name=UNSENT)).to_be_visible()
    await page.reload()

    await expect(page.locator(MINE)).to_have_text(["3号楼的灯坏了"])
    await expect(page.locator(THEIRS)).to_have_count(1)
    await expect(page.get_by_role("button", name=UNSENT)).to_have_count(0)


async def test_an_unsent_message_outlives_the_page(open_page: OpenPage) -> None:
    """Closed before it could go, it goes at the next visit."""
    page = await open_page()
    await page.route(MESSAGES, lambda route: route.abort(), times=1)
    await page.get_by_role("textbox").fill("3号楼的门坏了")
    await send(page)
    await expect(page.get_by_role("button", name=UNSENT)).to_be_visible()
    await page.reload()

    await expect(page.locator(MINE)).to_have_text(["3号楼的门坏了"])
    await expect(page.locator(THEIRS)).to_have_count(1)


async def refuse(page: Page, status: int, title: str) -> None:
    """Answer the next message with an error of the service."""
    body = json.dumps({"title": title}, ensure_ascii=False)
    await page.route(
        MESSAGES,
        lambda route: route.fulfill(status=status, body=body, content_type="application/json"),
        times=1,
    )


async def test_too_much_at_once_is_said_and_can_be_sent_again(open_page: OpenPage) -> None:
    """429: the service's own sentence, the text kept, one tap to send."""
    page = await open_page()
    await refuse(page, 429, "您发得太快了，等一分钟再发。")
    await page.get_by_role("textbox").fill("3号楼窗户坏了")
    await send(page)
    await expect(page.get_by_role("alert")).to_have_text("您发得太快了，等一分钟再发。")
    await page.get_by_role("button", name=UNSENT).click()

    await expect(page.locator(THEIRS)).to_have_count(1)
    await expect(page.get_by_role("alert")).to_have_text("")


async def test_what_was_too_much_goes_by_itself(open_page: OpenPage) -> None:
    """When the service says for how long: one line of words, then all of it in its order."""
    page = await open_page()
    body = json.dumps({"title": "发得太快了，请歇一会儿再发。"}, ensure_ascii=False)
    answer = {"status": 429, "body": body, "headers": {"Retry-After": "2"}}
    await page.route(MESSAGES, lambda route: route.fulfill(**answer), times=1)
    for text in ("3号楼窗户坏了", "5号楼窗户坏了"):
        await page.get_by_role("textbox").fill(text)
        await send(page)
    await expect(page.get_by_role("status")).to_contain_text("过一会儿自动发")
    await expect(page.get_by_role("alert")).to_have_text("")

    await expect(page.locator(THEIRS)).to_have_count(2)
    await expect(page.locator(MINE)).to_have_text(["3号楼窗户坏了", "5号楼窗户坏了"])
    await expect(page.locator(".state, .unsent")).to_have_count(0)


async def test_what_is_refused_comes_back_to_be_changed(open_page: OpenPage) -> None:
    """413: the words return to where they were written."""
    page = await open_page()
    await refuse(page, 413, "照片太大了，请少选几张。")
    await page.get_by_role("textbox").fill("太大")
    await send(page)

    await expect(page.get_by_role("alert")).to_have_text("照片太大了，请少选几张。")
    await expect(page.get_by_role("textbox")).to_have_value("太大")
    await expect(page.locator(MINE)).to_have_count(0)


async def test_half_an_hour_of_thinking_loses_nothing(open_page: OpenPage) -> None:
    """The page has no time limit: after thirty idle minutes the draft is there and goes out."""
    page = await open_page()
    await page.clock.install()
    await page.reload()
    await page.get_by_role("textbox").fill("3号楼楼梯坏了")
    await page.clock.fast_forward("30:00")
    await expect(page.get_by_role("textbox")).to_have_value("3号楼楼梯坏了")
    await send(page)

    await expect(page.locator(THEIRS)).to_have_count(1)
