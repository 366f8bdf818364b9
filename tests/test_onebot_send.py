"""OneBot 11: texts go out by its HTTP API, pictures come from nowhere but QQ's own hosts."""

from datetime import timedelta

import aiohttp
import aiohttp.abc
import pytest

from bot.errors import Rejected, RetryLater, Unknown
from bot.model import Kind, Media, MediaKind, Outgoing
from bot.platforms._accounts import Account
from bot.platforms._outbound import Limits
from bot.platforms.onebot import OneBot
from tests.fakes.onebot import FakeOneBot, in_group, signed
from tests.fakes.trouble import Trouble


def outgoing(words: str = "记下了。编号712。", chat: str = "group:20002000") -> Outgoing:
    """A text on its way to a chat."""
    return Outgoing(1, "out-1", "onebot", "", chat, Kind.REPLY, words)


async def test_a_text_goes_out(onebot: OneBot, fake_onebot: FakeOneBot) -> None:
    """To groups and to people, word for word."""
    first = await onebot.send(outgoing("记下了[CQ:at,qq=all]&#91;"))
    await onebot.send(outgoing("您好", "private:30003000"))

    assert first.id == "1"
    assert fake_onebot.texts == [
        ("group:20002000", "记下了[CQ:at,qq=all]&#91;"),
        ("private:30003000", "您好"),
    ]


async def test_an_answer_to_a_message_finds_its_chat(
    onebot: OneBot, fake_onebot: FakeOneBot
) -> None:
    """The addresses that come in are the ones that go out."""
    (message,) = onebot.read(signed(in_group("你好"))).messages
    for chat in (message.chat, message.private_chat):
        await onebot.send(outgoing(chat=chat))

    assert [chat for chat, _ in fake_onebot.texts] == [message.chat, message.private_chat]


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (401, RetryLater),
        (403, RetryLater),
        (404, RetryLater),
        (400, Rejected),
        (429, RetryLater),
        (503, RetryLater),
        (500, Unknown),
        ("reset", Unknown),
        ("noise", Unknown),
        ("lost", Unknown),
        ("garbage", Unknown),
        ({"status": "failed", "retcode": 100}, Rejected),
        ({"status": "failed", "retcode": 1404}, Rejected),
        ({"status": "failed", "retcode": 200, "wording": "你已被禁言"}, RetryLater),
        ({"status": "failed", "retcode": 1200, "message": "Timeout: NTEvent"}, Unknown),
        ({"status": "failed", "retcode": "no"}, Unknown),
        ({"status": "what", "retcode": 0}, Unknown),
        ({"status": "ok", "retcode": 7}, Unknown),
    ],
)
async def test_what_a_failure_means(
    onebot: OneBot, fake_onebot: FakeOneBot, trouble: Trouble, expected: type[Exception]
) -> None:
    """Not taken, never taken, or nobody knows."""
    fake_onebot.trouble = [trouble]

    with pytest.raises(expected):
        await onebot.send(outgoing())


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "async", "retcode": 1, "data": None},
        {"status": "ok", "retcode": 0, "data": None},
        {"status": "ok", "retcode": 0, "data": {}},
    ],
)
async def test_a_success_without_an_id_is_one(
    onebot: OneBot, fake_onebot: FakeOneBot, answer: dict[str, object]
) -> None:
    """Some implementations send behind our back and name no message."""
    fake_onebot.trouble = [answer]

    assert (await onebot.send(outgoing())).id == ""


async def test_a_wrong_token_waits_for_a_person(onebot: OneBot, fake_onebot: FakeOneBot) -> None:
    """The text is kept; the error does not show the token."""
    fake_onebot.access_token = "changed"
    with pytest.raises(RetryLater) as refused:
        await onebot.send(outgoing())

    assert refused.value.after == timedelta(minutes=10)
    assert "onebot-token" not in str(refused.value)


async def test_no_answer_in_time_is_unknown(
    fake_onebot: FakeOneBot, http: aiohttp.ClientSession
) -> None:
    """It was written; whether it arrived, nobody knows."""
    limits = Limits(aiohttp.ClientTimeout(total=0.2, connect=0.1), 1 << 20)
    fake_onebot.trouble = ["hang"]

    with pytest.raises(Unknown):
        await OneBot(Account("", "", fake_onebot.settings()), http, limits).send(outgoing())


