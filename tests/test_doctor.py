"""The doctor sees what is broken, says what to do, and touches nothing."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import app
from bot.commands.doctor import Finding, examine, file_system
from bot.community.communities import everyone
from bot.community.people import Role
from bot.community.questions import Entry
from bot.community.senders import meet
from bot.community.transaction import CommunityTransaction
from bot.model import ChatKind, Message
from bot.settings import CommunitySettings, Settings
from bot.storage import checkup, engine
from bot.storage.transaction import Transaction
from faq.starter import SLOTS
from tests.databases import Database

Serve = Callable[[dict[str, str]], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a real web server whose /healthz says that; its address."""
    runners = []

    async def start(body: dict[str, str]) -> str:
        async def healthz(_request: web.Request) -> web.Response:
            return web.json_response(body)

        application = web.Application()
        application.router.add_get("/healthz", healthz)
        runner = web.AppRunner(application)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


def install(folder: Path, **values: Any) -> Settings:
    """An install of its own."""
    return Settings(**{"data": folder / "data", "port": 0, "community_name": "幸福社区", **values})


async def opened(settings: Settings) -> Settings:
    """The same, with its database made."""
    async with app.opened(settings):
        return settings


def lines(findings: list[Finding], words: str) -> list[Finding]:
    """The findings about something."""
    return [finding for finding in findings if words in finding.line]


def the_one(findings: list[Finding], words: str) -> Finding:
    """The finding about something."""
    [found] = lines(findings, words)
    return found


async def test_every_line_begins_with_its_verdict(tmp_path: Path) -> None:
    """Plain words: what is well, or what and how."""
    findings = await examine(await opened(install(tmp_path)))

    for finding in findings:
        assert finding.line.startswith("好：" if finding.well else "要处理：")
        assert finding.well or "——" in finding.line


async def test_a_full_install_is_well(tmp_path: Path, serve: Serve) -> None:
    """Phone, facts, linked staff and a backup: only the certificate is missing."""
    facts = dict.fromkeys(SLOTS, "010-1234")
    community = CommunitySettings(name="幸福社区", phone="010-1234", facts=facts)
    settings = install(tmp_path, community=(community,), public_url=await serve({"status": "ok"}))
    await link_somebody(settings)
    (settings.data / "backups").mkdir()
    (settings.data / "backups" / "xiaolaba-2026-11-21.zip").touch()

    findings = await examine(settings)
    trouble = [finding.line for finding in findings if not finding.well]
    assert trouble == [line for line in trouble if "没有加密" in line]
    assert the_one(findings, "打得开").well


async def link_somebody(settings: Settings) -> None:
    """A staff member who typed the code in a chat."""

    async def unit(tx: Transaction) -> None:
        [community] = await everyone(tx, settings.zone)
        room = CommunityTransaction(tx, community)
        member = await room.people.add("王姐", Role.STAFF, await room.places.root())
        code = await room.people.new_code(member)
        message = Message(
            platform="webchat",
            account="",
            id="1",
            chat="device",
            kind=ChatKind.PRIVATE,
            sender="device",
            text=f"绑定 {code}",
            sent_at=datetime.now(UTC),
        )
        [person] = (await meet(tx, {("webchat", "", "device"): community.id}, [message])).values()
        assert await room.people.redeem(person.identity, code) == "王姐"

    async with app.opened(settings) as database:
        await database.write(unit)


async def test_a_new_install_is_told_what_is_missing(tmp_path: Path) -> None:
    """Phone, slots, staff, address, backup: each with what to do."""
    findings = await examine(await opened(install(tmp_path)))

    for words, cure in (
        ("居委会电话", "xiaolaba fact 社区电话"),
        ("物业电话", "xiaolaba fact"),
        ("绑定聊天", "xiaolaba staff link"),
        ("网址", "XIAOLABA_PUBLIC_URL"),
        ("备份", "xiaolaba backup"),
    ):
        finding = the_one(findings, words)
        assert not finding.well
        assert cure in finding.line


async def test_a_filled_slot_is_not_asked_for(tmp_path: Path) -> None:
    """Only what nobody filled in is named."""
    community = CommunitySettings(name="幸福社区", facts={"物业电话": "010-1"}, address="1号")
    findings = await examine(await opened(install(tmp_path, community=(community,))))
    empty = the_one(findings, "还空着").line.split("——")[0]

    assert "供水电话" in empty
    assert "物业电话" not in empty
    assert "社区地址" not in empty


async def test_what_answers_wait_for_is_counted(tmp_path: Path) -> None:
    """Each missing fact with the number of answers that need it, the most wanted first."""
    findings = await examine(await opened(install(tmp_path)))
    empty = the_one(findings, "还空着").line.split("——")[0]

    counts = [int(count) for count in re.findall(r"（(\d+)条）", empty)]
    assert len(counts) > 5
    assert counts == sorted(counts, reverse=True)
    assert re.search(r"（\d+条答案在等）", the_one(findings, "没有居委会电话").line)


