"""OneBot 11: it hears the whole group and knows when it is meant."""

import json
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.errors import Malformed, SettingsError, Unauthorized
from bot.model import (
    Call,
    ChatKind,
    Delivery,
    Location,
    Media,
    MediaKind,
    Message,
    Quote,
)
from bot.platforms._accounts import Account
from bot.platforms.onebot import OneBot, build
from tests.fakes.memory import LocalMemory
from tests.fakes.onebot import NOW, SELF_ID, at, in_group, signed, text
from tests.fakes.tables import Tables

CQ_CODES = (
    "[CQ:reply,id=-99]灯坏了&#91;没修&#93;&amp;[CQ:image,file=a.jpg,"
    "url=https://gchat.qpic.cn/1?a=b&#44;c&amp;#44;][CQ:face,id=14]"
)


def heard(onebot: OneBot, message: object, **fields: object) -> Message:
    """The one message that came in."""
    (found,) = onebot.read(signed(in_group(message, **fields))).messages
    return found


def test_a_group_message_comes_in(onebot: OneBot) -> None:
    """Who said what in which group, and that it was not said to us."""
    assert heard(onebot, [text("3号楼电梯坏了")]) == Message(
        platform="onebot",
        account="",
        id=f"{SELF_ID}:-1234567",
        chat="group:20002000",
        kind=ChatKind.GROUP,
        sender="30003000",
        text="3号楼电梯坏了",
        sent_at=NOW,
        sender_name="3号楼王阿姨",
        private_chat="private:30003000",
        addressed=False,
    )


def test_a_private_message_comes_in(onebot: OneBot) -> None:
    """Always meant for us; the name is the account's own."""
    sender = {"user_id": 30003000, "nickname": "小王"}
    message = heard(onebot, "你好", message_type="private", sub_type="friend", sender=sender)

    assert (message.chat, message.kind, message.addressed, message.sender_name) == (
        "private:30003000",
        ChatKind.PRIVATE,
        True,
        "小王",
    )


@pytest.mark.parametrize(
    "message",
    [
        [at(SELF_ID), text(" 停水吗 ")],
        [text("停水吗 "), at(SELF_ID)],
        f"[CQ:at,qq={SELF_ID}] 停水吗",
        f"[CQ:at,qq={SELF_ID},name=小喇叭] 停水吗",
        [{"type": "at", "data": {"qq": SELF_ID}}, text("停水吗")],
    ],
)
def test_being_addressed_is_noticed_and_leaves_the_text(onebot: OneBot, message: object) -> None:
    """In both forms of a message, wherever the mention stands."""
    found = heard(onebot, message)

    assert (found.addressed, found.text) == (True, "停水吗")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ([at(777), text("钥匙在你那吗")], "@777 钥匙在你那吗"),
        ([{"type": "at", "data": {"qq": "777", "name": "@老李"}}, text("好")], "@老李 好"),
        ([at("all"), text("开会")], "@全体成员 开会"),
    ],
)
def test_a_neighbour_who_is_addressed_stays_in_the_text(
    onebot: OneBot, message: object, words: str
) -> None:
    """So that neighbours' talk can be told from questions to us."""
    found = heard(onebot, message)

    assert (found.addressed, found.text) == (False, words)


@pytest.mark.parametrize(
    "message",
    [
        [
            {"type": "reply", "data": {"id": "-99"}},
            text("灯坏了[没修]&"),
            {
                "type": "image",
                "data": {"file": "a.jpg", "url": "https://gchat.qpic.cn/1?a=b,c&#44;"},
            },
            {"type": "face", "data": {"id": "14"}},
        ],
        CQ_CODES,
    ],
)
def test_both_forms_of_a_message_say_the_same(onebot: OneBot, message: object) -> None:
    """Words, picture and quotation, with every escape undone."""
    found = heard(onebot, message)

    assert found.text == "灯坏了[没修]&"
    assert found.quote == Quote(text="", id="-99")
    assert found.media == (Media(MediaKind.IMAGE, "https://gchat.qpic.cn/1?a=b,c&#44;", "a.jpg"),)


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ({"type": "share", "data": {"title": "通知", "url": "https://e.cn"}}, "通知\nhttps://e.cn"),
        ({"type": "forward", "data": {"id": "7"}}, "[聊天记录]"),
        ({"type": "made_up_in_2027", "data": {"x": 1}}, ""),
        ({"type": "rps"}, ""),
    ],
)
def test_other_segments(onebot: OneBot, segment: dict[str, object], words: str) -> None:
    """What has words is read; the rest leaves an empty text, not an error."""
    assert heard(onebot, [segment]).text == words


