"""通知: staff tell everybody of a place, after a look at what goes to whom."""

from bot.api import Choice, Context, Message, Question, Reply, handles

WHAT = "通知谁、说什么？例如：通知 3号楼 明早8点到12点停水。"
PREVIEW = "发给{place}（{reach}）：\n{text}"
SEND = "发"
DONT = "不发"
SENT = "发出去了：{place}，{reach}。"
DROPPED = "好的，没有发。"
PROGRESS = "上一条通知：已发{sent}，在等{waiting}，没发成{failed}。"
NEVER = "还没有发过通知。"
FAILED = ("failed", "unknown", "missed", "cancelled")


@handles("skill:notice", words=("通知", "发通知"), staff=True, help="通知 3号楼 明早8点停水")
async def notice(message: Message, context: Context) -> Reply:
    """Show it first; the digit sends it."""
    if context.answered:
        return await _send(context)
    text = context.decision.argument
    if not text:
        return Reply(WHAT)
    first, *rest = text.split(maxsplit=1)
    named = await context.tx.places.find(first) if rest else None
    place, said = (named, rest[0]) if named else (None, text)
    place = place or await context.tx.places.root()
    reach = await context.tx.audience.of(place)
    return Reply(
        PREVIEW.format(place=place.name, reach=reach.words, text=said),
        Question(
            [Choice(SEND, value=True), Choice(DONT, value=False)],
            data={"place": place.id, "text": said},
        ),
    )


@handles("skill:notice_progress", words=("通知进度",), staff=True)
async def notice_progress(message: Message, context: Context) -> Reply:
    """How far the newest notice has got."""
    id = await context.tx.broadcasts.latest()
    if id is None:
        return Reply(NEVER)
    states = await context.tx.broadcasts.progress(id)
    failed = sum(states.get(state, 0) for state in FAILED)
    sent = states.get("sent", 0)
    return Reply(
        PROGRESS.format(sent=sent, failed=failed, waiting=sum(states.values()) - sent - failed)
    )


async def _send(context: Context) -> Reply:
    if not context.chosen:
        return Reply(DROPPED)
    place = await context.tx.places.get(context.data["place"])
    sent = await context.tx.broadcasts.send(place, context.data["text"], context.person.id)
    return Reply(SENT.format(place=place.name, reach=sent.reach.words))
