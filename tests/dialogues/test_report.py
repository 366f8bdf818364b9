"""报修: what residents say when something is broken, and what becomes of it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.community.dialogues import Dialogue
from bot.community.issues import IssuePhotoRow, IssueRow
from bot.community.people import PersonRow
from bot.community.places import PlaceRow
from bot.community.transaction import CommunityTransaction
from tests.dialogues.people import KfResident, Neighbour, Resident, Staff, photo
from tests.fakes.onebot import SELF_ID, at
from tests.service import SQLITE, Service

WHERE = "在哪儿？例如：3号楼2单元。\n1 不好说，先记下"
DONE = re.compile(r"记下了：(.+)。(.+)前给您回话。编号(\d+)。")


def noted(replies: list[str]) -> tuple[str, int]:
    """What was written down, and its number."""
    (reply,) = replies
    match = DONE.fullmatch(reply)
    assert match, reply
    assert re.search(r"周[一二三四五六日]", match[2])
    return match[1], int(match[3])


async def photos(service: Service) -> list[tuple[int, bool]]:
    """Every photo of an issue: the issue's number, and whether it was taken afterwards."""
    found = await service.rows(
        select(IssueRow.number, IssuePhotoRow.after)
        .join(IssueRow, IssueRow.id == IssuePhotoRow.issue_id)
        .order_by(IssuePhotoRow.id)
    )
    return [(row[0], row[1]) for row in found]


async def test_one_sentence_is_enough(resident: Resident, another: Resident) -> None:
    """Each report gets the next number, whoever makes it."""
    assert noted(await resident.says("3号楼电梯坏了")) == ("3号楼电梯坏了", 1)
    assert noted(await another.says("5号楼楼道灯不亮")) == ("5号楼楼道灯不亮", 2)


@SQLITE
async def test_a_building_that_is_not_there(service: Service, resident: Resident) -> None:
    """Its words are kept, and it is not taken for another one."""
    await resident.says("15号楼灯坏了")
    await resident.says("5号楼灯坏了")

    found = await service.rows(
        select(IssueRow.place_words, IssueRow.place_id.is_(None)).order_by(IssueRow.id)
    )
    assert [tuple(row) for row in found] == [("15号楼", True), ("5号楼", False)]


async def test_the_place_is_asked_for(resident: Resident) -> None:
    """One question, answered in words or with a digit."""
    assert await resident.says("电梯坏了") == [WHERE]
    assert noted(await resident.says("3号楼2单元")) == ("3号楼2单元，电梯坏了", 1)
    assert await resident.says("路灯不亮了") == [WHERE]
    assert noted(await resident.says("1")) == ("路灯不亮了", 2)
    assert await resident.says("水管漏水") == [WHERE]
    assert await resident.says("算了") == ["好的。"]
    assert await resident.says("下水道堵了") == [WHERE]
    assert noted(await resident.says("不好说，先记下")) == ("下水道堵了", 3)


@SQLITE
async def test_the_word_alone_is_asked_back(resident: Resident) -> None:
    """What is broken, then where."""
    assert await resident.says("报修") == ["您说：哪里、什么坏了？例如：3号楼电梯坏了。"]
    assert await resident.says("水龙头漏水") == [WHERE]
    assert noted(await resident.says("5号楼")) == ("5号楼，水龙头漏水", 1)


@pytest.mark.parametrize("words", ["3号楼2单元灯坏了", "报修 3号楼2单元灯坏了"])
@SQLITE
async def test_a_photo_and_then_its_words(service: Service, resident: Resident, words: str) -> None:
    """Photos that come first belong to the words that follow, however these are said."""
    assert await resident.says("", photo(1)) == ["照片收到了。是哪里、什么事？"]
    assert await resident.says("", photo(2)) == ["照片收到了。是哪里、什么事？"]
    assert noted(await resident.says(words)) == ("3号楼2单元灯坏了", 1)
    assert noted(await resident.says("5号楼门禁坏了")) == ("5号楼门禁坏了", 2)

    assert await photos(service) == [(1, False), (1, False)]


async def test_words_and_then_a_photo(service: Service, kf_resident: KfResident) -> None:
    """What follows a report belongs to it."""
    await kf_resident.says("3号楼2单元灯坏了")

    assert await kf_resident.sends_photo(photo()) == ["照片也记在编号1里了。"]
    assert await photos(service) == [(1, False)]


