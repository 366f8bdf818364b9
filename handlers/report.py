"""报修: a resident reports what is broken, in one message."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.api import (
    ChatKind,
    Choice,
    Context,
    Message,
    Question,
    Reply,
    Report,
    handles,
    mask,
    shortened,
)
from faq.decide import GIVEN_UP

WHAT = "您说：哪里、什么坏了？例如：3号楼电梯坏了。"
WHERE = "在哪儿？例如：3号楼2单元。"
SKIP = "不好说，先记下"
PHOTO = "照片收到了。是哪里、什么事？"
ADDED = "照片也记在编号{number}里了。"
NEVER_MIND = "好的。"
WORDS = ("报修", "我要报修", "我想报修", "上报")
WORD_ALONE = rf"^\s*(?:(?:好[的嘞]?|行|可以|嗯|对)[，,。！!\s]+)?(?:{'|'.join(WORDS)})[。！!\s]*$"
WEEKDAYS = "一二三四五六日"
AFTERWARDS = timedelta(minutes=10)
"""In WeChat a picture follows its words as a message of its own."""

SHORTEST = 2
"""Characters that can say what is broken."""


@handles(
    "report",
    words=WORDS,
    pattern=WORD_ALONE,
    help="哪里坏了，直接说就行，例如：3号楼电梯坏了",
)
async def report(message: Message, context: Context) -> Reply:
    """File what the message says; ask for the place when it names none."""
    if context.answered:
        return await _continued(message, context)
    decision = context.decision
    text = decision.argument or message.text
    if re.match(WORD_ALONE, message.text):
        data = {"photos": await context.photos(message)}
        return Reply(WHAT, Question(free_text=True, data=data))
    return await _located(message, context, text, await context.photos(message))


@handles("skill:photo")
async def photo(message: Message, context: Context) -> Reply | None:
    """A picture without a word: it belongs to the report just made, else ask what it shows."""
    if message.kind is ChatKind.GROUP:
        return None
    photos = await context.photos(message)
    for issue in await context.tx.issues.reported_by(context.person.id, limit=1):
        if context.tx.now - issue.opened_at < AFTERWARDS:
            await context.tx.issues.add_photos(issue.id, photos, after=False)
            return Reply(ADDED.format(number=issue.number))
    data = {"photos": photos}
    return Reply(PHOTO, Question(free_text=True, data=data, action="report"))


async def _continued(message: Message, context: Context) -> Reply:
    data = dict(context.data or {})
    if context.chosen == "no" or GIVEN_UP.fullmatch(message.text.strip("。！! ")):
        return Reply(NEVER_MIND)
    data["photos"] = [*data.get("photos", []), *await context.photos(message)]
    if context.chosen in {"skip", "report"}:
        return await _file(message, context, data)
    if "text" in data:
        data["place"] = message.text
    elif len(message.text.strip()) < SHORTEST:
        return Reply(WHAT, Question(free_text=True, data=data))
    else:
        return await _located(message, context, message.text, data["photos"])
    return await _file(message, context, data)


async def _located(message: Message, context: Context, text: str, photos: list[str]) -> Reply:
    """File it, or first ask where when it names no place."""
    decision = context.decision
    data: dict[str, object] = {
        "text": text,
        "category": decision.category,
        "place": decision.place,
        "photos": photos,
    }
    if decision.place is None and message.kind is ChatKind.PRIVATE:
        return Reply(WHERE, Question([Choice(SKIP, "skip")], free_text=True, data=data))
    return await _file(message, context, data)


async def _file(message: Message, context: Context, data: Mapping[str, object]) -> Reply:
    text, words = str(data.get("text") or message.text), str(data.get("place") or "")
    place = await context.tx.places.find(words)
    photos = data.get("photos")
    issue = await context.tx.issues.open(
        Report(
            text=text,
            category=str(data.get("category") or "其他"),
            source=message.platform,
            place=place,
            place_words=words,
            photos=tuple(photos) if isinstance(photos, list) else (),
            reporter=context.person.id,
        )
    )
    said = text if not words or words in text else f"{words}，{text}"
    summary = mask(said) if message.kind is ChatKind.GROUP else said
    due = _by(issue.due_at.astimezone(context.community.zone), context.tx.now)
    return Reply(f"记下了：{shortened(summary, 30)}。{due}给您回话。编号{issue.number}。")


def _by(due: datetime, now: datetime) -> str:
    """周四前; with the date when it is not within this week."""
    weekday = f"周{WEEKDAYS[due.weekday()]}"
    same_week = due.isocalendar()[:2] == now.isocalendar()[:2]
    return f"{weekday}前" if same_week else f"{due.month}月{due.day}日（{weekday}）前"
