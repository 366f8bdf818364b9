"""找人帮忙: a person takes over; staff hear of it on their phones at once."""

from bot.api import ChatKind, Context, MediaKind, Message, Reply, handles

TOLD = "好的，已经告诉工作人员，一会儿就联系您。"
NOBODY = "好的，记下了，工作人员上班就联系您。"
CALL = "急的话打☎{社区电话}。"
HELPED = "好的，{people}位都记成联系过了。"
NOBODY_WAITS = "现在没有人在等。"
VOICE = "语音收到了，有人会听。"
VOICE_CALL = "急事请打☎{社区电话}。"


@handles(
    "human", words=("找人", "我要找人", "找人帮忙", "人工", "转人工"), help="找人帮忙：说“找人”"
)
async def human(message: Message, context: Context) -> Reply:
    """Put the person on the list of those who wait, and alert staff."""
    told = await context.tx.handoffs.open(context.person, message.text)
    lines = [TOLD if told else NOBODY, context.community.fill(CALL)]
    return Reply("\n".join(filter(None, lines)), private=bool(message.private_chat))


@handles("skill:helped", words=("都联系了", "都联系过了"), staff=True, help="都联系了")
async def helped(message: Message, context: Context) -> Reply:
    """Nobody waits for a call any more."""
    people = await context.tx.handoffs.done()
    return Reply(HELPED.format(people=people) if people else NOBODY_WAITS)


@handles("skill:voice")
async def voice(message: Message, context: Context) -> Reply | None:
    """A clip without a transcript: somebody listens to it."""
    if message.kind is ChatKind.GROUP:
        return None
    clip = next((m.hash for m in message.media if m.kind is MediaKind.VOICE), None)
    await context.tx.handoffs.open(context.person, "（语音）", clip)
    return Reply("\n".join(filter(None, [VOICE, context.community.fill(VOICE_CALL)])))