async def test_what_is_due_for_review_is_named(tmp_path: Path) -> None:
    """An entry past its date, as residents ask it; nothing when all dates are ahead."""
    settings = await opened(install(tmp_path))
    assert lines(await examine(settings), "复核日期") == []

    async def unit(tx: Transaction) -> None:
        [community] = await everyone(tx, settings.zone)
        room = CommunityTransaction(tx, community)
        due = room.now.date() - timedelta(days=1)
        await room.questions.save([Entry("old", "游泳池几点开门", "早上8点。", review_on=due)])

    async with app.opened(settings) as database:
        await database.write(unit)
    assert (
        "有1条答案过了复核日期：“游泳池几点开门”" in the_one(await examine(settings), "复核").line
    )


async def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """Nothing can be kept there; nothing is made either."""
    (tmp_path / "data").write_text("mine")
    findings = await examine(install(tmp_path))

    assert not the_one(findings, "不是文件夹").well
    assert not the_one(findings, "打不开").well
    assert (tmp_path / "data").read_text() == "mine"


async def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    """Looking at an empty folder leaves it empty."""
    (tmp_path / "data").mkdir()
    findings = await examine(install(tmp_path))

    assert "xiaolaba db upgrade" in the_one(findings, "打不开").line
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"this is no database at all, only a text" * 50])
async def test_a_database_that_is_none(tmp_path: Path, content: bytes) -> None:
    """An empty file is an old version; a text is no database. Neither is changed."""
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "xiaolaba.db"
    file.write_bytes(content)
    findings = await examine(install(tmp_path))

    assert not the_one(findings, "xiaolaba.db").well
    assert file.read_bytes() == content


async def test_another_journal_is_seen(tmp_path: Path) -> None:
    """Without WAL readers and the writer stop each other."""
    settings = await opened(install(tmp_path))
    writer = engine.writing_sqlite(settings.url)
    with writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    writer.dispose()

    assert "delete" in the_one(await examine(settings), "日志方式").line


async def test_both_databases_are_read(tmp_path: Path, database: Database) -> None:
    """Version, and the journal or the clock; before the tables are there as well."""
    settings = install(tmp_path, database_url=database.url)
    if database.kind == "postgresql":
        assert not (await checkup.look(database.url)).newest
    found = await checkup.look((await opened(settings)).url)
    findings = await examine(settings)

    assert found.newest
    assert (found.journal, found.clock is None) == (
        ("wal", True) if database.kind == "sqlite" else (None, False)
    )
    assert the_one(findings, "能读，版本").well
    assert lines(findings, "时间差了") == []


async def test_a_database_out_of_reach_gives_no_secret_away(tmp_path: Path) -> None:
    """Nobody answers there; neither password nor token is in any line."""
    url = "postgresql+asyncpg://laba:hunter2-password@127.0.0.1:1/laba"
    accounts = {"wecom": {"": {"secret": "hunter2-secret"}}}
    settings = install(
        tmp_path, database_url=url, metrics_token="hunter2-token", platforms=accounts
    )
    findings = await examine(settings)

    assert not the_one(findings, "PostgreSQL 数据库").well
    assert lines(findings, "hunter2") == []


async def test_half_an_account_is_named(tmp_path: Path) -> None:
    """Which platform, which settings; the others are looked at all the same."""
    settings = install(tmp_path, platforms={"wecom": {"": {"corp_id": "ww1234567890abcdef"}}})
    findings = await examine(await opened(settings))

    assert "XIAOLABA_WECOM_TOKEN" in the_one(findings, "没有设置好").line
    assert the_one(findings, "webchat").well
    assert "还没用的服务：onebot" in the_one(findings, "onebot").line


async def test_a_port_of_somebody_else(tmp_path: Path, serve: Serve) -> None:
    """Said before the start would fail."""
    port = int((await serve({"status": "welcome to nginx"})).rsplit(":", 1)[1])
    finding = the_one(await examine(install(tmp_path, port=port)), f"端口 {port}")

    assert not finding.well
    assert "XIAOLABA_PORT" in finding.line


async def test_our_own_service_may_run(tmp_path: Path) -> None:
    """The doctor works beside it."""
    settings = install(tmp_path)
    async with app.running(settings) as running:
        port = int(running.url.rsplit(":", 1)[1])
        findings = await examine(settings.model_copy(update={"port": port}))

    assert the_one(findings, "正在运行").well
    assert the_one(findings, "数据库 ").well


async def test_somebody_else_answers_at_our_address(tmp_path: Path, serve: Serve) -> None:
    """A wrong domain or proxy."""
    url = await serve({"status": "welcome to nginx"})
    findings = await examine(install(tmp_path, public_url=url))

    assert not the_one(findings, "从这里打不开").well
    assert "https://" in the_one(findings, "没有加密").line


async def test_an_old_backup_is_seen(tmp_path: Path) -> None:
    """Three days without one."""
    settings = await opened(install(tmp_path))
    file = settings.data / "backups" / "xiaolaba-2026-11-01.zip"
    file.parent.mkdir()
    file.touch()
    old = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(file, (old, old))

    assert not the_one(await examine(settings), "太旧了").well


def test_a_network_disk_is_seen(tmp_path: Path) -> None:
    """The mount that holds the folder counts, the longest and the last one."""
    shared = tmp_path / "our files"
    (shared / "data").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    point = str(shared).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {point} nfs4 rw 0 0\n")

    assert file_system(shared / "data", mounts) == "nfs4"
    assert file_system(tmp_path, mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "nothing") == ""
