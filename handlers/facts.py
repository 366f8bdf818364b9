"""社区电话是……: staff fill in a local fact from the phone; it holds once it was read back."""

import re

from bot.api import Choice, Context, Message, Otherwise, Question, Reply, handles

PATTERN = (
    r"^\s*(?P<name>[\u4e00-\u9fff]{2,9}?(?:电话|地址|时间|大厅))(?:号码)?"
    r"\s*(?:是|改成|改为|换成|变成|[:：])\s*(?P<value>\S[^\n]{1,90}?)[。！!\s]*$"
)
ASKING = re.compile(r"[吗么?？]|多少|几[点号时]|哪|什么|啥|谁")
READ_BACK = "{name}记成：{value}\n有{count}条答案会用到，对吗？"
YES = "对"
NO = "不对"
FILLED = "记好了，现在就用：{name} {value}"
KEPT = "好的，没有改。"


@handles("skill:fact", pattern=PATTERN, staff=True, help="物业电话是 0411-5550102")
async def fact(message: Message, context: Context) -> Reply | Otherwise:
    """Read the fact back with how many answers need it; the digit makes it so."""
    if context.answered:
        if not context.chosen:
            return Reply(KEPT)
        name, value = context.data["name"], context.data["value"]
        await context.tx.facts.fill(name, value)
        return Reply(FILLED.format(name=name, value=value))
    match = re.match(PATTERN, message.text)
    name, value = _told(match) if match else ("", "")
    wanted = await context.tx.facts.wanted()
    if name not in wanted or ASKING.search(value):
        return Otherwise()
    value = await context.tx.facts.checked(name, value)
    return Reply(
        READ_BACK.format(name=name, value=value, count=wanted[name]),
        Question(
            [Choice(YES, value=True, assents=True), Choice(NO, value=False)],
            data={"name": name, "value": value},
        ),
    )


def _told(match: re.Match[str]) -> tuple[str, str]:
    """The name of the slot, whatever people call the committee, and what fills it."""
    name = match["name"].replace("的", "").removeprefix("我们").replace("居委会", "社区")
    return name, match["value"]
