"""WeCom as it looks from outside: who signs the calls, and the server that takes the texts.

Written from WeCom's documents and on the other half of `cryptography` (its padding, its hash), so
that a misreading is not made twice: https://developer.work.weixin.qq.com/document/path/90968,
…/90236 (message/send), …/91039 (gettoken), …/90254 (media/get).
"""

import base64
import hashlib
import json
import re
import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn, Self
from urllib.parse import quote

from aiohttp import web
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.model import Call
from tests.fakes.sample import Sample
from tests.fakes.trouble import Server

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP_ID = "ww5823bf96d3bd56c7"


@dataclass(frozen=True)
class Signer:
    """Whoever calls the bot: WeCom, or with one field replaced, somebody else."""

    token: str = "QDG6eK"
    aes_key: str = AES_KEY
    receive_id: str = CORP_ID
    now: datetime = NOW
    nonce: str = "1372623149"

    def at(self, now: datetime) -> Self:
        """The same at another time."""
        return replace(self, now=now)

    def sealed(self, text: str | bytes) -> str:
        """The envelope of a text."""
        message = text.encode() if isinstance(text, str) else text
        key = base64.b64decode(self.aes_key + "=")
        plain = b"0123456789abcdef" + struct.pack(">I", len(message)) + message
        padder = padding.PKCS7(256).padder()
        padded = padder.update(plain + self.receive_id.encode()) + padder.finalize()
        cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode()

    def query(self, envelope: str) -> str:
        """The signature's parameters, as they stand in an address."""
        timestamp = str(int(self.now.timestamp()))
        words = [self.token, timestamp, self.nonce, envelope]
        signature = hashlib.sha1("".join(sorted(words)).encode()).hexdigest()  # noqa: S324
        return f"msg_signature={signature}&timestamp={timestamp}&nonce={self.nonce}"

    def check(self, text: str) -> Call:
        """The address check: a GET whose text has to come back."""
        envelope = self.sealed(text)
        query = f"{self.query(envelope)}&echostr={quote(envelope, safe='')}"
        return Call("GET", query, {}, b"", self.now)

    def call(self, plain: str | bytes) -> Call:
        """A POST that says *plain*, in the XML envelope."""
        envelope = self.sealed(plain)
        body = (
            f"<xml><ToUserName><![CDATA[{self.receive_id}]]></ToUserName>"
            f"<Encrypt><![CDATA[{envelope}]]></Encrypt>"
            "<AgentID><![CDATA[1000002]]></AgentID></xml>"
        )
        headers = {"content-type": "text/xml"}
        return Call("POST", self.query(envelope), headers, body.encode(), self.now)

    def says(self, text: str, **fields: object) -> Call:
        """A member's text; another member's, or another kind of message, by the fields."""
        values = {
            "ToUserName": self.receive_id,
            "FromUserName": "WangLi",
            "CreateTime": int(self.now.timestamp()),
            "MsgType": "text",
            "Content": text,
            "MsgId": "4561255354251345929",
            "AgentID": 1000002,
        }
        return self.call(xml(values | fields))


def xml(values: dict[str, object]) -> str:
    """The values as WeCom writes them: numbers bare, texts as CDATA, None left out."""
    return f"<xml>{''.join(_element(*pair) for pair in values.items())}</xml>"


def _element(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    data = str(value).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{data}]]></{name}>"


