"""问好: one friendly line for a hello or thanks, then silence."""

from bot.api import ChatKind, Context, Message, Reply, handles

HELLO = "您好！问事、报修、找人，您直接说就行。"
WELCOME = "不客气，有事您说话。"


@handles("skill:hello", words=("你好", "您好", "你好呀", "在吗", "在不在", "喂", "早上好"))
async def hello(message: Message, context: Context) -> Reply | None:
    """A hello in private; a group greets itself."""
    alone = message.kind is ChatKind.PRIVATE or message.addressed
    return Reply(HELLO) if alone and not context.decision.argument else None


@handles("skill:thanks", words=("谢谢", "谢谢你", "谢谢您", "多谢", "辛苦了"))
async def thanks(message: Message, context: Context) -> Reply | None:
    """One line for thanks in private."""
    return Reply(WELCOME) if message.kind is ChatKind.PRIVATE else None
