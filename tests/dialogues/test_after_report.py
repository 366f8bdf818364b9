"""After a report: taken back by its reporter, broken again, and on its way to be fixed."""

from datetime import timedelta

from sqlalchemy import select, update

from bot.community.issues import RELAPSE, WITHDRAWN, IssueRow, IssueUpdateRow
from bot.community.transaction import CommunityTransaction
from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.service import SQLITE, Service

GONE = "好的，编号{number}（{what}）不办了。"
AGAIN = ["知道了，又坏了，重新给您办，编号还是1。"]


async def history(service: Service, number: int) -> list[tuple[str, str]]:
    """State and words of each line of an issue's history."""
    found = await service.rows(
        select(IssueUpdateRow.state, IssueUpdateRow.text)
        .join(IssueRow, IssueRow.id == IssueUpdateRow.issue_id)
        .where(IssueRow.number == number)
        .order_by(IssueUpdateRow.id)
    )
    return [(row[0], row[1]) for row in found]


async def fixed(resident: Resident, staff: Staff, number: int = 1) -> None:
    """Staff say so, and whoever reported it agrees."""
    await staff.says(f"{number} 修好了")
    assert await resident.says("好了") == [f"谢谢您，编号{number}办完了。"]


async def test_taken_back(service: Service, resident: Resident, staff: Staff) -> None:
    """The newest, or that number; it stands in the ledger and nobody is alerted."""
    await resident.says("3号楼电梯坏了")
    await resident.says("5号楼楼道灯不亮")
    assert await resident.says("不用修了") == [GONE.format(number=2, what="5号楼楼道灯不亮")]
    assert await resident.says("编号1 不用修了，谢谢") == [
        GONE.format(number=1, what="3号楼电梯坏了")
    ]
    assert await resident.says("1 撤销") == ["编号1已经办完了。"]
    assert await resident.says("不用修了") == ["您没有还在办的事。"]
    assert await resident.says("7 不用修了") == ["没有编号7。您看看是不是记错了？"]
    await service.idle()

    assert staff.news() == []
    assert await history(service, 1) == [("待受理", ""), ("已销号", WITHDRAWN)]
    assert await staff.says("没办完的") == ["都办完了，没有没办完的。"]


@SQLITE
async def test_taken_back_by_its_name(resident: Resident) -> None:
    """The one that is named; when several fit, by digit; another matter is left alone."""
    await resident.says("3号楼电梯坏了")
    await resident.says("5号楼灯不亮了")
    await resident.says("3号楼路灯不亮了")

    assert await resident.says("电梯不用修了，已经好了") == [
        GONE.format(number=1, what="3号楼电梯坏了")
    ]
    assert await resident.says("不亮的那个不用修了") == [
        "哪个不用办了？回个数字：\n1 编号3 3号楼路灯不亮了\n2 编号2 5号楼灯不亮了\n3 都不是"
    ]
    assert await resident.says("都不是") == ["好的，都接着办。"]
    assert "不办了" not in (await resident.says("老人卡不用办了"))[0]
    assert await resident.says("撤销编号2") == [GONE.format(number=2, what="5号楼灯不亮了")]
    assert await resident.says("取消报修") == [GONE.format(number=3, what="3号楼路灯不亮了")]


@SQLITE
async def test_a_number_that_counts_something_else(resident: Resident) -> None:
    """How long somebody waited, and the floor, are no numbers of issues."""
    for what in ("3号楼电梯坏了", "5号楼灯不亮了", "12号楼门禁坏了"):
        await resident.says(what)

    assert await resident.says("等了2天了，不用修了") == [
        GONE.format(number=3, what="12号楼门禁坏了")
    ]
    assert await resident.says("灯不用修了") == [GONE.format(number=2, what="5号楼灯不亮了")]
    assert "不办了" not in (await resident.says("1层的灯不用修了"))[0]
    assert await resident.says("1，不用修了") == [GONE.format(number=1, what="3号楼电梯坏了")]


