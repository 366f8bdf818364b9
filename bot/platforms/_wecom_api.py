"""WeCom's API: the access token, one call, one file, and what its error codes mean.

Token: `gettoken` gives one for 7,200 s, to every caller the same; it may be revoked early, which a
call learns by 40014 or 42001: fetched anew once, then given up. Too many wrong secrets ban the
address for an hour, so a refused `gettoken` is not repeated for ten minutes by any worker.
https://developer.work.weixin.qq.com/document/path/91039 (read 2026-11)
Error codes: https://developer.work.weixin.qq.com/document/path/90313 (read 2026-11)
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import aiohttp

from bot.errors import Rejected, RetryLater, SendError, StorageError, Unknown
from bot.model import Media, Memory
from bot.platforms._accounts import Account
from bot.platforms._outbound import (
    DOWNLOAD,
    QUESTION,
    REPAIR,
    Answer,
    Limits,
    Request,
    check_status,
    exchange,
    json_answer,
)

BASE_URL = "https://qyapi.weixin.qq.com"
"""The public API; a private WeCom (政务微信) has an address of its own."""

_TOKEN_REFUSED = {40001, 40014, 42001}
_BUSY = {-1: 5, 6000: 5, 45009: 60, 45033: 5}
"""Seconds to wait: busy, conflict, too many calls a minute, too many at once."""

_FOR_A_PERSON = {
    40001: "应用的 Secret 不对",
    40013: "企业 ID 不对",
    40014: "登录凭证无效",
    40056: "应用的 AgentId 不对",
    42001: "登录凭证过期",
    48002: "应用没有开通这个接口",
    60020: "本机的地址不在应用的可信 IP 里",
    95017: "微信客服没有允许这个应用调用接口",
    301002: "Secret 和 AgentId 不是同一个应用的",
}
"""What only the settings or WeCom's console can mend; texts wait for that."""

_PATIENCE = 20
"""Seconds for a call with all its tokens: whoever holds a lane meanwhile has 30."""

_LONGEST_ERROR = 4096
_EARLY = timedelta(minutes=5)
_REFUSED = "refused"


