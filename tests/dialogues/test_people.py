"""Who is who: places by their codes, identities by one-time codes, and people who help."""

import re
from datetime import timedelta

from sqlalchemy import update

from bot.community.handoffs import HandoffRow
from bot.community.transaction import CommunityTransaction
from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.service import SQLITE, Service, code_of, rotate

TOLD = "好的，已经告诉工作人员，一会儿就联系您。\n急的话打☎0411-5550101。"
WRONG = ["这个码不对，或者过期了。请重新要一个。"]
WELCOME = "您好，我是和平里社区的小喇叭。\n问事、报修、找人，您直接说就行。"


def code_in(replies: list[str]) -> str:
    """The one-time code that was given."""
    (reply,) = replies
    match = re.fullmatch(
        r"您的绑定码：(\d{8})，半小时内有效。\n在另一个聊天里发：绑定 \1。\n别告诉别人。", reply
    )
    assert match, reply
    return match[1]


async def test_welcome_by_a_places_code(service: Service, resident: Resident) -> None:
    """The page greets and knows the building from then on."""
    page = await resident.opens(await service.write(code_of("3号楼")))

    assert "问事、报修、找人，您直接说就行。" in page
    assert "3号楼" in page


async def test_welcome_in_wechat(service: Service, kf_resident: KfResident) -> None:
    """With the link's own greeting, which costs none of the five messages."""
    assert await kf_resident.opens(await service.write(code_of("3号楼"))) == [WELCOME]
    assert service.kf.residents[kf_resident.who].answers == 0


@SQLITE
async def test_a_code_that_was_changed_leads_nowhere(service: Service, resident: Resident) -> None:
    """The page opens, and no place with it."""
    old = await service.write(code_of("3号楼"))
    await service.write(rotate("3号楼"))

    assert "3号楼" not in await resident.opens(old)


async def test_two_chats_become_one_person(resident: Resident, kf_resident: KfResident) -> None:
    """What was reported here can be asked for there."""
    await resident.says("3号楼电梯坏了")
    code = code_in(await resident.says("绑定"))

    assert await kf_resident.says("1怎么样了") == ["编号1：收到了，正在安排人看。"]
    assert await kf_resident.says(f"绑定 {code}") == ["绑好了，您。"]
    (own,) = await kf_resident.says("1怎么样了")
    assert "3号楼电梯坏了" in own
    assert await kf_resident.says(f"绑定 {code}") == WRONG


@SQLITE
async def test_who_has_a_chat_left_keeps_what_is_theirs(
    resident: Resident, another: Resident, kf_resident: KfResident
) -> None:
    """One chat that goes over to somebody else takes no report with it."""
    await resident.says("3号楼电梯坏了")
    await kf_resident.says(f"绑定 {code_in(await resident.says('绑定'))}")
    await kf_resident.says(f"绑定 {code_in(await another.says('绑定'))}")

    assert "3号楼电梯坏了" in (await resident.says("1怎么样了"))[0]
    assert "3号楼电梯坏了" not in (await another.says("1怎么样了"))[0]


async def test_a_code_is_not_guessed(resident: Resident, another: Resident) -> None:
    """Five wrong ones, and even the right one has to wait."""
    code = code_in(await another.says("绑定"))
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(5):
        assert await resident.says(f"绑定 {wrong}") == WRONG

    assert await resident.says(f"绑定 {code}") == ["试了太多次，请过半小时再来。"]


@SQLITE
async def test_a_code_has_eight_digits(resident: Resident) -> None:
    """And where to get one."""
    eight = "绑定码有8位数字，您再看看。\n没有的话，在您原来用的聊天里说“绑定”，就给您一个。"

    assert await resident.says("绑定 123") == [eight]
    assert await resident.says("绑定 123456789") == [eight]
    assert code_in(await resident.says("绑定"))


@SQLITE
async def test_no_code_is_said_in_a_group(group: Neighbour) -> None:
    """Everybody would read it."""
    assert await group.asks_in_group("绑定") == ["请单独发给我，别在群里发。"]


