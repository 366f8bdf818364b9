"""通知: what goes to everybody is looked at first, and then reaches every door."""

from sqlalchemy import select

from bot.commands import office
from bot.storage.outbox import HELD, OutboxRow
from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.service import SQLITE, Service, code_of

SAID = "明早8点到12点停水，请提前接水（热水器也关上）"
SENT = f"【和平里社区】3号楼：{SAID}"
SENT_TO_ALL = f"【和平里社区】{SAID}"


async def test_looked_at_then_sent(
    service: Service,
    resident: Resident,
    another: Resident,
    kf_resident: KfResident,
    staff: Staff,
    group: Neighbour,
) -> None:
    """To the page, the group and the people of that building, and to nobody else."""
    code = await service.write(code_of("3号楼"))
    await resident.opens(code)
    await another.opens(await service.write(code_of("5号楼")))
    await kf_resident.opens(code)
    await kf_resident.says("你好")

    async with resident.listens() as page:
        assert await staff.says(f"通知 3号楼 {SAID}") == [
            f"发给3号楼（网页、1个群、1个人）：\n{SAID}\n1 发\n2 不发"
        ]
        assert await staff.says("1") == ["发出去了：3号楼，网页、1个群、1个人。"]
        assert await page.next() == SENT
    assert kf_resident.news() == [SENT]
    assert group.group.news() == [SENT]
    assert SENT not in await another.page()
    assert SENT in await resident.page()
    assert await staff.says("通知进度") == ["上一条通知，一共3处：已发3处，在等0处，没发成0处。"]


@SQLITE
async def test_to_everybody(service: Service, resident: Resident, staff: Staff) -> None:
    """Without a place it goes to the whole community; every building's page shows it."""
    await resident.opens(await service.write(code_of("5号楼")))

    assert await staff.says(f"通知：{SAID}") == [f"发给和平里社区（网页）：\n{SAID}\n1 发\n2 不发"]
    assert await staff.says("发") == ["发出去了：和平里社区，网页。"]
    assert SENT_TO_ALL in await resident.page()


@SQLITE
async def test_not_sent(resident: Resident, staff: Staff) -> None:
    """Changed minds, empty notices, and residents who type the word."""
    assert await staff.says("通知进度") == ["还没有发过通知。"]
    what = "通知谁、说什么？例如：通知 3号楼 明早8点到12点停水。"
    assert await staff.says("通知") == [what]
    await staff.says(f"通知 3号楼 {SAID}")
    assert await staff.says("2") == ["好的，没有发。"]
    await resident.says(f"通知 {SAID}")
    await resident.says("1")

    assert await staff.says("通知进度") == ["还没有发过通知。"]


@SQLITE
async def test_to_several_places(service: Service, resident: Resident, staff: Staff) -> None:
    """Each is named, in the preview and in the notice; others do not get it."""
    await resident.opens(await service.write(code_of("5号楼")))

    for whom in ("3号楼、5号楼", "3号楼 5号楼", "3号楼和5号楼居民"):
        assert await staff.says(f"通知 {whom} {SAID}") == [
            f"发给3号楼、5号楼（网页）：\n{SAID}\n1 发\n2 不发"
        ]
    assert await staff.says("1") == ["发出去了：3号楼、5号楼，网页。"]
    assert f"【和平里社区】3号楼、5号楼：{SAID}" in await resident.page()


@SQLITE
async def test_a_place_that_is_not_there(staff: Staff) -> None:
    """A number is never cut: 13号楼 is not 3号楼."""
    for unknown in ("99号楼", "13号楼"):
        assert await staff.says(f"通知 {unknown} 停电") == [
            f"没有{unknown}。要发给大家，就说：通知 大家 …"
        ]
    assert (await staff.says("通知 3号楼电梯停用，请走楼梯"))[0].startswith(
        "发给和平里社区（网页）：\n3号楼电梯停用，请走楼梯"
    )


