"""通知: staff tell everybody of some places, after a look at what goes to whom."""

import re
from collections.abc import Sequence

from bot.api import Choice, Context, Message, Place, Question, Reply, RuleError, handles

WHAT = "通知谁、说什么？例如：通知 3号楼 明早8点到12点停水。"
SAY_WHAT = "发给{places}。说什么？"
PREVIEW = "发给{places}（{reach}）：\n{text}"
SEND = "发"
DONT = "不发"
SENT = "发出去了：{places}，{reach}。"
DROPPED = "好的，没有发。"
NO_PLACE = "没有{place}。要发给大家，就说：通知 大家 …"
PROGRESS = "上一条通知，一共{all}处：已发{sent}处，在等{waiting}处，没发成{failed}处。"
NEVER = "还没有发过通知。"
FAILED = ("failed", "unknown", "missed", "cancelled")

HEAD = re.compile(r"([^\s：:，,]+)(?:[\s：:，,]+|$)")
"""The first words of a notice: whom it is for is set apart from what it says."""
EVERYBODY = re.compile(r"(?:全体|大家|各位|所有人?|全社区)(?:居民|业主|住户|邻居|街坊)*们?")
WHO_LIVE_THERE = re.compile(r"的?(?:全体|各位|所有)?(?:居民|业主|住户|邻居|街坊)们?$")
LISTED = re.compile("[、和及与]")


@handles("skill:notice", words=("通知", "发通知"), staff=True, help="通知 3号楼 明早8点停水")
async def notice(message: Message, context: Context) -> Reply:
    """Show it first; the digit sends it."""
    if context.answered:
        return await _answered(message, context)
    text = context.decision.argument
    if not text:
        return Reply(WHAT)
    places, said = await _addressed(context, text)
    return await _preview(context, places or await _own(context), said)


@handles("skill:notice_progress", words=("通知进度",), staff=True)
async def notice_progress(message: Message, context: Context) -> Reply:
    """How far the newest notice has got."""
    id = await context.tx.broadcasts.latest()
    if id is None:
        return Reply(NEVER)
    states = await context.tx.broadcasts.progress(id)
    failed = sum(states.get(state, 0) for state in FAILED)
    sent, everywhere = states.get("sent", 0), sum(states.values())
    return Reply(
        PROGRESS.format(
            all=everywhere, sent=sent, failed=failed, waiting=everywhere - sent - failed
        )
    )


async def _own(context: Context) -> list[Place]:
    """Where somebody's notices go when they name no place: all that is theirs."""
    return (await context.tx.people.charge(context.person.id))[:1]


async def _preview(context: Context, places: Sequence[Place], said: str) -> Reply:
    """What goes to whom; without words to say, ask for them."""
    data = {"places": [place.id for place in places], "text": said}
    if not said:
        ask = SAY_WHAT.format(places=_names(places))
        return Reply(ask, Question([Choice(DONT, value=False)], free_text=True, data=data))
    reach = await context.tx.audience.of(*places)
    return Reply(
        PREVIEW.format(places=_names(places), reach=reach.words, text=said),
        Question([Choice(SEND, value=True, assents=True), Choice(DONT, value=False)], data=data),
    )


async def _answered(message: Message, context: Context) -> Reply:
    if context.chosen is False:
        return Reply(DROPPED)
    places = [await context.tx.places.get(id) for id in context.data["places"]]
    if context.chosen is None:
        return await _preview(context, places, message.text.strip())
    sent = await context.tx.broadcasts.send(places, context.data["text"], context.person.id)
    return Reply(SENT.format(places=_names(places), reach=sent.reach.words))


async def _addressed(context: Context, text: str) -> tuple[list[Place], str]:
    """The places that are named before anything is said, and what is said then."""
    names, places = await context.tx.places.names(), []
    while head := HEAD.match(text):
        if not EVERYBODY.fullmatch(head[1]):
            plain = WHO_LIVE_THERE.sub("", head[1])
            parts = [plain] if plain in names else LISTED.split(plain)
            if not all(part in names or context.read(part).place == part for part in parts):
                break
            places += [await _place(context, part) for part in parts]
        text = text[head.end() :]
    return list(dict.fromkeys(places)), text


async def _place(context: Context, words: str) -> Place:
    found = await context.tx.places.find(words)
    if found is None:
        raise RuleError(NO_PLACE.format(place=words))
    return found


def _names(places: Sequence[Place]) -> str:
    return "、".join(place.name for place in places)
