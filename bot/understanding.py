"""Understanding at work: owns the live index of each community and builds the situation.

The index is in memory; the database says what belongs in it. Changed entries are applied one by
one, in milliseconds; a whole index is only built at start and at midnight, when dates change
which entries are valid.
"""

import asyncio
import gc
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol
from unicodedata import normalize

import faq
from bot.community.communities import Community, everyone
from bot.community.dialogues import Dialogue
from bot.community.labels import Label
from bot.community.people import Person
from bot.community.questions import Entry
from bot.community.transaction import CommunityTransaction
from bot.errors import StorageError
from bot.model import ChatKind, MediaKind, Message
from bot.settings import Settings
from bot.storage.database import Database
from faq.bounds import learned

log = logging.getLogger(__name__)

WELCOME = "skill:welcome"
"""Somebody opened the chat by a link or QR code and has not said anything yet."""

PHOTO = "skill:photo"
"""A picture without a word."""

VOICE = "skill:voice"
"""A clip without a transcript."""


ACTIONS = {
    "answer": "直接回答",
    "suggest": "给几个让人选",
    "refuse": "说不会，记下来问工作人员",
    "report": "记成一件报修",
    "progress": "查办到哪一步",
    "human": "找人帮忙",
    "signup": "报名",
    "cancel_signup": "取消报名",
    "next_event": "说最近的活动",
    "emergency": "紧急，马上给电话",
    "silent": "不说话",
}
"""What staff read of each action."""

PARTICLES = frozenset("已经都还是就那修弄办吧的了啦呢哦嗯谢您你，。！,.! ")
"""What people say around a choice without meaning another one."""

REFUSALS = frozenset(
    {"取消", "撤回", "算了", "不发了", "别发", "别发了", "不用了", "不要了", "不了"}
)
"""What declines whatever was asked."""

ASSENTS = frozenset(
    {"好", "好的", "好嘞", "行", "可以", "嗯", "嗯嗯", "是", "是的", "对的", "没问题"}
)
"""What agrees to a question that has a choice for it."""

DISSENTS = frozenset({"不", "不行", "不可以", "不好", "不是", "不对", "别"})
"""What does not agree to it."""

LABELS = 300
"""The newest labelled questions, from which the bounds of a FAQ are learned."""

REST = timedelta(seconds=5)
"""How long the bounds wait after the database was out of reach."""

PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}-?\d{7,8})(?!\d)")
"""Its digits are neither a building nor a room."""


