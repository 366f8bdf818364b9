"""What the office does at the keyboard: staff, groups, places, backups. Used by the CLI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import segno

from bot import app
from bot.community.communities import OWN_FACTS, Community, everyone
from bot.community.people import Role
from bot.community.places import Place
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.platforms import settings_of
from bot.settings import Settings
from bot.storage import backup, schema
from bot.storage.database import Database
from bot.storage.outbox import Destination
from bot.storage.transaction import Transaction

ROLES = {"lead": "书记、主任", "staff": "工作人员", "volunteer": "志愿者"}


@asynccontextmanager
async def community_of(settings: Settings, code: str) -> AsyncIterator[tuple[Database, Community]]:
    """The database and the community with that code, or the only one.

    Raises:
        RuleError: no such community, or there are several and none is named.
    """
    async with app.opened(settings) as database:
        async with database.read() as tx:
            known = await everyone(tx, settings.zone)
        found = [c for c in known if c.code == code] if code else known
        if len(found) != 1:
            names = "、".join(f"{c.code}（{c.name}）" for c in known)
            raise RuleError(f"请用 --community 说明是哪个社区：{names}。")
        yield database, found[0]


async def add_member(settings: Settings, code: str, name: str, role: str, place: str) -> None:
    """Somebody with a role."""

    async def unit(tx: Transaction, community: Community) -> None:
        room = CommunityTransaction(tx, community)
        await room.people.add(name, Role(role), await _place(room, place))

    async with community_of(settings, code) as (database, community):
        await database.write(partial(unit, community=community))


async def list_members(settings: Settings, code: str) -> list[str]:
    """Everybody with a role, a line each."""
    async with community_of(settings, code) as (database, community), database.read() as tx:
        members = await CommunityTransaction(tx, community).people.members()
    return [
        f"{m.name}　{ROLES[m.role]}　{m.place}　{'已绑定' if m.linked else '还没绑定聊天'}"
        for m in members
    ]


async def link_member(settings: Settings, code: str, name: str) -> str:
    """A one-time code for a staff member.

    Raises:
        RuleError: nobody of that name.
    """

    async def unit(tx: Transaction, community: Community) -> str:
        room = CommunityTransaction(tx, community)
        found = next((m.id for m in await room.people.members() if m.name == name), None)
        if found is None:
            raise RuleError(f"没有叫“{name}”的工作人员。先登记：xiaolaba staff add {name}")
        return await room.people.new_code(found)

    async with community_of(settings, code) as (database, community):
        return await database.write(partial(unit, community=community))


async def add_group(
    settings: Settings, code: str, platform: str, account: str, chat: str, name: str, place: str
) -> None:
    """A chat group of a place.

    Raises:
        RuleError: no such service, or the group is known already.
    """

    async def unit(tx: Transaction, community: Community) -> None:
        room = CommunityTransaction(tx, community)
        to = Destination(platform, account, chat)
        await room.groups.add(name, await _place(room, place), to)

    known = settings_of()
    if platform not in known:
        raise RuleError(f"没有“{platform}”这种服务。可以用：{'、'.join(known)}。")
    async with community_of(settings, code) as (database, community):
        await database.write(partial(unit, community=community))


async def list_groups(settings: Settings, code: str) -> list[str]:
    """The groups, a line each."""
    async with community_of(settings, code) as (database, community), database.read() as tx:
        room = CommunityTransaction(tx, community)
        groups = await room.groups.within(await room.places.root())
    return [f"{g.name}　{g.place}　{g.to.platform} {g.to.account} {g.to.chat}" for g in groups]


async def list_places(settings: Settings, code: str) -> list[str]:
    """The places with the addresses of their QR codes, a line each."""
    async with community_of(settings, code) as (database, community), database.read() as tx:
        places = await CommunityTransaction(tx, community).places.all()
    home = settings.public_url or f"http://{settings.host}:{settings.port}"
    return [
        f"{'　' * (len(place.lineage) - 1)}{place.name}　{home}/?place={place.code}"
        for place in places
    ]


async def fill_fact(settings: Settings, code: str, name: str, value: str) -> int:
    """Fill the slots of that name in all answers; in how many.

    Raises:
        RuleError: no answer has such a slot, it cannot stand in one, or the settings say it.
    """

    async def unit(tx: Transaction, community: Community) -> int:
        facts = CommunityTransaction(tx, community).facts
        await facts.fill(name, value)
        return (await facts.wanted()).get(name, 0)

    async with community_of(settings, code) as (database, community):
        for said in settings.communities:
            own = getattr(said, OWN_FACTS[name]) if name in OWN_FACTS else said.facts.get(name)
            if said.code == community.code and own:
                raise RuleError(f"{name}写在设置里：{own}。请在设置里改。")
        return await database.write(partial(unit, community=community))


async def list_facts(settings: Settings, code: str) -> list[str]:
    """What the answers ask for, a line each, with what fills it."""
    async with community_of(settings, code) as (database, community), database.read() as tx:
        wanted = await CommunityTransaction(tx, community).facts.wanted()
    return [
        f"{name}　{community.known.get(name) or '还空着'}（{count}条答案）"
        for name, count in wanted.items()
    ]


async def draw_code(settings: Settings, code: str, name: str, target: Path) -> str:
    """Draw the QR code of a place as an SVG file; the address it holds.

    Raises:
        RuleError: no such place, or nobody could open the address.
    """
    if not settings.public_url:
        raise RuleError("先填 XIAOLABA_PUBLIC_URL：二维码里要写居民打得开的网址。")
    async with community_of(settings, code) as (database, community), database.read() as tx:
        place = await _place(CommunityTransaction(tx, community), name)
    address = f"{settings.public_url}/?place={place.code}"
    await asyncio.to_thread(segno.make(address, error="m").save, str(target), kind="svg", scale=8)
    return address


async def back_up(settings: Settings, target: Path | None) -> tuple[Path, int]:
    """Write a backup; where it is and how many rows it holds.

    Raises:
        RuleError: there is a file of that name.
    """
    moment = datetime.now(settings.zone)
    path = target or settings.data / "backups" / f"xiaolaba-{moment:%Y-%m-%d-%H%M%S}.zip"
    if path.exists():
        raise RuleError(f"{path} 已经有了，换一个名字吧：原来的备份不覆盖。")
    async with app.opened(settings):
        rows = await backup.save(settings.url, settings.data / "media", path)
    return path, rows


async def bring_back(settings: Settings, source: Path) -> int:
    """Fill an empty database from a backup; how many rows.

    Raises:
        RuleError: it is no backup, or there is something in the database.
        SettingsError: the service runs.
    """
    with app.alone(settings):
        await schema.upgrade(settings.url)
        return await backup.load(settings.url, settings.data / "media", source)


async def upgrade_database(settings: Settings) -> str:
    """Bring the database to the newest version; which one that is.

    Raises:
        SettingsError: the service runs.
    """
    with app.alone(settings):
        await schema.upgrade(settings.url)
    return schema.newest()


async def _place(room: CommunityTransaction, name: str) -> Place:
    if not name:
        return await room.places.root()
    found = (await room.places.names()).get(name)
    if found is None:
        raise RuleError(f"没有叫“{name}”的地方。")
    return await room.places.get(found)
