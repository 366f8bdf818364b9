"""微信客服: what residents write is announced, pulled and read."""

from contextlib import suppress
from datetime import timedelta

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Malformed, Rejected, RetryLater, SettingsError, Unauthorized
from bot.model import (
    Announcement,
    ChatKind,
    Failure,
    Location,
    Media,
    MediaKind,
    Message,
    Pulled,
)
from bot.platforms import Fetches, Pulls
from bot.platforms._wecom_kf_content import content, location_of, media_of
from bot.platforms.wecom_kf import WecomKf, build
from tests.fakes.memory import LocalMemory
from tests.fakes.tables import Tables
from tests.fakes.trouble import Trouble
from tests.fakes.wecom import NOW, Signer, xml
from tests.fakes.wecom_kf import FakeWecomKf

WHO = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"


async def everything(kf: WecomKf) -> Pulled:
    """The first page without a token."""
    return await kf.pull("", "")


async def test_a_call_announces_and_the_pull_brings(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Who wrote what, and where the next pull begins."""
    announcement = kf.read(fake_kf.writes(WHO, content="3号楼漏水")).announcement
    assert announcement is not None
    pulled = await kf.pull("", announcement.token)

    assert fake_kf.pages_without_token == 0
    assert pulled == Pulled(
        messages=(
            Message(
                platform="wecom_kf",
                account="",
                id="in-0",
                chat=WHO,
                kind=ChatKind.PRIVATE,
                sender=WHO,
                text="3号楼漏水",
                sent_at=NOW,
                private_chat=WHO,
            ),
        ),
        cursor="c1",
        more=False,
    )


async def test_pages_follow_each_other(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Each message once, in order, until there is no more."""
    for number in range(7):
        fake_kf.writes(WHO, content=str(number))
    fake_kf.page_size = 3
    texts, cursor, more = [], "", True
    while more:
        page = await kf.pull(cursor, "")
        texts += [message.text for message in page.messages]
        cursor, more = page.cursor, page.more

    assert texts == list("0123456")


async def test_a_token_too_old_is_done_without(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """After a long downtime the token is dead; the pull works, only dearer for the service."""
    announcement = kf.read(fake_kf.writes(WHO, content="你好")).announcement
    assert announcement is not None
    fake_kf.now += timedelta(minutes=11)
    pulled = await kf.pull("", announcement.token)

    assert [message.text for message in pulled.messages] == ["你好"]


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        (
            "link",
            {"title": "停水", "desc": "周六", "url": "https://e.cn"},
            "停水\n周六\nhttps://e.cn",
        ),
        ("miniprogram", {"title": "社区报名", "appid": "wx1"}, "[小程序]\n社区报名"),
        ("business_card", {"userid": "WangLi"}, "[名片]"),
        ("channels_shop_product", {"product_id": "1"}, "[其他消息]"),
        (
            "merged_msg",
            {
                "title": "群聊的聊天记录",
                "item": [
                    {
                        "send_time": 1,
                        "msgtype": "text",
                        "sender_name": "王阿姨",
                        "msg_content": '{"text":{"content":"2单元灯坏了"}}',
                    },
                    {
                        "send_time": 2,
                        "msgtype": "image",
                        "sender_name": "老李",
                        "msg_content": '{"image":{"media_id":"m"}}',
                    },
                    {"send_time": 3, "msgtype": "text", "msg_content": "broken"},
                ],
            },
            "群聊的聊天记录\n王阿姨：2单元灯坏了\n老李：[图片]\n[其他消息]",
        ),
    ],
)
async def test_what_is_more_than_words_comes_in_as_words(
    kf: WecomKf, fake_kf: FakeWecomKf, kind: str, body: dict[str, object], text: str
) -> None:
    """Links, cards and forwarded chats can be read; nothing is passed over in silence."""
    fake_kf.writes(WHO, kind, **body)
    (message,) = (await everything(kf)).messages

    assert message.text == text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("image", MediaKind.IMAGE),
        ("voice", MediaKind.VOICE),
        ("video", MediaKind.VIDEO),
        ("file", MediaKind.FILE),
    ],
)
async def test_files_come_in_and_can_be_fetched(
    kf: WecomKf, fake_kf: FakeWecomKf, kind: str, expected: MediaKind
) -> None:
    """By the media id, from the same service."""
    fake_kf.files["2iSLeVyqzk4eX0IB5kTi9Ljfa2rt9dwfq5WKRQ4Nvvgw"] = b"\xff\xd8photo"
    fake_kf.writes(WHO, kind, media_id="2iSLeVyqzk4eX0IB5kTi9Ljfa2rt9dwfq5WKRQ4Nvvgw")
    ((media,),) = [message.media for message in (await everything(kf)).messages]

    assert (media.kind, await kf.fetch(media)) == (expected, b"\xff\xd8photo")


