"""Spreadsheets of staff: the FAQ out and in again, and the places in.

XLSX and CSV carry Chinese headers. No cell of an export is ever a formula: what begins with one
of the signs of a formula is text in XLSX and has an apostrophe before it in CSV, which the
reader takes away again.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import orjson
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font

from bot.commands.entries import COLUMNS, MARKS, read_rows, rows, several, text
from bot.commands.entries import Row as EntryRow
from bot.commands.office import community_of
from bot.community.communities import Community
from bot.community.places import KINDS, Place
from bot.community.questions import Entry, EntryState
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.settings import Settings
from bot.storage.transaction import Transaction

STATES = {
    "公开": EntryState.PUBLIC,
    "仅工作人员": EntryState.STAFF,
    "草稿": EntryState.DRAFT,
}
"""Who gets an answer, as a spreadsheet says it."""

WIDTHS = {"问题": 32, "其他问法": 44, "答案": 64}
"""Of the wide columns, in characters."""

NARROW = 13
"""Characters: an id, a date, a category."""

LONGEST_CELL = 32_767
"""Characters of a cell.
https://support.microsoft.com/office/excel-specifications-and-limits (read 2026-11-22)"""

_DATE = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})日?")
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")


async def import_entries(settings: Settings, code: str, file: Path) -> tuple[int, int]:
    """Make the FAQ say what the file says; how many entries changed, of how many in the file.

    A column that the file does not have leaves what is stored.

    Raises:
        RuleError: the file cannot be read, or an entry breaks a rule; nothing was changed.
    """
    given = read_rows(file)

    async def unit(tx: Transaction, community: Community) -> int:
        questions = CommunityTransaction(tx, community).questions
        known = {entry.code: entry for entry in await questions.entries()}
        return await questions.save(planned(given, known))

    async with community_of(settings, code) as (database, community):
        return await database.write(partial(unit, community=community)), len(given)


async def export_entries(settings: Settings, code: str, file: Path) -> int:
    """Write every entry, drafts included, as the file's ending says; how many.

    Raises:
        RuleError: another ending, or the file cannot be written.
    """
    write = _WRITERS.get(file.suffix.lower())
    if write is None:
        raise RuleError(f"{file}：只写 XLSX、CSV、JSONL 文件。")
    async with community_of(settings, code) as (database, community), database.read() as tx:
        entries = await CommunityTransaction(tx, community).questions.entries()
    beside = file.with_name(file.name + ".part")
    try:
        beside.write_bytes(write([_row(entry) for entry in entries]))
        beside.replace(file)
    except OSError as error:
        raise RuleError(f"{file} 写不进去：{error.strerror}") from error
    return len(entries)


async def import_places(settings: Settings, code: str, file: Path) -> int:
    """Add the places of the file that are not there yet; how many, all of them or none.

    Raises:
        RuleError: a row cannot be understood; the text names it.
    """
    given = _place_rows(file)

    async def unit(tx: Transaction, community: Community) -> int:
        return await _add_places(CommunityTransaction(tx, community), given)

    async with community_of(settings, code) as (database, community):
        return await database.write(partial(unit, community=community))


def planned(given: Iterable[EntryRow], known: Mapping[str, Entry]) -> list[Entry]:
    """What the rows of a file make of the entries that are known by their codes.

    Raises:
        RuleError: a cell cannot be understood; the text names it.
    """
    return [_entry(number, row, known.get(text(row["id"]))) for number, row in given]


def _entry(number: int, row: Mapping[str, Any], known: Entry | None) -> Entry:
    fields: dict[str, Any] = asdict(known) if known else {"answer": ""}
    fields |= {"code": text(row["id"]), "question": text(row["question"])}
    for name, read in _FIELDS.items():
        if name in row:
            try:
                fields[name] = read(row[name])
            except ValueError as error:
                column = next(chinese for chinese, english in COLUMNS.items() if english == name)
                raise RuleError(f"第{number}行，{column}：看不懂“{text(row[name])}”。") from error
    return Entry(**fields)


def _state(value: Any) -> EntryState:
    name = text(value)
    return STATES.get(name) or EntryState(name or EntryState.PUBLIC)


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    written = text(value)
    if not written:
        return None
    found = _DATE.fullmatch(written)
    if found is None:
        raise ValueError(written)
    year, month, day = map(int, found.groups())
    return date(year, month, day)


_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "alternates": several,
    "answer": text,
    "category": text,
    "source": text,
    "state": _state,
    "valid_from": _date,
    "valid_until": _date,
    "review_on": _date,
}


def _row(entry: Entry) -> dict[str, Any]:
    """By the English names of the columns, in the order of `COLUMNS`."""
    values = {"id": entry.code, **asdict(entry), "alternates": several(list(entry.alternates))}
    return {name: values[name] for name in COLUMNS.values()}


