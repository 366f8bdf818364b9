"""The promises of the queues, with `kill -9` at random moments and services in a bad mood.

Printed is what was counted; 0 is promised where a line says so.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.commands.office import link_member
from bot.community.events import EventKind, Plan
from bot.community.transaction import CommunityTransaction
from bot.settings import Settings
from bot.storage.database import Database as OpenDatabase
from bot.storage.database import open_database
from bot.storage.outbox import Destination
from bot.storage.transaction import Transaction
from tests.databases import Database
from tests.fakes.trouble import Trouble
from tests.kills.crowd import Crowd, Doors
from tests.kills.ledger import Ledger, books, count, in_flight, waiting
from tests.kills.processes import Worker
from tests.kills.services import Arrival, Mood, MoodyOneBot, MoodyWecom
from tests.service import place, room, settings_for, variables

GROUPS = range(20_001, 20_009)
FLOODED = 20_999
NOTICES = 30
"""To the flooded group at once: more than a minute takes."""

STAFF = {"Staff1": "周敏", "Staff2": "陈立新"}
SHARE = 0.07
"""How often a service misbehaves."""

NEVER = {
    "lost",
    "unanswered",
    "missed",
    "reminders_lost",
    "sent_for_nothing",
    "once_twice",
    "unexplained",
    "out_of_order",
    "over_rate",
    "strangers",
    "gaps",
}
"""What must be 0."""

ALONE = ((),)
PARTS = (("web", "dispatch"), ("web", "dispatch", "deliver"), ("web", "deliver", "clock"))
FULL = ((), (), ())

ONEBOT: tuple[Trouble, ...] = (
    503,
    "hang",
    "reset",
    "lost",
    {"status": "failed", "retcode": 1200, "data": None},
)
WECOM: tuple[Trouble, ...] = (503, "hang", "reset", "lost", {"errcode": -1, "errmsg": "busy"})
TOO_OFTEN: Trouble = {"errcode": 45009, "errmsg": "api freq out of limit"}
"""Costs the chat a minute: for the long form."""


@dataclass(frozen=True, slots=True)
class Form:
    """How long and how hard."""

    kills: int
    between: float
    firings: int
    within: timedelta
    patience: float


SHORT = {
    "sqlite": Form(12, 0.8, 40, timedelta(seconds=20), 60),
    "postgresql": Form(20, 0.6, 40, timedelta(seconds=20), 90),
}
SOAK_KILLS = int(os.environ.get("SOAK_KILLS", "1000"))
LONG = Form(SOAK_KILLS, 4, 2 * SOAK_KILLS, timedelta(seconds=4 * SOAK_KILLS), 900)


@dataclass(frozen=True, slots=True)
class Course:
    """How a run went, besides its figures."""

    kills: int
    refused: int
    repeated: int
    notices_by_staff: int
    dropped_by_service: int
    drained_seconds: float
    seconds: float
    exit_codes: tuple[int | None, ...]


@dataclass
class Fire:
    """A service under fire, with everything around it."""

    kind: str
    form: Form
    workers: list[Worker]
    database: OpenDatabase
    settings: Settings
    crowd: Crowd
    record: list[Arrival]
    flying: set[int]
    kills: int = 0

    @property
    def shape(self) -> tuple[tuple[str, ...], ...]:
        """Which process does what: on PostgreSQL first in parts, then each everything."""
        if self.kind == "sqlite":
            return ALONE
        return PARTS if self.kills < self.form.kills / 2 else FULL

    async def start(self) -> None:
        """Start every process and wait until those with a web server answer."""
        for worker, roles in zip(self.workers, self.shape, strict=True):
            worker.start(roles)
        await self.up()

    async def up(self) -> None:
        """Return when every web server answers."""
        for worker in self.workers:
            while worker.answers and not await worker.up(self.crowd.doors.http):
                await self.crowd.doors.pause(0.05)

    async def prepare(self) -> None:
        """Staff are linked, groups known, events planned, and one group has a flood before it."""
        for who, name in STAFF.items():
            self.crowd.wecom.members.add(who)
            await self.crowd.says(who, f"绑定 {await link_member(self.settings, '', name)}")
            assert await self.crowd.hears(who, "绑好了")
        await self._write(self._settle_in)
        await self._write(self._flood)

    async def kill_them(self) -> None:
        """Kill a process, take down what it had in hand, start it again; and so on."""
        while self.kills < self.form.kills:
            if self.kind == "sqlite":
                await self.up()
            await self.crowd.doors.pause(random.uniform(0, 2) * self.form.between)  # noqa: S311
            number = random.randrange(len(self.workers))  # noqa: S311
            self.workers[number].kill()
            self.kills += 1
            async with self.database.read() as tx:
                self.flying |= await in_flight(tx)
            self.workers[number].start(self.shape[number])

    async def drained(self) -> float:
        """Return when no queue has anything left; how many seconds that took."""
        began = time.monotonic()
        async with asyncio.timeout(self.form.patience):
            while await self._waiting():
                await self.crowd.doors.pause(0.2)
        return time.monotonic() - began

    async def _waiting(self) -> int:
        async with self.database.read() as tx:
            return await waiting(tx, f"group:{FLOODED}")

    async def count(self) -> Ledger:
        """What became of everything."""
        async with self.database.read() as tx:
            found = await books(tx)
        return count(found, self.record, self.crowd.doors.acknowledged, self.flying)

    async def _write(self, unit: Callable[[CommunityTransaction], Awaitable[None]]) -> None:
        async def within(tx: Transaction) -> None:
            await unit(await room(tx, self.settings))

        await self.database.write(within)

    async def _settle_in(self, tx: CommunityTransaction) -> None:
        for number, group in enumerate([*GROUPS, FLOODED], 1):
            home = await place(tx, f"{number if group != FLOODED else 12}号楼")
            await tx.groups.add(f"群{group}", home, Destination("onebot", "", f"group:{group}"))
        for number in range(self.form.firings):
            home = await place(tx, f"{number % len(GROUPS) + 1}号楼")
            soon = self.form.within * ((number + 1) / self.form.firings)
            start = tx.now + timedelta(hours=2) + soon
            await tx.events.plan(Plan(EventKind.CLEAN_UP, f"大清扫第{number}场", home, start))

    async def _flood(self, tx: CommunityTransaction) -> None:
        home = await place(tx, "12号楼")
        for number in range(NOTICES):
            await tx.broadcasts.send([home], f"第{number}号通知，请查收", None)


@asynccontextmanager
async def fire(
    database: Database, folder: Path, form: Form, moods: tuple[tuple[Trouble, ...], ...]
) -> AsyncIterator[Fire]:
    """The service between its moody services, with a crowd before it."""
    record: list[Arrival] = []
    async with AsyncExitStack() as stack:
        onebot = MoodyOneBot(Mood("onebot", 0, moods[0]), record)
        wecom = MoodyWecom(Mood("wecom", 0, moods[1]), record)
        for fake in (onebot, wecom):
            await stack.enter_async_context(fake)
        accounts = {
            **variables("onebot", onebot.settings()),
            **variables("wecom", wecom.settings()),
            **variables("wecom_kf", wecom.settings()),
        }
        settings = settings_for(database.url, folder, **accounts)
        prefixed = {f"XIAOLABA_{name}": value for name, value in accounts.items()}
        prefixed |= {"XIAOLABA_DATABASE_URL": database.url, "XIAOLABA_DATA": str(folder)}
        workers = [Worker(prefixed, folder, n) for n in range(1 if "sqlite" in database.url else 3)]
        http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        )
        ours = await stack.enter_async_context(open_database(database.url))
        crowd = Crowd(Doors(workers, http), onebot, wecom, record)
        yield Fire(database.kind, form, workers, ours, settings, crowd, record, set())


async def burn(
    database: Database,
    folder: Path,
    form: Form,
    onebot: tuple[Trouble, ...] = ONEBOT,
    wecom: tuple[Trouble, ...] = WECOM,
) -> tuple[Ledger, Course]:
    """One run from start to stop: what was counted, and what else is worth a line."""
    began = time.monotonic()
    async with fire(database, folder, form, (onebot, wecom)) as this:
        people = range(6)
        this.crowd.onebot.groups |= {*GROUPS, FLOODED}
        this.crowd.onebot.friends |= {30_000 + number for number in people}
        this.crowd.wecom.members |= {f"Member{number}" for number in people}
        try:
            await this.start()
            await this.prepare()
            this.crowd.onebot.mood.share = this.crowd.wecom.mood.share = SHARE
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(this.crowd.everybody(len(people), GROUPS, list(STAFF)))
                await this.kill_them()
                this.crowd.doors.over.set()
            await this.up()
            this.crowd.onebot.mood.share = this.crowd.wecom.mood.share = 0
            drained = await this.drained()
            ledger = await this.count()
        finally:
            codes = tuple(worker.stop() for worker in this.workers)
        course = Course(
            kills=this.kills,
            refused=this.crowd.doors.refused,
            repeated=this.crowd.doors.repeated,
            notices_by_staff=this.crowd.notices,
            dropped_by_service=len(this.crowd.wecom.dropped),
            drained_seconds=round(drained, 1),
            seconds=round(time.monotonic() - began, 1),
            exit_codes=codes,
        )
    return ledger, course


def show(kind: str, ledger: Ledger, course: Course, folder: Path) -> None:
    """The table, and a copy of it."""
    rows = [(name, str(value)) for name, value in (asdict(course) | asdict(ledger)).items()]
    table = "\n".join([f"\nkill -9, {kind}", *(f"  {name:20} {value}" for name, value in rows)])
    (folder / "kills.txt").write_text(table, encoding="utf-8")
    print(table)  # noqa: T201 - what the test is for


def judge(ledger: Ledger, course: Course) -> None:
    """Every promise."""
    assert set(course.exit_codes) == {0}, "a graceful stop"
    assert course.dropped_by_service == 0
    broken = {name: value for name, value in asdict(ledger).items() if name in NEVER and value}
    assert broken == {}
    assert ledger.acknowledged > 50
    assert ledger.once_texts > NOTICES


@pytest.mark.kills
async def test_nothing_is_lost_by_kills(
    seeded: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing acknowledged is lost, nothing said twice that must not, no limit passed."""
    ledger, course = await burn(seeded, tmp_path, SHORT[seeded.kind])
    with capsys.disabled():
        show(seeded.kind, ledger, course, tmp_path)

    judge(ledger, course)


@pytest.mark.soak
@pytest.mark.timeout(6 * 3600)
async def test_a_thousand_kills(
    seeded: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same for hours, also with calls that the service counts as too many."""
    ledger, course = await burn(seeded, tmp_path, LONG, wecom=(*WECOM, TOO_OFTEN))
    with capsys.disabled():
        show(seeded.kind, ledger, course, tmp_path)

    judge(ledger, course)
