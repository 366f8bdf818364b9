"""The decision: one action for one message, by a fixed order of precedence.

Emergency, the sender's open question, command words, free text. Free text ends in one of three
bands: answered, offered as numbered candidates, or refused. Wrong answers cost most.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal
from unicodedata import normalize

from faq import reports
from faq.acts import Acts
from faq.bounds import Bounds
from faq.emergency import FILED, emergency
from faq.entry import Candidate, Entry
from faq.index import Index
from faq.intents import wish
from faq.normalise import cap
from faq.places import PlaceNames
from faq.reading import Reading
from faq.scorer import FEATURES

ANSWER = 0.38
"""From here on the best entry is the answer."""
SUGGEST = 0.13
"""From here on the best entries are offered."""
SHIPPED = Bounds(ANSWER, SUGGEST)
"""Both, for an index that nobody has used yet."""
CERTAIN = 0.6
"""From here on an unaddressed group hears the answer, and an answer beats other wishes."""
KEPT = 5
"""Candidates that a decision keeps."""
OFFERED = 3
"""Candidates that somebody is asked to choose from."""
FLOOR = 0.05
"""Below this a candidate is not offered."""
_ASKED, _HELD = FEATURES.index("pairs_asked"), FEATURES.index("pairs_held")
SKILL = 0.5
"""The share of character pairs from which a message is what an example of a skill says."""
DIGIT = re.compile(
    r"(?:选|第|要)?\s*([0-9]{1,3}|[一二两三四五六七八九])\s*(?:个|号)?[.。、!！)）]?"
)
NUMERALS = "零一二三四五六七八九"
SEPARATOR = " \t\n　:：,，。.、;；!！?？~～…-—"
JOINT = 2
"""Characters beside a place that say nothing more than 在 or 那里."""
PLACE_SAID = 12
"""Characters, beside the name of a place, in which people say where something is."""
WHERE = re.compile(
    "[家门楼层屋房室厅厨厕卫角院巷路里外边旁处]|[上下前后](?:头|面)?$|这儿|那儿|附近|隔壁|对面|[0-9]"
    "|不知道|不清楚|说不清|不好说|不记得"
)
"""What is said of a place that has no name, or by somebody who does not know it."""
GIVEN_UP = re.compile("算了|不用了|没事了|不说了|不报修了")
DEFECT = 0.03
"""From this probability on a message speaks of something that is wrong."""
ALSO = 0.15
"""The same for a question that also gets the offer to record it."""
REPORTED = 0.28
"""From this probability on a message is a report."""
BRIEF = 10
"""Characters in which nobody tells anything beside what is broken."""
PLAIN = 0.05
"""In a longer message, a report has to be this likely, too."""
OTHERWISE = ("ad", "progress", "signup", "cancel_signup", "next_event", "human")
"""What a message may be that plainly says that something is broken, and reports nothing."""
MEANT = 0.6
"""From this probability on it is that."""
OVERHEARD = 0.6
"""The same in a group that does not speak to the bot."""
TALKED = 0.2
"""Below this probability a group is not just talking to itself."""
CHATTER = 0.6
"""From this probability on a message asks nothing, and nothing is offered."""
TALK = ("ad", "talk", "chat", "no_report")
"""The acts of people who want nothing of the bot."""
IDLE = (*TALK, "off_topic", "not_emergency")
"""The acts to which no entry is offered."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What the bot asked last: `choices` numbered from 1 (0 = none), or any text.

    `place`: the text is to say where; anything else is no answer.
    """

    choices: int = 0
    free_text: bool = False
    place: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision depends on beside the text.

    `words` maps command words to actions, `patterns` phrases of staff, `examples` sentences to
    the skill that serves them. `bounds` are those of this index, as far as it was used;
    `passed` names wishes that were tried in vain.
    """

    index: Index
    places: PlaceNames
    question: OpenQuestion | None = None
    chat: Literal["private", "group"] = "private"
    mentioned: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    patterns: Sequence[tuple[re.Pattern[str], str]] = ()
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    bounds: Bounds = SHIPPED
    passed: Collection[str] = ()

    @property
    def addressed(self) -> bool:
        """True when the bot is spoken to."""
        return self.chat == "private" or self.mentioned


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a message.

    `score` is the probability in [0, 1] that the first candidate answers it; `entry` its id
    when the action is "answer"; `also` further actions of a message that asks for two things;
    `choice` the number chosen, from 1; `argument` what follows a command word.
    """

    action: str
    entry: str | None = None
    score: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    category: str | None = None
    place: str | None = None
    also: tuple[str, ...] = ()
    choice: int | None = None
    emergency: str | None = None
    argument: str = ""

    @property
    def offered(self) -> tuple[Candidate, ...]:
        """The candidates to choose from: few, and none that is hardly meant."""
        return tuple(each for each in self.candidates[:OFFERED] if each.score >= FLOOR)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message with everything that is asked of it before a decision."""

    reading: Reading
    acts: Acts
    seen: Decision
    bounds: Bounds


