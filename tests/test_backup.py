"""Backups, from the database's side; tests/test_cli.py moves them between databases."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import app
from bot.commands.office import back_up, bring_back, community_of
from bot.community.communities import Community
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.settings import Settings
from bot.storage import backup
from bot.storage.memory import SharedMemory
from bot.storage.tables import Base
from bot.storage.transaction import Transaction
from tests.databases import Database


async def test_parents_come_back_before_their_children(tmp_path: Path, database: Database) -> None:
    """PostgreSQL moves a changed row to the end of its table: the root with its new QR code."""
    old = Settings(data=tmp_path / "old", database_url=database.url)
    new = Settings(data=tmp_path / "new")

    async def unit(tx: Transaction, community: Community) -> str:
        places = CommunityTransaction(tx, community).places
        root = await places.root()
        await places.add("3号楼", "楼栋", root.id)
        return await places.rotate(root.id)

    async with community_of(old, "") as (opened, community):
        code = await opened.write(partial(unit, community=community))
    await backup.save(old.url, old.data / "media", tmp_path / "backup.zip")
    await bring_back(new, tmp_path / "backup.zip")

    async with community_of(new, "") as (opened, community), opened.read() as tx:
        root, building = await CommunityTransaction(tx, community).places.all()
    assert (root.code, building.name) == (code, "3号楼")


async def test_a_damaged_backup_changes_nothing(tmp_path: Path, database: Database) -> None:
    """One wrong byte in the rows: refused, and what was read before it is not there."""
    old, new = Settings(data=tmp_path / "old"), Settings(data=tmp_path, database_url=database.url)
    file = tmp_path / "backup.zip"
    async with app.opened(old):
        await backup.save(old.url, old.data / "media", file)
    whole = file.read_bytes()
    at = len(whole) // 2
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    with pytest.raises(RuleError, match="坏了"):
        await bring_back(new, file)
    file.write_bytes(whole)

    assert await bring_back(new, file) > 200


async def test_a_backup_never_replaces_another(tmp_path: Path) -> None:
    """The file of that name stays as it is."""
    file = tmp_path / "a.zip"
    file.write_bytes(b"earlier")
    with pytest.raises(RuleError, match="已经有了"):
        await back_up(Settings(data=tmp_path), file)

    assert file.read_bytes() == b"earlier"


async def test_access_tokens_stay_at_home(tmp_path: Path, database: Database) -> None:
    """A backup lies on sticks and in mailboxes; everything else is in it."""
    settings = Settings(data=tmp_path, database_url=database.url)
    file = tmp_path / "backup.zip"
    async with app.opened(settings) as opened:
        await SharedMemory(opened).keep("wecom:token", "the-access-token", timedelta(hours=2))
        await backup.save(settings.url, settings.data / "media", file)
    with ZipFile(file) as archive:
        tables = {Path(name).stem for name in archive.namelist() if name.startswith("tables/")}
        content = b"".join(archive.read(name) for name in archive.namelist())

    assert b"the-access-token" not in content
    assert set(Base.metadata.tables) - tables == {"memory"}