async def test_a_place_comes_in(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """A point, its label, and the label as words."""
    where = {"latitude": 23.106, "longitude": 113.3245, "name": "幸福里", "address": "江南西路1号"}
    fake_kf.writes(WHO, "location", **where)
    (message,) = (await everything(kf)).messages

    assert message.location == Location(23.106, 113.3245, "幸福里")
    assert message.text == "幸福里\n江南西路1号"


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"scene": "b3u2"}, "b3u2"),
        ({"scene": "stairs", "scene_param": "K7QF2"}, "K7QF2"),
        ({"scene_param": "%E6%A5%BC"}, "楼"),
    ],
)
async def test_opening_the_chat_from_a_link_tells_the_place(
    kf: WecomKf, fake_kf: FakeWecomKf, params: dict[str, str], place: str
) -> None:
    """No words, the place's code, and the right to greet."""
    code = fake_kf.enters(WHO, **params)
    (message,) = (await everything(kf)).messages

    assert (message.text, message.place_code, message.reply_to) == ("", place, code)


async def test_opening_the_chat_from_nowhere_is_no_message(
    kf: WecomKf, fake_kf: FakeWecomKf
) -> None:
    """Without a place nothing is said."""
    fake_kf.enters(WHO)

    assert (await everything(kf)).messages == ()


