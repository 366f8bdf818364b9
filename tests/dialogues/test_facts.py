"""社区电话是……: staff fill in what answers need to know of the place."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select

from bot.community.communities import OWN_FACTS, CommunityRow
from bot.community.transaction import CommunityTransaction
from tests.dialogues.people import Resident, Staff
from tests.dialogues.test_learning import until_told
from tests.service import SQLITE, Service


async def test_a_fact_holds_once_it_was_read_back(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """From then on every answer shows it."""
    (before,) = await resident.says("停电了找谁")
    assert before.endswith("供电电话：0411-5550106")
    (asked,) = await staff.says("供电电话是 0411-5559999")
    assert asked.startswith("供电电话记成：0411-5559999\n有")
    assert await resident.says("停电了找谁") == [before]
    assert await staff.says("对") == ["记好了，现在就用：供电电话 0411-5559999"]

    await until_told(service, resident, "停电了找谁", before.replace("5550106", "5559999"))


async def test_facts_that_are_filled_in_together_all_stay(service: Service) -> None:
    """Several members write at the same moment; nobody undoes what another one wrote."""
    wanted = await service.write(lambda tx: tx.facts.wanted())
    names = [name for name in wanted if name not in OWN_FACTS][:8]
    said = {name: f"0411-555019{number}" for number, name in enumerate(names)}

    async def fill(name: str, tx: CommunityTransaction) -> None:
        await tx.facts.fill(name, said[name])

    await asyncio.gather(*(service.write(partial(fill, name)) for name in names))
    ((facts,),) = await service.rows(select(CommunityRow.facts))
    assert {name: facts[name] for name in names} == said


async def test_the_number_of_the_office_itself(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """By either of its names; it is what the bot says at every end."""
    await staff.says("居委会的电话改成0411-5551234。")
    await staff.says("1")

    refused = "这个我还不会，记下来了，工作人员看到会回您。\n急的话打☎0411-5551234。"
    await until_told(service, resident, "你会不会唱京剧", refused)


@SQLITE
async def test_a_fact_that_is_not_right_is_dropped(resident: Resident, staff: Staff) -> None:
    """Nothing changes until staff agree."""
    before = await resident.says("停电了找谁")
    await staff.says("供电电话是 0411-5559999")

    assert await staff.says("不对") == ["好的，没有改。"]
    assert await resident.says("停电了找谁") == before
    assert await staff.says("供电电话是小李") == ["供电电话里没有号码：小李"]


@SQLITE
@pytest.mark.parametrize("said", ["派出所电话是多少", "供电电话是哪个？", "开会时间是周六上午"])
async def test_what_only_sounds_like_a_fact(staff: Staff, said: str) -> None:
    """A question is answered; what no answer needs is nothing to fill in."""
    (reply,) = await staff.says(said)

    assert "记成" not in reply


@SQLITE
async def test_residents_fill_in_nothing(resident: Resident) -> None:
    """Their words are understood as anybody's."""
    (reply,) = await resident.says("供电电话是 0411-5559999")

    assert "记成" not in reply
