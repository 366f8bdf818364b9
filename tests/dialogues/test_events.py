"""活动: planned in one sentence, asked for, signed up for, and nobody forgets it."""

import asyncio
import re
from datetime import timedelta
from functools import partial

from sqlalchemy import select, update

from bot.community.events import REMINDER, EventKind, Plan
from bot.community.people import Role
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.storage.schedules import WAITING, ScheduleRow
from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.service import SQLITE, Service, code_of

NOTHING = ["最近还没有安排活动，有了就通知您。"]
READ_BACK = re.compile(r"(\d+月\d+日（周.，农历.+）.+，.+)，对吗？\n1 对\n2 不对")
PLANNED = re.compile(r"安排好了：(.+)。\n头一天17点和开始前两小时提醒大家。")


async def planned(service: Service, title: str, days: int, capacity: int | None = None) -> str:
    """An event in so many days, as the console will plan it; its line."""

    async def unit(tx: CommunityTransaction) -> str:
        root = await tx.places.root()
        starts_at = tx.now + timedelta(days=days)
        plan = Plan(EventKind.OTHER, title, root, starts_at, "小广场", capacity=capacity)
        return (await tx.events.plan(plan)).line

    return await service.write(unit)


async def make_due(service: Service) -> None:
    """Let the next reminder be due now."""

    async def unit(tx: CommunityTransaction) -> None:
        first = (
            select(ScheduleRow.id)
            .where(ScheduleRow.kind == REMINDER, ScheduleRow.state == WAITING)
            .order_by(ScheduleRow.due_at)
            .limit(1)
            .scalar_subquery()
        )
        await tx.store.execute(
            update(ScheduleRow).where(ScheduleRow.id == first).values(due_at=tx.now)
        )

    await service.write(unit)


async def reminded(service: Service) -> bool:
    """Whether nothing that is due still waits."""
    found = await service.rows(
        select(ScheduleRow.id).where(
            ScheduleRow.state == WAITING, ScheduleRow.due_at <= service.now()
        )
    )
    return not found


async def test_planned_and_not_forgotten(
    service: Service, resident: Resident, kf_resident: KfResident, staff: Staff, group: Neighbour
) -> None:
    """Read back, confirmed, and in time on the page, in WeChat and in the group."""
    code = await service.write(code_of("3号楼"))
    await resident.opens(code)
    await kf_resident.opens(code)
    await kf_resident.says("你好")

    (question,) = await staff.says("安排 明天上午九点 大清扫 小广场")
    line = READ_BACK.fullmatch(question)
    assert line, question
    assert line[1].endswith("上午9点，大清扫，在小广场")
    (done,) = await staff.says("1")
    assert PLANNED.fullmatch(done)
    assert (await resident.says("最近有什么活动"))[0].startswith(line[1])

    async with resident.listens() as page:
        await make_due(service)
        when = line[1].removesuffix("，大清扫，在小广场")
        reminder = f"提醒：明天有大清扫。\n{when}，在小广场。\n来的请回“报名”。"
        assert await page.next() == reminder
    await service.idle()
    assert kf_resident.news() == [reminder]
    assert group.group.news() == [reminder]
    assert await kf_resident.says("报名") == [f"报上了：{line[1]}，1人。不去了就说“取消报名”。"]


@SQLITE
async def test_a_plan_that_cannot_be(staff: Staff) -> None:
    """Asked back, with an example."""
    when = ["什么时候开始？请说清楚几点，例如：周六上午九点。\n1 不用"]

    assert await staff.says("安排") == [
        "什么时候、什么活动？例如：安排 周六上午九点 大清扫 小广场。"
    ]
    assert await staff.says("安排 大清扫") == when
    assert await staff.says("安排 周六 大清扫") == when
    assert await staff.says("安排 昨天上午九点 大清扫") == ["这个时间已经过了，请换一个。"]


@SQLITE
async def test_a_plan_whose_time_comes_afterwards(staff: Staff) -> None:
    """What was asked for is taken as the answer."""
    await staff.says("安排 大清扫 小广场")
    (question,) = await staff.says("明天上午九点")

    line = READ_BACK.fullmatch(question)
    assert line, question
    assert line[1].endswith("上午9点，大清扫，在小广场")
    await staff.says("安排 大清扫")
    assert await staff.says("算了") == ["好的，没有安排。"]


@SQLITE
async def test_a_plan_taken_back(resident: Resident, staff: Staff) -> None:
    """Nothing stands in the calendar until the digit says so; residents plan nothing."""
    await staff.says("安排 明天上午九点 大清扫 小广场")
    assert await staff.says("不对") == ["好的，没有安排。请重新说一遍。"]
    await resident.says("安排 明天上午九点 大清扫 小广场")

    assert await resident.says("活动") == NOTHING


@SQLITE
async def test_what_is_on(service: Service, resident: Resident, group: Neighbour) -> None:
    """The next ones, the nearest first."""
    assert await resident.says("最近有什么活动") == NOTHING
    assert await resident.says("报名") == NOTHING
    later = await planned(service, "剪纸课", 3)
    sooner = await planned(service, "大清扫", 2)
    shown = [f"{sooner}。\n{later}。\n想参加就回“报名”。"]

    assert await resident.says("最近有什么活动") == shown
    assert await group.asks_in_group("最近有什么活动") == shown


