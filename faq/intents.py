"""What residents want beside answers and repairs: a person, progress, events."""

import re

from faq.reading import Reading

LONG = 48
"""Characters from which a message tells a story: a word in passing is no wish then."""
MINE = re.compile("[报反]|编号|单|投诉|登记|处理|办|结果|进度|回复|解决|来人|人来|下文|动静")
"""What a question about an issue speaks of, and gossip does not."""
SPARE = 1
"""Characters beside a word for taking back that still are the whole message."""
SIGNED = re.compile(r"\s*(?:[+＋]|加)\s*[1-9一二三四五六]\s*")
ISSUE_NUMBER = re.compile(r"编号\s*[A-Za-z]?\d{1,6}|\d{4}-\d{4}|^\s*[#＃]\d{1,6}")
WHEN = re.compile("什么时候|哪天|哪一天|几[号点]|[周星期]+几")
"""What is asked of something that is held on a day."""
NUDGE = re.compile(
    "(?:那|现在|到底|事情?|我的事|我那事)?(?:怎么样了|[好弄修办处理]*好了?[没吗]有?|[修办弄来]了[没吗]有?"
    "|有人来[没吗了不]*|人来了?没有?|没人来|来人[没吗了]*|(?:怎么)?还没(?:好|来人?|人来|弄|修|办)|(?:什么时候|几点)(?:来人?|能?好))[吗了]?"
)
"""How it stands, from somebody who expects us to know what is meant."""
TAKEN_BACK = re.compile("取消|撤[回销掉]|删掉|去掉|划掉|撤下来")
"""What may be said of anything, and is said of a sign-up only beside words of one."""
SIGN_UP = re.compile("报|名|座|位|票|班|课|场|参加|活动|[去来]不|不[去来]|预约|接龙")
NOTICE = re.compile("通知|消息|信息|提醒")
ORDER = ("human", "cancel", "progress", "events", "signup")
ACTIONS = {
    "human": "human",
    "cancel": "cancel_signup",
    "progress": "progress",
    "signup": "signup",
    "events": "next_event",
}


def intent(reading: Reading) -> str | None:
    """The action a message asks for, None when it is none of these."""
    cues = reading.cues
    if ISSUE_NUMBER.search(reading.raw):
        return "progress"
    if SIGNED.fullmatch(reading.raw):
        return "signup"
    if "ad" in cues and "human" not in cues:
        return None
    found = next((name for name in ORDER if name in cues), None) or _implied(reading)
    if found is None or _in_passing(reading, found):
        return None
    return ACTIONS[found]


def _implied(reading: Reading) -> str | None:
    """The wish of a message that names none: how it stands, or when something is held."""
    if NUDGE.fullmatch(reading.core.replace(" ", "")):
        return "progress"
    held = "held" in reading.cues and WHEN.search(reading.text)
    return "events" if held else None


def _in_passing(reading: Reading, name: str) -> bool:
    """True when the words of a wish are only part of a story or of neighbours' talk."""
    if name == "progress" and "neighbour" in reading.cues and not MINE.search(reading.text):
        return True
    if name == "cancel" and not _of_sign_up(reading):
        return True
    return len(reading.core) > LONG


def _of_sign_up(reading: Reading) -> bool:
    """True unless something else than a sign-up is taken back: 那个灯取消吧."""
    term = reading.cues["cancel"].term
    if NOTICE.search(reading.text):
        return False
    if not TAKEN_BACK.search(term) or len(reading.core) <= len(term) + SPARE:
        return True
    return "event" in reading.cues or SIGN_UP.search(reading.text) is not None
