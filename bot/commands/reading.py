"""`xiaolaba understand` and `xiaolaba time`: lines in, JSON lines out, no database touched."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import orjson

import faq
from bot import skills
from bot.commands.entries import decoded, read_entries
from bot.errors import RuleError
from faq import starter, times

Kind = Literal["private", "group"]


def understand_lines(
    lines: Iterable[str],
    entries: Path | None,
    place_names: Path | None,
    chat: str,
    *,
    mentioned: bool,
) -> Iterator[str]:
    """One JSON object for each object with a field `q`, in order.

    Raises:
        RuleError: a line is not such an object, or a file cannot be read.
    """
    index = faq.Index(read_entries(entries) if entries else _starter())
    names = decoded(place_names.read_bytes()).splitlines() if place_names else []
    handlers = [handler for handler in skills.discover() if not handler.staff]
    situation = faq.Situation(
        index=index,
        places=faq.PlaceNames(name.strip() for name in names if name.strip()),
        chat="group" if chat == "group" else "private",
        mentioned=mentioned,
        words={word: handler.action for handler in handlers for word in handler.words},
        patterns=[(h.pattern, h.action) for h in handlers if h.pattern],
        examples={h.action: h.examples for h in handlers if h.examples},
    )
    for line in lines:
        if line.strip():
            text = _field(line, "q")
            yield _json(_shown(text, faq.understand(text, situation)))


def time_lines(lines: Iterable[str], now: str | None, zone: ZoneInfo) -> Iterator[str]:
    """One JSON object for each line: plain text, or an object with `text` and `now`.

    Raises:
        RuleError: a `now` is not an ISO time.
    """
    fallback = _moment(now, zone) if now else datetime.now(zone)
    for line in lines:
        if not line.strip():
            continue
        given = _object(line)
        text = str(given["text"]) if given and "text" in given else line.strip()
        moment = _moment(str(given["now"]), zone) if given and given.get("now") else fallback
        phrase = times.parse(text, moment)
        yield _json(
            {
                "text": text,
                "start": _iso(phrase.start, zone),
                "end": _iso(phrase.end, zone),
                "rrule": phrase.rrule,
                "precision": phrase.precision,
                "problem": phrase.problem,
            }
        )


def _shown(text: str, decision: faq.Decision) -> dict[str, Any]:
    action = "refuse" if decision.action in {"unclear", "choose"} else decision.action
    return {
        "q": text,
        "action": action,
        "entry": decision.entry if action == "answer" else None,
        "score": round(decision.score, 4),
        "candidates": [
            {"id": candidate.id, "score": round(candidate.score, 4)}
            for candidate in decision.candidates
        ],
        "category": decision.category,
        "place": decision.place,
        "also": list(decision.also),
    }


def _starter() -> list[faq.Entry]:
    return [
        faq.Entry(entry.id, entry.question, entry.alternates, entry.answer, entry.category)
        for entry in starter.entries()
    ]


def _field(line: str, name: str) -> str:
    given = _object(line)
    if given is None or not isinstance(given.get(name), str):
        raise RuleError(f'这一行不对，要写成 {{"{name}": "…"}}：{line.strip()[:60]}')
    return str(given[name])


def _object(line: str) -> Mapping[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RuleError(f"“{text}”要写成 2026-11-23T09:00:00+08:00 这样。") from error
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
