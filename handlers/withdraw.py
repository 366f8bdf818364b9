"""不用修了: whoever reported something takes it back."""

import re

from bot.api import (
    ISSUE_NUMBER,
    ChatKind,
    Choice,
    Context,
    Issue,
    Message,
    Otherwise,
    Question,
    Reply,
    handles,
    names,
    shortened,
)

STOP = (
    r"(?:不用|不必|不要|不需要|别|甭)(?:再|来|去|给我|派人|麻烦|你们)*"
    r"(?:修|办|弄|处理|管)(?:了|啦)?"
)
TAKE_BACK = r"(?:撤[销回掉]|取消)(?:了|掉)?"
END = r"(?:(?:已经|都|现在|自己)*[修弄]?[好亮通]了|吧|啊|哈|谢谢您?|多谢|[，,。！!\s])*$"
PATTERN = (
    rf"^(?:[^？?]{{0,30}}{STOP}|\s*{ISSUE_NUMBER}\s*(?:[那这]个)?{TAKE_BACK}"
    rf"|\s*{TAKE_BACK}\s*(?:我的|我)?(?:报修|报的\S{{0,4}}|{ISSUE_NUMBER})|\s*报修{TAKE_BACK}){END}"
)
NUMBER = re.compile(
    rf"(?:^\s*+(?=\d++(?:[号\s，,不别甭撤那这]|取消))|(?:编号|号码|单子)是?|#|{TAKE_BACK}\s*+)"
    rf"{ISSUE_NUMBER}"
)
"""In front, or where it is called one: elsewhere a number says how long, or which floor."""
SAYS_NOTHING = re.compile(
    r"等[了过]?|[\d好几多半一二两三四五六七八九十]+个?(?:天|周|星期|月|小时|年|久)"
    r"|我|自己|报的?|那个|这个|那件|的|事情?|请|已经|现在|都|师傅|就|了|谢谢|修|弄|好|亮|通|取消|撤[销回掉]"
    r"|\W|编号|号码?|单子"
)
"""What is said around 不用修了 without saying of what."""
UNKNOWN = "没有编号{number}。您看看是不是记错了？"
NOTHING = "您没有还在办的事。"
DONE = "好的，编号{number}（{what}）不办了。"
DONE_IN_GROUP = "好的，编号{number}不办了。"
WHICH = "哪个不用办了？回个数字："
NONE_OF_THEM = "都不是"
KEPT = "好的，都接着办。"
NOT_NOTED = "好的，那就不记了。"


@handles("skill:withdraw", pattern=PATTERN, help="不用修了：712 不用修了")
async def withdraw(message: Message, context: Context) -> Reply | Otherwise:
    """Close what is meant: that number, the one the words name, else the newest."""
    if context.answered:
        if not context.chosen:
            return Reply(KEPT)
        return await _withdrawn(message, context, await context.tx.issues.get(context.chosen))
    if not message.addressed:
        return Otherwise()
    number = NUMBER.search(message.text)
    if number is None:
        return await _meant(message, context)
    issue = await context.tx.issues.numbered(int(number[1]))
    if issue is None:
        return Reply(UNKNOWN.format(number=number[1]))
    return await _withdrawn(message, context, issue)


async def _meant(message: Message, context: Context) -> Reply | Otherwise:
    """What somebody means who says no number."""
    said = re.sub(STOP + END, "", message.text)
    issues = await context.tx.issues.open_of(context.person.id)
    # First by what is broken; where that is all there is to the place (3号楼电梯), by both.
    named = [issue for issue in issues if names(said, issue.text.replace(issue.place_words, ""))]
    named = named or [issue for issue in issues if names(said, issue.text)]
    if not named and SAYS_NOTHING.sub("", said):
        return Otherwise()
    if context.asking == "report":
        await context.tx.dialogues.close(context.person.identity)
        return Reply(NOT_NOTED)
    if not issues:
        return Reply(NOTHING)
    if len(named) > 1:
        choices = [Choice(f"编号{each.number} {shortened(each.text)}", each.id) for each in named]
        return Reply(WHICH, Question([*choices, Choice(NONE_OF_THEM, 0)]), private=True)
    return await _withdrawn(message, context, named[0] if named else issues[0])


async def _withdrawn(message: Message, context: Context, issue: Issue) -> Reply:
    await context.tx.issues.withdraw(issue, context.person.id)
    done = DONE if message.kind is ChatKind.PRIVATE else DONE_IN_GROUP
    return Reply(done.format(number=issue.number, what=shortened(issue.text)))
