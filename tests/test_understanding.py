"""Understanding at work: what staff change is known at once, and dates are kept to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.community.communities import Community
from bot.community.dialogues import Dialogue
from bot.community.people import Person, Role
from bot.community.questions import Entry, EntryState, Outcome
from bot.errors import StorageError
from bot.model import ChatKind, Message
from bot.storage.database import Database
from bot.storage.transaction import Transaction
from bot.understanding import Understanding
from faq import SHIPPED, Decision
from faq.evaluate import read
from tests.service import room, settings_for

DATA = Path(__file__).parent / "data"
QUESTION = "剪纸课的红纸去哪里领"


class Live:
    """Understanding that follows what changes, and somebody who asks it."""

    def __init__(self, store: Database, folder: Path) -> None:
        self._store = store
        self.settings = settings_for(store.url, folder)
        self.understanding = Understanding(store, self.settings, [])

    async def save(self, *entries: Entry) -> int:
        """What staff save."""

        async def unit(tx: Transaction) -> int:
            return await (await room(tx, self.settings)).questions.save(entries)

        return await self._store.write(unit)

    async def today(self) -> date:
        """The day of the community."""

        async def unit(tx: Transaction) -> date:
            return (await room(tx, self.settings)).now.date()

        return await self._store.write(unit)

    @property
    def community(self) -> Community:
        """The only one."""
        return self.understanding.communities[0]

    def decide(self, said: str, labels: tuple[str, ...]) -> Decision:
        """What a resident wants who says so when these choices are open."""
        choices = Dialogue("skill:test", labels, labels, free_text=False, data=None)
        message = Message(
            platform="webchat",
            account="demo",
            id="1",
            chat="a",
            kind=ChatKind.PRIVATE,
            sender="a",
            text=said,
            sent_at=datetime.now(UTC),
        )
        person = Person(1, 1, "", None, staff=False, lead=False)
        dialogue = choices if labels else None
        return self.understanding.decide(message, person, self.community.id, dialogue)

    def answered_by(self, question: str = QUESTION) -> str | None:
        """The entry that answers it now."""
        return self.understanding.read(question, self.community.id).entry

    async def until_answered_by(self, code: str | None) -> None:
        """Return when that entry answers it."""
        async with asyncio.timeout(10):
            with self._store.changes.watch(f"faq:{self.community.id}") as watch:
                while self.answered_by() != code:
                    await watch.wait(timedelta(milliseconds=5))


@pytest.fixture
async def live(store: Database, tmp_path: Path) -> AsyncIterator[Live]:
    """Understanding at work."""
    at_work = Live(store, tmp_path)
    await at_work.understanding.learn()
    following = asyncio.create_task(at_work.understanding.follow())
    await at_work.understanding.loaded()
    yield at_work
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def entry(answer: str = "到活动室领。", **more: object) -> Entry:
    """An entry of its own."""
    return Entry("own-1", QUESTION, answer, **more)  # type: ignore[arg-type]


async def test_a_change_is_known_at_once(live: Live) -> None:
    """New, changed, switched off; the other entries stay where they are."""
    assert live.answered_by() is None
    before = live.answered_by("社保卡丢了怎么补办")
    assert await live.save(entry()) == 1
    await live.until_answered_by("own-1")
    assert await live.save(entry()) == 0
    await live.save(entry(state=EntryState.DRAFT))
    await live.until_answered_by(None)

    assert before is not None
    assert live.answered_by("社保卡丢了怎么补办") == before


async def test_a_lost_hint_is_made_up_for(store: Database, tmp_path: Path) -> None:
    """Following that begins anew after a fault looks first at what changed meanwhile."""
    live = Live(store, tmp_path)
    await live.understanding.learn()
    await live.understanding.load()
    await live.save(entry())
    await store.changes.poll(datetime.now(UTC))
    following = asyncio.create_task(live.understanding.follow())
    await live.until_answered_by("own-1")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_changes_are_followed_when_bounds_cannot_be_learned(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database being away for the one does not end the other."""
    failed = asyncio.Event()

    async def away() -> None:
        failed.set()
        raise StorageError("away")

    monkeypatch.setattr(live.understanding, "adjust", away)
    await live.save(entry())
    await live.until_answered_by("own-1")
    async with asyncio.timeout(10):
        await failed.wait()
    await live.save(entry(state=EntryState.DRAFT))
    await live.until_answered_by(None)


