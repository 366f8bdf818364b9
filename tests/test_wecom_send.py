"""企业微信自建应用: texts go out, files come in, and every failure says what it means."""

import asyncio
import socket
import traceback
from contextlib import ExitStack
from datetime import timedelta

import aiohttp
import aiohttp.abc
import pytest

from bot.errors import Rejected, RetryLater, Unknown
from bot.model import Kind, Media, MediaKind, Outgoing
from bot.platforms import Fetches, Receives, Sends
from bot.platforms._accounts import Account
from bot.platforms._outbound import Limits, Request, exchange
from bot.platforms._wecom_api import WecomApi
from bot.platforms.wecom import Wecom
from tests.accounts import configured
from tests.fakes.memory import LocalMemory
from tests.fakes.trouble import Trouble
from tests.fakes.wecom import FakeWecom


def hurried(fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory) -> Wecom:
    """The same account with less patience."""
    account = Account("", "", fake_wecom.settings())
    limits = Limits(aiohttp.ClientTimeout(total=0.2, connect=0.1), 1 << 20)
    return Wecom(account, WecomApi(http, memory, account, limits))


class NoNames(aiohttp.abc.AbstractResolver):
    """A name server that is out of reach."""

    async def resolve(
        self, host: str, port: int = 0, family: int = 0
    ) -> list[aiohttp.abc.ResolveResult]:
        """Nothing, as the system says it."""
        raise OSError(None, f"no address for {host}")

    async def close(self) -> None:
        """Nothing to close."""


def outgoing(text: str = "记下了：3号楼漏水。", chat: str = "WangLi") -> Outgoing:
    """A text on its way to a member."""
    return Outgoing(1, "out-1", "wecom", "", chat, Kind.REPLY, text)