@SQLITE
async def test_photos_with_their_words(service: Service, resident: Resident) -> None:
    """All at once, and with the place still to be asked for."""
    assert noted(await resident.says("3号楼门口堆了纸箱", photo())) == ("3号楼门口堆了纸箱", 1)
    assert await resident.says("水管漏水", photo(1), photo(2)) == [WHERE]
    assert noted(await resident.says("5号楼")) == ("5号楼，水管漏水", 2)

    assert await photos(service) == [(1, False), (2, False), (2, False)]


async def test_in_wechat(service: Service, kf_resident: KfResident) -> None:
    """微信客服: a picture is a message of its own, fetched from WeCom."""
    assert await kf_resident.sends_photo(photo()) == ["照片收到了。是哪里、什么事？"]
    assert noted(await kf_resident.says("3号楼2单元灯坏了")) == ("3号楼2单元灯坏了", 1)
    assert await kf_resident.says("1怎么样了") == [await progress(service, 1, "3号楼2单元灯坏了")]

    assert await photos(service) == [(1, False)]


async def test_in_a_group(service: Service, group: Neighbour) -> None:
    """No question is put to a whole group, and nothing personal is repeated to it."""
    said = "3号楼2单元501王阿姨13912345678家水管漏了"

    assert noted(await group.asks_in_group("电梯坏了")) == ("电梯坏了", 1)
    assert noted(await group.asks_in_group(said)) == (
        "3号楼2单元［某户］王阿姨［手机号］家水管漏了",
        2,
    )
    assert noted(await group.asks_in_group("3号楼灯坏了", group.picture(photo())))[1] == 3
    assert group.private.news() == []
    assert await photos(service) == [(3, False)]


async def progress(service: Service, number: int, said: str) -> str:
    """What the reporter hears of a new issue."""
    ((opened_at,),) = await service.rows(
        select(IssueRow.opened_at).where(IssueRow.number == number)
    )
    day = opened_at.astimezone(service.settings.zone)
    return f"编号{number}（{day.month}月{day.day}日，{said}）：收到了，正在安排人看。"


async def test_how_it_stands(service: Service, resident: Resident, another: Resident) -> None:
    """One's own in words; of somebody else's the state alone, for a number proves nothing."""
    assert await resident.says("我报的事怎么样了") == ["您还没有报过事情。哪里坏了，直接说就行。"]
    await resident.says("3号楼2单元501漏水")
    own = [await progress(service, 1, "3号楼2单元501漏水")]

    assert await resident.says("1怎么样了") == own
    assert await resident.says("编号1修好了吗") == own
    assert await resident.says("我报的事怎么样了") == own
    assert await another.says("编号1怎么样了") == ["编号1：收到了，正在安排人看。"]
    assert await another.says("7怎么样了") == ["没有编号7。您看看是不是记错了？"]


@SQLITE
async def test_how_it_stands_says_where(service: Service, resident: Resident) -> None:
    """Also when the place was asked for."""
    await resident.says("电梯坏了")
    await resident.says("3号楼")

    assert await resident.says("1怎么样了") == [await progress(service, 1, "3号楼，电梯坏了")]


@SQLITE
async def test_ones_own_matters_stay_out_of_the_group(service: Service, group: Neighbour) -> None:
    """What somebody reported is told to them alone."""
    await group.says("3号楼2单元501漏水")

    assert await group.asks_in_group("我报的事怎么样了") == []
    assert group.private.news() == [await progress(service, 1, "3号楼2单元501漏水")]
    assert await group.asks_in_group("编号1怎么样了") == ["编号1：收到了，正在安排人看。"]


async def test_until_it_is_fixed(service: Service, resident: Resident, staff: Staff) -> None:
    """Staff close it from the phone, whoever reported it is asked, and has the last word."""
    await resident.says("3号楼电梯坏了")
    async with resident.listens() as page:
        assert await staff.says("1 修好了") == ["编号1记好了，已经告诉报的人。"]
        ask = "编号1办好了（3号楼电梯坏了）。您看看行不行？\n1 好了\n2 没好"
        assert await page.next() == ask

        assert await resident.says("还没好呢") == ["知道了，重新给您办，编号还是1。"]
        assert await page.next() == "知道了，重新给您办，编号还是1。"
        await service.idle()
        assert staff.news() == ["编号1（3号楼电梯坏了）：报的人说没好，请再去看看。"]
        assert await staff.says("编号1已经修好了") == ["编号1记好了，已经告诉报的人。"]
        assert await page.next() == ask
    assert await staff.says("1 修好了") == ["编号1办好了，等报的人看看。"]
    assert await resident.says("已经修好了，谢谢") == ["谢谢您，编号1办完了。"]
    assert await staff.says("1 修好了") == ["编号1已经办完了。"]
    assert (await resident.says("1怎么样了"))[0].endswith("：办完了。")


