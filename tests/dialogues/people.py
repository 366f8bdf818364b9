"""The people of the dialogues: each speaks through a real door and reads what comes back."""

import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from PIL import Image

from tests.fakes.onebot import SELF_ID, at, in_group, signed, text
from tests.fakes.wecom import Signer
from tests.service import PATIENCE, Service

GROUP = 20002000


def photo(shade: int = 200) -> bytes:
    """A small JPEG; another shade is another photo."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, 80, 80)).save(out, "JPEG")
    return out.getvalue()


class Reading:
    """What came in one chat since somebody last looked."""

    def __init__(self, texts: Callable[[], list[str]]) -> None:
        self._texts = texts
        self._seen = len(texts())

    def news(self) -> list[str]:
        """The texts since the last look, the oldest first."""
        texts = self._texts()
        new, self._seen = texts[self._seen :], len(texts)
        return new


class Stream:
    """An open resident page: texts come by themselves."""

    def __init__(self, lines: aiohttp.StreamReader) -> None:
        self._lines = lines

    async def next(self) -> str:
        """The next text that the page shows."""
        return str((await self.shown())["text"])

    async def shown(self) -> dict[str, Any]:
        """The same, with all that belongs to it."""
        async for line in self._lines:
            if line.startswith(b"data: "):
                shown: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                assert shown["from"] == "小喇叭"
                return shown
        raise AssertionError("the stream ended")


class Resident:
    """Somebody at the resident page, on a device of their own."""

    def __init__(self, service: Service, http: aiohttp.ClientSession) -> None:
        self._service = service
        self._http = http

    async def says(
        self, text: str = "", *photos: bytes, voice: bytes = b"", id: str = ""
    ) -> list[str]:
        """Send a message; the replies that come with the answer."""
        form = aiohttp.FormData()
        form.add_field("text", text)
        if id:
            form.add_field("id", id)
        for number, data in enumerate(photos):
            form.add_field("photo", data, filename=f"{number}.jpg", content_type="image/jpeg")
        if voice:
            form.add_field("voice", voice, filename="voice.amr", content_type="audio/amr")
        # A form with a file is multipart, one without would be urlencoded: both are taken.
        async with self._http.post(
            f"{self._service.running.url}/chat/messages", data=form
        ) as answer:
            assert answer.status == 200, await answer.text()
            return [reply["text"] for reply in (await answer.json())["replies"]]

    async def opens(self, code: str) -> str:
        """Scan the QR code of a place; the page that opens, without the code in its address."""
        url = f"{self._service.running.url}/?place={code}"
        async with self._http.get(url) as answer:
            assert answer.status == 200
            assert code not in str(answer.url)
        # What the page's script does; its address alone changes nothing.
        async with self._http.post(f"{self._service.running.url}/chat/arrive") as answer:
            assert answer.status == 200
        return await self.page()

    async def sees(self, address: str) -> tuple[int, bytes]:
        """Follow an address of the page: the status, and what is there."""
        async with self._http.get(f"{self._service.running.url}{address}") as answer:
            return answer.status, await answer.read()

    async def page(self) -> str:
        """The page as it stands."""
        async with self._http.get(self._service.running.url) as answer:
            assert answer.status == 200
            return await answer.text()

    @asynccontextmanager
    async def listens(self) -> AsyncIterator[Stream]:
        """Leave the page open: what comes from now on."""
        cursor = re.search(r'data-cursor="([^"]*)"', await self.page())
        assert cursor
        url = f"{self._service.running.url}/chat/stream?after={cursor[1]}"
        timeout = aiohttp.ClientTimeout(total=PATIENCE.total_seconds())
        async with self._http.get(url, timeout=timeout) as answer:
            yield Stream(answer.content)


class KfResident:
    """Somebody in WeChat, in the 1:1 chat of 微信客服."""

    def __init__(self, service: Service, who: str) -> None:
        self._service = service
        self._fake = service.kf
        self.who = who
        self._reading = Reading(self._texts)

    async def says(self, text: str) -> list[str]:
        """Write; what came back since the last look."""
        return await self._write("text", content=text)

    async def sends_photo(self, data: bytes) -> list[str]:
        """Send a picture without a word."""
        return await self._write("image", media_id=self._upload(data))

    async def sends_voice(self, data: bytes) -> list[str]:
        """Send a clip."""
        return await self._write("voice", media_id=self._upload(data))

    async def opens(self, code: str) -> list[str]:
        """Open the chat by the link of a place."""
        self._fake.now = datetime.now(UTC)
        self._fake.enters(self.who, scene_param=code)
        assert await self._service.call("wecom_kf", self._fake.announce()) == 200
        await self._service.idle()
        return self.news()

    def news(self) -> list[str]:
        """What came since the last look."""
        return self._reading.news()

    async def _write(self, kind: str, **body: object) -> list[str]:
        self._fake.now = datetime.now(UTC)
        call = self._fake.writes(self.who, kind, **body)
        assert await self._service.call("wecom_kf", call) == 200
        await self._service.idle()
        return self.news()

    def _texts(self) -> list[str]:
        known = self._fake.residents.get(self.who)
        return list(known.texts) if known else []

    def _upload(self, data: bytes) -> str:
        id = f"media-{self._service.number()}"
        self._fake.files[id] = data
        return id


class Staff:
    """Staff on the phone, in the app of their own WeCom."""

    def __init__(self, service: Service, who: str) -> None:
        self._service = service
        self._fake = service.wecom
        self.who = who
        service.wecom.members.add(who)
        self._reading = Reading(self._texts)

    async def says(self, text: str) -> list[str]:
        """Write; what came back since the last look."""
        return await self._write(text)

    async def sends_photo(self, data: bytes) -> list[str]:
        """Send a picture: WeCom knows no picture with words."""
        id = f"media-{self._service.number()}"
        self._fake.files[id] = data
        return await self._write(None, MsgType="image", MediaId=id, PicUrl="http://127.0.0.1/x")

    async def links(self, name: str) -> list[str]:
        """Type the one-time code of a member: what makes somebody staff."""
        return await self.says(f"绑定 {await self._service.link(name)}")

    def news(self) -> list[str]:
        """What came since the last look."""
        return self._reading.news()

    async def _write(self, content: str | None, **fields: object) -> list[str]:
        self._fake.now = datetime.now(UTC)
        about = {"FromUserName": self.who, "MsgId": str(self._service.number()), "Content": content}
        signer = Signer(now=self._fake.now)
        call = signer.says("", **(about | fields))
        assert await self._service.call("wecom", call) == 200
        await self._service.idle()
        return self.news()

    def _texts(self) -> list[str]:
        return [text for member, text in self._fake.texts if member == self.who]


class Neighbour:
    """Somebody in the QQ group, who may also write to the bot alone."""

    def __init__(self, service: Service, number: int, name: str) -> None:
        self._service = service
        self._fake = service.onebot
        self._number = number
        self._name = name
        self._fake.friends.add(number)
        self.private = Reading(lambda: self._texts(f"private:{number}"))
        self.group = Reading(lambda: self._texts(f"group:{GROUP}"))

    async def says(self, words: str, *quotes: dict[str, object]) -> list[str]:
        """Write to the bot alone, quoting something or not; its answer there."""
        await self._bring([*quotes, text(words)], message_type="private")
        return self.private.news()

    async def writes(self, *segments: object) -> int:
        """Write into the group; the number of the message, by which others quote it."""
        return await self._bring([text(s) if isinstance(s, str) else s for s in segments])

    async def says_in_group(self, *segments: object) -> list[str]:
        """Write into the group, not to the bot; what it says there."""
        self.group.news()
        await self.writes(*segments)
        return self.group.news()

    async def asks_in_group(self, *segments: object) -> list[str]:
        """Address the bot in the group; what it says there."""
        return await self.says_in_group(at(SELF_ID), *segments)

    def picture(self, data: bytes) -> dict[str, object]:
        """A segment with a picture that QQ's server holds."""
        name = f"{self._service.number()}.jpg"
        self._fake.files[name] = data
        return {"type": "image", "data": {"file": name, "url": f"{self._fake.url}/file/{name}"}}

    async def links(self, name: str) -> list[str]:
        """Type the one-time code of a member: what makes somebody staff."""
        return await self.says(f"绑定 {await self._service.link(name)}")

    async def _bring(self, message: list[object], **fields: object) -> int:
        now = datetime.now(UTC)
        number = self._service.number()
        sender = {"user_id": self._number, "nickname": self._name, "card": self._name}
        about = {"user_id": self._number, "message_id": number, "time": int(now.timestamp())}
        event = in_group(message, **about, sender=sender, **fields)
        assert await self._service.call("onebot", signed(event, now=now)) == 204
        await self._service.idle()
        return number

    def _texts(self, chat: str) -> list[str]:
        return [words for where, words in self._fake.texts if where == chat]