async def test_what_others_did_is_passed_over(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Staff's own words, status events, other accounts and kinds of tomorrow."""
    staff = {"origin": 5, "external_userid": WHO, "msgtype": "text", "text": {"content": "我来"}}
    fake_kf.items.append(
        {"msgid": "s", "send_time": 1, "open_kfid": fake_kf.settings()["open_kfid"]} | staff
    )
    fake_kf.happens(event_type="session_status_change", change_type=1)
    fake_kf.happens(event_type="made_up_in_2027")
    elsewhere = {"open_kfid": "wkSomebodyElse", "external_userid": WHO}
    fake_kf.items.append(
        {"msgid": "e", "send_time": 1, "origin": 3, "msgtype": "text", "text": {"content": "别处"}}
        | elsewhere
    )
    fake_kf.happens(event_type="msg_send_fail", fail_msgid="theirs", fail_type=1, **elsewhere)
    fake_kf.happens(event_type="enter_session", scene="there", **elsewhere)
    fake_kf.writes(WHO, content="好的")
    pulled = await everything(kf)

    assert ([message.text for message in pulled.messages], pulled.failures) == (["好的"], ())


@pytest.mark.parametrize(
    "broken",
    [
        "words",
        None,
        {"msgtype": "event"},
        {"origin": 3, "msgtype": "text", "text": {"content": 7}},
        {"origin": 3, "msgtype": "text", "text": "你好", "external_userid": WHO},
        {"origin": 3, "msgtype": "image", "image": {}, "external_userid": WHO, "msgid": "x"},
        {"origin": 3, "msgtype": "text", "text": {}, "external_userid": WHO, "msgid": "x"},
    ],
)
async def test_one_broken_item_does_not_hold_up_the_rest(
    kf: WecomKf, fake_kf: FakeWecomKf, broken: object
) -> None:
    """The page moves on; what can be read is read."""
    fake_kf.items.append(broken)  # type: ignore[arg-type]
    fake_kf.writes(WHO, content="好的")
    pulled = await everything(kf)

    assert ([message.text for message in pulled.messages], pulled.cursor) == (["好的"], "c2")


@pytest.mark.parametrize(
    ("code", "words"), [(6, "5 条"), (10, "拒收"), (0, "原因不明"), (99, "原因不明")]
)
async def test_a_text_that_did_not_arrive_comes_back(
    kf: WecomKf, fake_kf: FakeWecomKf, code: int, words: str
) -> None:
    """By our own key, with the reason for staff."""
    fake_kf.happens(event_type="msg_send_fail", fail_msgid="out-1", fail_type=code)
    (failure,) = (await everything(kf)).failures

    assert isinstance(failure, Failure)
    assert failure.key == "out-1" and words in failure.reason


@pytest.mark.parametrize(
    ("event", "announces"),
    [
        ({"Event": "kf_msg_or_event", "Token": "T"}, True),
        ({"Event": "kf_msg_or_event", "Token": "T", "OpenKfId": "wkSomebodyElse"}, False),
        ({"Event": "change_contact"}, False),
        ({"MsgType": "text", "Content": "你好"}, False),
    ],
)
def test_only_our_announcements_count(
    kf: WecomKf, event: dict[str, object], announces: bool
) -> None:
    """Other accounts of the app and other events bring nothing, and are taken."""
    delivery = kf.read(Signer().call(xml({"MsgType": "event"} | event)))

    assert delivery.announcement == (Announcement("T") if announces else None)
    assert kf.respond(delivery).status == 200


@pytest.mark.parametrize(
    "trouble", [500, 503, "reset", "garbage", {"errcode": 45009}, {"errcode": "?"}]
)
async def test_a_pull_that_fails_is_repeated(
    kf: WecomKf, fake_kf: FakeWecomKf, trouble: Trouble
) -> None:
    """Reading twice harms nobody."""
    fake_kf.writes(WHO, content="你好")
    fake_kf.trouble = [trouble]
    with pytest.raises(RetryLater):
        await everything(kf)

    assert len((await everything(kf)).messages) == 1


async def test_a_page_that_does_not_move_is_the_last(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """has_more with the same cursor would be fetched for ever."""
    fake_kf.trouble = [{"errcode": 0, "next_cursor": "c5", "has_more": 1, "msg_list": []}]
    pulled = await kf.pull("c5", "")

    assert not pulled.more


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KINDS = (
    st.sampled_from(["text", "image", "location", "link", "merged_msg", "miniprogram"]) | st.text()
)
KEYS = st.sampled_from(["content", "media_id", "latitude", "longitude", "title", "item", "name"])


@settings(deadline=None)
@given(kind=KINDS, body=st.dictionaries(KEYS, JSON))
def test_no_body_does_harm(kind: str, body: dict[str, object]) -> None:
    """It is read, or refused as malformed, whatever stands in it."""
    for read in (content, media_of, lambda _, body: location_of(body)):
        with suppress(Malformed):
            read(kind, body)


async def test_the_protocols_are_kept(kf: WecomKf) -> None:
    """It pulls and it fetches."""
    kept: object = kf

    assert isinstance(kept, Pulls) and isinstance(kept, Fetches)


async def test_an_account_without_its_kf_is_refused(
    fake_kf: FakeWecomKf, http: aiohttp.ClientSession
) -> None:
    """The missing key by name."""
    settings = fake_kf.settings()
    del settings["open_kfid"]
    with pytest.raises(SettingsError, match="XIAOLABA_WECOM_KF_OPEN_KFID"):
        build(Tables(wecom_kf={"": settings}), http, LocalMemory())


def test_a_forged_announcement_is_refused(kf: WecomKf) -> None:
    """Nobody else can make us pull."""
    forged = Signer(token="guessed").call(xml({"Event": "kf_msg_or_event", "Token": "T"}))

    with pytest.raises(Unauthorized):
        kf.read(forged)


async def test_a_file_is_asked_for_by_its_id(kf: WecomKf) -> None:
    """Gone after three days, and said so."""
    with pytest.raises(Rejected, match="过期"):
        await kf.fetch(Media(MediaKind.IMAGE, "gone"))