@SQLITE
async def test_one_word_is_an_answer(resident: Resident, staff: Staff) -> None:
    """好的 says 好了 and 不行 says 没好, as long as nothing else was said in between."""
    await resident.says("3号楼电梯坏了")
    await staff.says("1 修好了")
    assert await resident.says("不行") == ["知道了，重新给您办，编号还是1。"]
    await staff.says("1 修好了")
    assert await resident.says("谢谢") == ["不客气，有事您说话。"]
    assert await resident.says("好的") == ["好的，有事您说话。"]
    assert await resident.says("1") == ["谢谢您，编号1办完了。"]
    await resident.says("5号楼灯坏了")
    await staff.says("2 修好了")

    assert await resident.says("嗯。") == ["谢谢您，编号2办完了。"]


@SQLITE
async def test_staff_who_reported_it_are_asked_themselves(staff: Staff) -> None:
    """As everybody else."""
    await staff.says("3号楼电梯坏了")
    await staff.says("1 修好了")

    assert await staff.says("1 修好了") == ["编号1办好了，等您看看。"]


@SQLITE
async def test_a_report_after_another_question(resident: Resident, staff: Staff) -> None:
    """Agreeing and going on to report is no answer to what was asked."""
    await resident.says("3号楼电梯坏了")
    await staff.says("1 修好了")

    assert await resident.says("好的，我要报修") == ["您说：哪里、什么坏了？例如：3号楼电梯坏了。"]
    assert noted(await resident.says("5号楼楼道灯不亮")) == ("5号楼楼道灯不亮", 2)


@SQLITE
async def test_closed_with_a_photo(service: Service, resident: Resident, staff: Staff) -> None:
    """In WeCom the picture comes first, by itself."""
    await resident.says("3号楼电梯坏了", photo(1))
    await staff.sends_photo(photo(2))

    assert await staff.says("1 修好了") == ["编号1记好了，已经告诉报的人。"]
    assert await staff.says("2 修好了") == ["没有编号2，请看看是不是打错了。"]
    assert await photos(service) == [(1, False), (1, True)]


@SQLITE
async def test_the_reporter_sees_how_it_is_now(
    service: Service, resident: Resident, another: Resident, staff: Staff
) -> None:
    """On the page as a picture; what somebody sent in has no address."""
    await resident.says("3号楼电梯坏了", photo(1))
    async with resident.listens() as page:
        await staff.sends_photo(photo(2))
        await staff.says("1 修好了")
        (address,) = (await page.shown())["photos"]
    taken = await service.rows(select(IssuePhotoRow.media).order_by(IssuePhotoRow.id))
    before, after = (f"/photos/{row[0]}" for row in taken)

    assert address == after
    assert f'<img src="{after}" alt="修好的照片"' in await resident.page()
    assert after not in await another.page()
    status, picture = await another.sees(after)
    assert (status, picture[:2]) == (200, b"\xff\xd8")
    for hidden in (before, "/photos/..%2f..%2fxiaolaba.db", f"/photos/{'0' * 64}.jpg"):
        assert (await resident.sees(hidden))[0] == 404


async def test_a_quoted_photo_of_the_report_stays_hidden(
    service: Service, group: Neighbour
) -> None:
    """A member says in answer to the report that it is done: its photo is of how it was."""
    member = Neighbour(service, 40004000, "小林")
    await member.links("林小燕")
    number = await group.writes(at(SELF_ID), "3号楼灯坏了", group.picture(photo(1)))
    quote = {"type": "reply", "data": {"id": str(number)}}

    await member.asks_in_group(quote, "1 修好了", member.picture(photo(2)))
    assert await photos(service) == [(1, False), (1, True)]


