"""Health says what this process does, and an old schema is left alone."""

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text, update

from bot import app
from bot.app import Role
from bot.commands import office
from bot.errors import SettingsError
from bot.model import Kind
from bot.settings import Settings
from bot.storage import outbox, standstill
from bot.storage.database import Database as Store
from bot.storage.database import open_database
from bot.storage.outbox import Destination, Draft, OutboxRow
from bot.storage.transaction import Transaction
from tests.databases import Database
from tests.service import SQLITE, settings_for

GONE = Destination("wecom", "gone", "ZhouMin")
"""A member of an account that nobody has configured."""


async def leave_a_text(tx: Transaction) -> None:
    """A text to the account, due for an hour."""
    await outbox.add(tx, [Draft(GONE, Kind.NOTICE, "明早停水")])
    await tx.execute(update(OutboxRow).values(next_at=tx.now - timedelta(hours=1)))


async def checks(settings: Settings, *roles: Role) -> tuple[int, dict[str, bool]]:
    """What /readyz of a process with these roles says."""
    async with (
        app.running(settings, {Role.WEB, *roles}) as running,
        aiohttp.ClientSession() as http,
        http.get(f"{running.url}/readyz") as answer,
    ):
        return answer.status, (await answer.json())["checks"]


@SQLITE
async def test_a_process_answers_for_its_own_work(seeded: Database, tmp_path: Path) -> None:
    """Who serves pages alone never loads the index and is ready all the same."""
    settings = settings_for(seeded.url, tmp_path)

    assert await checks(settings) == (200, {"database": True, "queues": True, "disk": True})
    assert "understanding" in (await checks(settings, Role.DISPATCH))[1]


@SQLITE
async def test_a_removed_account_keeps_nobody_from_being_ready(
    seeded: Database, tmp_path: Path
) -> None:
    """Its texts wait for ever; they are no work of this process."""
    async with open_database(seeded.url) as store:
        await store.write(leave_a_text)

    assert (await checks(settings_for(seeded.url, tmp_path), Role.DELIVER))[0] == 200


async def test_what_an_account_left_undone_is_seen(store: Store) -> None:
    """Where the account is configured its text counts from when it was due."""
    await store.write(leave_a_text)
    async with store.read() as tx:
        due = await standstill.oldest_text(tx, {("wecom", "gone")})
        other = await standstill.oldest_text(tx, {("wecom", "")})

        assert due is not None
        assert tx.now - due > timedelta(minutes=59)
        assert other is None


@pytest.mark.parametrize(
    ("version", "sentence"), [("0000", "xiaolaba db upgrade"), ("9999", "最新的小喇叭")]
)
async def test_commands_leave_another_schema_alone(
    seeded: Database, tmp_path: Path, version: str, sentence: str
) -> None:
    """A service of that version may be at work: only `serve` and `db upgrade` migrate."""

    async def age(tx: Transaction) -> None:
        await tx.execute(text("UPDATE alembic_version SET version_num = :v").bindparams(v=version))

    async with open_database(seeded.url) as store:
        await store.write(age)
    with pytest.raises(SettingsError, match=sentence):
        await office.list_members(settings_for(seeded.url, tmp_path), "")