async def test_bounds_follow_what_people_say(store: Database, live: Live) -> None:
    """Shipped at first; where offers are declined again and again, less is offered."""
    community = live.community.id
    files = (DATA / "oos.jsonl", DATA / "queries.jsonl")
    asked = [row["q"] for file in files for row in read(file)]
    read_as = {said: live.understanding.read(said, community) for said in asked}
    offers = {said: each for said, each in read_as.items() if each.action == "suggest"}
    shipped = f"{SHIPPED.suggest:.2f}分起给几个让人选"
    assert shipped in live.understanding.explain("社保", community)[0]
    assert len(offers) > 5

    async def unit(tx: Transaction) -> None:
        here = await room(tx, live.settings)
        person = await here.people.add("王姐", Role.VOLUNTEER, await here.places.root())
        for said, decision in offers.items():
            best = decision.candidates[0].id
            await here.questions.note(person, said, Outcome.SUGGESTED, best, decision.score)
            await here.labels.decline(person)

    await store.write(unit)
    await live.understanding.adjust()
    assert shipped not in live.understanding.explain("社保", community)[0]
    assert sum(live.understanding.read(said, community).action == "suggest" for said in offers) < (
        len(offers)
    )


async def test_entries_have_their_time(live: Live) -> None:
    """From the first day to the last, both included."""
    today = await live.today()
    day = timedelta(days=1)
    await live.save(entry(valid_from=today, valid_until=today))
    await live.until_answered_by("own-1")
    await live.save(entry(valid_from=today + day))
    await live.until_answered_by(None)
    await live.save(entry(valid_until=today))
    await live.until_answered_by("own-1")
    await live.save(entry(valid_until=today - day))
    await live.until_answered_by(None)


async def test_an_unfilled_slot_is_never_shown(live: Live) -> None:
    """Its line is left out; an answer of which nothing is left is not given."""
    await live.save(entry("到活动室领。\n红纸电话：{红纸电话}\n社区电话：{社区电话}"))
    await live.until_answered_by("own-1")
    shown = live.understanding.entry(live.community.id, "own-1")
    assert shown is not None
    assert shown.answer == "到活动室领。\n社区电话：0411-5550101"
    await live.save(entry("红纸电话：{红纸电话}"))

    await live.until_answered_by(None)
    assert live.understanding.entry(live.community.id, "own-1") is None


async def test_no_answer_of_the_starter_has_an_open_slot(store: Database, live: Live) -> None:
    """Whatever residents can be told here is complete."""
    async with store.read() as tx:
        codes = [e.code for e in await (await room(tx, live.settings)).questions.entries()]
    shown = [live.understanding.entry(live.community.id, code) for code in codes]

    assert len(codes) > 150
    assert all(each is None or "{" not in each.answer for each in shown)


@pytest.mark.parametrize(
    ("labels", "said", "action", "choice"),
    [
        (("好了", "没好"), "已经修好了，谢谢您", "choose", 1),
        (("好了", "没好"), "还没好", "choose", 2),
        (("好了", "没好"), "２", "choose", 2),
        (("好了", "没好"), "3", "unclear", None),
        (("对", "不对"), "不对", "choose", 2),
        (("对", "不对"), "对的", "choose", 1),
        (("发", "不发"), "发吧", "choose", 1),
        (("发", "不发"), "不发了", "choose", 2),
        ((), "1", "unclear", None),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_choice_in_its_own_words(
    live: Live, labels: tuple[str, ...], said: str, action: str, choice: int | None
) -> None:
    """As good as its number."""
    decision = live.decide(said, labels)

    assert (decision.action, decision.choice) == (action, choice)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_only_sounds_like_a_choice(live: Live) -> None:
    """A question, a denial, another matter: never guessed."""
    for labels, said in (
        (("好了", "没好"), "好了没"),
        (("好了", "没好"), "没弄好了"),
        (("发", "不发"), "发现3号楼漏水"),
        (("对", "不对"), "对面楼灯坏了"),
    ):
        assert live.decide(said, labels).action != "choose", said
