"""回答: one answer when it is certain, a few to choose from when it is not, else "我还不会"."""

from bot.api import Choice, Context, Message, Outcome, Question, Reply, handles

ASK_BACK = "您是想问哪个？回个数字："
NONE_OF_THEM = "都不是"
REFUSED = "这个我还不会，记下来了，工作人员看到会回您。"
CALL = "急的话打☎{社区电话}。"
NOT_AGAIN = "好的，那您换个说法再问我一次，或者说“找人”。"
ALSO_REPORT = "要我记下来请人去看吗？"
REPORT_IT = "记下来"
NO_NEED = "不用"


@handles("answer")
async def answer(message: Message, context: Context) -> Reply:
    """The answer of the entry; offer to file what sounds like a defect, too."""
    decision = context.decision
    found = await _answer(context, decision.entry or "")
    if found is None:
        return await _refuse(message, context)
    await context.tx.questions.note(
        context.person.id, message.text, Outcome.ANSWERED, decision.entry, decision.score
    )
    if "report" not in decision.also:
        return Reply(found)
    choices = [Choice(REPORT_IT, "report", assents=True), Choice(NO_NEED, "no")]
    data = {"text": message.text, "category": decision.category, "place": decision.place}
    return Reply(f"{found}\n{ALSO_REPORT}", Question(choices, data=data, action="report"))


@handles("suggest")
async def suggest(message: Message, context: Context) -> Reply:
    """Candidates with numbers; the digit comes back here."""
    if context.answered:
        return await _chosen(context)
    codes = [candidate.id for candidate in context.decision.offered]
    entries = {entry.code: entry for entry in await context.tx.questions.entries(codes)}
    choices = [Choice(entries[code].question, code) for code in codes if code in entries]
    if not choices:
        return await _refuse(message, context)
    await context.tx.questions.note(
        context.person.id,
        message.text,
        Outcome.SUGGESTED,
        choices[0].value,
        context.decision.score,
    )
    return Reply(ASK_BACK, Question([*choices, Choice(NONE_OF_THEM, "")]))


@handles("refuse")
async def refuse(message: Message, context: Context) -> Reply:
    """Say so, and keep what was asked for staff."""
    return await _refuse(message, context)


async def _chosen(context: Context) -> Reply:
    found = await _answer(context, context.chosen) if context.chosen else None
    if found is None:
        await context.tx.labels.decline(context.person.id)
        return Reply(NOT_AGAIN)
    await context.tx.labels.choose(context.person.id, context.chosen)
    return Reply(found)


async def _answer(context: Context, code: str) -> str | None:
    """What residents get today; None when the entry was switched off in the meantime."""
    for entry in await context.tx.questions.entries([code]):
        if entry.live(context.tx.now.date()):
            return context.community.fill(entry.answer) or None
    return None


async def _refuse(message: Message, context: Context) -> Reply:
    best = next((candidate.id for candidate in context.decision.candidates), None)
    await context.tx.questions.note(
        context.person.id, message.text, Outcome.REFUSED, best, context.decision.score
    )
    return Reply("\n".join(filter(None, [REFUSED, context.community.fill(CALL)])))
