"""明天去修: staff say how it goes on, and whoever reported it hears of it."""

import re

from bot.api import ISSUE_NUMBER, Context, Message, Otherwise, Reply, State, handles, shortened

PATTERN = (
    rf"^\s*+(?=编号|号码|单子|#|\d++[号\s]){ISSUE_NUMBER}[\s，,：:]*+"
    r"(?=.*(?:派|师傅|[去来](?:修|看|换|弄|办|处理|清)|在[修办弄处]|安排|联系|配件|材料|上门|到场|维修))"
    r"(?!.*(?:好|完|妥)了)([^？?]{2,200})$"
)
UNKNOWN = "没有编号{number}，请看看是不是打错了。"
CLOSED = "编号{number}已经办完了。"
NEWS = "编号{number}（{what}）有消息了：{text}。"
TOLD = "编号{number}记好了，已经告诉报的人。"
NOTED = "编号{number}记好了。"


@handles("skill:underway", pattern=PATTERN, staff=True, help="712 明天去修")
async def underway(message: Message, context: Context) -> Reply | Otherwise:
    """Write it into the history, and tell the reporter in the words of staff."""
    match = re.match(PATTERN, message.text)
    if match is None or not message.addressed:
        return Otherwise()
    number, text = int(match[1]), match[2].strip().rstrip("。！!，,")
    issue = await context.tx.issues.numbered(number)
    if issue is None:
        return Reply(UNKNOWN.format(number=number))
    if issue.state is State.CLOSED:
        return Reply(CLOSED.format(number=number))
    await context.tx.issues.move(issue, State.WORKING, context.person.id, text)
    news = NEWS.format(number=number, what=shortened(issue.text), text=text)
    told = issue.reporter is not None and await context.tx.people.tell(issue.reporter, news)
    return Reply((TOLD if told else NOTED).format(number=number))
