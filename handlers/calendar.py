"""活动: what is on next, and signing up for it."""

import re

from bot.api import Choice, Context, Event, Message, Question, Reply, handles, names

NOTHING = "最近还没有安排活动，有了就通知您。"
SIGN_UP = "想参加就回“报名”。"
WHICH = "您报哪个？回个数字："
WHICH_NOT = "您不去哪个？回个数字："
NO_SIGN_UP = "都不报"
NOT_SIGNED_UP = "好的，没有报。"
KEEP = "都不取消"
KEPT = "好的，都给您留着。"
NONE = "您还没有报过名。"
GOT = "报上了：{line}，{people}人。不去了就说“取消报名”。"
CANCELLED = "好的，{title}给您取消了。"
MONTH = re.compile(r"这个?月|本月|当月")

DIGITS = {"一": 1, "两": 2, "二": 2, "俩": 2, "三": 3, "仨": 3, "四": 4, "五": 5, "六": 6}
PEOPLE = re.compile(r"(\d{1,2}|[一两二俩三仨四五六])\s*(?:个人|个|人|位|口|名|张)")


@handles("next_event", words=("活动", "最近活动"), help="问活动：最近有什么活动")
async def next_event(message: Message, context: Context) -> Reply:
    """The next three events."""
    events = await context.tx.events.upcoming(3)
    if not events:
        return Reply(NOTHING)
    return Reply("\n".join([*(f"{event.line}。" for event in events), SIGN_UP]))


@handles("signup", words=("报名",), help="报名：回“报名”，几个人就说几个人")
async def signup(message: Message, context: Context) -> Reply:
    """Sign up for the event the words name, or ask which."""
    if context.answered:
        if not context.chosen:
            return Reply(NOT_SIGNED_UP)
        event = await context.tx.events.get(context.chosen)
        return await _sign_up(context, event, int((context.data or {}).get("people", 1)))
    events = await context.tx.events.upcoming()
    if not events:
        return Reply(NOTHING)
    people = _people(message.text)
    named = [event for event in events if names(message.text, event.title)] or events
    if len(named) == 1:
        return await _sign_up(context, named[0], people)
    choices = [*(Choice(event.line, event.id) for event in named), Choice(NO_SIGN_UP, 0)]
    return Reply(WHICH, Question(choices, data={"people": people}))


@handles("cancel_signup", words=("取消报名", "不报了"), help="不去了：说“取消报名”")
async def cancel_signup(message: Message, context: Context) -> Reply:
    """Take the person off the list."""
    if context.answered:
        if not context.chosen:
            return Reply(KEPT)
        return await _cancel(context, await context.tx.events.get(context.chosen))
    events = await context.tx.events.signed_up(context.person.id)
    if not events:
        return Reply(NONE)
    named = [event for event in events if names(message.text, event.title)] or events
    if len(named) == 1:
        return await _cancel(context, named[0])
    choices = [*(Choice(event.line, event.id) for event in named), Choice(KEEP, 0)]
    return Reply(WHICH_NOT, Question(choices))


async def _sign_up(context: Context, event: Event, people: int) -> Reply:
    await context.tx.events.sign_up(event, context.person.id, people)
    return Reply(GOT.format(line=event.line, people=people))


async def _cancel(context: Context, event: Event) -> Reply:
    await context.tx.events.cancel_sign_up(event, context.person.id)
    return Reply(CANCELLED.format(title=event.title))


def _people(text: str) -> int:
    """How many come; one when the text names no number."""
    counts = [DIGITS.get(found) or int(found) for found in PEOPLE.findall(text)]
    return sum(counts) or 1