def sample() -> Sample:
    """An account for the contract test."""
    days = (timedelta(minutes=-11), timedelta(minutes=11), timedelta(days=-4000))
    calls = [(Signer(now=NOW + apart).says("你好"), NOW) for apart in days]
    own = {"corp_id": CORP_ID, "agent_id": "1000002", "secret": "s", "token": "QDG6eK"}
    return Sample(
        settings=own | {"aes_key": AES_KEY},
        good=Signer().says("你好"),
        signed=Signer().call,
        dressed=lambda fields: Signer().says("你好", **fields),
        fields=("FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "MediaId", "Event"),
        stale=tuple(replace(call, received_at=now) for call, now in calls),
        for_somebody_else=(
            Signer(receive_id="ww0000000000000000").says("你好"),
            Signer(receive_id="").says("你好"),
            Signer(receive_id=CORP_ID + "0").says("你好"),
        ),
        now=NOW,
    )


class FakeWecom(Server):
    """The API of one corporation with one app."""

    def __init__(self, *routes: web.RouteDef) -> None:
        super().__init__(
            web.get("/cgi-bin/gettoken", self._give_token),
            web.post("/cgi-bin/message/send", self._take),
            web.get("/cgi-bin/media/get", self._give_file),
            *routes,
        )
        self.now = NOW
        self.secret, self.agent_id = "app-secret-7Qd", 1000002
        self.members = {"WangLi", "ZhangWei"}
        self.out_of_sight: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.texts: list[tuple[str, str]] = []
        self.dropped: list[tuple[str, str]] = []
        self.tokens: dict[str, datetime] = {}
        self.tokens_given = 0
        self.wrong_secrets = 0
        self.token_in_trouble = False
        self._taken_at: list[tuple[str, datetime]] = []

    def spared(self, request: web.Request) -> bool:
        """Troubles begin behind the token, unless a test wants it otherwise."""
        return request.path == "/cgi-bin/gettoken" and not self.token_in_trouble

    def settings(self) -> dict[str, str]:
        """What the bot has to be told."""
        return {
            "corp_id": CORP_ID,
            "agent_id": str(self.agent_id),
            "secret": self.secret,
            "token": "QDG6eK",
            "aes_key": AES_KEY,
            "base_url": self.url,
        }

    def revoke_tokens(self) -> None:
        """Every token given so far is refused from now on."""
        self.tokens = dict.fromkeys(self.tokens, self.now)

    async def question(self, request: web.Request) -> dict[str, object]:
        """The question, after what every call is checked for."""
        self._check_token(request)
        body = await request.text()
        if re.search(r"\\u[0-9a-f]{4}", body):
            refuse(40033, "invalid charset")
        value = json.loads(body)
        assert isinstance(value, dict)
        return value

    def text_in(self, question: dict[str, object]) -> str:
        """The text, at most 2,048 bytes of UTF-8 and not empty."""
        holder = question.get("text")
        if question.get("msgtype") != "text" or not isinstance(holder, dict):
            refuse(40008, "invalid message type")
        content = holder["content"]
        assert isinstance(content, str)
        if not content:
            refuse(44004, "text content is empty")
        if len(content.encode()) > 2048:
            refuse(45002, "content size out of limit")
        return content

    async def _give_token(self, request: web.Request) -> web.Response:
        if self.wrong_secrets >= 3:
            refuse(45009, "api freq out of limit")
        if request.query["corpid"] != CORP_ID:
            refuse(40013, "invalid corpid")
        if request.query["corpsecret"] != self.secret:
            self.wrong_secrets += 1
            refuse(40001, "invalid credential")
        self.tokens_given += 1
        token = f"token-{self.tokens_given}-SECRETPART"
        self.tokens[token] = self.now + timedelta(seconds=7200)
        return ok(access_token=token, expires_in=7200)

    def _check_token(self, request: web.Request) -> None:
        token = request.query.get("access_token", "")
        if not token:
            refuse(41001, "access_token missing")
        if token not in self.tokens:
            refuse(40014, "invalid access_token")
        if self.tokens[token] <= self.now:
            refuse(42001, "access_token expired")

    async def _take(self, request: web.Request) -> web.Response:
        question = await self.question(request)
        if question.get("agentid") != self.agent_id:
            refuse(40056, "invalid agentid")
        text, member = self.text_in(question), str(question["touser"])
        if member in self.out_of_sight:
            return ok(invaliduser=member, msgid="m0")
        if member not in self.members:
            refuse(81013, "user & party & tag all invalid")
        self._keep(member, text)
        return ok(msgid=f"m{len(self.texts)}")

    def _keep(self, member: str, text: str) -> None:
        """Thirty a minute for each member; more is dropped, and the answer is "ok" all the same."""
        minute_ago = self.now - timedelta(minutes=1)
        lately = sum(1 for whom, at in self._taken_at if whom == member and at > minute_ago)
        (self.texts if lately < 30 else self.dropped).append((member, text))
        self._taken_at.append((member, self.now))
        self.arrivals.put_nowait((member, text))

    async def _give_file(self, request: web.Request) -> web.Response:
        self._check_token(request)
        media_id = request.query["media_id"]
        if media_id not in self.files:
            refuse(40007, "invalid media_id")
        headers = {"Content-Disposition": f'attachment; filename="{media_id}.jpg"'}
        return web.Response(body=self.files[media_id], content_type="image/jpeg", headers=headers)


def ok(**more: object) -> web.Response:
    """A success as the API words it."""
    return web.json_response({"errcode": 0, "errmsg": "ok", **more})


def refuse(code: int, text: str) -> NoReturn:
    """A refusal as the API words it: HTTP 200, the truth in the body.

    Raises:
        HTTPOk: always; it is the answer.
    """
    body = json.dumps({"errcode": code, "errmsg": f"{text}, from ip: 127.0.0.1"})
    raise web.HTTPOk(text=body, content_type="application/json")
