"""A OneBot 11 implementation as it looks from outside: it signs events and serves the HTTP API.

https://github.com/botuniverse/onebot-11: communication/http-post.md, communication/http.md,
event/message.md, api/public.md.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from aiohttp import web

from bot.model import Call
from tests.fakes.sample import Sample
from tests.fakes.trouble import Server

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SELF_ID = 10001000
SECRET = "onebot-secret"


def signed(
    event: object, secret: str = SECRET, now: datetime = NOW, self_id: int = SELF_ID
) -> Call:
    """The POST of an event, or of raw bytes."""
    body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-self-id": str(self_id),
        "x-signature": f"sha1={digest}",
    }
    return Call("POST", "", headers, body, now)


def text(words: str) -> dict[str, object]:
    """A segment of words."""
    return {"type": "text", "data": {"text": words}}


def at(whom: int | str) -> dict[str, object]:
    """A segment that addresses somebody."""
    return {"type": "at", "data": {"qq": str(whom)}}


def in_group(message: object, **fields: object) -> dict[str, object]:
    """A message somebody wrote in a group."""
    return {
        "time": int(NOW.timestamp()),
        "self_id": SELF_ID,
        "post_type": "message",
        "message_type": "group",
        "sub_type": "normal",
        "message_id": -1234567,
        "group_id": 20002000,
        "user_id": 30003000,
        "anonymous": None,
        "message": message,
        "raw_message": "…",
        "font": 0,
        "sender": {"user_id": 30003000, "nickname": "小王", "card": "3号楼王阿姨"},
        **fields,
    }


def sample() -> Sample:
    """An account for the contract test."""
    times = (NOW - timedelta(days=31), NOW + timedelta(days=31))
    return Sample(
        settings={"secret": SECRET, "api_url": "http://127.0.0.1:3000"},
        good=signed(in_group([at(SELF_ID), text("你好")])),
        signed=signed,
        dressed=lambda fields: signed(in_group("你好") | dict(fields)),
        fields=tuple(in_group("")),
        stale=tuple(signed(in_group("你好", time=int(at_.timestamp()))) for at_ in times),
        for_somebody_else=(signed(in_group("你好"), secret="another account's"),),
        now=NOW,
    )


class FakeOneBot(Server):
    """The HTTP API of one account in one group."""

    def __init__(self) -> None:
        super().__init__(
            web.post("/send_group_msg", self._take_group),
            web.post("/send_private_msg", self._take_private),
            web.get("/file/{name}", self._give_file),
        )
        self.access_token = "onebot-token"
        self.groups, self.friends = {20002000}, {30003000}
        self.texts: list[tuple[str, str]] = []
        self.files: dict[str, bytes] = {}

    def settings(self) -> dict[str, str]:
        """What the bot has to be told."""
        return {"secret": SECRET, "access_token": self.access_token, "api_url": self.url}

    async def _take_group(self, request: web.Request) -> web.Response:
        return await self._take(request, "group", "group_id", self.groups)

    async def _take_private(self, request: web.Request) -> web.Response:
        return await self._take(request, "private", "user_id", self.friends)

    async def _take(
        self, request: web.Request, kind: str, key: str, known: set[int]
    ) -> web.Response:
        self._check_token(request)
        question = json.loads(await request.text())
        chat = question.get(key)
        if not isinstance(chat, int):
            return failed(100, "bad parameter")
        if chat not in known:
            return failed(103, "no such chat")
        self.texts.append((f"{kind}:{chat}", words_of(question["message"])))
        self.arrivals.put_nowait(self.texts[-1])
        return answered("ok", 0, {"message_id": len(self.texts)})

    def _check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization")
        if given is None:
            raise web.HTTPUnauthorized
        if given != f"Bearer {self.access_token}":
            raise web.HTTPForbidden

    async def _give_file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "elsewhere":
            raise web.HTTPFound("/file/picture")
        if name not in self.files:
            raise web.HTTPNotFound
        return web.Response(body=self.files[name], content_type="image/jpeg")


def words_of(message: object) -> str:
    """What people see: text segments as they are, CQ codes in a string would be executed."""
    if isinstance(message, str):
        assert "[CQ:" not in message, "a CQ code would be executed"
        return message
    assert isinstance(message, list)
    return "".join(segment["data"]["text"] for segment in message if segment["type"] == "text")


def answered(status: str, retcode: int, data: object = None) -> web.Response:
    """An answer in OneBot's form."""
    return web.json_response({"status": status, "retcode": retcode, "data": data})


def failed(retcode: int, wording: str) -> web.Response:
    """A refusal in OneBot's form."""
    return web.json_response(
        {"status": "failed", "retcode": retcode, "data": None, "wording": wording}
    )