async def test_signing_up(service: Service, resident: Resident) -> None:
    """For the only one, by name, by digit; how many; and not after all."""
    assert await resident.says("取消报名") == ["您还没有报过名。"]
    cleaning = await planned(service, "大清扫", 2)
    assert await resident.says("报名") == [f"报上了：{cleaning}，1人。不去了就说“取消报名”。"]
    paper = await planned(service, "剪纸课", 3)
    assert await resident.says("报名剪纸课 3个人") == [
        f"报上了：{paper}，3人。不去了就说“取消报名”。"
    ]
    which = [f"您报哪个？回个数字：\n1 {cleaning}\n2 {paper}\n3 都不报"]
    assert await resident.says("报名，两个人") == which
    assert await resident.says("算了") == ["好的，没有报。"]
    assert await resident.says("报名，两个人") == which
    assert await resident.says("1") == [f"报上了：{cleaning}，2人。不去了就说“取消报名”。"]
    which = [f"您不去哪个？回个数字：\n1 {cleaning}\n2 {paper}\n3 都不取消"]
    assert await resident.says("取消报名") == which
    assert await resident.says("3") == ["好的，都给您留着。"]
    assert await resident.says("取消报名") == which
    assert await resident.says("2") == ["好的，剪纸课给您取消了。"]
    assert await resident.says("取消报名") == ["好的，大清扫给您取消了。"]
    assert await resident.says("取消报名") == ["您还没有报过名。"]


async def test_as_many_as_there_is_room_for(
    service: Service, resident: Resident, another: Resident
) -> None:
    """Nobody is promised a seat that is not there; one given back is free."""
    line = await planned(service, "剪纸课", 2, capacity=3)
    assert await resident.says("报名 2个人") == [f"报上了：{line}，2人。不去了就说“取消报名”。"]

    assert await another.says("报名 2个人") == ["人满了，还剩1个位子。"]
    assert await another.says("报名 99人") == ["一次报1到50个人。"]
    await resident.says("取消报名")
    assert await another.says("报名 2个人") == [f"报上了：{line}，2人。不去了就说“取消报名”。"]


@SQLITE
async def test_cancelled(
    service: Service, resident: Resident, staff: Staff, kf_resident: KfResident
) -> None:
    """By number; whoever comes is not reminded any more."""
    assert await staff.says("取消活动") == ["现在没有安排活动。"]
    line = await planned(service, "剪纸课", 2)
    await kf_resident.says("报名")
    assert await staff.says("取消活动") == [f"取消哪个？回个数字：\n1 {line}\n2 都不取消"]
    assert await staff.says("算了") == ["好的，都没取消。"]
    await staff.says("取消活动")

    assert await staff.says("1") == [f"取消了：{line}。不再提醒了，请发个通知告诉大家。"]
    assert await resident.says("活动") == NOTHING
    still = select(ScheduleRow.id).where(ScheduleRow.state == WAITING)
    assert await service.rows(still.where(ScheduleRow.kind == REMINDER)) == []


@SQLITE
async def test_cancelled_by_name(service: Service, resident: Resident, staff: Staff) -> None:
    """The one that is called so; asked when several are; residents cancel nothing."""
    chorus = await planned(service, "合唱", 2)
    paper = await planned(service, "剪纸课", 3)
    later = await planned(service, "剪纸课", 4)
    await resident.says("取消合唱")

    assert await staff.says("取消合唱") == [f"取消了：{chorus}。不再提醒了，请发个通知告诉大家。"]
    assert await staff.says("取消活动 剪纸课") == [
        f"取消哪个？回个数字：\n1 {paper}\n2 {later}\n3 都不取消"
    ]
    assert (await staff.says("2"))[0].startswith(f"取消了：{later}。")
    assert await staff.says("取消报名") == ["您还没有报过名。"]
    assert await staff.says("取消广场舞") == ["您还没有报过名。"]


@SQLITE
async def test_every_week_and_every_month(staff: Staff) -> None:
    """The rule is read back; the place is said once."""
    (question,) = await staff.says("安排 每周五下午三点 合唱 活动室")
    read = re.fullmatch(
        r"每周五下午3点，第一次是(\d+月\d+日（周五，农历.+）)，合唱，在社区活动室，对吗？"
        r"\n1 对\n2 不对",
        question,
    )
    assert read, question
    (done,) = await staff.says("好的")
    assert done.startswith(f"安排好了：每周五，第一次是{read[1]}下午3点，合唱，在社区活动室。")
    (question,) = await staff.says("安排 每月第一个周六上午九点 打扫活动室")

    assert question.startswith("每月第一个周六上午9点，第一次是")
    assert question.endswith("，打扫活动室，对吗？\n1 对\n2 不对")
    assert await staff.says("不行") == ["好的，没有安排。请重新说一遍。"]


async def test_at_the_same_moment(service: Service) -> None:
    """Eight ask for three seats at once: three get one."""
    await planned(service, "剪纸课", 2, capacity=3)

    async def sign_up(tx: CommunityTransaction, person: int) -> bool:
        (event,) = await tx.events.upcoming()
        try:
            await tx.events.sign_up(event, person)
        except RuleError:
            return False
        return True

    async def newcomer(tx: CommunityTransaction, name: str) -> int:
        return await tx.people.add(name, Role.VOLUNTEER, await tx.places.root())

    people = [await service.write(partial(newcomer, name=f"{n}号")) for n in range(8)]
    came = await asyncio.gather(*(service.write(partial(sign_up, person=p)) for p in people))

    assert sum(came) == 3


async def test_whoever_signed_up_is_reminded_wherever_they_live(
    service: Service, kf_resident: KfResident
) -> None:
    """Also without a place of their own."""
    line = await planned(service, "剪纸课", 2)
    await kf_resident.says("报名")
    await make_due(service)
    await service.until(lambda: reminded(service))
    await service.idle()

    (reminder,) = kf_resident.news()
    assert reminder.split("\n")[1] == line.replace("，剪纸课", "") + "。"
