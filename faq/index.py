"""The live index: entries in memory, found by concept, word, character pair, sound and topic.

Every way to ask an entry (its question and each alternate) is a form of its own; an entry is
as good as its best form. Weights follow how rare a key is in the index of this moment, so an
entry added or removed needs no rebuild: adding costs its own keys, removing them the same.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from itertools import chain
from math import log
from operator import itemgetter
from sys import intern
from typing import Any

import numpy as np

from faq.entry import Candidate, Entry
from faq.lexicon import thesaurus
from faq.linear import LinearModel, Shares, model, terms
from faq.reading import Reading
from faq.scorer import Scorer, Values, shipped

VIEW_WEIGHTS = (3.0, 1.2, 0.7, 0.5)
"""How much a shared key of each view counts when candidates are gathered."""
TOPIC_WEIGHT = 25.0
"""How much a shared topic counts then, by its probability."""
GATHERED = 16
"""Forms that are looked at closely."""
WALKED = 6_000
"""Postings walked for one search at most; the rarest keys come first."""
ANSWER_READ = 160
"""Characters of an answer that are read."""
POSTED = 0.15
"""The probability from which a form can be found by a topic."""
HELD = 6
"""Topics of a form that are kept."""
ANSWERED = 0.3
"""The share of the answer in the topics of an entry."""

RAREST = 6.0
"""Nats of rarity at most, that a concept counts."""
HEAVIEST = 18.0
"""The weight of the rarest and heaviest concept."""

Array = np.ndarray[Any, Any]
Weights = dict[str, float]
Keys = tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Form:
    """One way to ask one entry; `keys` holds a tuple of keys for each view.

    `totals` are the weights of all keys of each view, as of the index's `age` then.
    """

    entry: str
    keys: Keys
    topics: Shares
    totals: tuple[float, ...] = ()
    age: int = -1


@dataclass(frozen=True, slots=True)
class Answer:
    """What an entry is about as a whole: the concepts of its answer, and its topics."""

    concepts: frozenset[str]
    topics: Shares


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an entry was considered, for staff."""

    id: str
    score: float
    words: tuple[str, ...]
    shared: tuple[str, ...]
    parts: dict[str, float]


