"""进度: what became of a report."""

import re

from bot.api import ChatKind, Context, Issue, Message, Otherwise, Reply, handles, shortened

NUMBER = re.compile(r"(?:(20\d\d)-)?0*(\d{1,6})(?!\d|号楼|栋|单元|楼)")
NOTHING = "您还没有报过事情。哪里坏了，直接说就行。"
ALL_DONE = "都办完了，没有没办完的。"
MORE = "还有{count}件。"
ANSWERED = 0.3
"""From this score on the FAQ may well know."""
LISTED = 8
"""Lines of a list that are read."""
UNKNOWN = "没有编号{number}。您看看是不是记错了？"


@handles(
    "progress",
    words=("进度", "查进度"),
    pattern=r"^\s*+(?:编号|号码|单子)?\s*+#?(?:20\d\d-)?\d{1,6}\s*+号?+\s*+(?:的|那个|这个)?+\s*+"
    r"(?:怎么样|咋样|怎样|如何|到哪|办好没|办好了吗|修好没|修好了吗|好了没|好了吗|处理|进度|有结果)",
    help="问进度：712怎么样了",
)
async def progress(message: Message, context: Context) -> Reply | Otherwise:
    """By number, or what the person reported last; a group reads only the state."""
    asked = _number(message.text)
    if asked:
        year, number = asked
        issue = await context.tx.issues.numbered(number, year)
        if issue is None:
            return Reply(UNKNOWN.format(number=number))
        own = issue.reporter == context.person.id or context.person.staff
        alone = message.kind is ChatKind.PRIVATE
        return Reply(
            _line(issue, context) if own and alone else f"编号{number}：{issue.state.spoken}。"
        )
    issues = await context.tx.issues.reported_by(context.person.id)
    lines = [_line(issue, context) for issue in issues]
    if not lines and context.decision.score >= ANSWERED:
        # Whoever reported nothing asks about something else: 高龄补贴咋还没发.
        return Otherwise()
    return Reply("\n".join(lines) if lines else NOTHING, private=True)


@handles("skill:unfinished", words=("没办完的", "还有哪些没办"), staff=True, help="没办完的")
async def unfinished(message: Message, context: Context) -> Reply:
    """What staff still have to do, the oldest first."""
    issues = await context.tx.issues.unfinished()
    if not issues:
        return Reply(ALL_DONE)
    lines = [_line(issue, context) for issue in issues[:LISTED]]
    if len(issues) > LISTED:
        lines.append(MORE.format(count=len(issues) - LISTED))
    return Reply("\n".join(lines), private=True)


def _number(text: str) -> tuple[int | None, int] | None:
    """The year and number that the text asks about."""
    match = re.search(r"(?:编号|号码|单子)\s*" + NUMBER.pattern, text) or NUMBER.search(text)
    if match is None:
        return None
    return (int(match[1]) if match[1] else None), int(match[2])


def _line(issue: Issue, context: Context) -> str:
    opened = issue.opened_at.astimezone(context.community.zone)
    place = issue.place_words
    what = shortened(issue.text if place in issue.text else f"{place}，{issue.text}")
    return f"编号{issue.number}（{opened.month}月{opened.day}日，{what}）：{issue.state.spoken}。"
