"""紧急: the right number at once, and staff hear of it."""

from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.service import SQLITE, Service, code_of

GAS = "闻到燃气味：先关阀门、开窗，别开灯别点火，到楼下再打电话。\n☎0411-5550104，或打119。"
TOLD = "已经告诉社区工作人员。"


async def test_gas(service: Service, resident: Resident, staff: Staff) -> None:
    """What to do, whom to call, and that somebody knows; filed, for it has to be looked at."""
    assert await resident.says("家里有股煤气味") == [f"{GAS}\n{TOLD}\n这件事也记下了，编号1。"]
    await service.idle()
    assert len(staff.news()) == 1


async def test_staff_hear_of_it(service: Service, kf_resident: KfResident, staff: Staff) -> None:
    """On their phones, in the words that were said, and where somebody lives."""
    await kf_resident.opens(await service.write(code_of("3号楼")))
    (reply,) = await kf_resident.says("家里有股煤气味")
    await service.idle()

    assert reply.startswith(GAS)
    assert staff.news() == ["紧急：3号楼的一位居民说“家里有股煤气味”。编号1。请马上联系。"]


@SQLITE
async def test_nobody_is_on_the_phone(resident: Resident) -> None:
    """Without linked staff it says whom to call instead."""
    (reply,) = await resident.says("着火了")

    assert reply.split("\n") == [
        "着火了马上打119，往外走，别坐电梯，湿毛巾捂口鼻。",
        "社区电话☎0411-5550101",
        "这件事也记下了，编号1。",
    ]


@SQLITE
async def test_each_has_its_number(resident: Resident) -> None:
    """The first line says what to do, the number follows."""
    for said, number in (
        ("电梯把人困住了", "0411-5550108"),
        ("老人晕倒了没反应", "120"),
        ("电线掉下来冒火花", "0411-5550106"),
        ("楼下有人拿刀打人", "110"),
        ("我不想活了", "12356"),
        ("孩子不见了", "110"),
        ("我被骗了两万块", "96110"),
        ("广场上打起来了", "110"),
    ):
        assert number in (await resident.says(said))[0]


@SQLITE
async def test_an_open_question_does_not_stand_in_its_way(resident: Resident) -> None:
    """Danger goes before everything that was asked."""
    await resident.says("电梯坏了")

    assert (await resident.says("家里有股煤气味"))[0].startswith(GAS)


@SQLITE
async def test_in_a_group_without_being_addressed(group: Neighbour) -> None:
    """One message, at once."""
    (reply,) = await group.says_in_group("3号楼着火了")

    assert reply.startswith("着火了马上打119")
