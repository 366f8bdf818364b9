"""Asking and being answered on the resident page, with good and bad networks and browsers."""

import json
from typing import TypedDict
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.conftest import FOLDER, Announce, OpenPage
from tests.browser.talk import choose_photo, say, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Photo(TypedDict):
    """A posted photo: its media type and its bytes."""

    type: str
    size: int


MESSAGES = "**/chat/messages"
MINE = ".mine .text"
THEIRS = ".bot .text"
UNSENT = "没发出去，点这里再发一次"


def sent_ids(page: Page) -> list[str]:
    """Grows by the id of each message the page posts as JSON."""
    ids: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and urlsplit(request.url).path == "/chat/messages":
            ids.append(json.loads(request.post_data or "{}")["id"])

    page.on("request", note)
    return ids


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
    await say(page, "乘车卡")
    await page.get_by_role("button", name="2 高龄补贴").click()

    await expect(page.locator(MINE)).to_have_text(["乘车卡", "2"])
    await expect(page.locator(THEIRS)).to_have_count(2)
    await expect(page.locator(".choices")).to_have_count(0)


async def test_choices_are_not_said_twice(open_page: OpenPage) -> None:
    """While the buttons are there the text leaves its list out; afterwards it is whole."""
    page = await open_page()
    await say(page, "乘车卡")
    question = page.locator(THEIRS).first
    for _ in range(2):
        await expect(question).to_have_text("您是想问哪个？回个数字：", use_inner_text=True)
        await page.reload()
    await say(page, "1")

    await expect(question).to_contain_text("3 都不是", use_inner_text=True)


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


WATCH_PHOTOS = """() => {
    const post = window.fetch;
    window.posted = [];
    window.fetch = (address, request) => {
        const photos = request.body instanceof FormData ? request.body.getAll("photo") : [];
        photos.forEach(({type, size}) => window.posted.push({type, size}));
        return post(address, request);
    };
}"""
"""Chromium tells the test nothing of a multipart body; the page notes what it hands over."""


async def posted_photos(page: Page) -> list[Photo]:
    """Type and bytes of each photo the page has posted since WATCH_PHOTOS."""
    photos: list[Photo] = await page.evaluate("window.posted")
    return photos


async def test_photos_are_shown_removed_and_sent(open_page: OpenPage) -> None:
    """Two are chosen, one is taken back, the other goes with the words."""
    page = await open_page()
    await page.evaluate(WATCH_PHOTOS)
    await choose_photo(page, "甲.svg", "乙.svg")
    await page.get_by_role("button", name="去掉第2张照片").click()
    await expect(page.locator("#previews img")).to_have_count(1)
    await page.get_by_role("textbox").fill("楼道的灯")
    await send(page)
    await expect(page.locator(THEIRS)).to_have_count(1)

    assert [photo["type"] for photo in await posted_photos(page)] == ["image/svg+xml"]
    await expect(page.locator("#previews li")).to_have_count(0)


async def test_a_photo_is_chosen_by_keyboard(open_page: OpenPage) -> None:
    """The space bar on the photo button opens the chooser."""
    page = await open_page()
    await page.locator("#photo").focus()
    async with page.expect_file_chooser() as chooser:
        await page.keyboard.press("Space")

    assert (await chooser.value).is_multiple()


async def test_a_large_photo_is_made_smaller(open_page: OpenPage) -> None:
    """What leaves the phone is a JPEG of at most 1600 pixels, whatever the camera made."""
    page = await open_page()
    await page.evaluate(WATCH_PHOTOS)
    await page.evaluate(LARGE_PHOTO)
    await expect(page.locator("#previews img")).to_have_count(1)
    await send(page)
    await expect(page.locator(THEIRS)).to_have_count(1)
    [photo] = await posted_photos(page)

    assert photo["type"] == "image/jpeg"
    assert photo["size"] < 2_000_000


LARGE_PHOTO = """async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 2400;
    canvas.height = 1800;
    const pen = canvas.getContext("2d");
    const grain = pen.createImageData(2400, 1800);
    for (let at = 0; at < grain.data.length; at += 65536) {
        crypto.getRandomValues(grain.data.subarray(at, at + 65536));
    }
    pen.putImageData(grain, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const files = new DataTransfer();
    files.items.add(new File([blob], "大.png", {type: "image/png"}));
    document.querySelector("#photo").files = files.files;
    document.querySelector("#photo").dispatchEvent(new Event("change"));
}"""


async def test_a_draft_survives_a_reload(open_page: OpenPage) -> None:
    """What was being written is there again."""
    page = await open_page()
    await page.get_by_role("textbox").fill("还没写完")
    await page.reload()

    await expect(page.get_by_role("textbox")).to_have_value("还没写完")


