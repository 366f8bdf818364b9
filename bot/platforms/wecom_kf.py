"""微信客服: residents write from ordinary WeChat, one to one, through a link or QR code.

Checklist (https://developer.work.weixin.qq.com/document/path/…, read 2026-11):
signature and replay: as `wecom`; a call says only "there is something", with a token for the pull
(94670) · de-duplication: the msgid of `kf/sync_msg`, and its cursor · groups: none ·
reply window and quota: 5 texts within 48 h after each message of the resident (94677) ·
byte limit: 2,048 (94677) · our key as `msgid`, unique within the account for ever, a second use is
an error (94677) · codes: 95001 count, 95002 time, 95018 state of the session, see `_REASONS`; a
text that was taken and did not arrive comes back as the event `msg_send_fail` ·
welcome: whoever opens the chat may be greeted once within about 20 s, with the event's code and
outside the quota (95122).

Decided here: opening the chat from a link with a place is a message with an empty text and the
place's code, for it says who is where; the greeting is the bot's affair. Its `reply_to` is the
welcome code, which `send` uses first.
"""

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import unquote

import aiohttp

from bot.errors import Malformed, Rejected, RetryLater, Unknown
from bot.model import (
    Announcement,
    Call,
    Capabilities,
    ChatKind,
    Delivery,
    Failure,
    Media,
    Memory,
    Message,
    Outgoing,
    Pulled,
    Quota,
    Response,
    Sent,
)
from bot.platforms import Platform, PlatformSettings
from bot.platforms._accounts import Account, address_fault, configured
from bot.platforms._inbound import identifier, list_of, moment, object_of, text_of
from bot.platforms._outbound import check_bytes
from bot.platforms._wecom_api import WecomApi, error_code, refusal
from bot.platforms._wecom_callback import open_call, read_xml
from bot.platforms._wecom_crypto import WecomCrypto, aes_key_fault
from bot.platforms._wecom_kf_content import LOCATION_KIND, content, location_of, media_of

TITLE = "微信客服"

SETTINGS: Mapping[str, str] = {
    "corp_id": "企业 ID，在管理后台“我的企业”里",
    "secret": "微信客服的 Secret",
    "token": "回调设置里的 Token",
    "aes_key": "回调设置里的 EncodingAESKey，43个字符",
    "open_kfid": "客服账号的 ID，wk 开头",
    "base_url": "接口的网址，不填就是企业微信官方的",
}
"""The last one is optional."""

log = logging.getLogger(__name__)

PAGE = 500
"""Messages in one pull; each page is one transaction. The service allows 1,000."""

_WINDOW = timedelta(hours=48)
_FROM_RESIDENT = 3
_FROM_SERVICE = 4
_TOKEN_EXPIRED = 95007

_CAPABILITIES = Capabilities(
    max_bytes=2048,
    quota=Quota(5, _WINDOW),
)

_REASONS = {
    40096: "这位居民的编号不对",
    44004: "文字是空的",
    45002: "文字太长",
    95000: "没有这个客服账号",
    95001: "居民最后一条消息之后已经发满 5 条，要等居民再说话",
    95002: "居民最后一条消息已过 48 小时，要等居民再说话",
    95004: "没有这个客服账号",
    95013: "这次会话已经结束，要等居民再说话",
    95018: "会话正由人工接待，机器人不能发",
}

_FAILURES = {
    1: "客服账号已删除",
    2: "应用已停用",
    4: "居民最后一条消息已过 48 小时",
    5: "会话已经关闭",
    6: "已经发满 5 条",
    8: "企业还没有认证",
    10: "居民拒收",
    11: "企业里还没有人登录过企业微信",
    12: "客服不能发这类内容",
}
"""`fail_type` of the event: https://developer.work.weixin.qq.com/document/path/94670."""


