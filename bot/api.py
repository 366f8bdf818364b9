"""All that a handler may import.

A handler answers one message: it awaits only `context.tx`, and what it returns is sent by
others. Its writes, its replies and the inbox mark commit together.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.community.broadcasts import Broadcast
from bot.community.communities import Community
from bot.community.dialogues import Dialogue
from bot.community.events import Event, EventKind, Plan
from bot.community.issues import ISSUE_NUMBER, Issue, Report, State
from bot.community.labels import phrasings
from bot.community.people import Person, Role
from bot.community.places import Place
from bot.community.privacy import mask
from bot.community.questions import Entry, Group, Outcome, Told
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.model import ChatKind, Kind, Media, MediaKind, Message
from faq import Decision

__all__ = [
    "ISSUE_NUMBER",
    "Broadcast",
    "ChatKind",
    "Choice",
    "Community",
    "CommunityTransaction",
    "Context",
    "Decision",
    "Entry",
    "Event",
    "EventKind",
    "Group",
    "Handler",
    "Issue",
    "Kind",
    "Media",
    "MediaKind",
    "Message",
    "Otherwise",
    "Outcome",
    "Person",
    "Place",
    "Plan",
    "Question",
    "Reply",
    "Report",
    "Role",
    "RuleError",
    "State",
    "Told",
    "handles",
    "mask",
    "names",
    "phrasings",
    "shortened",
]


def shortened(text: str, longest: int = 20) -> str:
    """The first words of what somebody wrote, in one line, without the mark at their end."""
    line = " ".join(text.split()).rstrip("。！!？?，,.")
    return line if len(line) <= longest else line[: longest - 1] + "…"


_EMPTY = re.compile(
    r"活动|(?:周|星期|礼拜)[一二三四五六日天]|周末|[今明后昨]天"
    r"|[我你您咱][们家]|家里|门口|[那这哪]个|大家|\W"
)
"""What says nothing about which one is meant."""
_MUTE = re.compile(r"[\s\d我的了在是有好坏没不都就也再请去来修办弄]")
"""Single characters that name nothing."""


def names(text: str, title: str) -> bool:
    """True when the text shares two neighbouring characters with the title.

    One is enough (灯, 水) where that is all that either says.
    """
    said, about = _EMPTY.sub(" ", text), _EMPTY.sub(" ", title)
    if not about.strip():
        return title in text
    for left, other in ((_MUTE.sub("", said), about), (_MUTE.sub("", about), said)):
        if len(left) == 1 and left in other:
            return True
    pairs = (about[at : at + 2] for at in range(len(about) - 1))
    return any(" " not in pair and pair in said for pair in pairs)


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered answer to a question: what the person reads, what the handler gets back.

    `assents`: 好的 means it, too, as long as nothing else was said since, and 不行 means the last
    one. Only the first choice can assent.
    """

    label: str
    value: Any
    assents: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What the bot wants to know before it goes on.

    The next digit (or, with `free_text`, the next sentence) of the same person in the same chat
    comes back to the handler of `action`, or to the one that asked. `data` is plain JSON.
    """

    choices: Sequence[Choice] = ()
    free_text: bool = False
    data: Any = None
    action: str = ""

    def dialogue(self, action: str) -> Dialogue:
        """The question as it waits for its answer; `action` continues it unless it names one."""
        return Dialogue(
            action=self.action or action,
            values=tuple(choice.value for choice in self.choices),
            labels=tuple(choice.label for choice in self.choices),
            free_text=self.free_text,
            data=self.data,
            assent=bool(self.choices) and self.choices[0].assents,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """A text for whoever wrote.

    In a group, a `private` one goes to their 1:1 chat. An `urgent` one goes before all others.
    """

    text: str
    question: Question | None = None
    private: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Otherwise:
    """An answer that gives none: the message is understood as if the skill were not there."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler has besides the message.

    `read` says what a sentence would mean if a resident wrote it. `answered` is True when the
    message continues the handler's own question, whose `data` is then here; `chosen` is the value
    of the choice a digit picked, None when it was answered in words. `asking` is the action of an
    open question that the message does not answer, `choices` how many answers that one offers.
    """

    tx: CommunityTransaction
    person: Person
    decision: Decision
    read: Callable[[str], Decision]
    answered: bool = False
    chosen: Any = None
    data: Any = None
    asking: str = ""
    choices: int = 0

    async def ask(
        self, person: int, text: str, question: Question, photos: Sequence[str] = ()
    ) -> bool:
        """Put a question to somebody else, with photos; False when nobody can reach them.

        It stays open for three days: they were not waiting for it.
        """
        return await self.tx.dialogues.put_to(
            person, text, question.dialogue(self.decision.action), timedelta(days=3), photos
        )

    async def photos(self, message: Message) -> list[str]:
        """The pictures of the message, behind those sent just before without a word."""
        waiting = await self.tx.dialogues.take_photos(self.person.identity, message.chat)
        return [*waiting, *(m.hash for m in message.media if m.kind is MediaKind.IMAGE)]

    @property
    def community(self) -> Community:
        """The community the message was written in."""
        return self.tx.community


Answer = Reply | Sequence[Reply] | Otherwise | None
Function = Callable[[Message, Context], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Handler:
    """One skill: the action it serves, the words that call it, what 帮助 says of it."""

    action: str
    function: Function
    words: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    help: str = ""
    staff: bool = False
    examples: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """For logs and errors."""
        return f"{self.function.__module__}.{self.function.__name__}"


def handles(
    action: str,
    *,
    words: Sequence[str] = (),
    pattern: str = "",
    help: str = "",
    staff: bool = False,
    examples: Sequence[str] = (),
) -> Callable[[Function], Handler]:
    """Make a handler of a function; nothing is registered, the app finds it by folder.

    `words` and `pattern` call it directly; a `staff` handler is called by staff only, for
    everybody else its words mean nothing. `examples` are sentences that mean it.
    """

    def make(function: Function) -> Handler:
        return Handler(
            action=action,
            function=function,
            words=tuple(words),
            pattern=re.compile(pattern) if pattern else None,
            help=help,
            staff=staff,
            examples=tuple(examples),
        )

    return make
