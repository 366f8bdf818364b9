"""绑定: two identities become one person, by a one-time code and by nothing else."""

import re

from bot.api import ChatKind, Context, Message, Reply, handles

IN_PRIVATE = "请单独发给我，别在群里发。"
CODE = "您的绑定码：{code}，半小时内有效。\n在另一个聊天里发：绑定 {code}。\n别告诉别人。"
DONE = "绑好了，{name}。"
WRONG = "这个码不对，或者过期了。请重新要一个。"
EIGHT = "绑定码有8位数字，您再看看。\n没有的话，在您原来用的聊天里说“绑定”，就给您一个。"
DIGITS = re.compile(r"(?<!\d)\d{8}(?!\d)")


@handles("skill:join", words=("绑定",), help="换手机或换聊天：说“绑定”")
async def join(message: Message, context: Context) -> Reply:
    """Give a code, or take one."""
    if message.kind is ChatKind.GROUP:
        return Reply(IN_PRIVATE)
    typed = DIGITS.search(message.text.replace(" ", ""))
    if typed is None and re.search(r"\d", message.text):
        return Reply(EIGHT)
    if typed is None:
        code = await context.tx.people.new_code(context.person.id)
        return Reply(CODE.format(code=code))
    name = await context.tx.people.redeem(context.person.identity, typed[0])
    return Reply(DONE.format(name=name) if name else WRONG)
