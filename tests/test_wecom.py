"""企业微信自建应用: what staff write comes in, and what the settings must say."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote, unquote_plus

import aiohttp
import pytest

from bot.errors import Malformed, SettingsError, Unauthorized
from bot.model import Call, ChatKind, Location, Media, MediaKind, Message
from bot.platforms.wecom import Wecom, build
from tests.fakes.memory import LocalMemory
from tests.fakes.tables import Tables
from tests.fakes.wecom import NOW, FakeWecom, Signer, xml


def test_a_text_comes_in(wecom: Wecom) -> None:
    """Who, where, what and when."""
    delivery = wecom.read(Signer().says("3号楼电梯坏了"))

    assert delivery.messages == (
        Message(
            platform="wecom",
            account="",
            id="4561255354251345929",
            chat="WangLi",
            kind=ChatKind.PRIVATE,
            sender="WangLi",
            text="3号楼电梯坏了",
            sent_at=NOW,
            private_chat="WangLi",
        ),
    )


def test_the_address_check_is_answered_with_its_text(wecom: Wecom) -> None:
    """The plain text of echostr and nothing else."""
    delivery = wecom.read(Signer().check("5927782489442352469"))

    assert wecom.respond(delivery).body == b"5927782489442352469"


@pytest.mark.parametrize("spoil", [str, unquote, lambda query: unquote_plus(unquote(query))])
def test_the_plus_of_an_address_check_survives(wecom: Wecom, spoil: Callable[[str], str]) -> None:
    """However the way to us treats "+", the signature still fits."""
    text = next(text for text in map(str, range(1000)) if "+" in Signer().sealed(text))
    call = Signer().check(text)
    delivery = wecom.read(Call("GET", spoil(call.query), {}, b"", NOW))

    assert wecom.respond(delivery).body == text.encode()


def test_a_message_is_taken_with_an_empty_answer(wecom: Wecom) -> None:
    """200 and no body: taken, nothing to say."""
    answer = wecom.respond(wecom.read(Signer().says("你好")))

    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("image", MediaKind.IMAGE),
        ("voice", MediaKind.VOICE),
        ("video", MediaKind.VIDEO),
        ("file", MediaKind.FILE),
    ],
)
def test_a_file_comes_in_by_its_media_id(wecom: Wecom, kind: str, expected: MediaKind) -> None:
    """Pictures and clips carry no text, only what is needed to fetch them."""
    fields: dict[str, object] = {
        "MsgType": kind,
        "Content": None,
        "MediaId": "1G6nrLmr5EC3MMb_-zK1dDdzmd0",
    }
    (message,) = wecom.read(Signer().says("", **fields)).messages

    assert (message.text, message.media) == (
        "",
        (Media(expected, "1G6nrLmr5EC3MMb_-zK1dDdzmd0"),),
    )


def test_a_place_comes_in(wecom: Wecom) -> None:
    """A point with its label."""
    fields = {"Location_X": "23.134521", "Location_Y": "113.358803", "Label": "幸福里3号楼"}
    (message,) = wecom.read(Signer().says("", MsgType="location", **fields)).messages

    assert message.location == Location(23.134521, 113.358803, "幸福里3号楼")


def test_a_link_comes_in_as_its_words(wecom: Wecom) -> None:
    """Title, description and address, a line each."""
    fields = {"MsgType": "link", "Title": "停水通知", "Description": "周六", "Url": "https://e.cn"}
    (message,) = wecom.read(Signer().says("", **fields)).messages

    assert message.text == "停水通知\n周六\nhttps://e.cn"


def test_a_tap_on_the_menu_is_a_message(wecom: Wecom) -> None:
    """The menu's key is what was said; the id is what WeCom advises for events."""
    fields: dict[str, object] = {
        "MsgType": "event",
        "Event": "click",
        "EventKey": "待办",
        "MsgId": None,
    }
    (message,) = wecom.read(Signer().says("", **fields)).messages

    assert (message.text, message.id) == ("待办", f"WangLi-{NOW.timestamp():.0f}-click")


@pytest.mark.parametrize("event", ["enter_agent", "subscribe", "LOCATION", "made_up_in_2027"])
def test_events_nobody_wrote_bring_nothing(wecom: Wecom, event: str) -> None:
    """They are taken, for a refusal would be repeated."""
    delivery = wecom.read(Signer().says("", MsgType="event", Event=event))

    assert delivery.messages == () and wecom.respond(delivery).status == 200


