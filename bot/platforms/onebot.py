"""OneBot 11: QQ groups through software that drives a personal account; it hears everything.

Tencent's terms forbid such software and may close the account: an offer for groups that already
run one, nothing we bundle.

Checklist (https://github.com/botuniverse/onebot-11, read 2026-11):
signature: `X-Signature: sha1=` + HMAC-SHA1 of the body (communication/http-post.md); optional
there, required here: without it anybody on the network can speak for every resident ·
replay window: none; the signed body holds `time`, ours is 30 days, as long as an inbox knows its
ids, so that backlogs pass and no replay is ever handled twice · handshake: none ·
de-duplication: self_id + message_id · groups: all messages (event/message.md) ·
answer: 204, no quick operation (api/hidden.md); texts go by the HTTP API (communication/http.md) ·
reply window: none · byte limit: none documented, QQ cuts long texts; 3,000 bytes is safe ·
rate: none documented, QQ judges by itself; 20 a minute and group stays inconspicuous ·
codes: HTTP 401 no token, 403 wrong token, 404 no such call; `status` ok, async or failed, with a
`retcode` of the implementation's own choosing, see `_NEVER`.
"""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp

from bot.errors import Malformed, Rejected, RetryLater, SendError, Unauthorized, Unknown
from bot.model import (
    Call,
    Capabilities,
    ChatKind,
    Delivery,
    Media,
    Memory,
    Message,
    Outgoing,
    Rate,
    Response,
    Sent,
)
from bot.platforms import Platform, PlatformSettings
from bot.platforms._accounts import Account, address_fault, configured
from bot.platforms._inbound import (
    check_form,
    check_fresh,
    identifier,
    json_object,
    moment,
    object_of,
    text_of,
)
from bot.platforms._onebot_segments import parse
from bot.platforms._outbound import (
    DOWNLOAD,
    QUESTION,
    REPAIR,
    Limits,
    Request,
    check_bytes,
    check_status,
    exchange,
    json_answer,
)

TITLE = "QQ（OneBot 11）"

SETTINGS: Mapping[str, str] = {
    "secret": "上报消息用的密钥，和 OneBot 那边填成一样",
    "access_token": "调用接口用的 access_token；那边没有设就不填",
    "api_url": "OneBot 接口的网址，如 http://127.0.0.1:5700",
    "media_hosts": "图片所在的主机，逗号分开；不填就只认 QQ 自己的",
}

WINDOW = timedelta(days=30)
"""How old a signed message may be: as long as an inbox remembers its id."""

MEDIA_HOSTS = frozenset({"multimedia.nt.qq.com.cn", "gchat.qpic.cn", "c2cpicdw.qpic.cn"})
"""Where QQ keeps pictures; asked by https only, so that no other address can answer for them."""

_CAPABILITIES = Capabilities(
    max_bytes=3000,
    rate=Rate(20, timedelta(minutes=1)),
)

_NEVER = {100: "参数不对", 103: "没有权限", 1400: "请求不对", 1404: "没有这个接口"}
"""Codes that go-cqhttp and its successors give for what no repetition mends."""

_ADDRESSES = {"group": ("/send_group_msg", "group_id"), "private": ("/send_private_msg", "user_id")}


