"""Dispatch: a handler's writes, its replies and the inbox mark are there together or not at all."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sqlalchemy import select, update

from bot import skills
from bot.api import Answer, Context, Handler, Message, Otherwise, Reply, Report, RuleError
from bot.community.communities import everyone
from bot.community.issues import IssueRow
from bot.community.people import IdentityRow, Role
from bot.community.transaction import CommunityTransaction
from bot.dispatch import LEASE, Dispatcher
from bot.metrics import Metrics
from bot.model import ChatKind, Media, MediaKind
from bot.platforms import build_all
from bot.storage import inbox
from bot.storage.database import Database, open_database
from bot.storage.inbox import FAILED, Inbox, InboxRow
from bot.storage.media import MediaFolder
from bot.storage.memory import SharedMemory
from bot.storage.outbox import OutboxRow
from bot.storage.transaction import Transaction
from bot.understanding import Understanding
from tests.fakes.onebot import FakeOneBot
from tests.service import STEP, settings_for, variables

BROKEN = "3号楼电梯坏了"
APOLOGY = "刚才没弄好，已经告诉工作人员了。急事请打☎0411-5550101。"


def said(number: int, text: str = BROKEN, who: str = "a" * 40) -> Message:
    """A message from the page."""
    return Message(
        platform="webchat",
        account="demo",
        id=f"{who}:{number}",
        chat=who,
        kind=ChatKind.PRIVATE,
        sender=who,
        text=text,
        sent_at=datetime.now(UTC),
    )


@asynccontextmanager
async def dispatching(
    store: Database,
    folder: Path,
    *instead: Handler,
    worker: str = "a",
    lease: timedelta = LEASE,
    **accounts: str,
) -> AsyncIterator[Dispatcher]:
    """A dispatcher that is stepped by hand, with some handlers instead of ours."""
    settings = settings_for(store.url, folder, **accounts)
    taken = {handler.action for handler in instead}
    handlers = [h for h in skills.discover() if h.action not in taken] + list(instead)
    understanding = Understanding(store, settings, handlers)
    await understanding.learn()
    await understanding.load()
    async with aiohttp.ClientSession() as http:
        platforms = build_all(settings, http, SharedMemory(store))
        media = MediaFolder(folder / "media")
        yield Dispatcher(worker, store, understanding, handlers, platforms, media, Metrics(), lease)


async def work(dispatcher: Dispatcher) -> None:
    """Handle until nothing is left that may be handled now."""
    async with asyncio.timeout(30):
        while await dispatcher.step():
            pass


async def hurry(store: Database) -> None:
    """End the pause before the next attempt."""

    async def unit(tx: Transaction) -> None:
        await tx.execute(update(InboxRow).values(next_at=tx.now))

    await store.write(unit)


async def texts(store: Database) -> list[str]:
    """What was answered."""
    async with store.read() as tx:
        return list((await tx.select(select(OutboxRow.text).order_by(OutboxRow.id))).scalars())


async def numbers(store: Database) -> list[int]:
    """The issues there are."""
    async with store.read() as tx:
        return list((await tx.select(select(IssueRow.number).order_by(IssueRow.id))).scalars())


async def file_and_fail(message: Message, context: Context) -> Answer:
    """A handler with a fault, which shows only after it has written."""
    await context.tx.issues.open(Report(message.text, "其他", "webchat"))
    if "电梯" in message.text:
        raise LookupError("the fault")
    return Reply("记下了")


async def test_a_failing_handler_leaves_nothing(store: Database, tmp_path: Path) -> None:
    """Three attempts, an apology, no number lost, and the chat goes on."""
    await Inbox(store).add([said(1), said(2, "3号楼灯坏了")])
    async with dispatching(store, tmp_path, Handler("report", file_and_fail)) as dispatcher:
        for _ in range(inbox.ATTEMPTS):
            await work(dispatcher)
            await hurry(store)
        await work(dispatcher)

    assert await texts(store) == [APOLOGY, "记下了"]
    assert await numbers(store) == [1]
    async with store.read() as tx:
        rows = (await tx.select(select(InboxRow.state, InboxRow.error).order_by(InboxRow.id))).all()
    assert rows[0].state == FAILED
    assert "LookupError" in str(rows[0].error)
    assert BROKEN not in str(rows[0].error)


async def on_the_phone(tx: Transaction) -> None:
    """One staff member who can be reached."""
    (community,) = await everyone(tx, ZoneInfo("Asia/Shanghai"))
    room = CommunityTransaction(tx, community)
    member = await room.people.add("值班", Role.STAFF, await room.places.root())
    await tx.execute(
        tx.insert(IdentityRow).values(
            platform="webchat",
            account="",
            sender="on-duty",
            chat="on-duty",
            person_id=member,
            heard_at=tx.now,
        )
    )


async def test_staff_hear_of_a_message_that_failed(store: Database, tmp_path: Path) -> None:
    """The apology says so, and it is true."""
    await store.write(on_the_phone)
    await Inbox(store).add([said(1)])
    async with dispatching(store, tmp_path, Handler("report", file_and_fail)) as dispatcher:
        for _ in range(inbox.ATTEMPTS):
            await work(dispatcher)
            await hurry(store)

    assert [text.split("说")[0] for text in await texts(store)] == [APOLOGY, "一位居民"]


async def file_and_refuse(message: Message, context: Context) -> Answer:
    """A handler that meets a rule of the community too late."""
    await context.tx.issues.open(Report(message.text, "其他", "webchat"))
    raise RuleError("人满了")


async def test_a_rule_that_says_no_leaves_its_sentence(store: Database, tmp_path: Path) -> None:
    """And nothing else of what the handler did."""
    await Inbox(store).add([said(1)])
    async with dispatching(store, tmp_path, Handler("report", file_and_refuse)) as dispatcher:
        await work(dispatcher)

    assert await texts(store) == ["人满了"]
    assert await numbers(store) == []


async def leave_to_others(_message: Message, _context: Context) -> Answer:
    """A handler that never answers."""
    return Otherwise()


async def say_no(_message: Message, _context: Context) -> Answer:
    """The plain refusal."""
    return Reply("这个我还不会")


async def test_what_all_leave_to_others_is_refused(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked twice; counted is who answered."""
    await Inbox(store).add([said(1)])
    handlers = Handler("report", leave_to_others), Handler("refuse", say_no)
    metrics = Metrics()
    monkeypatch.setattr(f"{__name__}.Metrics", lambda: metrics)
    async with dispatching(store, tmp_path, *handlers) as dispatcher:
        await work(dispatcher)
    counted = metrics.registry.get_sample_value
    actions = [counted("xiaolaba_handled_total", {"action": a}) for a in ("report", "refuse")]

    assert await texts(store) == ["这个我还不会"]
    assert actions == [None, 1]