@SQLITE
async def test_a_long_text_is_read_at_once(resident: Resident, staff: Staff) -> None:
    """However many spaces somebody leaves."""
    gap = " " * 1900
    await resident.says("3号楼电梯坏了")

    assert await staff.says(f"1{gap}师傅来修") == ["编号1记好了，已经告诉报的人。"]
    assert await resident.says(f"不用修了{gap}谢谢") == [
        GONE.format(number=1, what="3号楼电梯坏了")
    ]


@SQLITE
async def test_nobody_takes_back_for_others(resident: Resident, another: Resident) -> None:
    """A number proves nothing."""
    await resident.says("3号楼电梯坏了")

    assert await another.says("1 不用修了") == ["编号1不是您报的，得报的人自己来说。"]
    assert (await resident.says("1怎么样了"))[0].endswith("：收到了，正在安排人看。")


@SQLITE
async def test_given_up_half_way(resident: Resident) -> None:
    """While it is asked where, what is given up is the report being made."""
    await resident.says("3号楼电梯坏了")
    await resident.says("水管漏水")

    assert await resident.says("不用修了") == ["好的，那就不记了。"]
    assert (await resident.says("1怎么样了"))[0].endswith("：收到了，正在安排人看。")


@SQLITE
async def test_in_a_group_it_is_said_to_the_neighbours(group: Neighbour) -> None:
    """Unless the bot is spoken to, and then it repeats nothing."""
    await group.says("3号楼2单元501漏水")

    assert await group.says_in_group("不用修了") == []
    assert await group.says_in_group("又坏了") == []
    assert await group.asks_in_group("不用修了") == ["好的，编号1不办了。"]


@SQLITE
async def test_taken_back_while_it_is_asked_whether_it_is_done(
    resident: Resident, staff: Staff
) -> None:
    """The answer that comes afterwards closes it no second time."""
    await resident.says("3号楼电梯坏了")
    await staff.says("1 修好了")
    await resident.says("1 不用修了")

    assert await resident.says("好了") == ["编号1已经办完了。"]


