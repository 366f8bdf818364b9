"""The live index: entries in memory, found by concept, word, character pair and sound.

Every way to ask an entry (its question and each alternate) is a form of its own; an entry is
as good as its best form. Weights follow how rare a key is in the index of this moment, so an
entry added or removed needs no rebuild: adding costs its own keys, removing them the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import log
from sys import intern

from faq.entry import Candidate, Entry
from faq.lexicon import thesaurus
from faq.reading import Reading
from faq.scorer import Features, Scorer, shipped

VIEWS = ("concepts", "words", "pairs", "sounds")
VIEW_WEIGHTS = (3.0, 1.2, 0.7, 0.5)
"""How much a shared key of each view counts when candidates are gathered."""
GATHERED = 16
"""Forms that are looked at closely."""
WALKED = 4_000
"""Postings walked for one search at most; the rarest keys come first."""
ANSWER_READ = 160
"""Characters of an answer whose concepts are known."""

RAREST = 6.0
"""Nats of rarity at most, that a concept counts."""
HEAVIEST = 18.0
"""The weight of the rarest and heaviest concept."""

Weights = dict[str, float]
Keys = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to ask one entry; `keys` holds a tuple of keys for each view."""

    entry: str
    keys: Keys
    length: int


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

    def __init__(self, entries: Iterable[Entry] = (), scorer: Scorer | None = None) -> None:
        """Hold these entries; `scorer` other than the shipped one is for training."""
        self._entries: dict[str, Entry] = {}
        self._forms: dict[str, tuple[int, ...]] = {}
        self._answers: dict[str, frozenset[str]] = {}
        self._slots: list[Form | None] = []
        self._free: list[int] = []
        self._postings: dict[str, list[int]] = {}
        self._rarities: dict[int, float] = {}
        self._scorer = scorer or shipped()
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
        answer = Reading(entry.answer[:ANSWER_READ], mended=False)
        self._answers[entry.id] = frozenset(map(_concept, answer.concepts))
        asked = dict.fromkeys((entry.question, *entry.alternates))
        self._forms[entry.id] = tuple(self._post(entry.id, text) for text in asked)

    def remove(self, id: str) -> None:
        """Forget the entry, if it is there."""
        if self._entries.pop(id, None) is None:
            return
        del self._answers[id]
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

    def features(self, reading: Reading) -> dict[str, Features]:
        """What each gathered entry has in common with the text."""
        asked = tuple(
            {key: self._weight(key, view) for key in keys}
            for view, keys in enumerate(_keys(reading))
        )
        for key in asked[0]:
            asked[0][key] *= reading.stress(key[1:])
        found: dict[str, Features] = {}
        for slot in self._gather(asked):
            form = self._slots[slot]
            assert form is not None
            features = self._compare(asked, form, reading)
            known = found.get(form.entry)
            if known is None or self._scorer.rank(features) > self._scorer.rank(known):
                found[form.entry] = features
        return found

    def _post(self, id: str, text: str) -> int:
        """Enter one form under its keys and return its slot."""
        self._rarities.clear()
        reading = Reading(text, mended=False)
        form = Form(id, _keys(reading), len(reading.core))
        slot = self._free.pop() if self._free else len(self._slots)
        if slot == len(self._slots):
            self._slots.append(form)
        else:
            self._slots[slot] = form
        for key in chain.from_iterable(form.keys):
            self._postings.setdefault(key, []).append(slot)
        return slot

    def _unpost(self, slot: int) -> None:
        self._rarities.clear()
        form = self._slots[slot]
        assert form is not None
        for key in chain.from_iterable(form.keys):
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

    def _gather(self, asked: tuple[Weights, ...]) -> list[int]:
        """The slots that share most with the text, rarest keys first."""
        keyed = sorted(
            (len(self._postings[key]), key, weight * VIEW_WEIGHTS[view])
            for view, weights in enumerate(asked)
            for key, weight in weights.items()
            if key in self._postings
        )
        sums: dict[int, float] = {}
        walked = 0
        for count, key, weight in keyed:
            walked += count
            if walked > WALKED and sums:
                break
            for slot in self._postings[key]:
                sums[slot] = sums.get(slot, 0.0) + weight
        return sorted(sums, key=sums.__getitem__, reverse=True)[:GATHERED]

    def _compare(self, asked: tuple[Weights, ...], form: Form, reading: Reading) -> Features:
        """The features of one form against the text: shares of weight, both ways."""
        features: Features = {}
        for view, name in enumerate(VIEWS):
            weights, shared, rest = asked[view], 0.0, 0.0
            for key in form.keys[view]:
                weight = weights.get(key)
                if weight is None:
                    rest += self._weight(key, view)
                else:
                    shared += weight
            features[f"{name}_asked"] = shared / (sum(weights.values()) or 1.0)
            features[f"{name}_held"] = shared / (shared + rest or 1.0)
            features[f"{name}_sum"] = min(1.0, shared / 30)
        self._weigh_concepts(features, asked[0], form, reading)
        features["length"] = min(1.0, len(reading.core) / 80)
        return features

    def _weigh_concepts(
        self, features: Features, weights: Weights, form: Form, reading: Reading
    ) -> None:
        """What the concepts say beyond their shares: the heaviest missed on either side."""
        held, answer = form.keys[0], self._answers[form.entry]
        missed = {key: weight for key, weight in weights.items() if key not in held}
        unasked = (self._weight(key, 0) for key in held if key not in weights)
        matched = (weights[key] for key in held if key in weights)
        features["missed"] = max(missed.values(), default=0.0) / HEAVIEST
        features["unasked"] = max(unasked, default=0.0) / HEAVIEST
        features["matched"] = max(matched, default=0.0) / HEAVIEST
        features["denied"] = float(any(f"={name}" in held for name in reading.denied))
        told = sum(weight for key, weight in missed.items() if key in answer)
        features["answer"] = told / (sum(missed.values()) or 1.0)


def _spoken(keys: Iterable[str]) -> tuple[str, ...]:
    """Shared words and concepts as staff read them; pairs of characters and sounds are left out."""
    return tuple(sorted({key[1:] for key in keys if key[0] in "=_"}))


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
