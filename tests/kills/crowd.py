"""The people around a service under fire: they write all the time, each through a door of theirs.

What a service gets no success for it brings again, as every messaging service does; and every
tenth call it brings twice.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count

import aiohttp
from yarl import URL

from bot.model import Call
from tests.fakes.onebot import SELF_ID, at, in_group, signed, text
from tests.fakes.wecom import Signer
from tests.kills.processes import Worker
from tests.kills.services import Arrival, MoodyOneBot, MoodyWecom

LATELY = 1000
"""Arrivals among which somebody looks for an answer."""

REPEATED = 10
"""Every so many calls are brought twice."""


@dataclass
class Doors:
    """The webhooks of the workers that have one, and what became of the calls."""

    workers: Sequence[Worker]
    http: aiohttp.ClientSession
    over: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0

    async def bring(self, platform: str, call: Call, id: str) -> None:
        """Bring the call until it is acknowledged; the message with that id is taken in then."""
        while not await self._bring_once(platform, call):
            self.refused += 1
            await self.pause(0.2)
        self.acknowledged.append(id)
        if len(self.acknowledged) % REPEATED == 0:
            self.repeated += await self._bring_once(platform, call)

    async def pause(self, seconds: float) -> None:
        """Let some time go by; not longer than the test goes on."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.05)

    async def _bring_once(self, platform: str, call: Call) -> bool:
        door = random.choice([each for each in self.workers if each.answers])  # noqa: S311
        query = f"?{call.query}" if call.query else ""
        url = URL(f"{door.url}/webhook/{platform}{query}", encoded=True)
        try:
            async with self.http.request(
                call.method, url, data=call.body, headers=dict(call.headers)
            ) as answer:
                return answer.status in {200, 204}
        except (aiohttp.ClientError, TimeoutError):
            return False


@dataclass
class Crowd:
    """Everybody who writes."""

    doors: Doors
    onebot: MoodyOneBot
    wecom: MoodyWecom
    record: list[Arrival]
    notices: int = 0
    _numbers: "count[int]" = field(default_factory=lambda: count(100_000))

    async def everybody(self, neighbours: int, groups: Sequence[int], staff: Sequence[str]) -> None:
        """Write until the test is over."""
        habits = [(partial(self._group, group), 4) for group in groups]
        habits += [(partial(self._notice, who), 2) for who in staff]
        for number in range(neighbours):
            habits.append((partial(self._private, number), 2))
            habits.append((partial(self._kf, f"wm{number}"), 1))
            habits.append((partial(self._member, f"Member{number}"), 2))
        async with asyncio.TaskGroup() as tasks:
            for act, seconds in habits:
                tasks.create_task(self._again(act, seconds))

    async def says(self, who: str, words: str) -> None:
        """A member of the corporation writes to the app."""
        now, number = datetime.now(UTC), next(self._numbers)
        call = Signer(now=now).says(words, FromUserName=who, MsgId=str(number))
        await self.doors.bring("wecom", call, f"{number}")

    async def hears(self, chat: str, words: str) -> bool:
        """Wait until a text with these words has come to the chat; False when the test is over."""
        while not any(a.chat == chat and words in a.text for a in self.record[-LATELY:]):
            if self.doors.over.is_set():
                return False
            await self.doors.pause(0.1)
        return True

    async def _again(self, act: Callable[[], Awaitable[None]], seconds: float) -> None:
        while not self.doors.over.is_set():
            await act()
            await self.doors.pause(random.uniform(0.3, 1.7) * seconds)  # noqa: S311

    def _report(self) -> tuple[int, str]:
        number = next(self._numbers)
        return number, f"5号楼楼道灯坏了 {number}"

    async def _private(self, number: int) -> None:
        await self._qq("private", 30_000 + number, 30_000 + number)

    async def _group(self, group: int) -> None:
        await self._qq("group", group, 40_000 + group)

    async def _qq(self, kind: str, chat: int, sender: int) -> None:
        number, words = self._report()
        event = in_group(
            [at(SELF_ID), text(words)] if kind == "group" else [text(words)],
            message_type=kind,
            group_id=chat,
            user_id=sender,
            message_id=number,
            time=int(datetime.now(UTC).timestamp()),
        )
        await self.doors.bring("onebot", signed(event), f"{SELF_ID}:{number}")

    async def _member(self, who: str) -> None:
        await self.says(who, self._report()[1])

    async def _kf(self, who: str) -> None:
        """Somebody in WeChat: writes again when the answer has come, for five are all there are."""
        self.wecom.now = datetime.now(UTC)
        _, words = self._report()
        call = self.wecom.writes(who, content=words)
        await self.doors.bring("wecom_kf", call, str(self.wecom.items[-1]["msgid"]))
        await self.hears(who, words)

    async def _notice(self, who: str) -> None:
        """A member of staff writes a notice, looks at it, sends it, and looks how it went."""
        number = next(self._numbers)
        await self.says(who, f"通知 {number % 8 + 1}号楼 明早8点停水，第{number}号通知")
        if await self.hears(who, f"第{number}号通知"):
            await self.says(who, "1")
            self.notices += 1