@SQLITE
async def test_what_somebody_sends_in_is_hidden_again(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """The same picture was filed as how it is now, and comes with a report."""
    await resident.says("3号楼电梯坏了")
    await staff.sends_photo(photo(2))
    await staff.says("1 修好了")
    ((name,),) = await service.rows(select(IssuePhotoRow.media))
    assert (await resident.sees(f"/photos/{name}"))[0] == 200
    await resident.says("5号楼楼道灯不亮", photo(2))
    assert await photos(service) == [(1, True), (2, False)]
    assert (await resident.sees(f"/photos/{name}"))[0] == 404


@SQLITE
async def test_in_wechat_the_photo_is_a_link(service: Service, kf_resident: KfResident) -> None:
    """To our own page, when it has an address; without one see the next test."""
    await kf_resident.says("3号楼电梯坏了")
    question = Dialogue("skill:confirm", (True,), ("好了",), free_text=False, data={"issue": 1})

    async def ask(tx: CommunityTransaction) -> bool:
        outside = replace(tx.community, home="https://sq.example.cn")
        ((person,),) = await tx.store.select(
            select(PersonRow.id).where(PersonRow.id == IssueRow.reporter_id)
        )
        room = CommunityTransaction(tx.store, outside)
        return await room.dialogues.put_to(person, "行不行？", question, timedelta(1), ["a.jpg"])

    assert await service.write(ask)
    await service.idle()
    assert kf_resident.news() == [
        "行不行？\n修好的照片：https://sq.example.cn/photos/a.jpg\n1 好了"
    ]


async def test_closed_from_the_group(
    service: Service, group: Neighbour, kf_resident: KfResident
) -> None:
    """A member in QQ, the photo in the same message; the reporter is asked in WeChat."""
    await kf_resident.says("3号楼电梯坏了")
    await group.links("林小燕")

    answer = await group.asks_in_group("1 修好了", group.picture(photo()))
    assert answer == ["编号1记好了，已经告诉报的人。"]
    assert kf_resident.news() == ["编号1办好了（3号楼电梯坏了）。您看看行不行？\n1 好了\n2 没好"]
    assert await kf_resident.says("1") == ["谢谢您，编号1办完了。"]
    assert await photos(service) == [(1, True)]


@SQLITE
async def test_what_is_not_done(service: Service, resident: Resident, staff: Staff) -> None:
    """Staff see their work, the oldest first, and close it in their own words."""
    assert await staff.says("没办完的") == ["都办完了，没有没办完的。"]
    await resident.says("3号楼电梯坏了")
    await resident.says("5号楼楼道灯不亮")
    lines = [await progress(service, 1, "3号楼电梯坏了")]
    lines.append(await progress(service, 2, "5号楼楼道灯不亮"))
    assert await staff.says("没办完的") == ["\n".join(lines)]

    assert await staff.says("2 换了灯泡，修好了") == ["编号2记好了，已经告诉报的人。"]
    assert await staff.says("没办完的") == lines[:1]


@SQLITE
async def test_residents_close_nothing(resident: Resident, another: Resident) -> None:
    """The words of staff mean nothing from anybody else."""
    await resident.says("3号楼电梯坏了")
    await another.says("1 修好了")

    assert await another.says("1怎么样了") == ["编号1：收到了，正在安排人看。"]


async def test_noted_for_others(staff: Staff, resident: Resident) -> None:
    """What the WeChat group says, pasted: one report a line; nobody is asked about them."""
    pasted = "记一下\n1. 3号楼灯坏了\n2、5号楼楼道堆纸箱，好几天了\n- 西门地上有狗屎"
    what = "记什么？请回复那句话说“记一下”，或者写：记一下 3号楼灯坏了。"

    assert await staff.says("记一下") == [what]
    assert await staff.says(pasted) == [
        "记下了3件：\n编号1：3号楼灯坏了\n编号2：5号楼楼道堆纸箱，好几天了\n编号3：西门地上有狗屎"
    ]
    assert await staff.says("2 修好了") == ["编号2记好了。"]
    assert await resident.says("1怎么样了") == ["编号1：收到了，正在安排人看。"]


@SQLITE
async def test_a_phone_number_is_no_place(
    service: Service, staff: Staff, resident: Resident
) -> None:
    """Neither in what staff note nor in what a resident says."""
    await staff.says("记一下 李阿姨 13800000000 说5号楼下水道堵了")
    await resident.says("我电话13800000001，3号楼电梯坏了")

    found = await service.rows(select(IssueRow.place_words, PlaceRow.name).join(PlaceRow))
    assert [row[1] for row in found] == ["5号楼", "3号楼"]
    assert [row[0][:3] for row in found] == ["5号楼", "3号楼"]


async def test_noted_by_quoting(service: Service, group: Neighbour) -> None:
    """A member answers a neighbour's message in the group: that becomes the report."""
    member = Neighbour(service, 40004000, "小林")
    await member.links("林小燕")
    number = await group.writes("路灯又不亮了，黑灯瞎火的", group.picture(photo()))
    group.group.news()
    quote = {"type": "reply", "data": {"id": str(number)}}

    assert await member.asks_in_group(quote, "记一下") == [
        "记下了1件：\n编号1：路灯又不亮了，黑灯瞎火的"
    ]
    assert await photos(service) == [(1, False)]
