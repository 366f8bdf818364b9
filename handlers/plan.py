"""安排: staff put an event on the calendar in one sentence; its reminders come by themselves."""

from datetime import datetime

from bot.api import Choice, Context, EventKind, Message, Plan, Question, Reply, handles
from faq import times

WHAT = "什么时候、什么活动？例如：安排 周六上午九点 大清扫 小广场。"
WHEN = "什么时候开始？请说清楚几点，例如：周六上午九点。"
PAST = "这个时间已经过了，请换一个。"
READ_BACK = "{when}，{title}{where}，对吗？"
YES = "对"
NO = "不对"
PLANNED = "安排好了：{line}。\n头一天17点和开始前两小时提醒大家。"
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
    place = await context.tx.places.find(context.read(said).place)
    title = _title(said.replace(phrase.text, " "), place.name if place else "")
    where = f"，在{place.name}" if place else ""
    data = {
        "start": phrase.start.isoformat(),
        "rule": phrase.rrule,
        "title": title,
        "place": place.id if place else None,
        "where": place.name if place else "",
    }
    return Reply(
        READ_BACK.format(when=times.describe(phrase), title=title, where=where),
        Question([Choice(YES, value=True), Choice(NO, value=False)], data=data),
    )


@handles("skill:cancel_event", words=("取消活动",), staff=True, help="取消活动")
async def cancel_event(message: Message, context: Context) -> Reply:
    """Which one, by number; then nobody is reminded of it."""
    if context.answered:
        return await _cancelled(context)
    events = await context.tx.events.upcoming()
    if not events:
        return Reply(NOTHING_ON)
    choices = [*(Choice(event.line, event.id) for event in events), Choice(KEEP, 0)]
    return Reply(WHICH, Question(choices))


async def _cancelled(context: Context) -> Reply:
    if not context.chosen:
        return Reply(KEPT)
    event = await context.tx.events.get(context.chosen)
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
    return Reply(PLANNED.format(line=event.line))


def _title(rest: str, place: str) -> str:
    """What is left of the sentence without its time and place."""
    words = [word for word in rest.replace(place, " ").split() if word not in {"在", "，", "。"}]
    return " ".join(words).strip("在，。, ") or EventKind.OTHER


def _kind(title: str) -> EventKind:
    if "清扫" in title or "扫除" in title:
        return EventKind.CLEAN_UP
    return EventKind.THEME if "主题" in title else EventKind.OTHER
