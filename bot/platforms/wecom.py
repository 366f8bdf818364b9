"""企业微信自建应用: staff write to an app of their own corporation, one to one.

Checklist (https://developer.work.weixin.qq.com/document/path/…, read 2026-11):
signature: SHA-1 over token, timestamp, nonce, envelope; AES-256 for the corp id (90968) ·
replay window: none documented, ours is ten minutes, see `_wecom_callback` ·
handshake: GET with `echostr`, answered within 1 s with its plain text (90238) ·
de-duplication: MsgId; FromUserName + CreateTime for events (90239) ·
groups: it hears nothing, members write 1:1 · reply window: none, it may write at any time ·
byte limit: 2,048 (90236) · rate: 30 a minute and 1,000 an hour for each member, *silently dropped*
beyond that (90236), hence `Rate`; 45009 for calls · codes: see `_wecom_api`.

`message/send` has no idempotency key. `enable_duplicate_check` is none: it drops any equal text to
the same person within the interval, so the second of two honest "记下了" would be lost.
"""

from collections.abc import Mapping
from datetime import timedelta

import aiohttp

from bot.errors import Rejected
from bot.model import (
    Call,
    Capabilities,
    ChatKind,
    Delivery,
    Location,
    Media,
    MediaKind,
    Memory,
    Message,
    Outgoing,
    Rate,
    Response,
    Sent,
)
from bot.platforms import Platform, PlatformSettings
from bot.platforms._accounts import Account, address_fault, configured, number_fault
from bot.platforms._inbound import degrees, identifier, moment, storable
from bot.platforms._outbound import check_bytes
from bot.platforms._wecom_api import WecomApi, error_code, refusal
from bot.platforms._wecom_callback import open_call, read_xml
from bot.platforms._wecom_crypto import WecomCrypto, aes_key_fault

TITLE = "企业微信应用"

SETTINGS: Mapping[str, str] = {
    "corp_id": "企业 ID，在管理后台“我的企业”里",
    "agent_id": "应用的 AgentId，一个整数",
    "secret": "应用的 Secret",
    "token": "“接收消息”里的 Token",
    "aes_key": "“接收消息”里的 EncodingAESKey，43个字符",
    "base_url": "接口的网址，不填就是企业微信官方的",
}
"""The last one is optional."""

_MEDIA = {
    "image": MediaKind.IMAGE,
    "voice": MediaKind.VOICE,
    "video": MediaKind.VIDEO,
    "file": MediaKind.FILE,
}

_CAPABILITIES = Capabilities(
    max_bytes=2048,
    rate=Rate(30, timedelta(minutes=1)),
)

_REASONS = {
    40003: "没有这个成员",
    44004: "文字是空的",
    45002: "文字太长",
    60111: "没有这个成员",
    81013: "收信人不在应用的可见范围里",
    82001: "没有收信人",
}


class Wecom:
    """One self-built app of one corporation."""

    name = "wecom"
    capabilities = _CAPABILITIES

    def __init__(self, account: Account, api: WecomApi) -> None:
        """Speak for the account through its API."""
        self.account = account.name
        self.community = account.community
        self._agent_id = int(account["agent_id"])
        self._crypto = WecomCrypto(account["token"], account["aes_key"], account["corp_id"])
        self._api = api

    def read(self, call: Call) -> Delivery:
        """One message or event, or the answer to the address check."""
        plain = open_call(self._crypto, call)
        if call.method == "GET":
            return Delivery(handshake=Response(body=plain))
        message = self._message(read_xml(plain))
        return Delivery(messages=(message,) if message else ())

    def respond(self, delivery: Delivery) -> Response:
        """An empty body: taken, nothing to say on this connection."""
        return delivery.handshake or Response()

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text to one member; errcode 0 with the member in `invaliduser` is a refusal."""
        check_bytes(outgoing.text, _CAPABILITIES.max_bytes)
        question: dict[str, object] = {
            "touser": outgoing.chat,
            "msgtype": "text",
            "agentid": self._agent_id,
            "text": {"content": outgoing.text},
        }
        answer = await self._api.post("/cgi-bin/message/send", question)
        if error_code(answer):
            raise refusal(answer, _REASONS)
        if answer.get("invaliduser") or answer.get("unlicenseduser"):
            raise Rejected("收信人不在应用的可见范围里，或者没有企业微信许可")
        return Sent(str(answer.get("msgid", "")))

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a picture, clip or file."""
        return await self._api.download(media)

    def _message(self, fields: dict[str, str]) -> Message | None:
        """The message; None for an event nobody wrote, such as opening the app."""
        kind = fields.get("MsgType", "")
        if kind == "event" and fields.get("Event") != "click":
            return None
        sender = identifier(fields.get("FromUserName"))
        return Message(
            platform=self.name,
            account=self.account,
            id=identifier(_id(kind, fields)),
            chat=sender,
            kind=ChatKind.PRIVATE,
            sender=sender,
            text=storable(_text(kind, fields)),
            sent_at=moment(fields.get("CreateTime")),
            private_chat=sender,
            media=_media(kind, fields),
            location=_location(fields) if kind == "location" else None,
        )


def _id(kind: str, fields: dict[str, str]) -> str:
    if kind == "event":
        return "-".join(fields.get(key, "") for key in ("FromUserName", "CreateTime", "Event"))
    return fields.get("MsgId", "")


def _text(kind: str, fields: dict[str, str]) -> str:
    """What the message says: a tap on the app's menu says the menu's key."""
    keys = {
        "text": ("Content",),
        "event": ("EventKey",),
        "link": ("Title", "Description", "Url"),
    }.get(kind, ())
    return "\n".join(text for key in keys if (text := fields.get(key, "").strip()))


def _media(kind: str, fields: dict[str, str]) -> tuple[Media, ...]:
    if kind not in _MEDIA:
        return ()
    name = storable(fields.get("FileName", ""))
    return (Media(_MEDIA[kind], identifier(fields.get("MediaId")), name),)


def _location(fields: dict[str, str]) -> Location:
    latitude, longitude = degrees(fields.get("Location_X")), degrees(fields.get("Location_Y"))
    return Location(latitude, longitude, storable(fields.get("Label", "")))


def build(
    settings: PlatformSettings, http: aiohttp.ClientSession, memory: Memory
) -> list[Platform]:
    """One app for each configured account.

    Raises:
        SettingsError: an account is configured in part or wrongly.
    """
    checks = {"aes_key": aes_key_fault, "agent_id": number_fault, "base_url": address_fault}
    accounts = configured(settings, "wecom", tuple(SETTINGS)[:-1], checks)
    return [Wecom(account, WecomApi(http, memory, account)) for account in accounts]