async def test_a_lost_network_keeps_the_text_and_sends_it_once(open_page: OpenPage) -> None:
    """Offline the page says what to do; back online the message goes by itself, once."""
    page = await open_page()
    await say(page, "刚才")
    ids = sent_ids(page)
    await page.context.set_offline(True)
    await page.get_by_role("textbox").fill("断网时写的")
    await send(page)
    await expect(page.get_by_role("button", name=UNSENT)).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_text("没发出去，您写的还在。请看看网络。")
    await page.context.set_offline(False)
    await expect(page.locator(THEIRS)).to_have_count(2)
    await expect(page.get_by_role("button", name=UNSENT)).to_have_count(0)
    await page.reload()

    await expect(page.locator(MINE)).to_have_text(["刚才", "断网时写的"])
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
    await page.get_by_role("textbox").fill("只要一次")
    await send(page)
    await page.get_by_role("button", name=UNSENT).click()
    await expect(page.get_by_role("button", name=UNSENT)).to_have_count(0)
    await page.reload()

    await expect(page.locator(".message")).to_have_count(2)
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_an_unsent_message_outlives_the_page(open_page: OpenPage) -> None:
    """Closed before it could go, it goes at the next visit."""
    page = await open_page()
    await page.route(MESSAGES, lambda route: route.abort(), times=1)
    await page.get_by_role("textbox").fill("没来得及")
    await send(page)
    await expect(page.get_by_role("button", name=UNSENT)).to_be_visible()
    await page.reload()

    await expect(page.locator(MINE)).to_have_text(["没来得及"])
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
    await page.get_by_role("textbox").fill("快快快")
    await send(page)
    await expect(page.get_by_role("alert")).to_have_text("您发得太快了，等一分钟再发。")
    await page.get_by_role("button", name=UNSENT).click()

    await expect(page.locator(THEIRS)).to_have_count(1)
    await expect(page.get_by_role("alert")).to_have_text("")


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
    await page.get_by_role("textbox").fill("想好了再发")
    await page.clock.fast_forward("30:00")
    await expect(page.get_by_role("textbox")).to_have_value("想好了再发")
    await send(page)

    await expect(page.locator(THEIRS)).to_have_count(1)


async def test_a_notice_appears_without_a_reload(open_page: OpenPage, announce: Announce) -> None:
    """The stream brings what the committee says."""
    page = await open_page()
    await announce("明天上午停水，请先接好水。")

    await expect(page.locator(THEIRS)).to_have_text(["明天上午停水，请先接好水。"])


async def test_a_hidden_page_lets_go_of_its_stream(open_page: OpenPage, announce: Announce) -> None:
    """Hidden it holds no connection; seen again it catches up from where it was."""
    page = await open_page()
    await say(page, "在吗")
    await page.evaluate(HIDE, {"hidden": True})
    await announce("您不在的时候说的。")
    assert await page.locator(THEIRS).count() == 1
    async with page.expect_request("**/chat/stream?after=*"):
        await page.evaluate(HIDE, {"hidden": False})

    await expect(page.locator(THEIRS).last).to_have_text("您不在的时候说的。")
    await expect(page.locator(THEIRS)).to_have_count(2)


HIDE = """({hidden}) => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_another_device_sees_nothing_of_it(open_page: OpenPage) -> None:
    """Two devices, two conversations."""
    first, second = await open_page(), await open_page()
    await say(first, "只有我知道")
    await second.reload()

    await expect(second.locator(".message")).to_have_count(0)


async def test_the_page_works_without_scripts(open_page: OpenPage) -> None:
    """Plain forms ask, choose, look and enlarge; the page ends where the answer is."""
    page = await open_page(scripts=False)
    await page.get_by_role("button", name="问事情").click()
    await expect(page.locator(MINE)).to_have_text(["你能帮我做什么？"])
    await page.get_by_role("textbox").fill("乘车卡")
    await send(page)
    await page.get_by_role("button", name="1 老人乘车卡").click()
    await expect(page.locator(MINE)).to_have_text(["你能帮我做什么？", "乘车卡", "1"])
    await expect(page.locator(THEIRS)).to_have_count(3)
    assert urlsplit(page.url).fragment == "end"
    await page.get_by_role("link", name="看看有没有新消息").click()
    await expect(page.locator(THEIRS)).to_have_count(3)
    await page.get_by_role("button", name="大字").click()

    await expect(page.locator("html")).to_have_class("large")


async def test_a_photo_goes_without_scripts(open_page: OpenPage) -> None:
    """The browser's own file box is there and sends."""
    page = await open_page(scripts=False)
    await choose_photo(page, "灯.svg")
    await send(page)

    await expect(page.locator(THEIRS)).to_have_count(1)


async def test_a_blocked_storage_hinders_nothing(open_page: OpenPage) -> None:
    """Private windows that forbid localStorage can still ask."""
    page = await open_page()
    await page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
    )
    await page.reload()
    await say(page, "没有记性")

    await expect(page.locator(MINE)).to_have_text(["没有记性"])


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
    await say(page, "乘车卡")
    await choose_photo(page, "灯.svg")
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