async def test_a_message_that_nobody_answers_is_given_up(store: Database, tmp_path: Path) -> None:
    """It fails like any other, and the chat goes on."""
    await Inbox(store).add([said(1)])
    handlers = Handler("report", leave_to_others), Handler("refuse", leave_to_others)
    async with dispatching(store, tmp_path, *handlers) as dispatcher:
        for _ in range(inbox.ATTEMPTS):
            await work(dispatcher)
            await hurry(store)

    assert await texts(store) == [APOLOGY]


async def test_two_dispatchers_answer_each_once(store: Database, tmp_path: Path) -> None:
    """Every chat in its order, whoever handles it; numbers without a gap."""
    people = [f"{letter}" * 40 for letter in "abcdef"]
    messages = [said(n, f"{n}号楼灯坏了", who) for n in range(1, 6) for who in people]
    await Inbox(store).add(messages)
    async with (
        open_database(store.url) as second,
        dispatching(store, tmp_path) as one,
        dispatching(second, tmp_path, worker="b") as other,
    ):
        await asyncio.gather(work(one), work(other))
        await asyncio.gather(work(one), work(other))

    assert await numbers(store) == list(range(1, 31))
    async with store.read() as tx:
        rows = await tx.select(
            select(OutboxRow.lane_id, OutboxRow.text).order_by(OutboxRow.lane_id, OutboxRow.seq)
        )
        answers: Sequence[tuple[int, str]] = [(row[0], row[1]) for row in rows]
    assert len(answers) == 30
    assert [text.split("号楼")[0][-1] for _, text in answers] == list("12345") * 6


async def test_leases_are_given_back_at_the_end(store: Database, tmp_path: Path) -> None:
    """What a stopping worker has not begun is there for the next one at once."""
    await Inbox(store).add([said(1), replace(said(2), chat="b" * 40)])
    async with dispatching(store, tmp_path) as dispatcher:
        await dispatcher.stop()
        await work(dispatcher)

    assert len(await texts(store)) == 2


SHORT = timedelta(seconds=0.6)
"""A lease that a test can see end."""


async def test_who_dies_lets_go_and_who_works_holds(store: Database, tmp_path: Path) -> None:
    """A photo that never comes: nobody else gets its message before the worker is gone."""

    async def others_get() -> int:
        take = partial(inbox.take, worker="b", lease=SHORT, limit=9, accounts=[("onebot", "")])
        return len(await store.write(take))

    async with FakeOneBot() as fake:
        fake.trouble = ["hang"]
        photo = Media(MediaKind.IMAGE, f"{fake.url}/file/photo")
        await Inbox(store).add([replace(said(1), platform="onebot", account="", media=(photo,))])
        hosts = {"media_hosts": urlsplit(fake.url).netloc}
        accounts = variables("onebot", fake.settings() | hosts)
        with store.changes.watch("nothing") as watch:
            async with dispatching(store, tmp_path, lease=SHORT, **accounts) as slow:
                at_work = [asyncio.create_task(each()) for each in (slow.run, slow.hold)]
                while fake.trouble:
                    await watch.wait(STEP)
                meanwhile = [await others_get() for _ in range(100) if not await watch.wait(STEP)]
                for task in at_work:
                    task.cancel()
                died = time.monotonic()
                while not await others_get():
                    await watch.wait(STEP)
                waited = time.monotonic() - died
            await slow.stop()

    assert sum(meanwhile) == 0
    assert waited < 2 * SHORT.total_seconds()
