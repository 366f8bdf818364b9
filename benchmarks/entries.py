"""A FAQ of 10,000 entries: the starter FAQ, and matters of made-up offices in made-up streets.

Made-up entries share words with each other, as the entries of a real city do.
"""

import asyncio
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from bot import app
from bot.community.communities import everyone
from bot.community.questions import Entry
from bot.community.transaction import CommunityTransaction
from bot.platforms import settings_of
from bot.settings import Settings
from bot.storage.transaction import Transaction

SIZE = 10_000

_FIRST = "东西南北新老上下前后"
_SECOND = "河山桥园湖港塘林泉坊"
STREETS = tuple(f"{first}{second}街" for first, second in product(_FIRST, _SECOND))
_MATTERS = (
    "老年食堂", "停车月卡", "图书借阅", "游泳馆门票", "羽毛球场", "儿童托管", "书法课", "合唱团",
    "维修基金", "装修押金", "门禁卡", "宠物登记", "献血登记", "旧衣回收", "家电回收", "理发服务",
    "助浴服务", "送餐上门", "电动车充电", "快递代收", "广场舞场地", "会议室", "暑期班", "志愿时长",
)  # fmt: skip
_ASKS = (
    ("怎么办理", "要去哪里办", "需要什么材料"),
    ("多少钱", "怎么收费", "贵不贵"),
    ("几点开门", "什么时候开", "周末开不开"),
    ("电话是多少", "找谁问", "怎么联系"),
    ("可以退吗", "不想要了怎么办", "能不能转给别人"),
)


def made_up() -> Iterator[Entry]:
    """Entries without end that matters: 12,000."""
    for number, (street, matter, ask) in enumerate(product(STREETS, _MATTERS, _ASKS)):
        yield Entry(
            code=f"m{number}",
            question=f"{street}{matter}{ask[0]}？",
            alternates=tuple(f"{street}{matter}{other}" for other in ask[1:]),
            answer=f"{street}{matter}请到{street}服务站，周一到周五上午九点到下午五点。",
            category="便民服务",
        )


def fill(environ: dict[str, str], size: int = SIZE) -> Path:
    """Prepare a data folder as a service would find it, with so many entries; its database."""
    settings = Settings.load(settings_of(), environ)
    asyncio.run(_filled(settings, size))
    return settings.data / "xiaolaba.db"


async def _filled(settings: Settings, size: int) -> None:
    async with app.opened(settings) as database:

        async def unit(tx: Transaction) -> None:
            community = (await everyone(tx, settings.zone))[0]
            room = CommunityTransaction(tx, community)
            known = len(await room.questions.entries())
            for _ in range(known, size, 500):
                await room.questions.save(list(islice(rest, 500)))

        rest = islice(made_up(), size)
        await database.write(unit)