@SQLITE
async def test_answered_after_it_moved_on(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """Then the reporter reads how it stands, and nothing changes."""
    await resident.says("3号楼电梯坏了")
    await staff.says("1 修好了")
    await staff.says("1 明天再派人去修")
    before = await history(service, 1)

    assert (await resident.says("好了"))[-1] == "编号1：有人在办了。"
    await staff.says("1 修好了")
    await resident.says("1 不用修了")
    assert await resident.says("没好") == ["编号1已经办完了。"]
    assert (await history(service, 1))[: len(before)] == before
    assert (await history(service, 1))[-1] == ("已销号", WITHDRAWN)


async def test_broken_again(service: Service, resident: Resident, staff: Staff) -> None:
    """Under the same number, each time counted; staff hear of it."""
    await resident.says("3号楼电梯坏了")
    await fixed(resident, staff)
    assert await resident.says("又坏了") == AGAIN
    await service.idle()
    assert staff.news() == ["编号1（3号楼电梯坏了）：报的人说又坏了，第1次，请再去看看。"]
    assert await resident.says("1又坏了") == ["编号1还没办完：有人在办了。"]
    await fixed(resident, staff)
    assert await resident.says("1 又坏了") == AGAIN
    await service.idle()

    assert staff.news() == ["编号1（3号楼电梯坏了）：报的人说又坏了，第2次，请再去看看。"]
    assert (await history(service, 1))[-1] == ("处理中", RELAPSE)
    assert (await resident.says("1怎么样了"))[0].endswith("：有人在办了。")


@SQLITE
async def test_still_broken(service: Service, resident: Resident, staff: Staff) -> None:
    """Said while the reporter is asked, it is 没好, and no relapse."""
    await resident.says("3号楼电梯坏了")
    await staff.says("1 修好了")
    assert await resident.says("还是坏的") == AGAIN
    await service.idle()

    assert staff.news() == ["编号1（3号楼电梯坏了）：报的人说还是坏的，请再去看看。"]
    assert (await history(service, 1))[-1] == ("处理中", "没好")
    assert await resident.says("1") == ["您回的是几？刚才的问题过去了，请再说一遍。"]


@SQLITE
async def test_broken_again_beside_another_matter(resident: Resident, staff: Staff) -> None:
    """Then it is asked which one is meant."""
    await resident.says("3号楼电梯坏了")
    await fixed(resident, staff)
    await resident.says("5号楼灯坏了")
    ask = ["是编号1（3号楼电梯坏了）又坏了吗？\n1 是\n2 不是"]

    assert await resident.says("又坏了") == ask
    assert await resident.says("不是") == ["好的。那您说：哪里、什么坏了？"]
    assert (await resident.says("5号楼门禁坏了"))[0].endswith("编号3。")
    assert await resident.says("又坏了") == ask
    assert await resident.says("是的") == AGAIN


@SQLITE
async def test_what_breaks_later_is_a_new_issue(
    service: Service, resident: Resident, another: Resident, staff: Staff
) -> None:
    """After thirty days, and of somebody else, the words mean what they did before."""

    async def long_ago(tx: CommunityTransaction) -> None:
        closed = tx.store.now - timedelta(days=31)
        await tx.store.execute(update(IssueRow).values(closed_at=closed))

    await resident.says("3号楼电梯坏了")
    await fixed(resident, staff)
    before = await another.says("又坏了")
    assert await another.says("1 又坏了") == before
    await service.write(long_ago)

    assert await resident.says("又坏了") == before
    assert await resident.says("1 又坏了") == before


async def test_on_its_way(service: Service, kf_resident: KfResident, staff: Staff) -> None:
    """Staff say how it goes on; it stands in the history, and the reporter reads it."""
    await kf_resident.says("3号楼电梯坏了")
    told = ["编号1记好了，已经告诉报的人。"]
    for said, news in (
        ("1 明天去修", "明天去修"),
        ("编号1师傅下午到。", "师傅下午到"),
        ("1号，已派人", "已派人"),
    ):
        assert await staff.says(said) == told
        assert kf_resident.news() == [f"编号1（3号楼电梯坏了）有消息了：{news}。"]

    assert await history(service, 1) == [
        ("待受理", ""),
        ("处理中", "明天去修"),
        ("处理中", "师傅下午到"),
        ("处理中", "已派人"),
    ]
    (own,) = await kf_resident.says("1怎么样了")
    assert own.endswith("：有人在办了。")


@SQLITE
async def test_on_its_way_or_not(resident: Resident, staff: Staff) -> None:
    """A building is no number; what is noted for others tells nobody; residents move nothing."""
    await staff.says("记一下 3号楼灯坏了")
    assert await staff.says("1 已派人") == ["编号1记好了。"]
    assert await staff.says("7 明天去修") == ["没有编号7，请看看是不是打错了。"]
    assert "记好了" not in (await staff.says("1号楼师傅明天去修"))[0]
    await staff.says("1 修好了")
    assert await staff.says("1 修好了") == ["编号1办好了，等报的人看看。"]
    await resident.says("5号楼灯坏了")
    await resident.says("2 明天去修")

    assert (await resident.says("2怎么样了"))[0].endswith("：收到了，正在安排人看。")
    await resident.says("2 不用修了")
    assert (await staff.says("2 明天去修"))[-1] == "编号2已经办完了。"


@SQLITE
async def test_on_its_way_only_behind_a_number(
    service: Service, resident: Resident, group: Neighbour, staff: Staff
) -> None:
    """A time, a date, a phone, a crowd or a list moves nothing; nor does talk in a group."""
    for _ in range(3):
        await resident.says("3号楼电梯坏了")
    for said in (
        "1:30师傅上门",
        "1：30 师傅上门",
        "0002-5550102 联系物业",
        "2-3点师傅来修",
        "2 点师傅来修",
        "3多个师傅去修",
        "2人去清理",
        "3 个人去清理",
        "3.15安排活动",
        "13800138000 联系物业",
        "1、安排人打扫",
        "1. 安排人打扫",
        "3 月15日安排打扫",
    ):
        assert not any("记好了" in text for text in await staff.says(said)), said
    await group.links("周敏")
    assert await group.says_in_group("1 师傅下午到") == []

    for number in (1, 2, 3):
        assert await history(service, number) == [("待受理", "")]
    assert await staff.says("3 2点师傅上门") == ["编号3记好了，已经告诉报的人。"]
