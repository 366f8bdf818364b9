"""帮助: what one can say here, in the words of the place; and the first hello."""

from bot.api import Context, Message, Reply, handles

WELCOME = "您好，我是{name}的小喇叭。\n问事、报修、找人，您直接说就行。"
LINES = "您直接说就行，例如：\n老人卡怎么办\n3号楼灯坏了\n最近有什么活动\n找人帮忙"
CALL = "居委会☎{社区电话}"
STAFF = (
    "工作人员可以说：\n通知 3号楼 明早8点停水\n安排 周六上午九点 大清扫\n712 明天去修\n"
    "712 修好了（可带照片）\n记一下（回复别人的话）\n没办完的　没答上的　谁在等　取消活动"
)
STILL_OPEN = "请回一个数字：{numbers}。"
UNCLEAR = "您回的是几？刚才的问题过去了，请再说一遍。"


@handles("skill:help", words=("帮助", "你能帮我做什么", "怎么用", "菜单"))
async def help_(message: Message, context: Context) -> Reply:
    """What one can say."""
    lines = [LINES, context.community.fill(CALL), STAFF if context.person.staff else ""]
    return Reply("\n".join(filter(None, lines)), private=True)


@handles("skill:welcome")
async def welcome(message: Message, context: Context) -> Reply:
    """The first hello to whoever opened the chat by a link or QR code."""
    return Reply(WELCOME.format(name=context.community.name))


@handles("unclear")
async def unclear(message: Message, context: Context) -> Reply:
    """A digit that means nothing: ask back, never guess. The open question stays open."""
    if context.choices:
        numbers = "、".join(str(number) for number in range(1, context.choices + 1))
        return Reply(STILL_OPEN.format(numbers=numbers))
    return Reply(UNCLEAR)