class OneBot:
    """One QQ account behind one implementation of OneBot 11."""

    name = "onebot"
    capabilities = _CAPABILITIES

    def __init__(
        self, account: Account, http: aiohttp.ClientSession, limits: Limits = QUESTION
    ) -> None:
        """Speak for the account through its HTTP API."""
        self.account = account.name
        self.community = account.community
        self._secret = account["secret"].encode()
        self._access_token = account["access_token"]
        self._api_url = account["api_url"].rstrip("/")
        self._trusted = frozenset(account["media_hosts"].lower().replace(",", " ").split())
        self._http = http
        self._limits = limits

    def read(self, call: Call) -> Delivery:
        """One message; events of other kinds and the account's own messages bring nothing."""
        check_form(call, "POST")
        self._check_signature(call)
        event = json_object(call.body)
        if event.get("post_type") != "message" or event.get("sub_type") == "notice":
            return Delivery()
        if identifier(event.get("user_id")) == identifier(event.get("self_id")):
            return Delivery()
        message = self._message(event)
        check_fresh(message.sent_at, call.received_at, WINDOW)
        return Delivery(messages=(message,))

    def respond(self, delivery: Delivery) -> Response:
        """204: heard, no quick operation."""
        return Response(status=204)

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text as a single text segment: nothing in it is read as a CQ code."""
        check_bytes(outgoing.text, _CAPABILITIES.max_bytes)
        kind, _, number = outgoing.chat.partition(":")
        if kind not in _ADDRESSES or not (number.isascii() and number.isdecimal()):
            raise Rejected(f"没有这样的 QQ 会话：{outgoing.chat}")
        path, key = _ADDRESSES[kind]
        segment = {"type": "text", "data": {"text": outgoing.text}}
        return await self._asked(path, {key: int(number), "message": [segment]})

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a picture, clip or file, from QQ's own hosts or those in `media_hosts`.

        The address stands in a message that anybody may have forged on the way to the account, so
        no other host is called, and no redirect followed.
        """
        request = Request("GET", self._allowed(media.handle))
        try:
            answer = await exchange(self._http, request, DOWNLOAD)
            if answer.status in range(300, 400):
                raise Rejected("图片的地址转向别处，不跟过去")
            check_status(answer)
        except Unknown as error:
            raise RetryLater(str(error)) from None
        if len(answer.body) > DOWNLOAD.size:
            raise Rejected("文件超过 20 MiB")
        return answer.body

    def _check_signature(self, call: Call) -> None:
        expected = f"sha1={hmac.digest(self._secret, call.body, 'sha1').hex()}"
        given = call.headers.get("x-signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Unauthorized("the signature does not fit")

    def _message(self, event: dict[str, object]) -> Message:
        self_id, sender = identifier(event.get("self_id")), identifier(event.get("user_id"))
        group = _is_group(event)
        private_chat = f"private:{sender}"
        parsed = parse(event.get("message"), self_id)
        return Message(
            platform=self.name,
            account=self.account,
            id=identifier(f"{self_id}:{identifier(event.get('message_id'))}"),
            chat=f"group:{identifier(event.get('group_id'))}" if group else private_chat,
            kind=ChatKind.GROUP if group else ChatKind.PRIVATE,
            sender=sender,
            text=parsed.text,
            sent_at=moment(event.get("time")),
            sender_name=_name(event),
            private_chat=private_chat,
            addressed=parsed.addressed or not group,
            media=parsed.media,
            location=parsed.location,
            quote=parsed.quote,
        )

    async def _asked(self, path: str, question: dict[str, object]) -> Sent:
        request = Request("POST", self._api_url + path, json=question, bearer=self._access_token)
        answer = await exchange(self._http, request, self._limits)
        if answer.status in {401, 403, 404}:
            raise RetryLater(f"OneBot 的地址或访问令牌不对（HTTP {answer.status}）", REPAIR)
        check_status(answer)
        return _sent(json_answer(answer))

    def _allowed(self, url: str) -> str:
        """The address to call.

        Raises:
            Rejected: it is on nobody's list.
        """
        try:
            parts = urlsplit(url)
            host, named = (parts.hostname or "").lower(), parts.netloc.lower()
        except ValueError:
            raise Rejected("图片的地址不对") from None
        if parts.scheme in {"http", "https"} and named in self._trusted:
            return url
        if parts.scheme in {"http", "https"} and named == host and host in MEDIA_HOSTS:
            return parts._replace(scheme="https").geturl()
        raise Rejected("图片不在 QQ 的服务器上，不下载")


def _is_group(event: dict[str, object]) -> bool:
    kind = event.get("message_type")
    if kind not in ("group", "private"):  # a set would have to hash whatever stands there
        raise Malformed("message_type is neither group nor private")
    return kind == "group"


def _name(event: dict[str, object]) -> str:
    """The name in the group, or the account's own."""
    sender = object_of(event.get("sender") or {})
    return text_of(sender, "card") or text_of(sender, "nickname")


def _sent(answer: dict[str, object]) -> Sent:
    if answer.get("status") == "async":
        return Sent()
    if answer.get("status") != "ok" or answer.get("retcode") != 0:
        raise _refusal(answer)
    data = answer.get("data")
    message_id = data.get("message_id") if isinstance(data, dict) else None
    return Sent("" if message_id is None else str(message_id))


def _refusal(answer: dict[str, object]) -> SendError:
    code = answer.get("retcode")
    if answer.get("status") != "failed" or not isinstance(code, int):
        return Unknown("OneBot 的回答看不懂")
    if code in _NEVER:
        return Rejected(f"QQ 没有发出：{_NEVER[code]}（{code}）")
    if "timeout" in str(answer.get("wording", "")).lower() + str(answer.get("message", "")).lower():
        # The implementation waited in vain for QQ's receipt; such a text has often arrived.
        return Unknown(f"QQ 没有回执（{code}）")
    return RetryLater(f"QQ 没有发出（{code}）")


def build(
    settings: PlatformSettings, http: aiohttp.ClientSession, _memory: Memory
) -> list[Platform]:
    """One QQ account for each configured account; without a secret it is refused.

    Raises:
        SettingsError: an account is configured in part or wrongly.
    """
    checks = {"api_url": address_fault}
    accounts = configured(settings, "onebot", ("secret", "api_url"), checks)
    return [OneBot(account, http) for account in accounts]
