"""Events: clean-ups, theme events and whatever else is on; who comes; when they are reminded."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import RuleError
from bot.model import Kind
from bot.storage import outbox, schedules
from bot.storage.outbox import Draft
from bot.storage.tables import Base, Identity, UtcTime
from faq.times import occurrences, read_back

if TYPE_CHECKING:
    from bot.community.places import Place
    from bot.community.transaction import CommunityTransaction

REMINDER = "event_reminder"
"""The kind of schedule row that reminds of an event."""

ROLL = "event_roll"
"""The kind of schedule row that moves a recurring event to its next date."""

DAY_BEFORE = time(17)
"""At this local time of the day before, everybody is reminded."""

SHORTLY_BEFORE = timedelta(hours=2)
"""And once more so long before it starts."""


MOST_PEOPLE = 50
"""One person signs up at most so many."""


class EventKind(StrEnum):
    """What kind of event; the value is what people call it."""

    CLEAN_UP = "大清扫"
    THEME = "主题活动"
    OTHER = "活动"


class EventRow(Base):
    """One event; a recurring one shows its next date in `starts_at`."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_next", "community_id", "cancelled_at", "starts_at"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="")
    family: Mapped[str] = mapped_column(Text, default="")
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    where: Mapped[str] = mapped_column(Text, default="")
    starts_at: Mapped[datetime] = mapped_column(UtcTime)
    rule: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[int | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignUpRow(Base):
    """Somebody comes to one date of an event, with so many people."""

    __tablename__ = "sign_up"
    __table_args__ = (UniqueConstraint("event_id", "occurrence", "person_id"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    occurrence: Mapped[datetime] = mapped_column(UtcTime)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    people: Mapped[int]
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned. `starts_at` is aware; `rule` as `faq.times` writes it."""

    kind: EventKind
    title: str
    place: "Place"
    starts_at: datetime
    where: str = ""
    text: str = ""
    family: str = ""
    rule: str | None = None
    capacity: int | None = None
    created_by: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One date of an event as everybody else sees it; `starts_at` in the community's zone."""

    id: int
    kind: EventKind
    title: str
    text: str
    place_id: int
    where: str
    starts_at: datetime
    rule: str | None
    capacity: int | None

    @property
    def when(self) -> str:
        """As people say it: 11月28日（周六）上午9点."""
        return read_back(self.starts_at)

    @property
    def line(self) -> str:
        """When, what and where in one line."""
        where = f"，在{self.where}" if self.where else ""
        return f"{self.when}，{self.title}{where}"


_COLUMNS = (
    EventRow.id,
    EventRow.kind,
    EventRow.title,
    EventRow.text,
    EventRow.place_id,
    EventRow.where,
    EventRow.starts_at,
    EventRow.rule,
    EventRow.capacity,
)


class Events:
    """The events of one community."""

    def __init__(self, tx: "CommunityTransaction") -> None:
        self._tx = tx

    async def plan(self, plan: Plan) -> Event:
        """Put it on the calendar, with its reminders.

        Raises:
            RuleError: its time is past, or its place is not the planner's.
        """
        if plan.created_by is not None:
            await self._tx.people.may_act_for(plan.created_by, [plan.place])
        if plan.starts_at <= self._tx.store.now:
            raise RuleError("这个时间已经过了，请换一个。")
        store = self._tx.store
        result = await store.execute(
            store.insert(EventRow)
            .values(
                community_id=self._tx.community.id,
                kind=plan.kind,
                title=plan.title[:60],
                text=plan.text[:500],
                family=plan.family,
                place_id=plan.place.id,
                where=plan.where[:60],
                starts_at=plan.starts_at,
                rule=plan.rule,
                capacity=plan.capacity,
                created_by=plan.created_by,
            )
            .returning(EventRow.id)
        )
        event = await self.get(int(result.scalar_one()))
        await self._schedule(event)
        return event

    async def get(self, id: int) -> Event:
        """The event with that id.

        Raises:
            RuleError: this community has no such event, or it was cancelled.
        """
        rows = await self._tx.store.select(
            select(*_COLUMNS).where(
                EventRow.id == id,
                EventRow.community_id == self._tx.community.id,
                EventRow.cancelled_at.is_(None),
            )
        )
        found = rows.first()
        if found is None:
            raise RuleError("这个活动取消了。")
        return self._event(found)

    async def upcoming(self, limit: int = 5) -> list[Event]:
        """What is on next, the nearest first."""
        rows = await self._tx.store.select(
            select(*_COLUMNS)
            .where(
                EventRow.community_id == self._tx.community.id,
                EventRow.cancelled_at.is_(None),
                EventRow.starts_at > self._tx.store.now,
            )
            .order_by(EventRow.starts_at)
            .limit(limit)
        )
        return [self._event(row) for row in rows]

    async def cancel(self, event: Event) -> None:
        """It does not take place: no more reminders, nor those that wait to be sent."""
        await self._tx.store.execute(
            update(EventRow).where(EventRow.id == event.id).values(cancelled_at=self._tx.store.now)
        )
        await schedules.cancel(self._tx.store, _target(event.id))
        await outbox.cancel(self._tx.store, _target(event.id))

    async def sign_up(self, event: Event, person: int, people: int = 1) -> int:
        """Somebody comes, with so many people in all; how many come now altogether.

        Raises:
            RuleError: there is no room left, or the number is absurd.
        """
        if not 1 <= people <= MOST_PEOPLE:
            raise RuleError(f"一次报1到{MOST_PEOPLE}个人。")
        # On PostgreSQL others wait here: nobody takes the same seat. SQLite has one writer anyway.
        await self._tx.store.select(
            select(EventRow.id).where(EventRow.id == event.id).with_for_update()
        )
        others = await self._coming(event, besides=person)
        if event.capacity is not None and others + people > event.capacity:
            raise RuleError(f"人满了，还剩{max(event.capacity - others, 0)}个位子。")
        store = self._tx.store
        statement = store.insert(SignUpRow).values(
            event_id=event.id,
            occurrence=event.starts_at,
            person_id=person,
            people=people,
            signed_at=store.now,
        )
        await store.execute(
            statement.on_conflict_do_update(
                index_elements=["event_id", "occurrence", "person_id"],
                set_={"people": people, "signed_at": store.now, "cancelled_at": None},
            )
        )
        return others + people

    async def cancel_sign_up(self, event: Event, person: int) -> bool:
        """Somebody does not come after all; False when they were not on the list."""
        result = await self._tx.store.execute(
            update(SignUpRow)
            .where(
                SignUpRow.event_id == event.id,
                SignUpRow.occurrence == event.starts_at,
                SignUpRow.person_id == person,
                SignUpRow.cancelled_at.is_(None),
            )
            .values(cancelled_at=self._tx.store.now)
        )
        return result.rowcount == 1

    async def signed_up(self, person: int) -> list[Event]:
        """What the person is going to, the nearest first."""
        rows = await self._tx.store.select(
            select(*_COLUMNS)
            .join(
                SignUpRow,
                (SignUpRow.event_id == EventRow.id) & (SignUpRow.occurrence == EventRow.starts_at),
            )
            .where(
                EventRow.community_id == self._tx.community.id,
                EventRow.cancelled_at.is_(None),
                EventRow.starts_at > self._tx.store.now,
                SignUpRow.person_id == person,
                SignUpRow.cancelled_at.is_(None),
            )
            .order_by(EventRow.starts_at)
        )
        return [self._event(row) for row in rows]

    async def remind(self, target: str) -> None:
        """Everybody of the place, and everybody who comes, is told once more."""
        event = await self._still_on(target)
        if event is None:
            return
        place = await self._tx.places.get(event.place_id)
        reached = (await self._tx.audience.of(place)).all
        for person in await self._comers(event):
            if destination := await self._tx.people.reach(person):
                reached.append(destination)
        drafts = [
            Draft(
                to=to,
                kind=Kind.REMINDER,
                text=self._reminder(event),
                origin=target,
                expires_at=event.starts_at,
            )
            for to in dict.fromkeys(reached)
        ]
        await outbox.add(self._tx.store, drafts)

    async def roll(self, target: str) -> None:
        """A recurring event moves to its next date."""
        event = await self._still_on(target)
        if event is None or event.rule is None:
            return
        following = occurrences(event.rule, event.starts_at, event.starts_at, 1)
        if following:
            await self._tx.store.execute(
                update(EventRow).where(EventRow.id == event.id).values(starts_at=following[0])
            )
            await self._schedule(await self.get(event.id))

    async def adopt(self, old: int, new: int) -> None:
        """What one person signed up for belongs to the other from now on."""
        taken = select(SignUpRow.event_id).where(SignUpRow.person_id == new)
        await self._tx.store.execute(
            update(SignUpRow)
            .where(SignUpRow.person_id == old, SignUpRow.event_id.not_in(taken))
            .values(person_id=new)
        )

    def _event(self, row: object) -> Event:
        values = list(row)  # type: ignore[call-overload]
        values[1] = EventKind(values[1])
        values[6] = values[6].astimezone(self._tx.community.zone)
        return Event(*values)

    async def _still_on(self, target: str) -> Event | None:
        try:
            return await self.get(int(target.removeprefix("event:")))
        except RuleError:
            return None

    async def _schedule(self, event: Event) -> None:
        """The reminders of this date; one that is past is not sent late, it is left out."""
        start = event.starts_at
        evening = datetime.combine(
            start.date() - timedelta(days=1), DAY_BEFORE, tzinfo=start.tzinfo
        )
        moments = [at for at in (evening, start - SHORTLY_BEFORE) if at > self._tx.store.now]
        stamp = int(start.timestamp())
        for number, at in enumerate(moments or [self._tx.store.now]):
            await schedules.plan(
                self._tx.store,
                self._tx.community.id,
                key=f"{_target(event.id)}:{stamp}:{number}",
                kind=REMINDER,
                target=_target(event.id),
                due_at=at,
                useful=start - at,
            )
        if event.rule:
            await schedules.plan(
                self._tx.store,
                self._tx.community.id,
                key=f"{_target(event.id)}:{stamp}:roll",
                kind=ROLL,
                target=_target(event.id),
                due_at=start,
                useful=None,
            )

    def _reminder(self, event: Event) -> str:
        days = (event.starts_at.date() - self._tx.now.date()).days
        near = {0: "今天", 1: "明天"}.get(days)
        head = f"提醒：{near}有{event.title}" if near else f"提醒：{event.title}"
        where = f"，在{event.where}" if event.where else ""
        lines = [f"{head}。", f"{event.when}{where}。"]
        return "\n".join([*lines, event.text] if event.text else [*lines, "来的请回“报名”。"])

    async def _comers(self, event: Event) -> list[int]:
        rows = await self._tx.store.select(
            select(SignUpRow.person_id).where(
                SignUpRow.event_id == event.id,
                SignUpRow.occurrence == event.starts_at,
                SignUpRow.cancelled_at.is_(None),
            )
        )
        return list(rows.scalars())

    async def _coming(self, event: Event, besides: int) -> int:
        rows = await self._tx.store.select(
            select(func.coalesce(func.sum(SignUpRow.people), 0)).where(
                SignUpRow.event_id == event.id,
                SignUpRow.occurrence == event.starts_at,
                SignUpRow.cancelled_at.is_(None),
                SignUpRow.person_id != besides,
            )
        )
        return int(rows.scalar_one())


def _target(event: int) -> str:
    return f"event:{event}"