def understand(text: str, situation: Situation) -> Decision:
    """What the message wants, in this situation."""
    reading = Reading(cap(text))
    candidates = tuple(situation.index.rank(reading)[:KEPT])
    place = situation.places.find(text)
    acts = Acts(reading, place)
    seen = Decision(
        action="refuse",
        score=candidates[0].score if candidates else 0.0,
        candidates=candidates,
        category=_category(acts),
        place=place,
    )
    heard = Heard(reading, acts, seen, situation.bounds)
    return (
        _emergency(heard)
        or _choice(text, situation, seen)
        or _command(text, situation, seen)
        or _continuation(heard, situation)
        or _free(heard, situation)
    )


def _category(acts: Acts) -> str | None:
    """Of what category the report is that the message makes or speaks of."""
    if acts.share("report", "no_report", "emergency", "progress") < DEFECT:
        return None
    return max(acts.categories, key=acts.categories.__getitem__)


def _emergency(heard: Heard) -> Decision | None:
    kind = emergency(heard.reading, heard.acts)
    if kind is None:
        return None
    return replace(
        heard.seen,
        action="emergency",
        emergency=kind,
        category=FILED.get(kind),
        also=("report",) if kind in FILED else (),
    )


def _choice(text: str, situation: Situation, seen: Decision) -> Decision | None:
    """A lone number: a choice, or unclear when nothing of that number is on offer."""
    match = DIGIT.fullmatch(normalize("NFKC", text).strip())
    if match is None:
        return None
    written = match.group(1).replace("两", "二")
    number = int(written) if written.isdigit() else NUMERALS.index(written)
    question = situation.question
    if question is not None and 1 <= number <= question.choices:
        return replace(seen, action="choose", choice=number)
    if question is not None and question.free_text:
        return replace(seen, action="choose", argument=text.strip())
    if question is None and not situation.addressed:
        return replace(seen, action="silent")
    return replace(seen, action="unclear")


def _command(text: str, situation: Situation, seen: Decision) -> Decision | None:
    """A command word at the beginning, or a phrase of staff."""
    said = text.strip()
    for pattern, action in situation.patterns:
        if pattern.search(normalize("NFKC", said)):
            return replace(seen, action=action, argument=said)
    for word in sorted(situation.words, key=len, reverse=True):
        # What follows is passed on as it was written: it may be a notice to everybody.
        argument = _after(word, said, situation)
        if argument is not None:
            return replace(seen, action=situation.words[word], argument=argument)
    return None


def _after(word: str, said: str, situation: Situation) -> str | None:
    """What follows a command word; None when the text only happens to begin with it."""
    if not said.startswith(word):
        return None
    rest = said[len(word) :]
    argument = rest.lstrip(SEPARATOR).rstrip()
    if not argument or rest[0] in SEPARATOR:
        return argument
    if not situation.addressed or Reading(rest).asks:
        return None
    return argument


def _continuation(heard: Heard, situation: Situation) -> Decision | None:
    """The answer to an open free question, unless the message clearly wants something else."""
    reading, seen = heard.reading, heard.seen
    if situation.question is None or not situation.question.free_text:
        return None
    new_report = (
        seen.place is not None
        and len(reading.core) > len(seen.place) + 2
        and heard.acts.share("report") >= OVERHEARD
    )
    answered = seen.score >= CERTAIN and reading.asks
    if new_report or answered or wish(reading, heard.acts) == "human":
        return None
    if situation.question.place and not _tells_where(heard):
        return None
    return replace(seen, action="choose", argument=reading.raw.strip())


def _tells_where(heard: Heard) -> bool:
    """True for a place, for not knowing it, and for giving up; False for another matter."""
    reading, seen = heard.reading, heard.seen
    if GIVEN_UP.fullmatch(reading.core):
        return True
    if len(reading.core) > PLACE_SAID + len(seen.place or ""):
        return False
    if reports.named(reading) is not None:
        return False
    if seen.place is not None:
        rest = reading.core.replace(seen.place, "")
        return len(rest) <= JOINT or heard.acts.share("report") < REPORTED
    return WHERE.search(reading.core) is not None and not reading.asks


