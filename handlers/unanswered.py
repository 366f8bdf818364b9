"""没答上的: staff see what the bot could not answer, and answer it from the phone."""

import re

from bot.api import Context, Message, Reply, handles, shortened

NONE = "没有没答上的。"
LIST = "没答上的，回“答 编号 内容”就告诉他：\n{lines}"
TOLD = "好的，已经发给问的人。"
UNREACHED = "记成答过了，不过现在联系不上问的人。"
UNKNOWN = "没有等着答的{number}。说“没答上的”看看。"
PATTERN = r"^\s*答\s*(\d{1,9})[\s:：,，、]+(.+)$"
SHOWN = 8
"""Lines of a list that are read."""


@handles("skill:unanswered", words=("没答上的",), staff=True, help="没答上的")
async def unanswered(message: Message, context: Context) -> Reply:
    """The newest questions that wait for staff, with their numbers."""
    waiting = await context.tx.questions.unanswered(SHOWN)
    if not waiting:
        return Reply(NONE)
    lines = [f"{asked.id} {shortened(asked.text, 30)}" for asked in waiting]
    return Reply(LIST.format(lines="\n".join(lines)), private=True)


@handles("skill:answer_for", pattern=f"(?s){PATTERN}", staff=True, help="答 3 周六上午开门")
async def answer_for(message: Message, context: Context) -> Reply:
    """Tell whoever asked, in the words of staff."""
    match = re.match(PATTERN, message.text, re.DOTALL)
    number, text = (int(match[1]), match[2].strip()) if match else (0, "")
    told = await context.tx.questions.answered(number, text)
    if told is None:
        return Reply(UNKNOWN.format(number=number))
    return Reply(TOLD if told else UNREACHED)