def test_the_json_envelope_opens_too(wecom: Wecom) -> None:
    """WeCom shows both forms without saying when which is sent."""
    call = Signer().says("你好")
    envelope = call.body.partition(b"<Encrypt><![CDATA[")[2].partition(b"]]>")[0]
    body = b'{"tousername":"ww","agentid":"1","encrypt":"%b"}' % envelope
    (message,) = wecom.read(Call("POST", call.query, call.headers, body, NOW)).messages

    assert message.text == "你好"


def test_a_long_text_is_cut(wecom: Wecom) -> None:
    """4,000 characters are kept of whatever was pasted."""
    (message,) = wecom.read(Signer().says("长" * 9000)).messages

    assert message.text == "长" * 4000


@pytest.mark.parametrize("minutes", [-9, 9])
def test_a_retry_within_the_window_passes(wecom: Wecom, minutes: int) -> None:
    """WeCom repeats within seconds; clocks may differ by minutes."""
    call = Signer(now=NOW + timedelta(minutes=minutes)).says("你好")
    again = Call(call.method, call.query, call.headers, call.body, NOW)

    assert wecom.read(again).messages[0].text == "你好"


@pytest.mark.parametrize("minutes", [-11, 11, -60 * 24 * 400])
def test_a_stale_call_is_refused(wecom: Wecom, minutes: int) -> None:
    """A signature from another time is a replay, or a clock somebody has to set."""
    call = Signer(now=NOW + timedelta(minutes=minutes)).says("你好")
    again = Call(call.method, call.query, call.headers, call.body, NOW)

    with pytest.raises(Unauthorized):
        wecom.read(again)


@pytest.mark.parametrize(
    "fields",
    [
        {"FromUserName": ""},
        {"FromUserName": "x" * 201},
        {"MsgId": None},
        {"CreateTime": "soon"},
        {"CreateTime": -1},
        {"CreateTime": 10**40},
        {"MsgType": "image", "MediaId": ""},
        {"MsgType": "location", "Location_X": "north", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "1"},
    ],
)
def test_a_message_with_a_broken_field_is_malformed(
    wecom: Wecom, fields: dict[str, object]
) -> None:
    """It is signed, and still not what WeCom sends."""
    with pytest.raises(Malformed):
        wecom.read(Signer().says("你好", **fields))


def test_entities_are_refused(wecom: Wecom) -> None:
    """No document type, so no billion laughs and no file of ours in a message."""
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'

    with pytest.raises(Malformed):
        wecom.read(Signer().call(bomb))


def test_a_document_type_is_refused(wecom: Wecom) -> None:
    """Even an empty one, around an ordinary message."""
    plain = xml({"FromUserName": "WangLi", "CreateTime": 1, "MsgType": "text", "MsgId": "7"})
    wecom.read(Signer().call(plain))

    with pytest.raises(Malformed):
        wecom.read(Signer().call(f"<!DOCTYPE xml>{plain}"))


async def test_nothing_configured_is_no_account(
    http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """An address or a community alone is not an account."""
    settings = Tables(wecom={"": {"base_url": "https://example.com", "community": "xfl"}})

    assert build(settings, http, memory) == []


async def test_each_account_speaks_for_its_community(
    fake_wecom: FakeWecom, http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """One object for each table."""
    tables = {name: fake_wecom.settings() | {"community": name} for name in ("", "east", "west")}
    platforms = build(Tables(wecom=tables), http, memory)

    assert [(p.name, p.account, p.community) for p in platforms] == [
        ("wecom", "", ""),
        ("wecom", "east", "east"),
        ("wecom", "west", "west"),
    ]


async def test_every_fault_of_the_settings_is_named_at_once(
    http: aiohttp.ClientSession, memory: LocalMemory
) -> None:
    """In Chinese, with the name as the operator writes it."""
    tables = {
        "": {"corp_id": "ww1", "secret": "s", "aes_key": "short", "agent_id": "ten"},
        "east": {"community": "east", "base_url": "qyapi.weixin.qq.com"},
    }
    with pytest.raises(SettingsError) as refused:
        build(Tables(wecom=tables), http, memory)

    assert str(refused.value).splitlines() == [
        "环境变量 还缺：XIAOLABA_WECOM_TOKEN",
        "环境变量 XIAOLABA_WECOM_AES_KEY：EncodingAESKey 应是后台给出的 43 个字母或数字",
        "环境变量 XIAOLABA_WECOM_AGENT_ID：应是一个整数",
        "xiaolaba.toml 的 [wecom.east] 还缺：corp_id、agent_id、secret、token、aes_key",
        "xiaolaba.toml 的 [wecom.east] base_url：应是 http:// 或 https:// 开头的网址，不带问号",
    ]
