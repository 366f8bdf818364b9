"""又坏了: what was done is broken again, or was never right."""

import re

from bot.api import (
    ISSUE_NUMBER,
    Choice,
    Context,
    Issue,
    Kind,
    Message,
    Otherwise,
    Question,
    Reply,
    State,
    handles,
    shortened,
)

PATTERN = (
    rf"^\s*+(?:{ISSUE_NUMBER}[\s，,：:]*+)?(?:怎么|咋|那个|这个|现在)*(?:又|还是|还|仍然)"
    r"(?:坏|不行|不亮|不好使|不好用|不能用|用不了|漏水?|堵|没[修弄]好|有问题|出问题)[了的着啊呢呀]*[。！!\s]*$"
)
AGAIN = "知道了，又坏了，重新给您办，编号还是{number}。"
STILL_OPEN = "编号{number}还没办完：{state}。"
THIS_ONE = "是编号{number}（{what}）又坏了吗？"
YES = "是"
NO = "不是"
WHAT_THEN = "好的。那您说：哪里、什么坏了？"
ALERT = "编号{number}（{what}）：报的人说又坏了，第{times}次，请再去看看。"
STILL_BROKEN = "编号{number}（{what}）：报的人说还是坏的，请再去看看。"


@handles("skill:again", pattern=PATTERN, help="又坏了：712 又坏了")
async def again(message: Message, context: Context) -> Reply | Otherwise:
    """Go on under the same number, when the one who reported it says so in time."""
    if context.answered:
        if not context.chosen:
            return Reply(WHAT_THEN, Question(free_text=True, data={"photos": []}, action="report"))
        return await _broken(context, await context.tx.issues.get(context.chosen))
    if not message.addressed or context.asking == "report":
        return Otherwise()
    match = re.match(PATTERN, message.text)
    if match and match[1]:
        return await _numbered(context, int(match[1]))
    return await _newest(context)


async def _newest(context: Context) -> Reply | Otherwise:
    issue = await context.tx.issues.done_lately(context.person.id)
    if issue is None:
        return Otherwise()
    others = await context.tx.issues.open_of(context.person.id)
    if issue.state is State.CLOSED and others:
        choices = [Choice(YES, issue.id, assents=True), Choice(NO, 0)]
        ask = THIS_ONE.format(number=issue.number, what=shortened(issue.text))
        return Reply(ask, Question(choices), private=True)
    return await _broken(context, issue)


async def _numbered(context: Context, number: int) -> Reply | Otherwise:
    issue = await context.tx.issues.numbered(number)
    if issue is None or issue.reporter != context.person.id:
        return Otherwise()
    if context.tx.issues.may_relapse(issue):
        return await _broken(context, issue)
    if issue.state is State.CLOSED:
        return Otherwise()
    return Reply(STILL_OPEN.format(number=number, state=issue.state.spoken))


async def _broken(context: Context, issue: Issue) -> Reply:
    what = shortened(issue.text)
    if issue.state is State.CONFIRMING:
        await context.tx.issues.move(issue, State.WORKING, context.person.id, "没好")
        alert = STILL_BROKEN.format(number=issue.number, what=what)
    else:
        times = await context.tx.issues.relapse(issue, context.person.id)
        alert = ALERT.format(number=issue.number, what=what, times=times)
    if context.asking == "skill:confirm":
        await context.tx.dialogues.close(context.person.identity)
    await context.tx.handoffs.alert(alert, Kind.REMINDER)
    return Reply(AGAIN.format(number=issue.number))
