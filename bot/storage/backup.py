"""Backups: one ZIP with every row as JSON lines and every media file, for either database.

Left out are access tokens (`bot.storage.memory`): they are fetched anew.
"""

import json
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, create_engine, insert, make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from tqdm import tqdm

from bot.errors import RuleError
from bot.storage import engine, schema
from bot.storage.tables import BACKED_UP, Base, UtcTime

T = TypeVar("T")

FORMAT = 1
"""The version of the layout of the ZIP."""

CHUNK = 1000
"""Rows written at once."""


async def save(url: str, media: Path, target: Path) -> int:
    """Write everything to the file; how many rows. A file half written never has that name."""
    beside = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = await _write(url, media, archive)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return rows


async def load(url: str, media: Path, source: Path) -> int:
    """Fill an empty database of the newest version, and the media folder; how many rows.

    Raises:
        RuleError: the file is no backup, of another version, or the database is not empty.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            about = json.loads(archive.read("about.json"))
            if about.get("format") != FORMAT or about.get("schema") != schema.newest():
                raise RuleError("这个备份是别的版本做的，请用那个版本恢复，再升级。")
            return await _read(url, media, archive)
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RuleError(f"{source} 不是备份文件，或者坏了。") from error


def prune(folder: Path, keep: int) -> None:
    """Of the nightly backups keep the newest."""
    for path in sorted(folder.glob("xiaolaba-*.zip"))[:-keep]:
        path.unlink()


def nightly_name(day: date) -> str:
    """What the backup of a night is called."""
    return f"xiaolaba-{day.isoformat()}.zip"


async def _write(url: str, media: Path, archive: zipfile.ZipFile) -> int:
    about = {"format": FORMAT, "schema": await schema.version(url)}
    about["made_at"] = datetime.now(UTC).isoformat()
    archive.writestr("about.json", json.dumps(about))
    if engine.is_postgresql(url):
        reader = create_async_engine(make_url(url), isolation_level="REPEATABLE READ")
        try:
            async with reader.connect() as connection:
                rows = await connection.run_sync(_write_tables, archive)
        finally:
            await reader.dispose()
    else:
        file = create_engine(make_url(url).set(drivername="sqlite"))
        try:
            with file.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                rows = _write_tables(connection, archive)
        finally:
            file.dispose()
    for path in _shown(sorted(media.rglob("*.*")) if media.is_dir() else [], "照片"):
        if path.suffix != ".part":
            archive.write(path, f"media/{path.relative_to(media).as_posix()}")
    return rows


async def _read(url: str, media: Path, archive: zipfile.ZipFile) -> int:
    if engine.is_postgresql(url):
        writer = create_async_engine(make_url(url))
        try:
            async with writer.begin() as connection:
                return await connection.run_sync(_read_all, archive, media)
        finally:
            await writer.dispose()
    file = engine.writing_sqlite(url)
    try:
        with file.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            rows = _read_all(connection, archive, media)
            connection.commit()
    finally:
        file.dispose()
    return rows


def _read_all(connection: Connection, archive: zipfile.ZipFile, media: Path) -> int:
    """The files are on disk before the rows that name them are committed."""
    rows = _read_tables(connection, archive)
    _read_media(archive, media)
    return rows


def _write_tables(connection: Connection, archive: zipfile.ZipFile) -> int:
    count = 0
    for table in _shown(_tables(), "数据"):
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
            # A parent has the smaller id: it is there before its children when rows come back.
            for row in connection.execute(select(table).order_by(*table.primary_key)):
                file.write(json.dumps(_plain(row._asdict()), ensure_ascii=False).encode() + b"\n")
                count += 1
    return count


def _read_tables(connection: Connection, archive: zipfile.ZipFile) -> int:
    count = 0
    for table in _shown(_tables(), "数据"):
        if connection.execute(select(table).limit(1)).first():
            raise RuleError("这个数据库里已经有数据了，只能恢复到空的数据库里。")
        for rows in _chunks(archive, table):
            connection.execute(insert(table), rows)
            count += len(rows)
        _continue_counting(connection, table)
    return count


def _tables() -> list[Table]:
    """What is backed up, what others refer to first."""
    return [t for t in Base.metadata.sorted_tables if t.info.get(BACKED_UP, True)]


def _chunks(archive: zipfile.ZipFile, table: Table) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    with archive.open(f"tables/{table.name}.jsonl") as file:
        for line in file:
            rows.append(_typed(table, json.loads(line)))
            if len(rows) == CHUNK:
                yield rows
                rows = []
    if rows:
        yield rows


def _continue_counting(connection: Connection, table: Table) -> None:
    """PostgreSQL's own counters do not notice rows that bring their number."""
    if connection.dialect.name == "postgresql" and "id" in table.c:
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608
                f"coalesce((SELECT max(id) FROM {table.name}), 0) + 1, false)"
            )
        )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    typed = dict(row)
    for name, value in row.items():
        if value is not None and isinstance(table.c[name].type, UtcTime):
            typed[name] = datetime.fromisoformat(value)
        elif value is not None and table.c[name].type.python_type is date:
            typed[name] = date.fromisoformat(value)
    return typed


def _read_media(archive: zipfile.ZipFile, media: Path) -> None:
    for item in _shown(archive.infolist(), "照片"):
        name = item.filename.removeprefix("media/")
        target = (media / name).resolve()
        if not item.filename.startswith("media/") or not target.is_relative_to(media.resolve()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(item) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def _shown(items: Sequence[T], what: str) -> Iterable[T]:
    """The items, with a bar on the terminal when they take longer than two seconds."""
    return tqdm(items, desc=what, delay=2, disable=None, unit="")