async def test_a_text_goes_out(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """It arrives as written, and the service's id comes back."""
    sent = await wecom.send(outgoing("您好😊\n编号712"))

    assert (fake_wecom.texts, sent.id) == ([("WangLi", "您好😊\n编号712")], "m1")


async def test_equal_texts_both_arrive(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """Two honest "记下了" are two messages."""
    await wecom.send(outgoing("记下了"))
    await wecom.send(outgoing("记下了"))

    assert fake_wecom.texts == [("WangLi", "记下了")] * 2


async def test_one_token_serves_many_texts(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """Also when they start at once."""
    await asyncio.gather(*(wecom.send(outgoing(str(number))) for number in range(20)))

    assert (len(fake_wecom.texts), fake_wecom.tokens_given) == (20, 1)


async def test_workers_share_the_token(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """The second process finds it in the shared memory."""
    for _ in range(2):
        worker = configured(fake_wecom.settings(), http, memory)
        await worker.send(outgoing())

    assert fake_wecom.tokens_given == 1


async def test_a_revoked_token_is_replaced_once(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """Many texts notice it at once; one new token is fetched, and all arrive."""
    await wecom.send(outgoing("first"))
    fake_wecom.revoke_tokens()
    await asyncio.gather(*(wecom.send(outgoing(str(number))) for number in range(10)))

    assert (len(fake_wecom.texts), fake_wecom.tokens_given) == (11, 2)


async def test_a_memory_out_of_reach_is_safe_to_repeat(
    wecom: Wecom, fake_wecom: FakeWecom, memory: LocalMemory
) -> None:
    """Without the token nothing was written: what may go out only once can wait."""
    memory.out_of_reach = True
    with pytest.raises(RetryLater):
        await wecom.send(outgoing())

    assert fake_wecom.texts == []


@pytest.mark.parametrize("code", [40014, 42001, 40001])
async def test_a_token_that_stays_refused_waits(
    wecom: Wecom, fake_wecom: FakeWecom, code: int
) -> None:
    """Twice, then the text waits: no loop against the service."""
    fake_wecom.trouble = [{"errcode": code}, {"errcode": code}, {"errcode": code}]
    with pytest.raises(RetryLater) as refused:
        await wecom.send(outgoing())

    assert (refused.value.after, len(fake_wecom.trouble)) == (timedelta(minutes=10), 1)


async def test_a_wrong_secret_does_not_get_us_banned(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """One question in ten minutes, however many texts wait and workers try."""
    settings = fake_wecom.settings() | {"secret": "wrong"}
    workers = [configured(settings, http, memory) for _ in range(5)]
    for worker in workers:
        with pytest.raises(RetryLater):
            await worker.send(outgoing())
    asked_at_once = fake_wecom.wrong_secrets
    memory.now += timedelta(minutes=11)
    with pytest.raises(RetryLater):
        await workers[0].send(outgoing())

    assert (asked_at_once, fake_wecom.wrong_secrets) == (1, 2)


@pytest.mark.parametrize(
    ("trouble", "expected", "seconds"),
    [
        (503, RetryLater, 7),
        (429, RetryLater, 7),
        (500, Unknown, None),
        (502, Unknown, None),
        (504, Unknown, None),
        (404, Rejected, None),
        (302, RetryLater, 600),
        ({"errcode": -1, "errmsg": "system busy"}, RetryLater, 5),
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, RetryLater, 60),
        ({"errcode": 60020, "errmsg": "not allow to access from your ip"}, RetryLater, 600),
        ({"errcode": 48002, "errmsg": "api forbidden"}, RetryLater, 600),
        ({"errcode": 40058, "errmsg": "invalid parameter"}, Rejected, None),
        ({"errcode": "no"}, Unknown, None),
        ("garbage", Unknown, None),
        ("reset", Unknown, None),
        ("noise", Unknown, None),
        ("lost", Unknown, None),
    ],
)
async def test_what_a_failure_means(
    wecom: Wecom,
    fake_wecom: FakeWecom,
    trouble: Trouble,
    expected: type[Exception],
    seconds: int | None,
) -> None:
    """Not taken, never taken, or nobody knows; and how long to wait."""
    fake_wecom.trouble = [trouble]
    with pytest.raises(expected) as failure:
        await wecom.send(outgoing())
    after = getattr(failure.value, "after", None)

    assert after == (None if seconds is None else timedelta(seconds=seconds))


async def test_no_answer_in_time_is_unknown(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """It was written; whether it arrived, nobody knows."""
    fake_wecom.trouble = ["hang"]

    with pytest.raises(Unknown):
        await hurried(fake_wecom, http, memory).send(outgoing())


async def test_no_connection_is_safe_to_repeat(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """Refused: nothing was written."""
    settings = fake_wecom.settings() | {"base_url": "http://127.0.0.1:1"}

    with pytest.raises(RetryLater):
        await configured(settings, http, memory).send(outgoing())


async def test_no_name_is_safe_to_repeat(fake_wecom: FakeWecom, memory: LocalMemory) -> None:
    """The name server knows no such host, or does not answer at all."""
    connector = aiohttp.TCPConnector(resolver=NoNames())
    async with aiohttp.ClientSession(connector=connector) as http:
        settings = fake_wecom.settings() | {"base_url": "https://qyapi.example"}
        wecom = configured(settings, http, memory)
        with pytest.raises(RetryLater):
            await wecom.send(outgoing())


async def test_no_connection_in_time_is_safe_to_repeat(
    http: aiohttp.ClientSession,
) -> None:
    """A server too busy to accept has read nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, ExitStack() as waiting:
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.settimeout(0)
            caller.connect_ex(busy.getsockname())
        limits = Limits(aiohttp.ClientTimeout(total=5, connect=0.2), 1 << 20)
        request = Request("POST", f"http://127.0.0.1:{busy.getsockname()[1]}/", json={})
        with pytest.raises(RetryLater):
            await exchange(http, request, limits)


async def test_a_failing_token_call_is_safe_to_repeat(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """Whatever happens to the question for the token, the text was not written."""
    fake_wecom.token_in_trouble = True
    troubles: list[Trouble] = [500, 404, "garbage", "reset", {"errcode": 0}]
    for trouble in troubles:
        fake_wecom.trouble = [trouble] * 2  # aiohttp itself asks a second time after a cut GET
        with pytest.raises(RetryLater):
            await hurried(fake_wecom, http, memory).send(outgoing())

    assert fake_wecom.texts == []


async def test_whom_the_app_cannot_see_is_rejected(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """Said in both ways WeCom has: an error, and a success that names the member."""
    fake_wecom.out_of_sight.add("LiSi")
    for chat in ("nobody", "LiSi"):
        with pytest.raises(Rejected, match="可见范围"):
            await wecom.send(outgoing(chat=chat))

    assert fake_wecom.texts == []


async def test_too_many_bytes_are_refused_before_they_are_sent(
    wecom: Wecom, fake_wecom: FakeWecom
) -> None:
    """2,048 bytes go, one character more does not leave the house."""
    await wecom.send(outgoing("长" * 682))
    with pytest.raises(Rejected, match="2051"):
        await wecom.send(outgoing("长" * 683 + "12"))

    assert len(fake_wecom.texts) == 1


async def test_the_declared_rate_is_the_one_the_service_drops_at(
    wecom: Wecom, fake_wecom: FakeWecom
) -> None:
    """At the rate nothing is lost; one more is dropped without a word."""
    rate = wecom.capabilities.rate
    assert rate is not None
    for number in range(rate.count + 1):
        await wecom.send(outgoing(str(number)))

    assert (len(fake_wecom.texts), len(fake_wecom.dropped)) == (rate.count, 1)


async def test_no_error_shows_a_secret(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """Neither its text nor its cause holds the token or the app's secret."""
    troubles: list[Trouble] = [
        302,
        404,
        500,
        "reset",
        "noise",
        "garbage",
        "hang",
        {"errcode": 40014},
    ]
    for trouble in troubles:
        fake_wecom.trouble = [trouble, trouble]
        with pytest.raises((Rejected, RetryLater, Unknown)) as failure:
            await hurried(fake_wecom, http, memory).send(outgoing())
        fake_wecom.trouble.clear()
        shown = "".join(traceback.format_exception(failure.value))

        assert "SECRETPART" not in shown and fake_wecom.secret not in shown


async def test_a_file_is_fetched(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """Its bytes as they are, even when they look like an answer in words."""
    fake_wecom.files = {"photo": b"\xff\xd8\xff" * 1000, "json": b'{"errcode":40014}'}
    fetched = [await wecom.fetch(Media(MediaKind.FILE, name)) for name in ("photo", "json")]

    assert fetched == [fake_wecom.files["photo"], fake_wecom.files["json"]]


async def test_a_file_that_is_gone_is_rejected(wecom: Wecom) -> None:
    """WeCom keeps files for three days."""
    with pytest.raises(Rejected, match="过期"):
        await wecom.fetch(Media(MediaKind.IMAGE, "gone"))


async def test_a_file_too_large_is_rejected(wecom: Wecom, fake_wecom: FakeWecom) -> None:
    """20 MiB and no byte more."""
    fake_wecom.files = {"most": bytes(20 << 20), "more": bytes((20 << 20) + 1)}
    size = len(await wecom.fetch(Media(MediaKind.VIDEO, "most")))
    with pytest.raises(Rejected, match="20 MiB"):
        await wecom.fetch(Media(MediaKind.VIDEO, "more"))

    assert size == 20 << 20


async def test_a_file_that_does_not_come_is_asked_for_again(
    wecom: Wecom, fake_wecom: FakeWecom
) -> None:
    """Fetching twice harms nobody, so "unknown" is no answer here."""
    troubles: list[Trouble] = [500, "reset", 503]
    fake_wecom.files = {"photo": b"jpeg"}
    for trouble in troubles:
        fake_wecom.trouble = [trouble] * 2  # aiohttp itself asks a second time after a cut GET
        with pytest.raises(RetryLater):
            await wecom.fetch(Media(MediaKind.IMAGE, "photo"))
    fake_wecom.trouble.clear()

    assert await wecom.fetch(Media(MediaKind.IMAGE, "photo")) == b"jpeg"


def test_the_protocols_are_kept(wecom: Wecom) -> None:
    """It receives, sends and fetches."""
    kept: object = wecom

    assert isinstance(kept, Receives) and isinstance(kept, Sends) and isinstance(kept, Fetches)
