"""The inbox: each message once, each chat in order, whoever is at work."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from bot.errors import Malformed
from bot.model import ChatKind, Message, Quote
from bot.storage import inbox
from bot.storage.database import Database, open_database
from bot.storage.inbox import Inbox, InboxRow, Waiting
from bot.storage.transaction import Transaction

LEASE = timedelta(seconds=60)
ACCOUNTS = [("onebot", "")]
HELLO = Message(
    platform="onebot",
    account="",
    id="10001000:1",
    chat="group:1",
    kind=ChatKind.GROUP,
    sender="7",
    text="3号楼灯坏了",
    sent_at=datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
)


def message(number: int, chat: str = "group:1") -> Message:
    """Another message."""
    return replace(HELLO, id=f"10001000:{number}", chat=chat)


async def count(store: Database) -> int:
    """How many messages are stored."""
    async with store.read() as tx:
        return (await tx.select(select(func.count(InboxRow.id)))).scalar_one()


async def take(store: Database, worker: str = "a", limit: int = 64) -> list[Waiting]:
    """What the worker gets."""
    return await store.write(
        partial(inbox.take, worker=worker, lease=LEASE, limit=limit, accounts=ACCOUNTS)
    )


async def settle(store: Database, waiting: Waiting, worker: str = "a") -> bool:
    """Whether the worker may call it handled."""
    return await store.write(partial(inbox.settle, waiting=waiting, worker=worker))


async def test_a_repeat_is_swallowed_also_after_a_restart(store: Database) -> None:
    """Handled or not, in the same call or a later one."""
    await Inbox(store).add([message(1), message(1), message(2)])
    (first,) = await take(store)
    await settle(store, first)
    async with open_database(store.url) as restarted:
        await Inbox(restarted).add([message(1), message(3)])

    assert await count(store) == 3


async def test_calls_that_wait_together_are_stored_together(store: Database) -> None:
    """A hundred at once, each of them on disk when its call returns."""
    queue = Inbox(store)
    await asyncio.gather(*(queue.add([message(n)]) for n in range(100)))

    assert await count(store) == 100


async def test_one_chat_in_order_others_beside_it(store: Database) -> None:
    """Of a chat only the oldest can be taken, and the next only when that is handled."""
    await Inbox(store).add([message(1), message(2), message(3, chat="group:2")])
    taken = await take(store)

    assert [w.message.id for w in taken] == ["10001000:1", "10001000:3"]
    assert await take(store, "b") == []
    assert await settle(store, taken[0])
    assert [w.message.id for w in await take(store, "b")] == ["10001000:2"]


async def test_two_workers_share_without_a_clash(store: Database) -> None:
    """Each chat goes to one of two processes, and its messages stay in order."""
    await Inbox(store).add([message(n, chat=f"group:{n % 10}") for n in range(100)])
    handled: list[tuple[str, int]] = []

    async def work(database: Database, worker: str) -> None:
        while taken := await take(database, worker, limit=3):
            for waiting in taken:
                assert await settle(database, waiting, worker)
                handled.append((waiting.message.chat, int(waiting.message.id[9:])))

    async def until_done(database: Database, worker: str) -> None:
        while len(handled) < 100:
            await work(database, worker)

    async with asyncio.timeout(30), open_database(store.url) as other:
        await asyncio.gather(until_done(store, "a"), until_done(other, "b"))

    assert len(set(handled)) == len(handled) == 100
    for chat in {chat for chat, _ in handled}:
        numbers = [number for where, number in handled if where == chat]
        assert numbers == sorted(numbers)


async def test_a_lost_lease_settles_nothing(store: Database) -> None:
    """Whoever was too slow finds that somebody else has it."""
    await Inbox(store).add([HELLO])
    (waiting,) = await take(store, "slow")

    async def expire(tx: Transaction) -> None:
        await tx.execute(update(InboxRow).values(leased_until=tx.now - LEASE))

    await store.write(expire)
    assert len(await take(store, "quick")) == 1
    assert not await settle(store, waiting, "slow")
    assert await settle(store, waiting, "quick")


async def test_a_poison_message_is_set_aside(store: Database) -> None:
    """After three failures, and it does not hold up what comes behind it."""
    await Inbox(store).add([message(1), message(2)])
    for attempt in (1, 2, 3):
        (waiting,) = await take(store)
        assert waiting.attempts == attempt - 1
        failed = await store.write(
            partial(
                inbox.postpone,
                waiting=waiting,
                worker="a",
                error="boom",
                delay=timedelta(0),
                attempts=attempt,
            )
        )
        assert failed == (attempt == 3)

    assert [w.message.id for w in await take(store)] == ["10001000:2"]


async def test_a_postponed_message_holds_up_its_chat(store: Database) -> None:
    """Order goes before speed."""
    await Inbox(store).add([message(1), message(2)])
    (waiting,) = await take(store)
    await store.write(
        partial(
            inbox.postpone,
            waiting=waiting,
            worker="a",
            error="",
            delay=timedelta(hours=1),
            attempts=1,
        )
    )

    assert await take(store) == []


async def test_only_the_holder_of_the_lease_postpones(store: Database) -> None:
    """Whoever was too slow changes nothing, and nobody is told that it failed."""
    await Inbox(store).add([HELLO])
    (waiting,) = await take(store, "slow")
    late = partial(
        inbox.postpone, waiting=waiting, worker="b", error="", delay=timedelta(0), attempts=3
    )

    assert not await store.write(late)
    assert await settle(store, waiting, "slow")


async def test_an_account_that_is_gone_holds_up_nobody(store: Database) -> None:
    """Its messages wait; those of all others are handled."""
    gone = replace(message(1, chat="group:9"), account="closed")
    await Inbox(store).add([gone, message(2)])

    assert [w.message.id for w in await take(store)] == ["10001000:2"]


async def test_leases_are_given_back(store: Database) -> None:
    """Those of one worker, or of all."""
    await Inbox(store).add([message(1), message(2, chat="group:2")])
    await take(store, "a", limit=1)
    await take(store, "b", limit=1)
    await store.write(partial(inbox.release, worker="a"))

    assert [w.message.id for w in await take(store, "c")] == ["10001000:1"]
    await store.write(inbox.release)
    assert len(await take(store, "d")) == 2


async def test_thirty_days_of_memory(store: Database) -> None:
    """Handled messages go then; one that waits stays, however old."""
    await Inbox(store).add([message(1), message(2, chat="group:2")])
    taken = await take(store)
    await settle(store, taken[0])

    async def age(tx: Transaction) -> None:
        await tx.execute(update(InboxRow).values(received_at=tx.now - timedelta(days=31)))

    await store.write(age)
    assert await store.write(inbox.forget) == 1
    assert await count(store) == 1


async def test_a_quote_by_id_alone(store: Database) -> None:
    """Found in the same chat only."""
    await Inbox(store).add([message(1)])
    by_id = replace(message(2), quote=Quote("", id="1"))
    elsewhere = replace(by_id, chat="group:2")

    async with store.read() as tx:
        assert await inbox.quoted(tx, by_id) == message(1)
        assert await inbox.quoted(tx, elsewhere) is None
        assert await inbox.quoted(tx, replace(by_id, quote=Quote("说过的", id="1"))) is None


def test_an_id_no_database_can_store() -> None:
    """PostgreSQL knows no null character."""
    with pytest.raises(Malformed):
        inbox.row(replace(HELLO, id="a\0b"))