@pytest.mark.parametrize(
    "chat", ["", "20002000", "guild:1", "group:", "group:x", "group:²", "group:1:2"]
)
async def test_an_address_that_is_none_is_rejected(onebot: OneBot, chat: str) -> None:
    """It will never become one."""
    with pytest.raises(Rejected):
        await onebot.send(outgoing(chat=chat))


async def test_an_unknown_group_is_rejected(onebot: OneBot) -> None:
    """The account is not in it."""
    with pytest.raises(Rejected, match="权限"):
        await onebot.send(outgoing(chat="group:1"))


async def test_too_many_bytes_are_refused_before_they_are_sent(
    onebot: OneBot, fake_onebot: FakeOneBot
) -> None:
    """QQ would cut them."""
    with pytest.raises(Rejected, match="3003"):
        await onebot.send(outgoing("长" * 1001))

    assert fake_onebot.texts == []


async def test_a_picture_is_fetched_from_a_named_host(
    fake_onebot: FakeOneBot, http: aiohttp.ClientSession
) -> None:
    """The operator's word lets an implementation in the own network serve its files."""
    fake_onebot.files["picture"] = b"\xff\xd8photo"
    host = fake_onebot.url.removeprefix("http://")
    account = Account("", "", fake_onebot.settings() | {"media_hosts": f"img.example.com, {host}"})
    fetched = await OneBot(account, http).fetch(
        Media(MediaKind.IMAGE, f"{fake_onebot.url}/file/picture")
    )

    assert fetched == b"\xff\xd8photo"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.jpg",
        "file:///etc/passwd",
        "ftp://gchat.qpic.cn/1",
        "http://127.0.0.1/1",
        "http://[::1]/1",
        "http://169.254.169.254/latest/meta-data",
        "https://gchat.qpic.cn.evil.example/1",
        "https://gchat.qpic.cn@evil.example/1",
        "https://user:secret@gchat.qpic.cn/1",
        "https://gchat.qpic.cn:8443/1",
        "https://evil.example/gchat.qpic.cn",
        "https://[broken/1",
    ],
)
async def test_no_other_address_is_called(onebot: OneBot, url: str) -> None:
    """A message cannot send us to places of its choosing."""
    with pytest.raises(Rejected):
        await onebot.fetch(Media(MediaKind.IMAGE, url))


async def test_a_redirect_is_not_followed(
    fake_onebot: FakeOneBot, http: aiohttp.ClientSession
) -> None:
    """It could lead anywhere."""
    fake_onebot.files["picture"] = b"\xff\xd8photo"
    host = fake_onebot.url.removeprefix("http://")
    account = Account("", "", fake_onebot.settings() | {"media_hosts": host})

    with pytest.raises(Rejected, match="转向"):
        await OneBot(account, http).fetch(
            Media(MediaKind.IMAGE, f"{fake_onebot.url}/file/elsewhere")
        )


async def test_qqs_own_hosts_are_asked_by_https_only(fake_onebot: FakeOneBot) -> None:
    """Whoever answers for such a name on the way to a plain address gets no request from us."""
    port = int(fake_onebot.url.rpartition(":")[2])

    class Liar(aiohttp.abc.AbstractResolver):
        """A resolver that leads every name into the own network."""

        async def resolve(
            self, host: str, port_asked: int = 0, family: object = 0
        ) -> list[aiohttp.abc.ResolveResult]:
            """Loopback, at the port of a server that speaks plain HTTP."""
            return [
                {
                    "hostname": host,
                    "host": "127.0.0.1",
                    "port": port,
                    "family": 2,
                    "proto": 0,
                    "flags": 0,
                }
            ]

        async def close(self) -> None:
            """Nothing to close."""

    connector = aiohttp.TCPConnector(resolver=Liar())
    async with aiohttp.ClientSession(connector=connector) as http:
        onebot = OneBot(Account("", "", fake_onebot.settings()), http)
        with pytest.raises(RetryLater):
            await onebot.fetch(Media(MediaKind.IMAGE, "http://gchat.qpic.cn/file/picture"))