@SQLITE
async def test_whom_and_nothing_said(staff: Staff) -> None:
    """Then it asks for the words; who is everybody is no part of them."""
    assert await staff.says("通知 3号楼") == ["发给3号楼。说什么？\n1 不发"]
    assert await staff.says("明早停水") == ["发给3号楼（网页）：\n明早停水\n1 发\n2 不发"]
    for everybody in ("全体居民", "大家", "各位邻居，"):
        assert await staff.says(f"通知 {everybody} 明早停水") == [
            "发给和平里社区（网页）：\n明早停水\n1 发\n2 不发"
        ]


@SQLITE
async def test_taken_back(staff: Staff) -> None:
    """A wrong number leaves the question open, a word of refusal closes it."""
    for refusal in ("取消", "算了", "撤回。", "不发了", "不行"):
        await staff.says(f"通知 3号楼 {SAID}")
        assert await staff.says("3") == ["请回一个数字：1、2。"]
        assert await staff.says(refusal) == ["好的，没有发。"]
    await staff.says("1")

    assert await staff.says("通知进度") == ["还没有发过通知。"]


@SQLITE
async def test_agreed_to(staff: Staff) -> None:
    """好的 sends what was just shown, and nothing that was shown before something else."""
    await staff.says(f"通知 3号楼 {SAID}")
    await staff.says("没办完的")
    assert await staff.says("好的") == ["好的，有事您说话。"]
    await staff.says(f"通知 3号楼 {SAID}")

    assert await staff.says("可以") == ["发出去了：3号楼，网页。"]


async def notify(staff: Staff, text: str) -> None:
    """Send it without further ado."""
    await staff.says(f"通知 3号楼 {text}")
    assert (await staff.says("1"))[0].startswith("发出去了")


async def test_five_messages_in_wechat(
    service: Service, kf_resident: KfResident, staff: Staff
) -> None:
    """One of the five is kept for the last word; what had to wait comes with the next."""
    await kf_resident.opens(await service.write(code_of("3号楼")))
    assert len(await kf_resident.says("3号楼电梯坏了")) == 1
    for number in ("一", "二", "三", "四"):
        await notify(staff, f"第{number}件事")
    heard = kf_resident.news()
    assert heard == [f"【和平里社区】3号楼：第{number}件事" for number in ("一", "二", "三")]
    held = await service.rows(select(OutboxRow.text).where(OutboxRow.state == HELD))
    assert [row[0] for row in held] == ["【和平里社区】3号楼：第四件事"]

    await staff.says("1 修好了")
    assert len(kf_resident.news()) == 1
    assert service.kf.residents[kf_resident.who].answers == 5
    assert sorted(await kf_resident.says("1")) == [
        "【和平里社区】3号楼：第四件事",
        "谢谢您，编号1办完了。",
    ]


async def test_whoever_only_opened_the_chat(
    service: Service, kf_resident: KfResident, staff: Staff
) -> None:
    """WeChat lets nobody write to people who have not written; they get it when they do."""
    await kf_resident.opens(await service.write(code_of("3号楼")))
    await notify(staff, "停水了")
    assert kf_resident.news() == []

    assert "【和平里社区】3号楼：停水了" in await kf_resident.says("你好")


@SQLITE
async def test_nobody_speaks_for_other_places(service: Service) -> None:
    """A role holds for its place and all below it; the rest is the secretary's."""
    await office.add_member(service.settings, "", "小丁", "staff", "3号楼")
    member = Staff(service, "XiaoDing")
    await member.links("小丁")

    assert await member.says("通知 今晚停电") == ["发给3号楼（网页）：\n今晚停电\n1 发\n2 不发"]
    assert await member.says("1") == ["发出去了：3号楼，网页。"]
    await member.says("通知 5号楼 今晚停电")
    assert await member.says("1") == ["您管的是3号楼，别处的请找书记。"]
