"""Learning from use: staff answer once, residents' choices teach, and nobody alone does."""

from sqlalchemy import func, select

from bot.community.questions import Entry, EntryRow, EntryVersionRow
from tests.dialogues.people import KfResident, Neighbour, Resident, Staff
from tests.dialogues.test_answer import REFUSED, offered
from tests.service import SQLITE, Service

OPERA = "你会不会唱京剧"
OPERA_TOO = "会唱京剧不"
ANSWER = "不会，周六活动室有票友"


async def entries(service: Service) -> int:
    """How many entries the FAQ has."""
    (row,) = await service.rows(select(func.count(EntryRow.id)))
    return int(row[0])


async def entry(service: Service, code: str) -> Entry:
    """The entry as it stands."""
    (found,) = await service.write(lambda tx: tx.questions.entries([code]))
    return found


async def until_told(service: Service, resident: Resident, question: str, answer: str) -> None:
    """Return when the question gets that answer."""

    async def told() -> bool:
        return await resident.says(question) == [answer]

    await service.until(told)


VAGUE = ("房子", "社保", "证件", "想问养老的事", "补贴的事")
"""Of these at least one may mean several entries; which, the engine says."""


async def vague(resident: Resident) -> tuple[str, list[str]]:
    """A word to which the resident is offered several entries, and which."""
    for word in VAGUE:
        replies = await resident.says(word)
        if replies[0].startswith("您是想问哪个"):
            return word, offered(replies)
    raise AssertionError("nothing is vague")


def lines(replies: list[str]) -> list[str]:
    """The lines of the one reply."""
    (reply,) = replies
    return reply.split("\n")


async def test_staff_answer_once_for_all_who_asked(
    service: Service, kf_resident: KfResident, staff: Staff
) -> None:
    """Like questions stand in one line; each asker reads the answer to their own words."""
    other = KfResident(service, "wmWangYeYe")
    assert await staff.says("没答上的") == ["没有没答上的。"]
    await kf_resident.says(OPERA)
    await kf_resident.says("红烧肉怎么做好吃")
    assert staff.news() == []
    await other.says(OPERA_TOO)
    await service.idle()
    assert staff.news() == [f"2个人问了“{OPERA}”，我不会。\n回“答 1 内容”，就告诉他们。"]
    await other.says(OPERA_TOO)
    await service.idle()
    assert staff.news() == []

    assert lines(await staff.says("没答上的")) == [
        "没答上的，回“答 编号 内容”就告诉他：",
        f"1 {OPERA}（2人问）　或：{OPERA_TOO}",
        "2 红烧肉怎么做好吃",
    ]
    assert lines(await staff.says(f"答 1 {ANSWER}"))[:2] == [
        "好的，已经发给问的2个人。",
        f"以后再有人问“{OPERA}”，要记住吗？",
    ]
    await service.idle()
    assert kf_resident.news() == [f"您问的“{OPERA}”：\n{ANSWER}"]
    assert other.news() == [f"您问的“{OPERA_TOO}”：\n{ANSWER}"]
    assert await staff.says("答 1 再说一次") == ["没有等着答的1。说“没答上的”看看。"]
    assert lines(await staff.says("没答上的"))[1:] == ["2 红烧肉怎么做好吃"]


async def test_an_answer_becomes_an_entry(
    service: Service, resident: Resident, kf_resident: KfResident, staff: Staff
) -> None:
    """By one digit; from then on everybody is answered, in both wordings."""
    before = await entries(service)
    await kf_resident.says(OPERA)
    await resident.says(OPERA_TOO)
    await staff.says(f"答 1 {ANSWER}")
    assert await entries(service) == before
    assert await staff.says("1") == ["记住了，再有人问就这样答。"]
    assert await entries(service) == before + 1

    await until_told(service, resident, OPERA, ANSWER)
    await until_told(service, resident, OPERA_TOO, ANSWER)
    (version,) = await service.rows(
        select(EntryVersionRow.version, EntryVersionRow.answer).where(
            EntryVersionRow.question == OPERA
        )
    )
    assert tuple(version) == (1, ANSWER)