class Index:
    """Entries that can be searched; ids are unique."""

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        scorer: Scorer | None = None,
        topics: LinearModel | None = None,
    ) -> None:
        """Hold these entries; a scorer and topics other than the shipped ones are for training."""
        self._entries: dict[str, Entry] = {}
        self._forms: dict[str, tuple[int, ...]] = {}
        self._answers: dict[str, Answer] = {}
        self._slots: list[Form | None] = []
        self._free: list[int] = []
        self._postings: dict[str, array[int]] = {}
        self._rarities: dict[int, float] = {}
        self._directions = np.zeros((0, 0), dtype=np.float32)
        self._age = 0
        self._scorer = scorer or shipped()
        self._topics = topics or model("topics")
        for entry in entries:
            self.add(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, id: object) -> bool:
        return id in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, id: str) -> Entry | None:
        """The entry, or None when there is none of that id."""
        return self._entries.get(id)

    def add(self, entry: Entry) -> None:
        """Hold the entry, in place of an earlier one of the same id."""
        self.remove(entry.id)
        self._entries[entry.id] = entry
        asked = dict.fromkeys((entry.question, *entry.alternates))
        self._forms[entry.id] = tuple(self._post(entry.id, text) for text in asked)

    def remove(self, id: str) -> None:
        """Forget the entry, if it is there."""
        if self._entries.pop(id, None) is None:
            return
        self._answers.pop(id, None)
        for slot in self._forms.pop(id):
            self._unpost(slot)

    def search(self, text: str, limit: int = 5) -> list[Candidate]:
        """The entries that most likely answer, best first, at most `limit`."""
        return self.rank(Reading(text))[:limit]

    def rank(self, reading: Reading) -> list[Candidate]:
        """The same for a text already read, without a limit."""
        return self._scorer.judge(reading, self.features(reading))

    def explain(self, text: str, limit: int = 5) -> list[Explanation]:
        """The same as `search` with its reasons: what was read, what is shared, what counted."""
        reading = Reading(text)
        features = self.features(reading)
        asked = set(chain.from_iterable(_keys(reading)))
        return [
            Explanation(
                id=candidate.id,
                score=candidate.score,
                words=reading.words,
                shared=_spoken(asked.intersection(self._keys_of(candidate.id))),
                parts=self._scorer.parts(features[candidate.id]),
            )
            for candidate in self._scorer.judge(reading, features)[:limit]
        ]

    def features(self, reading: Reading) -> dict[str, Values]:
        """What each gathered entry has in common with the text, in the order of `FEATURES`."""
        asked = tuple(
            {key: self._weight(key, view) for key in keys}
            for view, keys in enumerate(_keys(reading))
        )
        for key in asked[0]:
            asked[0][key] *= reading.stress(key[1:])
        sums = tuple(sum(weights.values()) or 1.0 for weights in asked)
        scores = self._topics.scores(terms(reading))
        topics = self._topics.likely(scores)
        slots = self._gather(asked, topics)
        if not slots:
            return {}
        near = (self._directions[slots] @ self._topics.direction(scores)).tolist()
        found: dict[str, tuple[float, Values]] = {}
        for slot, closeness in zip(slots, near, strict=True):
            form = self._slots[slot]
            assert form is not None
            values = self._compare(asked, sums, form, reading)
            values += self._compare_topics(topics, form.entry)
            values.append(closeness)
            rank = self._scorer.rank(values)
            known = found.get(form.entry)
            if known is None or rank > known[0]:
                found[form.entry] = rank, values
        return {id: values for id, (_, values) in found.items()}

    def _post(self, id: str, text: str) -> int:
        """Enter one form under its keys and return its slot."""
        self._changed()
        reading = Reading(text, mended=False)
        scores = self._topics.scores(terms(reading))
        form = Form(id, _keys(reading), _likeliest(self._topics.likely(scores)))
        slot = self._free.pop() if self._free else len(self._slots)
        if slot == len(self._slots):
            self._slots.append(form)
        else:
            self._slots[slot] = form
        direction = self._topics.direction(scores)
        if slot >= len(self._directions):
            room = np.zeros((max(64, slot), len(direction)), dtype=np.float32)
            self._directions = np.concatenate([self._directions.reshape(-1, len(direction)), room])
        self._directions[slot] = direction
        for key in _posted(form):
            self._postings.setdefault(key, array("I")).append(slot)
        return slot

    def _changed(self) -> None:
        """What was worked out from the number of entries holds no longer."""
        self._rarities.clear()
        self._age += 1

    def _unpost(self, slot: int) -> None:
        self._changed()
        form = self._slots[slot]
        assert form is not None
        for key in _posted(form):
            postings = self._postings[key]
            postings.remove(slot)
            if not postings:
                del self._postings[key]
        self._slots[slot] = None
        self._free.append(slot)

    def _keys_of(self, id: str) -> Iterator[str]:
        for slot in self._forms[id]:
            form = self._slots[slot]
            assert form is not None
            yield from chain.from_iterable(form.keys)

    def _weight(self, key: str, view: int) -> float:
        """How much a key tells: rare in the index is much; a concept by its own weight too."""
        count = len(self._postings.get(key, ()))
        rarity = self._rarities.get(count)
        if rarity is None:
            held = len(self._slots) - len(self._free)
            rarity = self._rarities[count] = log(1 + (held + 1) / (count + 0.5))
        if view == 0:
            return thesaurus().weights[key[1:]] * min(rarity, RAREST)
        return rarity

    def _gather(self, asked: tuple[Weights, ...], topics: Shares) -> list[int]:
        """The slots that share most with the text, rarest keys first."""
        keyed = [
            (key, weight * VIEW_WEIGHTS[view])
            for view, weights in enumerate(asked)
            for key, weight in weights.items()
        ]
        keyed += [(_topic(number), TOPIC_WEIGHT * share) for number, share in topics.items()]
        held = [
            (len(postings), key, weight, postings)
            for key, weight in keyed
            if (postings := self._postings.get(key))
        ]
        held.sort()
        walked = 0
        taken: list[tuple[Array, float, int]] = []
        for count, _, weight, postings in held:
            walked += count
            if walked > WALKED and taken:
                break
            taken.append((np.frombuffer(postings, dtype=np.uint32), weight, count))
        if not taken:
            return []
        # Each slot once without sorting: of its places the last one written stays.
        walk = np.concatenate([each[0] for each in taken])
        place = np.empty(len(self._slots), dtype=np.int32)
        order = np.arange(len(walk), dtype=np.int32)
        place[walk] = order
        slots = walk[place[walk] == order]
        sums = np.zeros(len(self._slots))
        for walked_slots, weight, _ in taken:
            sums[walked_slots] += weight
        reached = sums[slots]
        if len(slots) > GATHERED:
            least = np.partition(reached, -GATHERED)[-GATHERED]
            slots, reached = slots[reached >= least], reached[reached >= least]
        best = np.lexsort((slots, -reached))[:GATHERED]
        found: list[int] = slots[best].tolist()
        return found

    def _compare(
        self, asked: tuple[Weights, ...], sums: tuple[float, ...], form: Form, reading: Reading
    ) -> Values:
        """The features of one form against the text: shares of weight, both ways."""
        if form.age != self._age:
            form.totals = tuple(
                sum([self._weight(key, view) for key in keys])
                for view, keys in enumerate(form.keys)
            )
            form.age = self._age
        values: Values = []
        for weights, whole, keys, total in zip(asked, sums, form.keys, form.totals, strict=True):
            shared = sum([weights[key] for key in keys if key in weights])
            values += (shared / whole, shared / (total or 1.0), min(1.0, shared / 30))
        values += self._compare_concepts(asked[0], form, reading)
        values.append(min(1.0, len(reading.core) / 80))
        return values

    def _compare_concepts(self, weights: Weights, form: Form, reading: Reading) -> Values:
        """What the concepts say beyond their shares: the heaviest missed on either side."""
        held = form.keys[0]
        missed = {key: weight for key, weight in weights.items() if key not in held}
        unasked = [self._weight(key, 0) for key in held if key not in weights]
        matched = [weights[key] for key in held if key in weights]
        told = 0.0
        if missed:
            answer = self._answer(form.entry).concepts
            told = sum([weight for key, weight in missed.items() if key in answer])
            told /= sum(missed.values()) or 1.0
        return [
            max(missed.values(), default=0.0) / HEAVIEST,
            max(unasked, default=0.0) / HEAVIEST,
            max(matched, default=0.0) / HEAVIEST,
            float(any(f"={name}" in held for name in reading.denied)),
            told,
        ]

    def _compare_topics(self, asked: Shares, id: str) -> Values:
        """How likely both are of one topic, and how clear each of them is by itself."""
        held = self._answer(id).topics
        best = max(asked, key=asked.__getitem__)
        return [
            sum([share * held.get(number, 0.0) for number, share in asked.items()]),
            held.get(best, 0.0),
            max(held.values()),
            asked[best],
        ]

    def _answer(self, id: str) -> Answer:
        """What the entry is about, its answer read; worked out when first needed."""
        known = self._answers.get(id)
        if known is None:
            reading = Reading(self._entries[id].answer[:ANSWER_READ], mended=False)
            topics: Shares = {}
            forms = [form for slot in self._forms[id] if (form := self._slots[slot])]
            parts = [((1 - ANSWERED) / len(forms), form.topics) for form in forms]
            parts.append((ANSWERED, self._topics.shares(terms(reading))))
            for part, shares in parts:
                for number, share in shares.items():
                    topics[number] = topics.get(number, 0.0) + part * share
            known = Answer(frozenset(map(_concept, reading.concepts)), topics)
            self._answers[id] = known
        return known


def _spoken(keys: Iterable[str]) -> tuple[str, ...]:
    """Shared words and concepts as staff read them; pairs of characters and sounds are left out."""
    return tuple(sorted({key[1:] for key in keys if key[0] in "=_"}))


def _likeliest(shares: Shares) -> Shares:
    """The few topics that matter: of 30,000 forms all of them would fill the memory."""
    return dict(nlargest(HELD, shares.items(), key=itemgetter(1)))


def _posted(form: Form) -> Iterator[str]:
    """Everything that a form is found by."""
    yield from chain.from_iterable(form.keys)
    yield from (_topic(number) for number, share in form.topics.items() if share >= POSTED)


@cache
def _topic(number: int) -> str:
    return f"@{number}"


def _concept(name: str) -> str:
    return intern(f"={name}")


def _keys(reading: Reading) -> Keys:
    """The keys of each view; a prefix keeps concepts and words apart."""
    return (
        tuple(map(_concept, reading.concepts)),
        tuple(intern(f"_{word}") for word in reading.words),
        tuple(map(intern, reading.pairs)),
        tuple(map(intern, reading.sounds)),
    )
