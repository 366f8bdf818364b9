"""记一下: staff make a report of what somebody else said, by quoting or pasting it."""

import re

from bot.api import Context, Message, Reply, Report, handles, shortened

WHAT = "记什么？请回复那句话说“记一下”，或者写：记一下 3号楼灯坏了。"
NOTED = "记下了{count}件：\n{lines}"
LINE = re.compile(r"^\s*(?:\d+[.、)）]|[-•*])\s*")
MOST = 20
"""Lines of a pasted batch that are filed at once."""


@handles("skill:note", words=("记一下", "记下来"), staff=True, help="回复别人的话说“记一下”")
async def note(message: Message, context: Context) -> Reply:
    """One report for each line."""
    said = context.decision.argument or (message.quote.text if message.quote else "")
    lines = [LINE.sub("", line).strip() for line in said.splitlines() if line.strip()][:MOST]
    if not lines:
        return Reply(WHAT)
    photos = tuple(await context.photos(message))
    filed = []
    for line in lines:
        read = context.read(line)
        issue = await context.tx.issues.open(
            Report(
                text=line,
                category=read.category or "其他",
                source=f"{message.platform}（工作人员记）",
                place=await context.tx.places.find(read.place),
                place_words=read.place or "",
                photos=photos if len(lines) == 1 else (),
            )
        )
        filed.append(f"编号{issue.number}：{shortened(line, 30)}")
    return Reply(NOTED.format(count=len(filed), lines="\n".join(filed)))