class Skill(Protocol):
    """What understanding needs to know of a handler."""

    @property
    def action(self) -> str: ...  # noqa: D102
    @property
    def words(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def pattern(self) -> re.Pattern[str] | None: ...  # noqa: D102
    @property
    def staff(self) -> bool: ...  # noqa: D102
    @property
    def examples(self) -> tuple[str, ...]: ...  # noqa: D102


@dataclass(slots=True)
class _Live:
    """What one community knows; replaced or changed in place, only on the event loop.

    `verbatim` names the entry that is asked in exactly these words.
    """

    community: Community
    index: faq.Index
    places: faq.PlaceNames
    entries: dict[str, Entry]
    verbatim: Mapping[str, str] = field(default_factory=dict)
    bounds: faq.Bounds = faq.SHIPPED


class Understanding:
    """Decides what each message wants."""

    def __init__(self, database: Database, settings: Settings, skills: Sequence[Skill]) -> None:
        self._database = database
        self._zone = settings.zone
        self._home = settings.public_url
        self._resident = _Words([skill for skill in skills if not skill.staff])
        self._staff = _Words(skills)
        self._live: dict[int, _Live] = {}
        self._loaded = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def ready(self) -> bool:
        """True when every community's index is built."""
        return self._loaded.is_set()

    @property
    def communities(self) -> list[Community]:
        """The communities, the oldest first."""
        return [live.community for live in self._live.values()]

    def community(self, id: int) -> Community:
        """The community with that id."""
        return self._live[id].community

    def entry(self, community: int, code: str) -> Entry | None:
        """A live entry, with its slots filled."""
        return self._live[community].entries.get(code)

    async def learn(self) -> None:
        """Know which communities there are."""
        async with self._database.read() as tx:
            communities = await everyone(tx, self._zone, self._home)
        for community in communities:
            self._live.setdefault(
                community.id, _Live(community, faq.Index(), faq.PlaceNames(), {})
            ).community = community

    async def load(self) -> None:
        """Build every index anew, off the event loop."""
        await asyncio.to_thread(faq.load)
        for live in list(self._live.values()):
            entries = await self._entries(live.community)
            index = await asyncio.to_thread(faq.Index, [_known(e) for e in entries.values()])
            names = await self._place_names(live.community)
            places = await asyncio.to_thread(faq.PlaceNames, names)
            live.index, live.places, live.entries = index, places, entries
            live.verbatim = _verbatim(entries.values())
        # What was built stays: the collector need not walk through it again and again.
        gc.freeze()
        self._loaded.set()

    async def loaded(self) -> None:
        """Return when the first load is done."""
        await self._loaded.wait()

    async def follow(self) -> None:
        """Build the indexes, then apply changes as they come, for ever."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._apply_changes(), name="changes of the FAQ")
            both.create_task(self._keep_adjusted(), name="bounds of the FAQ")

    async def _apply_changes(self) -> None:
        """At midnight dates change which entries are valid."""
        topics = [t for id in self._live for t in (f"faq:{id}", f"places:{id}")]
        # First the watch: what changes while the indexes are built is applied after that.
        with self._database.changes.watch(*topics) as watch:
            if self.ready:
                # Begun again after a fault: the hint it fell over is used up.
                await self._follow_up()
            else:
                await self.load()
            while True:
                now = datetime.now(self._zone)
                await watch.wait(_midnight(now) - now)
                await self._follow_up()

    async def _follow_up(self) -> None:
        """Know what the database says now."""
        await self.learn()
        for live in list(self._live.values()):
            await self._refresh(live)
        self._changed.set()

    async def _keep_adjusted(self) -> None:
        await self.loaded()
        while True:
            self._changed.clear()
            try:
                await self.adjust()
            # Nobody is answered worse for it: the changes of the FAQ go on.
            except StorageError as error:
                log.warning("bounds not learned, will be tried again: %s", error)
                await asyncio.sleep(REST.total_seconds())
            else:
                await self._changed.wait()

    async def adjust(self) -> None:
        """Learn the bounds of each FAQ from its labelled questions, one between two messages."""
        for live in list(self._live.values()):
            async with self._database.read() as tx:
                room = CommunityTransaction(tx, live.community)
                labels = await room.labels.newest(LABELS, said=True)
            live.bounds = await _learned(labels, live)

    async def _refresh(self, live: _Live) -> None:
        entries = await self._entries(live.community)
        for code in live.entries.keys() - entries.keys():
            live.index.remove(code)
        for code, entry in entries.items():
            if live.entries.get(code) != entry:
                live.index.add(_known(entry))
        live.entries, live.verbatim = entries, _verbatim(entries.values())
        live.places = faq.PlaceNames(await self._place_names(live.community))

    def decide(
        self,
        message: Message,
        person: Person,
        community: int,
        dialogue: Dialogue | None,
        passed: Collection[str] = (),
    ) -> faq.Decision:
        """What the message wants, if not one of the `passed` actions; pure and quick."""
        wordless = _wordless(message)
        if wordless:
            return faq.Decision(action=wordless)
        live = self._live[community]
        words = (self._staff if person.staff else self._resident).without(passed)
        situation = faq.Situation(
            index=live.index,
            places=live.places,
            question=_asked(dialogue),
            chat="group" if message.kind is ChatKind.GROUP else "private",
            mentioned=message.addressed,
            words=words.words,
            patterns=words.patterns,
            examples=words.examples,
            bounds=live.bounds,
            passed=passed,
        )
        return _understood(_numbered(message.text, dialogue), situation, live.verbatim)

    def read(self, text: str, community: int) -> faq.Decision:
        """What a sentence would mean if a resident wrote it in private."""
        return _read(self._live[community], text)

    async def trial(
        self, community: int, entries: Sequence[Entry]
    ) -> Callable[[str], faq.Decision]:
        """What sentences would mean if these entries were the FAQ."""
        live = self._live[community]
        today = datetime.now(self._zone).date()
        shown = {each.code: each for each in _live_entries(entries, live.community, today)}
        index = await asyncio.to_thread(faq.Index, [_known(each) for each in shown.values()])
        verbatim = _verbatim(shown.values())
        return partial(_read, replace(live, index=index, entries=shown, verbatim=verbatim))

    def explain(self, text: str, community: int) -> list[str]:
        """Why this is answered as it is, a line for each candidate, for staff."""
        decision = self.read(text, community)
        live = self._live[community]
        plan = ACTIONS.get(decision.action, decision.action)
        bounds = f"{live.bounds.answer:.2f}分起直接回答，{live.bounds.suggest:.2f}分起给几个让人选"
        lines = [f"打算：{plan}（{bounds}）"]
        for each in live.index.explain(text):
            entry = live.entries[each.id]
            shared = "、".join(each.shared) or "没有一样的词"
            lines.append(f"{each.score:.2f}　{each.id}　{entry.question}（对上的词：{shared}）")
        return lines

    async def _entries(self, community: Community) -> dict[str, Entry]:
        """The entries that residents get today, with their slots filled."""
        async with self._database.read() as tx:
            room = CommunityTransaction(tx, community)
            entries = await room.questions.entries()
            today = room.now.date()
        return {entry.code: entry for entry in _live_entries(entries, community, today)}

    async def _place_names(self, community: Community) -> list[str]:
        async with self._database.read() as tx:
            return list(await CommunityTransaction(tx, community).places.names())


class _Words:
    """The command words, patterns and example sentences of some skills."""

    def __init__(self, skills: Sequence[Skill]) -> None:
        self._skills = skills
        self.words: Mapping[str, str] = {
            word: skill.action for skill in skills for word in skill.words
        }
        self.patterns = [(skill.pattern, skill.action) for skill in skills if skill.pattern]
        self.examples = {skill.action: skill.examples for skill in skills if skill.examples}

    def without(self, actions: Collection[str]) -> "_Words":
        """The same, some skills left out."""
        if not actions:
            return self
        return _Words([skill for skill in self._skills if skill.action not in actions])


def _read(live: _Live, text: str) -> faq.Decision:
    """What a sentence would mean if a resident wrote it in private."""
    situation = faq.Situation(index=live.index, places=live.places, bounds=live.bounds)
    return _understood(text, situation, live.verbatim)


def _understood(text: str, situation: faq.Situation, verbatim: Mapping[str, str]) -> faq.Decision:
    """What the text wants: an entry asked in these words; a phone number in it is no place."""
    decision = faq.understand(text, situation)
    code = verbatim.get(_bare(text))
    if code and situation.addressed and decision.action in {"suggest", "refuse"}:
        rest = [each for each in decision.candidates if each.id != code]
        candidates = (faq.Candidate(code, 1.0), *rest)[: len(rest) or 1]
        decision = replace(decision, action="answer", entry=code, score=1.0, candidates=candidates)
    if PHONE.search(text) is None:
        return decision
    return replace(decision, place=situation.places.find(PHONE.sub("，", text)))


def _wordless(message: Message) -> str | None:
    if message.text.strip():
        return None
    kinds = {media.kind for media in message.media}
    if MediaKind.VOICE in kinds:
        return VOICE
    if kinds:
        return PHOTO
    return WELCOME if message.place_code else None


def _asked(dialogue: Dialogue | None) -> faq.OpenQuestion | None:
    """The open question; one that knows all but the place asks for it."""
    if dialogue is None:
        return None
    place = isinstance(dialogue.data, dict) and dialogue.data.get("place", "") is None
    return faq.OpenQuestion(len(dialogue.values), dialogue.free_text, place)


def _numbered(text: str, dialogue: Dialogue | None) -> str:
    """A choice that was said in its own words, 已经修好了 for 好了, or refused, as its number."""
    said = text.strip("。！!，, ")
    if dialogue and dialogue.refusal and said in REFUSALS | DISSENTS:
        return str(dialogue.refusal)
    if dialogue and dialogue.assent and said in ASSENTS:
        return "1"
    if dialogue and dialogue.assent and said in DISSENTS:
        return str(len(dialogue.labels))
    labels = dialogue.labels if dialogue else ()
    fitting = [
        number
        for number, label in enumerate(labels, 1)
        if label in text and PARTICLES.issuperset(text.replace(label, "", 1))
    ]
    return str(fitting[0]) if len(fitting) == 1 else text


def _live_entries(entries: Sequence[Entry], community: Community, today: date) -> list[Entry]:
    """An answer of which nothing is left without its empty slots is not given at all."""
    filled = [
        replace(entry, answer=community.fill(entry.answer))
        for entry in entries
        if entry.live(today)
    ]
    return [entry for entry in filled if entry.answer]


def _verbatim(entries: Iterable[Entry]) -> dict[str, str]:
    """The entry of every wording that only one of them has."""
    codes: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for wording in (entry.question, *entry.alternates):
            codes[_bare(wording)].add(entry.code)
    return {wording: min(found) for wording, found in codes.items() if len(found) == 1}


def _bare(text: str) -> str:
    """What makes two wordings the same: all but marks, spaces and the width of characters."""
    return "".join(filter(str.isalnum, normalize("NFKC", text)))


async def _learned(labels: Sequence[Label], live: _Live) -> faq.Bounds:
    """The bounds that the labels call for; a question that stands in the FAQ proves nothing."""
    pairs = []
    for label in labels:
        # A thread would need an index of its own: this one changes on the event loop.
        await asyncio.sleep(0)
        found = live.index.search(label.text, 1)
        if not found or _bare(label.text) in live.verbatim:
            continue
        if label.entry in live.index:
            pairs.append((found[0].score, found[0].id == label.entry))
        elif not label.entry and found[0].id == label.best:
            pairs.append((found[0].score, False))
    return learned(pairs, faq.SHIPPED)


def _known(entry: Entry) -> faq.Entry:
    return faq.Entry(
        id=entry.code,
        question=entry.question,
        alternates=entry.alternates,
        answer=entry.answer,
        category=entry.category,
    )


def _midnight(now: datetime) -> datetime:
    """The next midnight of the zone of `now`."""
    tomorrow = now.date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), tzinfo=now.tzinfo)
