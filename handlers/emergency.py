"""紧急: the right number at once, before anything else, and staff hear of it."""

from bot.api import Context, Issue, Kind, Message, Reply, Report, handles

ADVICE = {
    "gas": "闻到燃气味：先关阀门、开窗，别开灯别点火，到楼下再打电话。\n☎{燃气抢修电话}，或打119。",
    "fire": "着火了马上打119，往外走，别坐电梯，湿毛巾捂口鼻。",
    "lift": "别慌，别扒门。按电梯里的铃，或打☎{电梯应急电话}，打不通打119。",
    "medical": "马上打120，说清楚在哪栋几号。别随便挪动人。",
    "electric": "先别碰，离远点，能断电就拉闸。有人触电打120，电线落地打☎{供电电话}。",
    "despair": "您别一个人扛着，我们来看您。\n打12356，有人听您说；有危险马上打120或110。",
    "danger": "有危险先躲开，马上打110；有人受伤打120。",
    "missing": "马上打110，不用等24小时。说清穿什么、几点、往哪走。",
    "fraud": "别再转钱。马上打110和96110，再找银行止付；聊天、转账记录别删。",
    "fight": "别上前拉，躲远点，马上打110。有人受伤打120。",
}
"""What to do and whom to call; slots are the community's own numbers."""

FALLBACK = {"gas": "119", "lift": "119", "electric": "110"}
"""Instead of a number that the community has not filled in."""

TOLD = "已经告诉社区工作人员。"
UNREACHED = "社区电话☎{社区电话}"
FILED = "这件事也记下了，编号{number}。"


@handles("emergency")
async def emergency(message: Message, context: Context) -> Reply:
    """Answer with the number, alert staff, and file what is also a defect."""
    kind = context.decision.emergency or "danger"
    advice = context.community.fill(ADVICE[kind]) or f"马上打{FALLBACK.get(kind, '110')}。"
    issue = await _file(message, context) if "report" in context.decision.also else None
    who = await context.tx.handoffs.caller(context.person)
    number = f"编号{issue.number}。" if issue else ""
    alert = f"紧急：{who}说“{message.text[:100]}”。{number}请马上联系。"
    told = await context.tx.handoffs.alert(alert, Kind.EMERGENCY)
    lines = [advice, TOLD if told else context.community.fill(UNREACHED)]
    if issue:
        lines.append(FILED.format(number=issue.number))
    return Reply("\n".join(filter(None, lines)), urgent=True)


async def _file(message: Message, context: Context) -> Issue:
    return await context.tx.issues.open(
        Report(
            text=message.text,
            category=context.decision.category or "安全隐患",
            source=message.platform,
            place=await context.tx.places.find(context.decision.place),
            place_words=context.decision.place or "",
            reporter=context.person.id,
        )
    )
