"""找人帮忙: a person takes over; staff hear of it on their phones at once."""

from bot.api import (
    ChatKind,
    Choice,
    Context,
    MediaKind,
    Message,
    Question,
    Reply,
    handles,
    shortened,
)

TOLD = "好的，已经告诉工作人员，一会儿就联系您。"
NOBODY = "好的，记下了，工作人员上班就联系您。"
CALL = "急的话打☎{社区电话}。"
WAITING = "在等着的：\n{lines}\n都联系了吗？"
MORE = "还有{count}位。"
ALL_HELPED = "都联系了"
NOT_YET = "还没有"
STILL_WAIT = "好的，都还记着。"
SURE = "{people}位都联系过了？"
YES = "是"
HELPED = "好的，{people}位都记成联系过了。"
NOBODY_WAITS = "现在没有人在等。"
VOICE = "语音收到了，有人会听。"
SHOWN = 8
"""Lines of a list that are read."""
MOST_AT_ONCE = 3
"""So many are taken off the list without asking once more."""
VOICE_CALL = "急事请打☎{社区电话}。"


@handles(
    "human", words=("找人", "我要找人", "找人帮忙", "人工", "转人工"), help="找人帮忙：说“找人”"
)
async def human(message: Message, context: Context) -> Reply:
    """Put the person on the list of those who wait, and alert staff."""
    told = await context.tx.handoffs.open(context.person, message.text)
    lines = [TOLD if told else NOBODY, context.community.fill(CALL)]
    return Reply("\n".join(filter(None, lines)), private=bool(message.private_chat))


@handles(
    "skill:helped",
    words=("谁在等", "还有谁在等", "都联系了", "都联系过了"),
    staff=True,
    help="谁在等　都联系了",
)
async def helped(message: Message, context: Context) -> Reply:
    """Who waits for a call; whoever was on that list waits no more when staff say so."""
    if not context.answered:
        return await _who_waits(context)
    if not context.chosen:
        return Reply(STILL_WAIT)
    ids, people = context.data["ids"], context.data["people"]
    if people > MOST_AT_ONCE and not context.data.get("sure"):
        question = Question(
            [Choice(YES, value=True, assents=True), Choice(NOT_YET, value=False)],
            data={"ids": ids, "people": people, "sure": True},
        )
        return Reply(SURE.format(people=people), question)
    done = await context.tx.handoffs.done(ids)
    return Reply(HELPED.format(people=done) if done else NOBODY_WAITS)


async def _who_waits(context: Context) -> Reply:
    waiting = await context.tx.handoffs.waiting()
    if not waiting:
        return Reply(NOBODY_WAITS)
    shown = waiting[:SHOWN]
    lines = [f"{each.caller}：{shortened(each.text)}" for each in shown]
    if len(waiting) > SHOWN:
        lines.append(MORE.format(count=len(waiting) - SHOWN))
    question = Question(
        [Choice(ALL_HELPED, value=True, assents=True), Choice(NOT_YET, value=False)],
        data={"ids": [id for each in shown for id in each.ids], "people": len(shown)},
    )
    return Reply(WAITING.format(lines="\n".join(lines)), question, private=True)


@handles("skill:voice")
async def voice(message: Message, context: Context) -> Reply | None:
    """A clip without a transcript: somebody listens to it."""
    if message.kind is ChatKind.GROUP:
        return None
    clip = next((m.hash for m in message.media if m.kind is MediaKind.VOICE), None)
    await context.tx.handoffs.open(context.person, "（语音）", clip)
    return Reply("\n".join(filter(None, [VOICE, context.community.fill(VOICE_CALL)])))
