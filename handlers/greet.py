"""问好: one friendly line for a hello, thanks or 好的, then silence."""

from bot.api import ChatKind, Context, Message, Reply, handles

HELLO = "您好！问事、报修、找人，您直接说就行。"
WELCOME = "不客气，有事您说话。"
FINE = "好的，有事您说话。"
SELF = "我是{name}的小喇叭，是机器人。\n问事、报修、找人，您直接说就行。"

GREETINGS = "你好|您好|在吗|在不在|喂|早上好|上午好|中午好|下午好|晚上好|小喇叭"
EMOJI = "☀-➿\U0001f000-\U0001faff"
ACKNOWLEDGED = (
    "谢[你您]?们?|多谢|感谢|辛苦|麻烦[你您]|好[的滴嘞]?|行|嗯|哦|噢|知道|明白|了解|收到|再见|拜拜|没事|小喇叭|ok|OK|[了啦呀啊哈吧]"
    r"|\[(?!图片|语音|视频|文件|位置|链接)[一-龥A-Za-z]{1,4}\]"
)
"""One reading for every text: of what could be read in two ways a long text takes for ever."""
THANKS = ("谢", "辛苦", "麻烦")


@handles("skill:hello", pattern=r"^\W*(?:(?:" + GREETINGS + r")[呀啊哈]?\W*)+$")
async def hello(message: Message, context: Context) -> Reply | None:
    """A hello in private; a group greets itself."""
    alone = message.kind is ChatKind.PRIVATE or message.addressed
    return Reply(HELLO) if alone else None


@handles("skill:thanks", pattern=rf"^(?=(?s:.*)[\w{EMOJI}])(?:{ACKNOWLEDGED}|[^\w\[])+$")
async def thanks(message: Message, context: Context) -> Reply | None:
    """One line for thanks, or for 好的, in private."""
    if message.kind is not ChatKind.PRIVATE:
        return None
    return Reply(WELCOME if any(word in message.text for word in THANKS) else FINE)


@handles(
    "skill:self",
    examples=(
        "你是谁",
        "你谁啊",
        "你是机器人吗",
        "你叫什么名字",
        "你是干什么的",
        "你会干什么",
        "你能做什么",
    ),
)
async def introduction(message: Message, context: Context) -> Reply:
    """Who speaks here, and that it is a machine."""
    return Reply(SELF.format(name=context.community.name))
