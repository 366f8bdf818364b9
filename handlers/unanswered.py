"""没答上的: staff see what the bot could not answer, answer it once, and teach it if they like."""

import re

from bot.api import (
    Choice,
    Context,
    Group,
    Message,
    Question,
    Reply,
    Told,
    handles,
    phrasings,
    shortened,
)

NONE = "没有没答上的。"
LIST = "没答上的，回“答 编号 内容”就告诉他：\n{lines}"
ASKED_BY = "（{people}人问）"
OR = "　或：{wording}"
TOLD = "好的，已经发给问的人。"
TOLD_ALL = "好的，已经发给问的{people}个人。"
TOLD_SOME = "发给了{reached}个人，还有{missed}个现在联系不上。"
UNREACHED = "记成答过了，不过现在联系不上问的人。"
UNKNOWN = "没有等着答的{number}。说“没答上的”看看。"
WHICH = "要答哪一个？请写编号，例如：答 {number} {text}"
KEEP = "以后再有人问“{question}”，要记住吗？"
AS_NEW = "记成新的问答"
AS_KNOWN = "和“{question}”是一回事，照那条答"
ONLY_NOW = "只答这一次"
KEPT = "记住了，再有人问就这样答。"
KEPT_AS = "记住了，再有人问就照“{question}”那条答。"
NOT_KEPT = "好的，只答这一次。"
PATTERN = r"^\s*答\s*(?:(\d{1,9})[\s:：,，、]+|[\s:：,，、]+)(.+)$"
NUMBER = re.compile(r"“答 (\d+)|^(\d+) ", re.MULTILINE)
SHOWN = 8
"""Lines of a list that are read."""


@handles("skill:unanswered", words=("没答上的",), staff=True, help="没答上的")
async def unanswered(message: Message, context: Context) -> Reply:
    """The questions that wait for staff, like ones in one line, with their numbers."""
    groups = (await context.tx.questions.groups())[:SHOWN]
    if not groups:
        return Reply(NONE)
    return Reply(LIST.format(lines="\n".join(map(_line, groups))), private=True)


@handles("skill:answer_for", pattern=f"(?s){PATTERN}", staff=True, help="答 3 周六上午开门")
async def answer_for(message: Message, context: Context) -> Reply:
    """Tell whoever asked, in the words of staff; then ask whether to remember it."""
    if context.answered:
        return await _kept(context)
    match = re.match(PATTERN, message.text, re.DOTALL)
    number, text = (match[1], match[2].strip()) if match else (None, "")
    numbers = [number] if number else _quoted(message)
    if len(numbers) != 1:
        return Reply(WHICH.format(number=numbers[0] if numbers else 3, text=shortened(text)))
    group = await context.tx.questions.group(int(numbers[0]))
    if group is None:
        return Reply(UNKNOWN.format(number=numbers[0]))
    told = await context.tx.questions.answer(group, text)
    return await _ask_to_keep(context, group, text, _told(told))


async def _ask_to_keep(context: Context, group: Group, text: str, told: str) -> Reply:
    if not phrasings(group.wordings):
        return Reply(told, private=True)
    offered = context.read(group.text).offered[:1]
    entries = await context.tx.questions.entries([candidate.id for candidate in offered])
    choices = [Choice(AS_NEW, {"as": ""})]
    choices += [
        Choice(AS_KNOWN.format(question=entry.question), {"as": entry.code}) for entry in entries
    ]
    question = Question(
        [*choices, Choice(ONLY_NOW, None)],
        data={"ids": [asked.id for asked in group.asked], "answer": text},
    )
    keep = KEEP.format(question=shortened(group.text, 30))
    return Reply(f"{told}\n{keep}", question, private=True)


async def _kept(context: Context) -> Reply:
    if not context.chosen:
        return Reply(NOT_KEPT)
    ids, code = context.data["ids"], context.chosen["as"]
    if not code:
        await context.tx.labels.keep(ids, context.data["answer"], context.person.id)
        return Reply(KEPT)
    await context.tx.labels.keep_as(ids, code, context.person.id)
    (entry,) = await context.tx.questions.entries([code])
    return Reply(KEPT_AS.format(question=entry.question))


def _line(group: Group) -> str:
    """The number, the question as it was first asked, and another wording when there is one."""
    line = f"{group.number} {shortened(group.text, 30)}"
    if group.people > 1:
        line += ASKED_BY.format(people=group.people)
    others = [wording for wording in group.wordings if wording != group.text]
    return line + "".join(OR.format(wording=shortened(other)) for other in others[-1:])


def _told(told: Told) -> str:
    if not told.reached:
        return UNREACHED
    if told.reached < told.people:
        return TOLD_SOME.format(reached=told.reached, missed=told.people - told.reached)
    return TOLD if told.people == 1 else TOLD_ALL.format(people=told.people)


def _quoted(message: Message) -> list[str]:
    """The numbers in the list or alert that the message quotes."""
    if message.quote is None:
        return []
    return [match[1] or match[2] for match in NUMBER.finditer(message.quote.text)]
