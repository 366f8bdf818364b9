"""修好了: staff close a report from the phone; whoever reported it says whether it is so."""

import re

from bot.api import (
    ISSUE_NUMBER,
    Choice,
    Context,
    Issue,
    Kind,
    Message,
    Question,
    Reply,
    State,
    handles,
    shortened,
)

PATTERN = (
    rf"^\s*+{ISSUE_NUMBER}(?:\s[^？?]{{1,200}}[，,。；\s])?\s{{0,3}}(?:已经?|都)?"
    r"(?:修|办|弄|处理|解决|清理|换|搞)?(?:好|完|妥)(?:了|啦|完)?[。！!\s]*$"
)
UNKNOWN = "没有编号{number}，请看看是不是打错了。"
ALREADY = "编号{number}已经办完了。"
WAITS_FOR_YOU = "编号{number}办好了，等您看看。"
WAITS = "编号{number}办好了，等报的人看看。"
CLOSED = "编号{number}记好了，已经告诉报的人。"
CLOSED_QUIETLY = "编号{number}记好了。"
STANDS = "编号{number}：{state}。"
ASK = "编号{number}办好了（{what}）。您看看行不行？"
FINE = "好了"
NOT_FINE = "没好"
THANKS = "谢谢您，编号{number}办完了。"
STILL_BROKEN = "编号{number}（{what}）：报的人说没好，请再去看看。"
AGAIN = "知道了，重新给您办，编号还是{number}。"


@handles("skill:close", pattern=PATTERN, staff=True, help="712 修好了（可带照片）")
async def close(message: Message, context: Context) -> Reply:
    """Mark it done, with the photos; ask whoever reported it."""
    match = re.match(PATTERN, message.text)
    number = int(match[1]) if match else 0
    issue = await context.tx.issues.numbered(number)
    if issue is None:
        return Reply(UNKNOWN.format(number=number))
    if issue.state is State.CONFIRMING:
        own = issue.reporter == context.person.id
        return Reply((WAITS_FOR_YOU if own else WAITS).format(number=number))
    if issue.state is State.CLOSED:
        return Reply(ALREADY.format(number=number))
    sent = await context.photos(message)
    photos = await context.tx.issues.add_photos(issue.id, sent, after=True)
    await context.tx.issues.move(issue, State.CONFIRMING, context.person.id, message.text)
    told = await _ask_reporter(context, issue, photos)
    return Reply((CLOSED if told else CLOSED_QUIETLY).format(number=number))


@handles("skill:confirm")
async def confirm(message: Message, context: Context) -> Reply:
    """The reporter says whether it is done; if not, it goes on under the same number.

    An answer that comes after it has moved on changes nothing.
    """
    issue = await context.tx.issues.get(context.data["issue"])
    if issue.state is State.CLOSED:
        return Reply(ALREADY.format(number=issue.number))
    if issue.state is not State.CONFIRMING:
        return Reply(STANDS.format(number=issue.number, state=issue.state.spoken))
    if context.chosen:
        await context.tx.issues.move(issue, State.CLOSED, context.person.id, FINE)
        return Reply(THANKS.format(number=issue.number))
    await context.tx.issues.move(issue, State.WORKING, context.person.id, NOT_FINE)
    alert = STILL_BROKEN.format(number=issue.number, what=shortened(issue.text))
    await context.tx.handoffs.alert(alert, Kind.REMINDER)
    return Reply(AGAIN.format(number=issue.number))


async def _ask_reporter(context: Context, issue: Issue, photos: list[str]) -> bool:
    if issue.reporter is None:
        return False
    question = Question(
        [Choice(FINE, value=True, assents=True), Choice(NOT_FINE, value=False)],
        data={"issue": issue.id},
        action="skill:confirm",
    )
    text = ASK.format(number=issue.number, what=shortened(issue.text))
    return await context.ask(issue.reporter, text, question, photos)
