"""Photos on the resident page: chosen, taken back, made smaller, sent."""

from typing import TypedDict

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import THEIRS, choose_photo, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Photo(TypedDict):
    """A posted photo: its media type and its bytes."""

    type: str
    size: int


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
    await choose_photo(page, "甲.jpg", "乙.jpg")
    await page.get_by_role("button", name="去掉第2张照片").click()
    await expect(page.locator("#previews img")).to_have_count(1)
    await page.get_by_role("textbox").fill("楼道的灯")
    await send(page)
    await expect(page.locator(THEIRS)).to_have_count(1)

    assert [photo["type"] for photo in await posted_photos(page)] == ["image/jpeg"]
    await expect(page.locator("#previews li")).to_have_count(0)


async def test_what_was_done_is_shown(open_page: OpenPage) -> None:
    """The photo that comes with a question is a picture that opens when it is tapped."""
    page = await open_page()
    address = await page.locator("link[rel=icon]").get_attribute("href")
    await page.evaluate(
        "address => xiaolaba.log.receive({id: 'x', text: '行不行？', photos: [address]})", address
    )
    picture = page.get_by_role("link", name="修好的照片")

    await expect(picture).to_have_attribute("href", str(address))
    await expect(picture.locator("img")).to_be_visible()


async def test_a_photo_is_reported_by_keyboard(open_page: OpenPage) -> None:
    """The space bar opens the album; Tab leads on to the words, Enter sends both."""
    page = await open_page()
    async with page.expect_file_chooser() as chooser:
        await page.locator("#photo").press("Space")
    assert (await chooser.value).is_multiple()
    await choose_photo(page, "灯.jpg")
    await page.keyboard.press("Tab")
    await page.keyboard.type("楼道的灯坏了")
    await page.keyboard.press("Enter")

    await expect(page.locator(THEIRS)).to_have_count(1)
    await expect(page.locator(".mine .pictures img")).to_have_count(1)


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