async def test_somebody_to_talk_to(service: Service, resident: Resident, staff: Staff) -> None:
    """Staff hear of it on their phones, once, however often it is said."""
    await resident.opens(await service.write(code_of("3号楼")))
    assert await resident.says("我要找人") == [TOLD]
    await service.idle()
    assert staff.news() == ["找人帮忙：3号楼的一位居民说：我要找人"]
    assert await resident.says("找人") == [TOLD]
    await service.idle()
    assert staff.news() == []


async def all_called(staff: Staff) -> None:
    """Whoever is on the list has been called."""
    assert (await staff.says("谁在等"))[0].startswith("在等着的：\n")
    assert await staff.says("都联系了") == ["好的，1位都记成联系过了。"]
    assert await staff.says("都联系了") == ["现在没有人在等。"]


@SQLITE
async def test_only_who_was_on_the_list_waits_no_more(
    resident: Resident, another: Resident, staff: Staff
) -> None:
    """Whoever asks while staff are calling stays on it."""
    await resident.says("找人，我家停电了")
    ask = "都联系了吗？\n1 都联系了\n2 还没有"
    assert (await staff.says("都联系了"))[-1] == f"在等着的：\n一位居民：找人，我家停电了\n{ask}"
    assert await staff.says("不") == ["好的，都还记着。"]
    await staff.says("谁在等")
    await another.says("找人，我门锁坏了")

    assert (await staff.says("都联系了"))[-1] == "好的，1位都记成联系过了。"
    assert await staff.says("都联系了") == [f"在等着的：\n一位居民：找人，我门锁坏了\n{ask}"]


@SQLITE
async def test_more_than_three_are_asked_about(service: Service, staff: Staff) -> None:
    """One word takes so many off the list only after a second look."""
    for number in range(4):
        await KfResident(service, f"wm{number}").says("找人")
    staff.news()
    await staff.says("谁在等")
    assert await staff.says("都联系了") == ["4位都联系过了？\n1 是\n2 还没有"]
    assert await staff.says("不") == ["好的，都还记着。"]
    await staff.says("谁在等")
    await staff.says("都联系了")

    assert await staff.says("嗯") == ["好的，4位都记成联系过了。"]


@SQLITE
async def test_who_still_waits_is_heard_again(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """After half an hour, or once staff have called them."""

    async def half_an_hour_ago(tx: CommunityTransaction) -> None:
        before = tx.store.now - timedelta(minutes=31)
        await tx.store.execute(update(HandoffRow).values(asked_at=before))

    await resident.says("找人")
    await service.write(half_an_hour_ago)
    await resident.says("找人")
    await service.idle()
    assert len(staff.news()) == 2
    await all_called(staff)
    await resident.says("找人")
    await service.idle()
    assert len(staff.news()) == 1


@SQLITE
async def test_nobody_is_there(resident: Resident) -> None:
    """Then it does not promise to be quick."""
    assert await resident.says("找人") == [
        "好的，记下了，工作人员上班就联系您。\n急的话打☎0411-5550101。"
    ]


@SQLITE
async def test_asked_in_the_group_answered_in_private(group: Neighbour) -> None:
    """Who needs help is nobody else's business."""
    assert await group.asks_in_group("找人帮忙") == []
    assert len(group.private.news()) == 1


@SQLITE
async def test_a_voice_message(service: Service, kf_resident: KfResident, staff: Staff) -> None:
    """Somebody will listen to it, and is told so."""
    assert await kf_resident.sends_voice(b"#!AMR\n\x3c") == [
        "语音收到了，有人会听。\n急事请打☎0411-5550101。"
    ]
    await service.idle()
    assert staff.news() == ["找人帮忙：一位居民发来一段语音，请听一下"]


@SQLITE
async def test_a_voice_message_on_the_page(resident: Resident) -> None:
    """The same words."""
    assert await resident.says(voice=b"#!AMR\n\x3c") == [
        "语音收到了，有人会听。\n急事请打☎0411-5550101。"
    ]


async def test_a_message_sent_twice_is_answered_once(resident: Resident) -> None:
    """The page repeats what it could not be sure of; the answer is the same, the report one."""
    first = await resident.says("3号楼电梯坏了", id="same")

    assert await resident.says("3号楼电梯坏了", id="same") == first
    assert (await resident.says("5号楼灯坏了"))[0].endswith("编号2。")
