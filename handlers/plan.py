"""安排: staff put an event on the calendar in one sentence; its reminders come by themselves."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.api import (
    Choice,
    Context,
    Event,
    EventKind,
    Message,
    Otherwise,
    Plan,
    Question,
    Reply,
    handles,
    names,
)
from faq import times

WHAT = "什么时候、什么活动？例如：安排 周六上午九点 大清扫 小广场。"
WHEN = "什么时候开始？请说清楚几点，例如：周六上午九点。"
PAST = "这个时间已经过了，请换一个。"
READ_BACK = "{when}，{title}{where}，对吗？"
YES = "对"
NO = "不对"
PLANNED = "安排好了：{rule}{line}。\n头一天17点和开始前两小时提醒大家。"
CANCEL = "取消活动"
BY_NAME = (
    r"^\s*取消(?!\s*(?:报名|报修|通知|活动\s*[。！!]?\s*$))(?:活动)?[\s：:，,]*"
    r"(\S.{1,30}?)[。！!\s]*$"
)
MANY = 50
"""Events among which a name is looked for."""
NOTHING_ON = "现在没有安排活动。"
WHICH = "取消哪个？回个数字："
KEEP = "都不取消"
KEPT = "好的，都没取消。"
CANCELLED = "取消了：{line}。不再提醒了，请发个通知告诉大家。"
NEVER_MIND = "不用"
GIVEN_UP = "好的，没有安排。"
DROPPED = "好的，没有安排。请重新说一遍。"


@handles(
    "skill:plan",
    words=("安排", "安排活动"),
    staff=True,
    help="安排 周六上午九点 大清扫 小广场",
)
async def plan(message: Message, context: Context) -> Reply:
    """Read the time back with weekday and lunar date; the digit makes it so."""
    data = context.data or {}
    if context.answered and "said" not in data:
        return await _confirmed(context)
    if context.chosen == "no":
        return Reply(GIVEN_UP)
    said = context.decision.argument or message.text
    if not context.answered and not context.decision.argument:
        return Reply(WHAT)
    if context.answered:
        said = f"{said} {data['said']}"
    phrase = times.parse(said, context.tx.now)
    if phrase.problem == "past":
        return Reply(PAST)
    if phrase.start is None or phrase.problem or phrase.precision == "day":
        return Reply(
            WHEN, Question([Choice(NEVER_MIND, "no")], free_text=True, data={"said": said})
        )
    said_place = context.read(said).place or ""
    place = await context.tx.places.find(said_place)
    title = _title(said.replace(phrase.text, " "), (place.name, said_place) if place else ())
    # 打扫活动室 says itself where it is.
    apart = place is not None and said_place not in title
    where = f"，在{place.name}" if place and apart else ""
    data = {
        "start": phrase.start.isoformat(),
        "rule": phrase.rrule,
        "title": title,
        "place": place.id if place else None,
        "where": place.name if place and apart else "",
    }
    return Reply(
        READ_BACK.format(when=times.describe(phrase), title=title, where=where),
        Question([Choice(YES, value=True, assents=True), Choice(NO, value=False)], data=data),
    )


@handles(
    "skill:cancel_event",
    words=(CANCEL,),
    pattern=BY_NAME,
    staff=True,
    help="取消活动，或者：取消 合唱",
)
async def cancel_event(message: Message, context: Context) -> Reply | Otherwise:
    """The one that is named, else by number; then nobody is reminded of it."""
    if context.answered:
        if not context.chosen:
            return Reply(KEPT)
        return await _cancelled(context, await context.tx.events.get(context.chosen))
    named = re.match(BY_NAME, message.text)
    if named is None:
        return _which(await context.tx.events.upcoming())
    events = [e for e in await context.tx.events.upcoming(MANY) if names(named[1], e.title)]
    if len(events) == 1:
        return await _cancelled(context, events[0])
    if not events:
        return Otherwise()
    return _which(events)


def _which(events: list[Event]) -> Reply:
    if not events:
        return Reply(NOTHING_ON)
    choices = [*(Choice(event.line, event.id) for event in events), Choice(KEEP, 0)]
    return Reply(WHICH, Question(choices))


async def _cancelled(context: Context, event: Event) -> Reply:
    await context.tx.events.cancel(event)
    return Reply(CANCELLED.format(line=event.line))


async def _confirmed(context: Context) -> Reply:
    if not context.chosen:
        return Reply(DROPPED)
    data = context.data
    own = (await context.tx.people.charge(context.person.id))[0]
    event = await context.tx.events.plan(
        Plan(
            kind=_kind(data["title"]),
            title=data["title"],
            place=own,
            starts_at=datetime.fromisoformat(data["start"]).astimezone(context.community.zone),
            where=data["where"],
            rule=data["rule"],
            created_by=context.person.id,
        )
    )
    rule = f"{times.rule_text(event.rule)}，第一次是" if event.rule else ""
    return Reply(PLANNED.format(rule=rule, line=event.line))


def _title(rest: str, place: Sequence[str]) -> str:
    """What is left of the sentence without its time and the place that stands apart in it."""
    for name in place:
        rest = re.sub(rf"(?:^|(?<=[\s，,。在])){re.escape(name)}(?=$|[\s，,。])", " ", rest)
    words = [word for word in rest.split() if word not in {"在", "，", "。"}]
    return " ".join(words).strip("在，。, ") or EventKind.OTHER


def _kind(title: str) -> EventKind:
    if "清扫" in title or "扫除" in title:
        return EventKind.CLEAN_UP
    return EventKind.THEME if "主题" in title else EventKind.OTHER