class WecomApi:
    """The API as one app sees it; its secret and token never leave this object in a text."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        memory: Memory,
        account: Account,
        limits: Limits = QUESTION,
    ) -> None:
        """Nothing is called before the first question."""
        self._http = http
        self._memory = memory
        self._limits = limits
        self._base_url = (account["base_url"] or BASE_URL).rstrip("/")
        self._credentials = (("corpid", account["corp_id"]), ("corpsecret", account["secret"]))
        app = sha256(repr((self._base_url, self._credentials)).encode()).hexdigest()[:32]
        self._key = f"wecom-token-{app}"
        self._fetching = asyncio.Lock()

    async def post(self, path: str, question: dict[str, object]) -> dict[str, object]:
        """The API's answer, with whatever `errcode` but a refused token.

        Raises:
            RetryLater: not taken; no connection, no token, or the service is busy.
            Rejected: the request itself is wrong.
            Unknown: written, and no answer that can be read.
        """
        request = Request("POST", self._base_url + path, json=question)
        try:
            async with asyncio.timeout(_PATIENCE):
                return json_answer(await self._asked(request, self._limits))
        except TimeoutError:
            raise Unknown("发出去了，对方没有回音") from None

    async def download(self, media: Media) -> bytes:
        """The bytes of a temporary file, which the service keeps for three days.

        https://developer.work.weixin.qq.com/document/path/90254 (read 2026-11)

        Raises:
            RetryLater: not now.
            Rejected: gone, or over 20 MiB.
        """
        query = (("media_id", media.handle),)
        request = Request("GET", f"{self._base_url}/cgi-bin/media/get", query)
        try:
            answer = await self._asked(request, DOWNLOAD)
            if _in_words(answer):
                raise refusal(json_answer(answer), {40007: "文件已经过期，取不到了"})
        except Unknown as error:
            raise RetryLater(str(error)) from None
        if len(answer.body) > DOWNLOAD.size:
            raise Rejected("文件超过 20 MiB")
        return answer.body

    async def _asked(self, request: Request, limits: Limits) -> Answer:
        """The answer; asked a second time with a new token when the first one was refused."""
        token = await self._token()
        answer = await self._asked_once(request, token, limits)
        if _refuses_token(answer):
            token = await self._token(refused=token)
            answer = await self._asked_once(request, token, limits)
        return answer

    async def _asked_once(self, request: Request, token: str, limits: Limits) -> Answer:
        query = (("access_token", token), *request.query)
        signed = Request(request.method, request.url, query, request.json)
        answer = await exchange(self._http, signed, limits)
        check_status(answer)
        return answer

    async def _token(self, refused: str = "") -> str:
        """The shared token; a new one is fetched by one task of this process at a time."""
        try:
            if token := await self._kept_token(refused):
                return token
            async with self._fetching:
                # Another task may have fetched it meanwhile.
                return await self._kept_token(refused) or await self._new_token()
        except StorageError:
            raise RetryLater("数据库暂时用不了") from None

    async def _kept_token(self, refused: str) -> str:
        """What all workers share; "" when nothing of use is there."""
        kept = await self._memory.recall(self._key)
        if kept == _REFUSED:
            raise RetryLater("企业微信不认应用的凭证，请检查企业 ID 和 Secret", REPAIR)
        return kept if kept and kept != refused else ""

    async def _new_token(self) -> str:
        request = Request("GET", f"{self._base_url}/cgi-bin/gettoken", self._credentials)
        try:
            answer = await exchange(self._http, request, self._limits)
            check_status(answer)
            value = json_answer(answer)
            code, token, seconds = error_code(value), value.get("access_token"), _lifetime(value)
        except (Rejected, Unknown) as error:
            raise RetryLater(f"取不到企业微信的凭证：{error}") from None
        if code or not isinstance(token, str) or not token:
            if code in _FOR_A_PERSON:
                await self._memory.keep(self._key, _REFUSED, REPAIR)
            raise _later(code)
        await self._memory.keep(self._key, token, max(seconds - _EARLY, seconds / 2))
        return token


def _in_words(answer: Answer) -> bool:
    """Whether the body is an answer in words, as every error is, and not a file."""
    return not answer.attachment and answer.body[:1] == b"{"


def _refuses_token(answer: Answer) -> bool:
    short = len(answer.body) < _LONGEST_ERROR
    return short and _in_words(answer) and error_code(json_answer(answer)) in _TOKEN_REFUSED


def _lifetime(value: dict[str, object]) -> timedelta:
    seconds = value.get("expires_in")
    return timedelta(seconds=min(seconds, 7200) if isinstance(seconds, int) else 7200)


def error_code(answer: dict[str, object]) -> int:
    """The answer's `errcode`; 0 is success, which some older calls leave out.

    Raises:
        Unknown: something that is no number stands there.
    """
    code = answer.get("errcode", 0)
    if not isinstance(code, int):
        raise Unknown("企业微信的回答看不懂")
    return code


def refusal(answer: dict[str, object], reasons: Mapping[int, str]) -> SendError:
    """What an `errcode` other than 0 means; *reasons* are this call's own, for staff to read."""
    code = error_code(answer)
    if code in _BUSY or code in _FOR_A_PERSON:
        return _later(code)
    return Rejected(f"{reasons.get(code, '企业微信不接受')}（{code}）")


def _later(code: int) -> RetryLater:
    if code in _FOR_A_PERSON:
        return RetryLater(f"{_FOR_A_PERSON[code]}（{code}）", REPAIR)
    return RetryLater(f"企业微信太忙（{code}）", timedelta(seconds=_BUSY.get(code, 60)))
