"""Step 2: inbox → decision → handler → outbox, in one commit.

Of one chat one message at a time, in order; different chats side by side. The decision is made
and media are fetched before the transaction opens; the handler awaits only the transaction.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from bot.api import Answer, Context, Handler, Otherwise, Reply
from bot.community.communities import Community
from bot.community.dialogues import Dialogue, open_questions
from bot.community.people import Person
from bot.community.senders import meet, sender_of
from bot.community.transaction import CommunityTransaction
from bot.errors import Rejected, RetryLater, RuleError, StorageError
from bot.metrics import Metrics
from bot.model import STORED, ChatKind, Kind, Media, Message
from bot.platforms import Fetches, Platform
from bot.storage import inbox, outbox, posted
from bot.storage.changes import INBOX, Watch
from bot.storage.database import Database
from bot.storage.inbox import Waiting
from bot.storage.media import MediaFolder
from bot.storage.outbox import Destination, Draft
from bot.storage.transaction import Transaction, Unit
from bot.understanding import Understanding
from faq import Decision

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=6)
"""So long a message waits whose worker died. Whoever is still at it renews the lease: fetching a
photo may take longer."""

RENEWALS = 3
"""So often a lease is renewed within its length: one that comes late is no matter."""

BATCH = 64
"""At most so many messages are handled side by side."""

PAUSES = (0.5, 1, 2, 4, 8)
"""Seconds between attempts to store an answer when the database is out of reach."""

POLL = timedelta(seconds=1)
"""How long a lost hint may delay a message."""

APOLOGY = "刚才没弄好，已经告诉工作人员了。急事请打☎{phone}。"
APOLOGY_WITHOUT_PHONE = "刚才没弄好，已经告诉工作人员了。"

GAVE_UP = "{who}说“{text}”，我没弄好。请联系一下。"

ALONE = "这件事请单独发给我，别在群里说。"
"""Instead of a private text where only the group would read it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message with all that is known before it is handled."""

    waiting: Waiting
    message: Message
    community: Community
    person: Person
    dialogue: Dialogue | None


class Dispatcher:
    """Handles what waits in the inbox."""

    def __init__(
        self,
        worker: str,
        database: Database,
        understanding: Understanding,
        handlers: Sequence[Handler],
        platforms: Sequence[Platform],
        media: MediaFolder,
        metrics: Metrics,
        lease: timedelta = LEASE,
    ) -> None:
        self._metrics = metrics
        self._lease = lease
        self._worker = worker
        self._database = database
        self._understanding = understanding
        self._handlers = {handler.action: handler for handler in handlers}
        self._platforms = {(p.name, p.account): p for p in platforms}
        self._media = media
        self._tasks: dict[asyncio.Task[None], Waiting] = {}

    async def run(self) -> None:
        """Handle messages as they come, for ever."""
        await self._understanding.loaded()
        with self._database.changes.watch(INBOX) as watch:
            while True:
                await self._begin()
                await self._pause(watch)

    async def hold(self) -> None:
        """Renew, for ever, the leases of what is being handled."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / RENEWALS)
            if self._tasks:
                held = list(self._tasks.values())
                await self._database.write(
                    partial(inbox.renew, held=held, worker=self._worker, lease=self._lease)
                )

    async def step(self) -> int:
        """Handle one batch; how many messages it had."""
        started = await self._begin()
        if self._tasks:
            await asyncio.wait(self._tasks)
        return started

    async def _begin(self) -> int:
        room = BATCH - len(self._tasks)
        if room <= 0:
            return 0
        batch = await self._database.write(partial(self._prepare, limit=room))
        for prepared in batch:
            task = asyncio.create_task(self._handle(prepared), name="dispatch")
            self._tasks[task] = prepared.waiting
            task.add_done_callback(self._tasks.pop)
        return len(batch)

    async def _pause(self, watch: Watch) -> None:
        """Until a message comes in, or all at hand are handled: their chats may have another."""
        if not self._tasks:
            await watch.wait(POLL)
            return
        hint = asyncio.create_task(watch.wait(POLL))
        done = asyncio.create_task(asyncio.wait(set(self._tasks)))
        try:
            await asyncio.wait({hint, done}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hint.cancel()
            done.cancel()

    async def stop(self) -> None:
        """Finish what is under way and give the other leases back."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
        for task in self._tasks:
            task.cancel()
        await self._database.write(partial(inbox.release, worker=self._worker))

    async def _prepare(self, tx: Transaction, limit: int) -> list[Prepared]:
        taken = await inbox.take(tx, self._worker, self._lease, limit, list(self._platforms))
        if not taken:
            return []
        messages = [waiting.message for waiting in taken]
        communities = {sender_of(m): self._community(m) for m in messages}
        ids = {sender: community.id for sender, community in communities.items()}
        people = await meet(tx, ids, messages)
        asked = [(people[sender_of(m)].identity, m.chat) for m in messages]
        dialogues = await open_questions(tx, asked)
        # A second attempt is not a second message: it begins no quota anew.
        first = [waiting.message for waiting in taken if waiting.attempts == 0]
        counted = [m for m in first if self._platform(m).capabilities.quota and not _opened(m)]
        for message in sorted(counted, key=lambda m: outbox.address(_chat(m))):
            await outbox.heard(tx, _chat(message), min(message.sent_at, tx.now))
        quoted = {waiting.id: await _with_quote(tx, waiting.message) for waiting in taken}
        return [
            Prepared(
                waiting,
                quoted[waiting.id],
                communities[sender_of(waiting.message)],
                people[sender_of(waiting.message)],
                dialogues.get((people[sender_of(waiting.message)].identity, waiting.message.chat)),
            )
            for waiting in taken
        ]

    async def _handle(self, prepared: Prepared) -> None:
        waiting = prepared.waiting
        try:
            ready = replace(prepared, message=await self._with_media(prepared))
            decision = self._understanding.decide(
                ready.message, ready.person, ready.community.id, ready.dialogue
            )
            action = await self._stored(partial(self._answer, prepared=ready, decision=decision))
            if action:
                self._metrics.handled.labels(action).inc()
        except RuleError as error:
            await self._refuse(prepared, str(error))
        except RetryLater as error:
            await self._postpone(prepared, f"media: {error}", timedelta(seconds=5))
        except StorageError as error:
            # Nobody's fault here: the lease ends by itself and the message is taken again.
            log.warning("not stored, will be tried again: message %s: %s", waiting.id, error)
        # A handler may fail in any way; it rolls back alone, and its message is tried again.
        except Exception as error:
            log.exception("handler failed: message %s", waiting.id)
            await self._postpone(prepared, f"{type(error).__name__}: {error}", timedelta(seconds=2))

    async def _stored(self, unit: Unit[str]) -> str:
        """Write it, again while the database is out of reach.

        Whoever takes the message when the lease could not be renewed finds it settled, or we do.
        """
        for pause in PAUSES:
            try:
                return await self._database.write(unit)
            except StorageError:
                await asyncio.sleep(pause)
        return await self._database.write(unit)

    async def _answer(self, tx: Transaction, prepared: Prepared, decision: Decision) -> str:
        """The unit of work: the handler's writes, its replies and the inbox mark.

        The action that answered; "" when somebody else has handled the message.
        """
        if not await inbox.settle(tx, prepared.waiting, self._worker):
            return ""
        message, room = prepared.message, CommunityTransaction(tx, prepared.community)
        person = await _arrive(room, message, prepared.person)
        read = partial(self._understanding.read, community=prepared.community.id)
        context = _context(Context(room, person, decision, read), prepared.dialogue)
        decision, handler, answer = await self._handled(prepared, context)
        replies = _listed(answer)
        await self._say(tx, prepared, replies)
        for reply in replies:
            if reply.question and handler:
                chat = (_private(message) if reply.private else _chat(message)).chat
                dialogue = reply.question.dialogue(handler.action)
                await room.dialogues.open(person.identity, chat, dialogue)
        log.info(
            "handled: message %s of %s, action %s, score %.2f, replies %s",
            prepared.waiting.id,
            message.platform,
            decision.action,
            decision.score,
            len(replies),
        )
        return decision.action

    async def _handled(
        self, prepared: Prepared, context: Context, passed: tuple[str, ...] = ()
    ) -> tuple[Decision, Handler | None, Answer]:
        """By which decision who answers, and what; those `passed` left it to others."""
        handler = self._handler(context.decision, prepared.dialogue)
        if context.answered:
            await context.tx.dialogues.close(context.person.identity)
        answer = None if handler is None else await handler.function(prepared.message, context)
        if not isinstance(answer, Otherwise):
            return context.decision, handler, answer
        passed = (*passed, context.decision.action)
        decision = self._understanding.decide(
            prepared.message, context.person, prepared.community.id, prepared.dialogue, passed
        )
        if decision.action in passed:
            decision = replace(decision, action="refuse")
        if decision.action in passed:
            raise LookupError(f"nobody answers: {', '.join(passed)}")
        plain = Context(context.tx, context.person, decision, context.read)
        return await self._handled(prepared, _context(plain, prepared.dialogue), passed)

    async def _refuse(self, prepared: Prepared, sentence: str) -> None:
        """A rule said no: nothing of the handler stays but the sentence."""

        async def unit(tx: Transaction) -> None:
            if await inbox.settle(tx, prepared.waiting, self._worker):
                await self._say(tx, prepared, [Reply(sentence)])

        await self._database.write(unit)

    async def _postpone(self, prepared: Prepared, error: str, delay: timedelta) -> None:
        attempts = prepared.waiting.attempts + 1

        async def unit(tx: Transaction) -> None:
            if await inbox.postpone(
                tx, prepared.waiting, self._worker, error, delay * attempts, attempts
            ):
                phone = prepared.community.phone
                words = APOLOGY.format(phone=phone) if phone else APOLOGY_WITHOUT_PHONE
                await self._say(tx, prepared, [Reply(words)])
                await _alert(tx, prepared)

        await self._database.write(unit)

    async def _say(self, tx: Transaction, prepared: Prepared, replies: Sequence[Reply]) -> None:
        message = prepared.message
        origin = f"inbox:{prepared.waiting.id}"
        drafts = [
            Draft(
                to=_private(message) if reply.private else _chat(message),
                kind=Kind.EMERGENCY if reply.urgent else Kind.REPLY,
                text=ALONE if reply.private and _crowded(message) else reply.text,
                choices=tuple(choice.label for choice in reply.question.choices)
                if reply.question
                else (),
                reply_to="" if reply.private else message.reply_to,
                origin=origin,
            )
            for reply in replies
        ]
        await outbox.add(tx, drafts)
        if message.platform in STORED:
            tx.hint(f"handled:{message.platform}:{message.id}")

    async def _with_media(self, prepared: Prepared) -> Message:
        """The message with its files in the media folder; a file that is gone is left out."""
        message = prepared.message
        if all(media.hash for media in message.media):
            return message
        platform = self._platform(message)
        kept = [await self._kept(platform, media, prepared.waiting) for media in message.media]
        return replace(message, media=tuple(media for media in kept if media))

    async def _kept(self, platform: Platform, media: Media, waiting: Waiting) -> Media | None:
        if media.hash or not isinstance(platform, Fetches):
            return media if media.hash else None
        try:
            return replace(media, hash=await self._media.keep(await platform.fetch(media)))
        except (Rejected, RuleError) as error:
            log.warning("left out a file of message %s: %s", waiting.id, error)
        except RetryLater:
            # The words of a message are not lost because its picture cannot be had.
            if waiting.attempts + 1 < inbox.ATTEMPTS:
                raise
            log.warning("gave up a file of message %s", waiting.id)
        return None

    def _handler(self, decision: Decision, dialogue: Dialogue | None) -> Handler | None:
        if decision.action == "choose" and dialogue:
            return self._handlers[dialogue.action]
        return self._handlers.get(decision.action)

    def _community(self, message: Message) -> Community:
        """The community an account speaks for: the one it names, else the only or oldest one."""
        communities = self._understanding.communities
        stored = message.platform in STORED
        named = message.account if stored else self._platform(message).community
        return next((c for c in communities if c.code == named), communities[0])

    def _platform(self, message: Message) -> Platform:
        # Pages and terminals are one platform for all communities; their account names one.
        account = "" if message.platform in STORED else message.account
        return self._platforms[message.platform, account]


def _context(context: Context, dialogue: Dialogue | None) -> Context:
    """With what the open question knows, when the message answers it."""
    decision = context.decision
    if dialogue is None:
        return context
    if decision.action != "choose":
        return replace(context, asking=dialogue.action, choices=len(dialogue.values))
    chosen = None if decision.choice is None else dialogue.values[decision.choice - 1]
    return replace(context, answered=True, chosen=chosen, data=dialogue.data)


def _opened(message: Message) -> bool:
    """True when somebody opened the chat by a link and wrote nothing: it opens no window."""
    return bool(message.place_code) and not message.text and not message.media


async def _with_quote(tx: Transaction, message: Message) -> Message:
    """With the words and pictures of the message it quotes, when the service names only its id."""
    if message.quote is None:
        return message
    found = await inbox.quoted(tx, message)
    if found is None:
        own = await posted.quoted(tx, message)
        return replace(message, quote=replace(message.quote, text=own)) if own else message
    quote = replace(message.quote, text=found.text, sender=found.sender)
    return replace(message, quote=quote, media=(*message.media, *found.media))


async def _arrive(room: CommunityTransaction, message: Message, person: Person) -> Person:
    """Whoever opened the chat by a place's code belongs there now."""
    if not message.place_code:
        return person
    place = await room.places.by_code(message.place_code)
    if place is None or place.id == person.place:
        return person
    await room.people.move(person.id, place)
    return replace(person, place=place.id)


def _crowded(message: Message) -> bool:
    """True in a group of a service that has no other chat with the sender."""
    return message.kind is ChatKind.GROUP and not message.private_chat


async def _alert(tx: Transaction, prepared: Prepared) -> None:
    """Staff hear of a message that could not be handled: its sender was told so."""
    handoffs = CommunityTransaction(tx, prepared.community).handoffs
    who = await handoffs.caller(prepared.person)
    await handoffs.alert(GAVE_UP.format(who=who, text=prepared.message.text[:100]), Kind.REMINDER)


def _listed(answer: Answer) -> Sequence[Reply]:
    if answer is None or isinstance(answer, Otherwise):
        return []
    return [answer] if isinstance(answer, Reply) else answer


def _chat(message: Message) -> Destination:
    return Destination(message.platform, message.account, message.chat)


def _private(message: Message) -> Destination:
    """The sender's own chat; the same chat where the service has no other (see `ALONE`)."""
    chat = message.private_chat if message.kind is ChatKind.GROUP else message.chat
    return Destination(message.platform, message.account, chat or message.chat)