def test_what_no_database_holds_is_left_out(onebot: OneBot) -> None:
    """NUL, which JSON can spell; line breaks stay."""
    sender = {"nickname": "小\0王"}
    message = heard(onebot, [text("灯\0坏了\n来修")], sender=sender)

    assert (message.text, message.sender_name) == ("灯坏了\n来修", "小王")


def test_a_point_comes_in(onebot: OneBot) -> None:
    """As text or as numbers, implementations differ."""
    data = {"lat": "39.8969", "lon": 116.3246, "title": "幸福里", "content": "3号楼"}

    assert heard(onebot, [{"type": "location", "data": data}]).location == Location(
        39.8969, 116.3246, "幸福里"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"post_type": "meta_event", "meta_event_type": "heartbeat"},
        {"post_type": "notice", "notice_type": "group_increase"},
        {"post_type": "request", "request_type": "friend"},
        {"post_type": "message_sent"},
        {"post_type": "made_up_in_2027"},
        {"user_id": SELF_ID},
        {"user_id": str(SELF_ID)},
        {"sub_type": "notice"},
    ],
)
def test_what_nobody_said_to_us_brings_nothing(onebot: OneBot, fields: dict[str, object]) -> None:
    """Heartbeats, notices, and above all our own words: no bot answers itself."""
    delivery = onebot.read(signed(in_group([text("好")], **fields)))

    assert delivery == Delivery() and onebot.respond(delivery).status == 204


def test_the_published_signature_fits(http: aiohttp.ClientSession) -> None:
    """Rule and value as other implementations have them."""
    rows = json.loads(
        (Path(__file__).parent / "data" / "platforms_vectors.json").read_text("utf-8")
    )
    (vector,) = [row for row in rows if row["id"] == "ONEBOT-SIG"]
    account = Account("", "", {"secret": vector["secret"], "api_url": "http://127.0.0.1"})
    call = Call("POST", "", {"x-signature": vector["header"]}, vector["body"].encode(), NOW)

    assert OneBot(account, http).read(call) == Delivery()


@pytest.mark.parametrize(
    ("days", "passes"), [(-29, True), (29, True), (-31, False), (31, False), (-4000, False)]
)
def test_a_message_is_taken_as_long_as_its_id_is_remembered(
    onebot: OneBot, days: int, passes: bool
) -> None:
    """A backlog passes; a replay that no inbox knows any more does not."""
    call = signed(in_group("你好", time=int((NOW + timedelta(days=days)).timestamp())))
    if passes:
        assert onebot.read(call).messages
    else:
        with pytest.raises(Unauthorized):
            onebot.read(call)


@pytest.mark.parametrize(
    "fields",
    [
        {"message_type": "guild"},
        {"message_id": None},
        {"message_id": "1\n2"},
        {"user_id": "3\0"},
        {"message_id": True},
        {"message_id": 10**100},
        {"group_id": {"id": 1}},
        {"time": "soon"},
        {"time": None},
        {"sender": "王阿姨"},
        {"sender": {"nickname": 7}},
        {"self_id": None},
        {"message": 7},
        {"message": ["words"]},
        {"message": [{"type": "text", "data": {"text": 7}}]},
        {"message": [{"type": "at", "data": {}}]},
        {"message": [text("x")] * 501},
        {"message": "[CQ:at,qq=1]" * 501},
    ],
)
def test_a_message_with_a_broken_field_is_malformed(
    onebot: OneBot, fields: dict[str, object]
) -> None:
    """It is signed, and still not what OneBot documents."""
    with pytest.raises(Malformed):
        onebot.read(signed(in_group("你好") | fields))


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"api_url": "http://127.0.0.1:3000", "access_token": "t"}, "XIAOLABA_ONEBOT_SECRET"),
        ({"secret": "s", "access_token": "t"}, "XIAOLABA_ONEBOT_API_URL"),
        ({"secret": "s", "api_url": "127.0.0.1:3000"}, "http://"),
    ],
)
async def test_an_account_without_a_secret_is_refused(
    http: aiohttp.ClientSession, settings: dict[str, str], missing: str
) -> None:
    """Unsigned calls would let anybody speak for every resident."""
    with pytest.raises(SettingsError, match=missing):
        build(Tables(onebot={"": settings}), http, LocalMemory())
