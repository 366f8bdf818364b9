"""OneBot's signature and messages in the eyes of nonebot's adapter."""

from collections.abc import Iterator

import pytest

from bot.model import Call
from bot.platforms._accounts import Account
from bot.platforms.onebot import OneBot
from tests.fakes.onebot import SECRET, SELF_ID, at, in_group, sample, signed, text
from tests.peers.peer import Peer, prepare

# The first of them may have to build its environment.
pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def nonebot() -> Iterator[Peer]:
    """The adapter most OneBot robots of today are built on."""
    prepare()
    with Peer.python("nonebot", "nonebot_peer.py", SECRET) as peer:
        yield peer


def onebot() -> OneBot:
    """Our side; nothing is sent here, so it needs no session."""
    return OneBot(Account("", "", sample().settings), None)  # type: ignore[arg-type]


def judged(nonebot: Peer, call: Call) -> dict[str, object]:
    """What the adapter makes of a call."""
    return nonebot.ask(body=call.body.decode(), headers=dict(call.headers))


@pytest.mark.parametrize(
    "message",
    [
        [text("3号楼漏水")],
        [at(SELF_ID), text(" 停水吗")],
        [text("停水吗 "), at(SELF_ID)],
        "3号楼漏水",
        f"[CQ:at,qq={SELF_ID}] 停水&#91;吗&#93;&amp;",
        [{"type": "image", "data": {"file": "a.jpg"}}, text("灯坏了")],
    ],
)
def test_both_read_the_same(nonebot: Peer, message: object) -> None:
    """The signature fits, the words are the same, and so is whether they are meant for us."""
    call = signed(in_group(message, raw_message="x"))
    (ours,) = onebot().read(call).messages
    theirs = judged(nonebot, call)

    assert theirs == {
        "status": 204,
        "events": [
            {"text": ours.text, "session": "group_20002000_30003000", "to_me": ours.addressed}
        ],
    }


@pytest.mark.parametrize(("spoiled", "status"), [("sha1=" + "0" * 40, 403), ("", 401)])
def test_both_refuse_the_same(nonebot: Peer, spoiled: str, status: int) -> None:
    """A wrong signature, and none."""
    call = signed(in_group([text("你好")]))
    headers = dict(call.headers) | {"x-signature": spoiled}
    if not spoiled:
        del headers["x-signature"]

    answer = judged(nonebot, Call("POST", "", headers, call.body, call.received_at))
    assert (answer["status"], answer["events"]) == (status, [])
