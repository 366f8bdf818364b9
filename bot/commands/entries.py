"""FAQ entries in files: JSONL, CSV or XLSX. One reader for every command.

The columns are id, question, alternates, answer, category and more, or their Chinese names.
Texts are cleaned on the way in: no control characters but line breaks, no space around them.
"""

import csv
import io
import re
from codecs import BOM_UTF8
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
    "来源": "source",
    "状态": "state",
    "有效期起": "valid_from",
    "有效期止": "valid_until",
    "复核日期": "review_on",
}
"""What the columns are called in a committee's spreadsheet."""

LARGEST = 20 * 1024 * 1024
"""Bytes of a file."""

MARKS = "|；;"
"""What may stand between the other question forms of a cell that has one line only."""

Row = tuple[int, Mapping[str, Any]]
"""The line of the file, counted from 1, and its values by column."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_TEXT_MARK = re.compile(r"'+[=+\-@＝＋－＠]")


def read_entries(path: Path) -> list[faq.Entry]:
    """The entries of the file, each id once.

    Raises:
        RuleError: the file cannot be read; the text says which line and why.
    """
    return [
        faq.Entry(
            id=text(row["id"]),
            question=text(row["question"]),
            alternates=several(row.get("alternates")),
            answer=text(row.get("answer")),
            category=text(row.get("category")),
        )
        for _, row in read_rows(path)
    ]


def read_rows(path: Path) -> list[Row]:
    """The rows of a file of entries by the English names of their columns, each id once.

    Raises:
        RuleError: the file cannot be read; the text says which line and why.
    """
    found: list[Row] = []
    seen: dict[str, int] = {}
    for number, row in rows(path, "编号", "问题"):
        named = {COLUMNS.get(name, name): value for name, value in row.items()}
        id = text(named.get("id"))
        if not id or not text(named.get("question")):
            raise RuleError(f"第{number}行缺编号或问题。")
        if id in seen:
            raise RuleError(f"第{number}行：编号 {id} 在第{seen[id]}行已经有了。")
        seen[id] = number
        found.append((number, named))
    return found


def rows(path: Path, *needed: str) -> Iterator[Row]:
    """The rows of a JSONL, CSV or XLSX file; a table has to have the needed columns.

    Raises:
        RuleError: the file cannot be read, or a column is missing.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise RuleError(f"{path} 太大了，最多20兆。")
        match path.suffix.lower():
            case ".jsonl" | ".json":
                yield from _json_lines(path)
            case ".csv":
                yield from _named(_csv(path), needed)
            case ".xlsx":
                yield from _named(_sheet(path), needed)
            case _:
                raise RuleError(f"{path}：只认 JSONL、CSV、XLSX 文件。")
    except (OSError, ValueError, csv.Error, KeyError) as error:
        raise RuleError(f"{path} 打不开：{error}") from error


def decoded(data: bytes) -> str:
    """The text of a file: Excel and Notepad save UTF-8 with a mark, or the system's GB 18030.

    Raises:
        RuleError: neither of them.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RuleError("文件里的字认不出来，请存成 UTF-8。")


def text(value: Any) -> str:
    """A cell as clean text: what a spreadsheet can hold, "" for an empty one."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _CONTROL.sub("", _BREAK.sub("\n", str(value))).replace("\t", " ").strip()


def several(value: Any) -> tuple[str, ...]:
    """A list, or one cell with a line for each; a cell of one line may have marks between."""
    if isinstance(value, list):
        return tuple(one for item in value if (one := " ".join(text(item).split())))
    whole = "" if value is None else str(value)
    if "\n" not in whole:
        whole = re.sub(f"[{MARKS}]", "\n", whole)
    return tuple(one for part in whole.split("\n") if (one := " ".join(text(part).split())))


def _json_lines(path: Path) -> Iterator[Row]:
    for number, line in enumerate(path.read_bytes().removeprefix(BOM_UTF8).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise RuleError(f"{path} 第{number}行不是 JSON：{error}") from error
        if not isinstance(value, dict):
            raise RuleError(f"{path} 第{number}行不是一条记录。")
        yield number, value


def _csv(path: Path) -> Iterator[list[str]]:
    for row in csv.reader(io.StringIO(decoded(path.read_bytes()), newline="")):
        yield [cell[1:] if _TEXT_MARK.match(cell) else cell for cell in row]


def _sheet(path: Path) -> Iterator[Sequence[Any]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, TypeError) as error:
        raise RuleError(f"{path} 不是表格文件。") from error
    try:
        yield from book.worksheets[0].iter_rows(values_only=True)
    finally:
        book.close()


def _named(table: Iterator[Sequence[Any]], needed: Sequence[str]) -> Iterator[Row]:
    names = [text(name) for name in next(table, ())]
    known = {*names, *(chinese for chinese, english in COLUMNS.items() if english in names)}
    if missing := [column for column in needed if column not in known]:
        raise RuleError(f"表里缺这几列：{'、'.join(missing)}。第一行要写列名。")
    for number, row in enumerate(table, 2):
        if any(text(cell) for cell in row):
            yield number, {name: cell for name, cell in zip(names, row, strict=False) if name}