@SQLITE
async def test_an_answer_becomes_another_wording(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """Of the entry that came closest, which is named; its own answer stays."""
    word, _ = await vague(resident)
    await resident.says("都不是")
    waiting = lines(await staff.says("没答上的"))
    (number,) = [line.split(" ")[0] for line in waiting if line.endswith(f" {word}")]
    replies = lines(await staff.says(f"答 {number} 打12333问"))
    digit, choice = replies[3].split(" ", 1)
    closest = choice.removeprefix("和“").removesuffix("”是一回事，照那条答")

    assert await staff.says(digit) == [f"记住了，再有人问就照“{closest}”那条答。"]
    (answer,) = await resident.says(closest)
    await until_told(service, resident, word, answer)


@SQLITE
async def test_nothing_is_kept_unless_staff_say_so(
    service: Service, resident: Resident, staff: Staff
) -> None:
    """Only this once, or no word about it."""
    before = await entries(service)
    await resident.says(OPERA)
    replies = lines(await staff.says(f"答 1 {ANSWER}"))
    assert replies[-1].endswith(" 只答这一次")
    assert await staff.says(replies[-1][0]) == ["好的，只答这一次。"]
    await resident.says("红烧肉怎么做好吃")
    await staff.says("答 2 小火慢炖")
    await staff.says("没答上的")

    assert await entries(service) == before
    assert await resident.says(OPERA) == REFUSED


@SQLITE
async def test_what_names_somebody_is_not_offered_to_be_kept(
    resident: Resident, staff: Staff
) -> None:
    """A flat that somebody typed is nobody else's business."""
    await resident.says("你会不会唱京剧，我是502室的")

    assert await staff.says(f"答 1 {ANSWER}") == ["好的，已经发给问的人。"]


async def test_a_reply_to_the_alert_needs_no_number(
    service: Service, kf_resident: KfResident, group: Neighbour
) -> None:
    """What is quoted says which question is meant."""
    other = KfResident(service, "wmWangYeYe")
    await group.links("周敏")
    await kf_resident.says(OPERA)
    await other.says(OPERA_TOO)
    await service.idle()
    (alert,) = group.private.news()
    number = [words for _, words in service.onebot.texts].index(alert) + 1
    # The service gives no number to two messages.
    while service.number() <= number:
        pass
    quote: dict[str, object] = {"type": "reply", "data": {"id": str(number)}}

    assert lines(await group.says(f"答 {ANSWER}", quote))[0] == "好的，已经发给问的2个人。"


@SQLITE
async def test_an_answer_without_its_number(resident: Resident, staff: Staff) -> None:
    """Is asked back, never guessed."""
    await resident.says(OPERA)

    assert await staff.says(f"答 {ANSWER}") == [f"要答哪一个？请写编号，例如：答 3 {ANSWER}"]


@SQLITE
async def test_residents_do_not_answer_for_staff(
    service: Service, resident: Resident, another: Resident
) -> None:
    """The words of staff mean nothing in anybody else's mouth."""
    await resident.says(OPERA)
    await another.says(f"答 1 {ANSWER}")

    waiting = await service.write(lambda tx: tx.questions.unanswered())
    assert OPERA in [asked.text for asked in waiting]


async def test_two_people_teach_what_one_cannot(
    service: Service, resident: Resident, another: Resident, kf_resident: KfResident
) -> None:
    """The same entry chosen for like questions by two of them: a third is answered at once."""
    word, choices = await vague(resident)
    (answer,) = await resident.says("2")
    assert offered(await resident.says(word)) == choices
    await resident.says("2")
    assert offered(await another.says(word)) == choices
    await another.says("2")

    await until_told(service, resident, word, answer)
    assert await kf_resident.says(word) == [answer]


@SQLITE
async def test_two_people_who_disagree_teach_nothing(
    service: Service, resident: Resident, another: Resident, kf_resident: KfResident
) -> None:
    """Neither of the entries is asked so from then on."""
    word, choices = await vague(resident)
    await resident.says("1")
    await another.says(word)
    await another.says("2")
    await service.idle()

    assert offered(await kf_resident.says(word)) == choices