def _free(heard: Heard, situation: Situation) -> Decision:
    """Free text: a skill, a wish, a report or a question."""
    reading, seen = heard.reading, heard.seen
    skill = _skill(reading, situation)
    if skill is not None and situation.addressed:
        return replace(seen, action=skill)
    if not situation.addressed:
        return _overheard(heard)
    exact = _exact(reading, situation, seen)
    if exact is not None:
        return replace(seen, action="answer", entry=exact.id, score=exact.score)
    wanted = wish(reading, heard.acts)
    if wanted in situation.passed:
        wanted = None
    if wanted is not None and not (_sure(heard) and wanted in {"next_event", "signup"}):
        return replace(seen, action=wanted)
    if _reported(heard):
        return _recorded(seen)
    return _answered(heard)


def _exact(reading: Reading, situation: Situation, seen: Decision) -> Candidate | None:
    """The candidate whose question somebody typed as it stands, or chose from a list."""
    asked = _bare(reading.raw)
    for candidate in seen.candidates:
        entry = situation.index.get(candidate.id)
        if entry and asked in map(_bare, (entry.question, *entry.alternates)):
            return candidate
    return None


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, normalize("NFKC", text)))


def _recorded(seen: Decision) -> Decision:
    """A report; what has no better name is 其他."""
    return replace(seen, action="report", category=seen.category or "其他")


def _overheard(heard: Heard) -> Decision:
    """What a group says to itself: silence, unless it is certain that help is wanted."""
    acts, seen = heard.acts, heard.seen
    if seen.place and acts.share("report") >= OVERHEARD:
        return _recorded(seen)
    if _sure(heard) and acts.share(*TALK) < TALKED:
        return _answered(heard)
    return replace(seen, action="silent")


def _sure(heard: Heard) -> bool:
    """True for a plain question with a very certain answer."""
    return heard.seen.score >= CERTAIN and heard.reading.asks


def _reported(heard: Heard) -> bool:
    share = heard.acts.share("report")
    plain = reports.evidence(heard.reading, heard.seen.place) >= reports.CERTAIN
    if len(heard.reading.core) <= len(heard.seen.place or "") + JOINT and not plain:
        # A place alone says nothing about it.
        return False
    if heard.seen.score >= heard.bounds.answer and heard.acts.share("question") > share:
        return False
    return share >= REPORTED or _plainly(heard)


def _plainly(heard: Heard) -> bool:
    """True when it is said in so many words that something is broken."""
    reading = heard.reading
    if reading.asks or reading.denied or heard.acts.share(*OTHERWISE) >= MEANT:
        return False
    if reports.evidence(reading, heard.seen.place) < reports.CERTAIN:
        return False
    return len(reading.core) <= BRIEF or heard.acts.share("report") >= PLAIN


def _answered(heard: Heard) -> Decision:
    """One of the three bands; a question about a defect also offers to record it."""
    acts, seen = heard.acts, heard.seen
    named = "rule" in heard.reading.cues and reports.named(heard.reading) is not None
    defect = heard.reading.asks and (named or acts.share("report") >= ALSO)
    decided = replace(seen, also=("report",) if defect else ())
    if "resolved" in heard.reading.cues and not heard.reading.asks:
        return replace(decided, action="refuse")
    idle = acts.share(*IDLE) >= CHATTER
    if seen.score >= (max(CERTAIN, heard.bounds.answer) if idle else heard.bounds.answer):
        return replace(decided, action="answer", entry=seen.candidates[0].id)
    if seen.score >= heard.bounds.suggest and not idle:
        return replace(decided, action="suggest")
    return replace(decided, action="refuse")


def _skill(reading: Reading, situation: Situation) -> str | None:
    """The skill whose examples say what the message says, None when none does."""
    if not situation.examples:
        return None
    known = tuple((action, tuple(said)) for action, said in sorted(situation.examples.items()))
    alike = {
        action: (values[_ASKED] + values[_HELD]) / 2
        for action, values in _examples(known).features(reading).items()
    }
    best = max(alike, key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] >= SKILL else None


@lru_cache(maxsize=4)
def _examples(known: tuple[tuple[str, tuple[str, ...]], ...]) -> Index:
    """The sentences of skills as an index of their own: an action is an entry."""
    return Index(Entry(action, said[0], said[1:]) for action, said in known if said)
