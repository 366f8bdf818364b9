"""What residents want beside answers and repairs: a person, progress, events."""

import re

from faq.reading import Reading

LONG = 48
"""Characters from which a message tells a story: a word in passing is no wish then."""
MINE = re.compile("[报反]|编号|单|投诉|登记|处理|办|结果|进度|回复|解决|来人|人来|下文|动静")
"""What a question about an issue speaks of, and gossip does not."""
SIGNED = re.compile(r"\s*(?:[+＋]|加)\s*[1-9一二三四五六]\s*")
ISSUE_NUMBER = re.compile(r"编号\s*[A-Za-z]?\d{1,6}|\d{4}-\d{4}|^\s*[#＃]\d{1,6}")
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
    found = next((name for name in ORDER if name in cues), None)
    if found is None or _in_passing(reading, found):
        return None
    return ACTIONS[found]


def _in_passing(reading: Reading, name: str) -> bool:
    """True when the words of a wish are only part of a story or of neighbours' talk."""
    if name == "progress" and "neighbour" in reading.cues and not MINE.search(reading.text):
        return True
    return len(reading.core) > LONG
