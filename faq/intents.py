"""What residents want beside answers and repairs: a person, progress, events."""

import re

from faq.reading import Reading

ISSUE_NUMBER = re.compile(r"编号\s*[A-Za-z]?\d{1,6}|\d{4}-\d{4}|^\s*[#＃]\d{1,6}")
ORDER = ("human", "cancel", "progress", "signup", "events")
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
    if cues.keys() & {"ad"}:
        return None
    found = next((name for name in ORDER if name in cues), None)
    return ACTIONS[found] if found else None
