"""The starter FAQ keeps its promises to whoever reads it on a telephone."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

from faq import Entry, Index, PlaceNames, Situation, understand
from faq.starter import SLOTS, Source, StarterEntry, entries

ENTRIES = entries()
QUERIES = Path(__file__).parent / "data" / "queries.jsonl"


def _bare(text: str) -> str:
    """The letters, digits and characters of a phrase: what makes two phrases the same."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _phrases(entry: StarterEntry) -> list[str]:
    return [_bare(text) for text in (entry.question, *entry.alternates)]


def _without_slots(answer: str) -> str:
    return re.sub(r"\{[^{}]*\}", "", answer)


def test_there_is_enough_to_start_with() -> None:
    """A new committee starts with at least 120 answers."""
    assert len(ENTRIES) >= 120


def test_ids_are_unique_and_in_order() -> None:
    """Ids count from s001 without a gap."""
    expected = [f"s{number:03d}" for number in range(1, len(ENTRIES) + 1)]

    assert [entry.id for entry in ENTRIES] == expected


def test_no_phrase_stands_twice() -> None:
    """No wording belongs to two entries, or twice to one."""
    counts = Counter(phrase for entry in ENTRIES for phrase in _phrases(entry))

    assert [phrase for phrase, count in counts.items() if count > 1] == []


def test_an_answer_fits_a_small_screen() -> None:
    """A question of at most 30 characters; an answer of at most 120 in at most three lines."""
    too_long = [
        entry.id
        for entry in ENTRIES
        if not 0 < len(entry.question) <= 30
        or not 0 < len(entry.answer) <= 120
        or len(entry.answer.split("\n")) > 3
    ]

    assert too_long == []


def test_no_line_is_empty_or_padded() -> None:
    """Every line of an answer says something and nothing else."""
    lines = [line for entry in ENTRIES for line in entry.answer.split("\n")]

    assert [line for line in lines if not line or line != line.strip()] == []


def test_no_answer_holds_a_latin_letter() -> None:
    """Nobody has to read English or an abbreviation."""
    latin = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")

    assert [entry.id for entry in ENTRIES if latin.search(entry.answer)] == []


def test_slots_come_from_the_vocabulary() -> None:
    """Every brace belongs to a known slot."""
    unknown = {slot for entry in ENTRIES for slot in entry.slots - SLOTS}
    loose = [entry.id for entry in ENTRIES if re.search("[{}｛｝]", _without_slots(entry.answer))]

    assert unknown == set()
    assert loose == []


def test_a_line_with_an_unfilled_slot_can_be_left_out() -> None:
    """A slot ends its line and stands alone in it: no advice is lost with a missing number."""
    lines = [line for entry in ENTRIES for line in entry.answer.split("\n") if "{" in line]

    assert [line for line in lines if not re.fullmatch(r"[^{}：]+：\{[^{}]+\}", line)] == []


def test_every_question_has_other_voices() -> None:
    """Three to eight other wordings."""
    assert [entry.id for entry in ENTRIES if not 3 <= len(entry.alternates) <= 8] == []


def test_every_answer_names_its_source_and_is_read_again() -> None:
    """A category, a known source, and a day of review before the day the answer ends."""
    assert {entry.source for entry in ENTRIES} == set(Source)
    assert [entry.id for entry in ENTRIES if not entry.category] == []
    assert [entry.id for entry in ENTRIES if entry.review > (entry.valid_until or date.max)] == []


def test_every_slot_is_used() -> None:
    """The vocabulary asks no committee for a fact that no answer shows."""
    assert frozenset().union(*(entry.slots for entry in ENTRIES)) == SLOTS


def test_no_labelled_query_is_an_entry() -> None:
    """The figures of the evaluation are not flattered by a phrase that stands in both."""
    asked = {_bare(json.loads(line)["q"]) for line in QUERIES.read_text("utf-8").splitlines()}
    known = {phrase for entry in ENTRIES for phrase in _phrases(entry)}

    assert not asked & known


def test_every_question_finds_its_own_answer() -> None:
    """Typed as it stands, a question is answered by its entry, or treated as an emergency."""
    index = Index(
        Entry(entry.id, entry.question, entry.alternates, entry.answer, entry.category)
        for entry in ENTRIES
    )
    situation = Situation(index, PlaceNames())
    decisions = {entry.id: understand(entry.question, situation) for entry in ENTRIES}

    astray = {
        id: (decision.action, decision.entry)
        for id, decision in decisions.items()
        if decision.entry != id and decision.action != "emergency"
    }
    assert astray == {}
