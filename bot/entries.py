"""FAQ entries in files: JSONL, CSV or XLSX with the columns id, question, alternates, answer,
category (or their Chinese names). One reader for every command.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
import orjson
from openpyxl.utils.exceptions import InvalidFileException

import faq
from bot.errors import RuleError

COLUMNS = {
    "编号": "id",
    "问题": "question",
    "其他问法": "alternates",
    "答案": "answer",
    "类别": "category",
}
"""What the columns are called in a committee's spreadsheet."""

LARGEST = 20 * 1024 * 1024
"""Bytes of a file."""


def read_entries(path: Path) -> list[faq.Entry]:
    """The entries of the file, each id once.

    Raises:
        RuleError: the file cannot be read; the text says which line and why.
    """
    entries = [_entry(row, number) for number, row in enumerate(rows(path), 2)]
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise RuleError(f"编号 {entry.id} 写了两次。")
        seen.add(entry.id)
    return entries


def rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a JSONL, CSV or XLSX file as mappings by column.

    Raises:
        RuleError: the file cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise RuleError(f"{path} 太大了，最多20兆。")
    try:
        match path.suffix.lower():
            case ".jsonl" | ".json":
                yield from _json_lines(path)
            case ".csv":
                text = _decoded(path.read_bytes())
                yield from _named(list(csv.reader(io.StringIO(text, newline=""))))
            case ".xlsx":
                yield from _named(_sheet(path))
            case _:
                raise RuleError(f"{path}：只认 JSONL、CSV、XLSX 文件。")
    except (OSError, ValueError, csv.Error, KeyError) as error:
        raise RuleError(f"{path} 打不开：{error}") from error


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        value = orjson.loads(line)
        if not isinstance(value, dict):
            raise RuleError(f"第{number}行不是一条记录。")
        yield value


def _decoded(data: bytes) -> str:
    """Excel saves CSV as UTF-8 with a mark, or in the system's own GB 18030."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _sheet(path: Path) -> list[list[Any]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, TypeError) as error:
        raise RuleError(f"{path} 不是表格文件。") from error
    sheet = book.worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _named(table: Sequence[Sequence[Any]]) -> Iterator[Mapping[str, Any]]:
    if not table:
        return
    names = [str(name or "").strip() for name in table[0]]
    for row in table[1:]:
        if any(cell not in (None, "") for cell in row):
            yield {name: cell for name, cell in zip(names, row, strict=False) if name}


def _entry(row: Mapping[str, Any], number: int) -> faq.Entry:
    named = {COLUMNS.get(name, name): value for name, value in row.items()}
    id, question = _text(named.get("id")), _text(named.get("question"))
    if not id or not question:
        raise RuleError(f"第{number}行缺编号或问题。")
    return faq.Entry(
        id=id,
        question=question,
        alternates=_alternates(named.get("alternates")),
        answer=_text(named.get("answer")),
        category=_text(named.get("category")),
    )


def _alternates(value: Any) -> tuple[str, ...]:
    """A list, or one cell with a line, bar or semicolon between them."""
    if isinstance(value, list):
        return tuple(text for item in value if (text := _text(item)))
    text = _text(value)
    for mark in ("|", "；", ";"):
        text = text.replace(mark, "\n")
    return tuple(part.strip() for part in text.splitlines() if part.strip())


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
