"""What residents want beside answers and repairs: a person, progress, events."""

import re

from faq.acts import Acts
from faq.reading import Reading

WISHES = ("human", "cancel_signup", "progress", "next_event", "signup")
"""Acts that are actions, too."""
WISHED = 0.38
"""From this probability on a message is a wish."""
MINE = re.compile("[报反]|编号|单|投诉|登记|处理|办|结果|进度|回复|解决|来人|人来|下文|动静")
"""What a question about an issue speaks of, and one about a rule does not."""
SIGNED = re.compile(r"\s*(?:[+＋]|加)\s*[1-9一二三四五六]\s*")
ISSUE_NUMBER = re.compile(r"编号\s*[A-Za-z]?\d{1,6}|(?<![\d-])20\d\d-\d{4}(?!\d)|^\s*[#＃]\d{1,6}")
NUDGE = re.compile(
    "(?:那|现在|到底|事情?|我的事|我那事)?(?:怎么样了|[好弄修办处理]*好了?[没吗]有?|[修办弄来]了[没吗]有?"
    "|有人来[没吗了不]*|人来了?没有?|没人来|来人[没吗了]*|(?:怎么)?还没(?:好|来人?|人来|弄|修|办)|(?:什么时候|几点)(?:来人?|能?好))[吗了]?"
)
"""How it stands, from somebody who expects us to know what is meant."""
TAKEN_BACK = re.compile("取消|撤[回销掉]|删掉|去掉|划掉|撤下来")
"""What may be said of anything, and is said of a sign-up only beside words of one."""
SPARE = 1
"""Characters beside such a word that still are the whole message."""
SIGN_UP = re.compile("报|名|座|位|票|班|课|场|参加|活动|[去来]不|不[去来]|预约|接龙")
NOTICE = re.compile("通知|消息|信息|提醒")


def wish(reading: Reading, acts: Acts) -> str | None:
    """The action a message asks for, None when it is none of these."""
    if ISSUE_NUMBER.search(reading.raw):
        return "progress"
    if SIGNED.fullmatch(reading.raw):
        return "signup"
    if NUDGE.fullmatch(reading.core.replace(" ", "")):
        return "progress"
    best = max(WISHES, key=acts.share)
    if acts.share(best) < WISHED or _of_something_else(best, reading):
        return None
    return best


def _of_something_else(wanted: str, reading: Reading) -> bool:
    """True when the words of a wish are said of a rule, or of what nobody signed up for."""
    if wanted == "cancel_signup":
        return not _of_sign_up(reading)
    asks_rule = wanted == "progress" and "rule" in reading.cues
    return asks_rule and not MINE.search(reading.text)


def _of_sign_up(reading: Reading) -> bool:
    """True unless something else than a sign-up is taken back: 那个灯取消吧."""
    said = TAKEN_BACK.search(reading.text)
    if NOTICE.search(reading.text):
        return False
    if said is None or len(reading.core) <= len(said.group()) + SPARE:
        return True
    return "event" in reading.cues or SIGN_UP.search(reading.text) is not None
