"""What a resident does on the page, for the tests of this folder."""

from io import BytesIO
from typing import Any

from PIL import Image
from playwright.async_api import Page, expect

MINE = ".mine .text"
THEIRS = ".bot .text"
VAGUE = "门口的灯不亮"
"""A question the bot answers with numbered choices."""


def photo() -> bytes:
    """A JPEG of 90 × 90 pixels."""
    file = BytesIO()
    Image.new("RGB", (90, 90), "#7aa").save(file, "JPEG")
    return file.getvalue()


async def send(page: Page) -> None:
    """Tap 发送."""
    await page.get_by_role("button", name="发送").click()


async def say(page: Page, text: str) -> None:
    """Write and send, then wait until one more answer is there."""
    answers = page.locator(".bot")
    before = await answers.count()
    await page.get_by_role("textbox").fill(text)
    await send(page)
    await expect(answers).to_have_count(before + 1)


async def choose_photo(page: Page, *names: str) -> None:
    """Choose pictures of these names as if from the phone's album."""
    files: Any = [{"name": name, "mimeType": "image/jpeg", "buffer": photo()} for name in names]
    await page.locator("#photo").set_input_files(files)


async def talk(page: Page) -> None:
    """A conversation that shows every part of the page."""
    await say(page, "3号楼的电梯又坏了，门关不上")
    await say(page, VAGUE)
    await choose_photo(page, "楼道.jpg")
    await expect(page.locator("#previews img")).to_be_visible()