def _cells(row: Mapping[str, Any]) -> list[str]:
    """The row as a person reads it."""
    forms = "\n".join(row["alternates"])
    if forms and "\n" not in forms and any(mark in forms for mark in MARKS):
        # The line break tells that the marks belong to the one form.
        forms += "\n"
    states = {state: name for name, state in STATES.items()}
    shown = {**row, "alternates": forms, "state": states[row["state"]]}
    return [forms if name == "alternates" else text(value) for name, value in shown.items()]


def _xlsx(entries: Iterable[Mapping[str, Any]]) -> bytes:
    table = [list(COLUMNS), *map(_cells, entries)]
    for value in (value for line in table for value in line):
        if len(value) > LONGEST_CELL:
            raise RuleError(f"“{value[:20]}…”太长，表格放不下，请导出成 CSV。")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("问答")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(COLUMNS):
        sheet.column_dimensions[chr(ord("A") + number)].width = WIDTHS.get(name, NARROW)
    for number, line in enumerate(table):
        sheet.append([_cell(sheet, value, bold=number == 0) for value in line])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: str, *, bold: bool) -> Cell:
    """Text, whatever it begins with and whoever edits it."""
    cell = WriteOnlyCell(sheet, value or None)
    if value:
        cell.data_type = "s"
    cell.number_format = "@"
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _csv(entries: Iterable[Mapping[str, Any]]) -> bytes:
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in entries:
        writer.writerow(["'" + value if _FORMULA.match(value) else value for value in _cells(row)])
    return file.getvalue().encode("utf-8-sig")


def _json_lines(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in entries)


_WRITERS: Mapping[str, Callable[[Iterable[Mapping[str, Any]]], bytes]] = {
    ".xlsx": _xlsx,
    ".csv": _csv,
    ".jsonl": _json_lines,
}


@dataclass(frozen=True, slots=True)
class _PlaceRow:
    """One line of a spreadsheet of places; `above` is "" for the community itself."""

    line: int
    name: str
    kind: str
    above: str
    names: tuple[str, ...]

    @property
    def keys(self) -> set[str]:
        """How other rows may name this place: alone or with what it lies in."""
        return {self.name, self.above + self.name}


def _place_rows(file: Path) -> list[_PlaceRow]:
    found: dict[tuple[str, str], _PlaceRow] = {}
    for number, row in rows(file, "名称", "类别"):
        name, kind, above = (text(row.get(column)) for column in ("名称", "类别", "上级"))
        if not name:
            raise RuleError(f"第{number}行缺名称。")
        if kind not in KINDS:
            raise RuleError(f"第{number}行：类别要写{'、'.join(KINDS[1:])}中的一种。")
        if (above, name) in found:
            raise RuleError(f"第{number}行和第{found[above, name].line}行是同一个地方。")
        names = several(re.sub("[、，,]", "\n", text(row.get("别名"))))
        found[above, name] = _PlaceRow(number, name, kind, above, names)
    return list(found.values())


async def _add_places(room: CommunityTransaction, given: list[_PlaceRow]) -> int:
    """Parents first, wherever in the file they stand."""
    root = await room.places.root()
    known = await room.places.all()
    there = {(place.lineage[-2], place.name): place for place in known if place.id != root.id}
    settled: dict[_PlaceRow, Place] = {row: root for row in given if row.name == root.name}
    waiting = {row: _above(row, given, known, root) for row in given if row not in settled}
    added = 0
    while waiting:
        ready = [row for row, above in waiting.items() if _at(above, settled)]
        if not ready:
            raise RuleError(f"第{next(iter(waiting)).line}行：几个地方互相是上级，绕成了圈。")
        for row in ready:
            above = _at(waiting.pop(row), settled)
            assert above
            place = there.get((above.id, row.name))
            if place is None:
                place = await room.places.add(row.name, row.kind, above.id, row.names)
                added += 1
            settled[row] = place
    return added


def _at(above: _PlaceRow | Place, settled: Mapping[_PlaceRow, Place]) -> Place | None:
    return above if isinstance(above, Place) else settled.get(above)


def _above(
    row: _PlaceRow, given: list[_PlaceRow], known: list[Place], root: Place
) -> _PlaceRow | Place:
    """What the row lies in: a row of the file, else a place that is there already."""
    if not row.above or row.above == root.name:
        return root
    by_id = {place.id: place for place in known}
    places = [place for place in known if row.above in _keys(place, by_id)]
    found = [one for one in given if row.above in one.keys and one != row] or places
    if not found:
        raise RuleError(f"第{row.line}行：没有叫“{row.above}”的上级。")
    if len(found) > 1:
        raise RuleError(f"第{row.line}行：有{len(found)}个“{row.above}”，请连它的上级一起写。")
    return found[0]


def _keys(place: Place, by_id: Mapping[int, Place]) -> set[str]:
    above = [by_id[id].name for id in place.lineage[:-1]]
    return {place.name, "".join([*above[-1:], place.name]), "".join([*above[1:], place.name])}
