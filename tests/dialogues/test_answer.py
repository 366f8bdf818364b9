"""回答: an answer, a few to choose from, or an honest no."""

from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.service import SQLITE, Service

LATE = ["您回的是几？刚才的问题过去了，请再说一遍。"]
REFUSED = ["这个我还不会，记下来了，工作人员看到会回您。\n急的话打☎0411-5550101。"]
HELLO = ["您好！问事、报修、找人，您直接说就行。"]


def offered(replies: list[str]) -> list[str]:
    """The questions to choose from."""
    (reply,) = replies
    first, *lines = reply.split("\n")
    assert first == "您是想问哪个？回个数字："
    assert [line.split(" ")[0] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
    assert lines[-1].endswith(" 都不是")
    return [line.split(" ", 1)[1] for line in lines]


@SQLITE
async def test_a_certain_answer(resident: Resident) -> None:
    """Short, with the community's own numbers in it."""
    (answer,) = await resident.says("社保卡丢了怎么补办")

    assert answer.startswith("先挂失：打12333")
    assert "{" not in answer


async def test_a_few_to_choose_from(resident: Resident) -> None:
    """A digit picks one; "none of them" is taken for what it is."""
    choices = offered(await resident.says("社保"))
    (answer,) = await resident.says("2")

    assert answer == (await resident.says(choices[1]))[0]
    offered(await resident.says("社保"))
    assert await resident.says("都不是") == ["好的，那您换个说法再问我一次，或者说“找人”。"]
    assert await resident.says("2") == LATE


@SQLITE
async def test_a_digit_out_of_range_is_asked_back(resident: Resident) -> None:
    """And the question stays open for the right one."""
    choices = offered(await resident.says("社保"))

    assert await resident.says(str(len(choices) + 1)) == [
        f"请回一个数字：{'、'.join(str(n) for n in range(1, len(choices) + 1))}。"
    ]
    assert await resident.says(str(len(choices))) == [
        "好的，那您换个说法再问我一次，或者说“找人”。"
    ]


async def test_an_honest_no(service: Service, resident: Resident) -> None:
    """What is not known is said so, and staff see what was asked."""
    assert await resident.says("你会不会唱京剧") == REFUSED

    unanswered = await service.write(lambda tx: tx.questions.unanswered())
    assert [asked.text for asked in unanswered] == ["你会不会唱京剧"]


@SQLITE
async def test_the_same_in_wechat(kf_resident: KfResident) -> None:
    """Choices are written out: digits are all that is needed."""
    choices = offered(await kf_resident.says("社保"))

    assert await kf_resident.says(f"{len(choices)}。") == [
        "好的，那您换个说法再问我一次，或者说“找人”。"
    ]


async def test_a_digit_belongs_to_its_chat(group: Neighbour) -> None:
    """A question put in the group is not answered by a digit in private, nor by a neighbour."""
    offered(await group.asks_in_group("社保"))

    assert await group.says("1") == LATE
    assert len(await group.asks_in_group("1")) == 1


@SQLITE
async def test_a_neighbours_digit_is_not_mine(service: Service, group: Neighbour) -> None:
    """Two people in one group have a question each."""
    other = Neighbour(service, 50005000, "5号楼老李")
    offered(await group.asks_in_group("社保"))
    group.group.news()

    assert await other.says_in_group("1") == []
    assert await other.asks_in_group("1") == LATE


@SQLITE
async def test_neighbours_talk_among_themselves(group: Neighbour) -> None:
    """The bot keeps quiet."""
    for talk in (
        "今天天气真好啊",
        "谁家的快递放门口了",
        "哈哈哈",
        "1",
        "谢谢",
        "你好",
        "好的收到",
        "[图片]",
        "😀",
    ):
        assert await group.says_in_group(talk) == [], talk
    assert group.private.news() == []


@SQLITE
async def test_in_a_group_it_answers_whoever_addresses_it(group: Neighbour) -> None:
    """And everybody when it is certain."""
    (answer,) = await group.asks_in_group("社保卡丢了怎么补办")

    assert answer.startswith("先挂失：打12333")
    assert await group.says_in_group("社保卡丢了怎么补办") == [answer]
    assert await group.asks_in_group("你会不会唱京剧") == REFUSED


@SQLITE
async def test_hello_and_thanks(
    resident: Resident, kf_resident: KfResident, group: Neighbour
) -> None:
    """One friendly line; a group is greeted only when it greets the bot."""
    assert await resident.says("你好") == HELLO
    assert await resident.says("谢谢！") == ["不客气，有事您说话。"]
    assert await kf_resident.says("您好") == HELLO
    assert await resident.says("哦知道了，谢谢") == ["不客气，有事您说话。"]
    for said in ("好的", "嗯嗯", "收到", "👌", "😂😂", "[抱拳]"):
        assert await resident.says(said) == ["好的，有事您说话。"], said
    assert (await resident.says("你是机器人吗"))[0].endswith("问事、报修、找人，您直接说就行。")
    for piece in ("嗯", "😂", "谢谢", "辛苦了"):
        assert await resident.says(piece * 200 + "x") == REFUSED, piece
    assert (await resident.says("你好，3号楼灯坏了"))[0].startswith("记下了")
    assert (await resident.says("谢谢，5号楼灯也坏了"))[0].startswith("记下了")
    assert await group.asks_in_group("你好") == HELLO
    assert await group.asks_in_group("谢谢") == []


@SQLITE
async def test_help(resident: Resident, staff: Staff, group: Neighbour) -> None:
    """A few sentences to copy; staff see theirs, too; a group is not flooded with them."""
    (lines,) = await resident.says("帮助")

    assert lines.endswith("\n居委会☎0411-5550101")
    (for_staff,) = await staff.says("帮助")
    assert for_staff.startswith(lines)
    assert "通知 3号楼 明早8点停水" in for_staff
    assert await group.asks_in_group("帮助") == []
    assert group.private.news() == [lines]


@SQLITE
async def test_what_help_shows_works(resident: Resident) -> None:
    """Every sentence of 帮助, typed as it stands."""
    (lines,) = await resident.says("帮助")
    for example in lines.split("\n")[1:-1]:
        (reply,) = await resident.says(example)
        assert reply not in (*LATE, *REFUSED)


@SQLITE
async def test_a_question_beside_a_defect(resident: Resident) -> None:
    """Answered first, and then offered to be filed."""
    (reply,) = await resident.says("楼上漏水到我家，应该谁来修")

    assert reply.endswith("要我记下来请人去看吗？\n1 记下来\n2 不用")
    assert await resident.says("2") == ["好的。"]