class WecomKf:
    """One kf account of one corporation."""

    name = "wecom_kf"
    capabilities = _CAPABILITIES

    def __init__(self, account: Account, api: WecomApi, siblings: Mapping[str, str]) -> None:
        """Speak for the account through its API.

        `siblings` are all configured kf accounts, this one too: open_kfid to account name.
        """
        self._siblings = siblings
        self.account = account.name
        self.community = account.community
        self._open_kfid = account["open_kfid"]
        self._crypto = WecomCrypto(account["token"], account["aes_key"], account["corp_id"])
        self._api = api

    def read(self, call: Call) -> Delivery:
        """An announcement, or the answer to the address check; other events bring nothing."""
        plain = open_call(self._crypto, call)
        if call.method == "GET":
            return Delivery(handshake=Response(body=plain))
        fields = read_xml(plain)
        account = self._siblings.get(fields.get("OpenKfId", self._open_kfid))
        if fields.get("Event") != "kf_msg_or_event" or account is None:
            return Delivery()
        other = None if account == self.account else account
        return Delivery(announcement=Announcement(identifier(fields.get("Token")), other))

    def respond(self, delivery: Delivery) -> Response:
        """An empty body: heard."""
        return delivery.handshake or Response()

    async def pull(self, cursor: str, token: str) -> Pulled:
        """The next page; what cannot be read in it is left out, and does not hold up the rest."""
        try:
            answer = await self._page(cursor, token)
            if error_code(answer) == _TOKEN_EXPIRED and token:
                answer = await self._page(cursor, "")
        except Unknown as error:
            raise RetryLater(str(error)) from None
        if error_code(answer):
            raise refusal(answer, _REASONS)
        return self._pulled(cursor, answer)

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text under our key, which the service takes once: repeating it is safe."""
        check_bytes(outgoing.text, _CAPABILITIES.max_bytes)
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", outgoing.key):
            raise Rejected(f"消息编号 {outgoing.key!r} 不合规定")
        text: dict[str, object] = {
            "msgid": outgoing.key,
            "msgtype": "text",
            "text": {"content": outgoing.text},
        }
        if outgoing.reply_to and await self._greeted(outgoing, text):
            return Sent(outgoing.key)
        question = text | {"touser": outgoing.chat, "open_kfid": self._open_kfid}
        answer = await self._api.post("/cgi-bin/kf/send_msg", question)
        if error_code(answer) and not _known_already(answer):
            raise refusal(answer, _REASONS)
        return Sent(outgoing.key)

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a picture, clip or file."""
        return await self._api.download(media)

    async def _greeted(self, outgoing: Outgoing, text: dict[str, object]) -> bool:
        """True when the welcome code was still good; if not, the ordinary way is left to try."""
        question = text | {"code": outgoing.reply_to}
        answer = await self._api.post("/cgi-bin/kf/send_msg_on_event", question)
        return not error_code(answer) or _known_already(answer)

    async def _page(self, cursor: str, token: str) -> dict[str, object]:
        question: dict[str, object] = {"open_kfid": self._open_kfid, "limit": PAGE}
        question |= {"cursor": cursor} if cursor else {}
        question |= {"token": token} if token else {}
        return await self._api.post("/cgi-bin/kf/sync_msg", question)

    def _pulled(self, cursor: str, answer: dict[str, object]) -> Pulled:
        messages: list[Message] = []
        failures: list[Failure] = []
        try:
            items = list_of(answer.get("msg_list", []))
            next_cursor = text_of(answer, "next_cursor") or cursor
        except Malformed:
            raise RetryLater("企业微信的回答看不懂") from None
        for item in items:
            found = self._read_item(item)
            if isinstance(found, Message):
                messages.append(found)
            elif found is not None:
                failures.append(found)
        # A page that does not move on would be fetched for ever.
        more = answer.get("has_more") == 1 and next_cursor != cursor
        return Pulled(tuple(messages), next_cursor, more, tuple(failures))

    def _read_item(self, value: object) -> Message | Failure | None:
        try:
            item = object_of(value)
            if item.get("msgtype") == "event":
                return self._event(item)
            ours = item.get("open_kfid", self._open_kfid) == self._open_kfid
            return self._message(item) if ours and item.get("origin") == _FROM_RESIDENT else None
        except Malformed as error:
            log.warning("an item of kf/sync_msg is not as documented: %s", error)
            return None

    def _event(self, item: dict[str, object]) -> Message | Failure | None:
        event = object_of(item.get("event"))
        if event.get("open_kfid", self._open_kfid) != self._open_kfid:
            return None
        kind = event.get("event_type")
        if kind == "msg_send_fail":
            return _failure(event)
        place = unquote(text_of(event, "scene_param")) or text_of(event, "scene")
        if kind != "enter_session" or not place:
            return None
        return self._entered(item, event, place)

    def _entered(self, item: dict[str, object], event: dict[str, object], place: str) -> Message:
        sender = identifier(event.get("external_userid"))
        return Message(
            platform=self.name,
            account=self.account,
            id=identifier(item.get("msgid")),
            chat=sender,
            kind=ChatKind.PRIVATE,
            sender=sender,
            text="",
            sent_at=moment(item.get("send_time")),
            private_chat=sender,
            reply_to=text_of(event, "welcome_code"),
            place_code=identifier(place),
        )

    def _message(self, item: dict[str, object]) -> Message:
        sender = identifier(item.get("external_userid"))
        kind = text_of(item, "msgtype")
        body = object_of(item.get(kind, {}))
        return Message(
            platform=self.name,
            account=self.account,
            id=identifier(item.get("msgid")),
            chat=sender,
            kind=ChatKind.PRIVATE,
            sender=sender,
            text=content(kind, body),
            sent_at=moment(item.get("send_time")),
            private_chat=sender,
            media=media_of(kind, body),
            location=location_of(body) if kind == LOCATION_KIND else None,
        )


def _failure(event: dict[str, object]) -> Failure:
    kind = event.get("fail_type")
    reason = _FAILURES.get(kind, "") if isinstance(kind, int) else ""
    return Failure(identifier(event.get("fail_msgid")), reason or "没有送到，原因不明")


def _known_already(answer: dict[str, object]) -> bool:
    """Whether the service refuses our key because it has it: the text was taken before.

    The document promises an error and names no code. The key's form was checked before it was
    sent, so an error that speaks of the msgid has nothing else to say.
    """
    return error_code(answer) != 0 and "msgid" in str(answer.get("errmsg", "")).lower()


def build(
    settings: PlatformSettings, http: aiohttp.ClientSession, memory: Memory
) -> list[Platform]:
    """One kf account for each configured account.

    Raises:
        SettingsError: an account is configured in part or wrongly.
    """
    checks = {"aes_key": aes_key_fault, "base_url": address_fault}
    accounts = configured(settings, "wecom_kf", tuple(SETTINGS)[:-1], checks)
    # One app's address hears of all its kf accounts: each can say whose turn it is.
    siblings = {account["open_kfid"]: account.name for account in accounts}
    return [WecomKf(account, WecomApi(http, memory, account), siblings) for account in accounts]
