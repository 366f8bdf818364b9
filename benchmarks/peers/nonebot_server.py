"""NoneBot2 with its OneBot v11 adapter: a signed event, one matcher that stops it, no reply."""

import sys

import nonebot
from nonebot.adapters.onebot.v11 import Adapter

SECRET = "benchmark"  # noqa: S105 - made up

nonebot.init(
    driver="~fastapi+~aiohttp",
    host="127.0.0.1",
    port=int(sys.argv[1]),
    log_level="ERROR",
    onebot_secret=SECRET,
)
nonebot.get_driver().register_adapter(Adapter)
heard = nonebot.on_message(block=True)


@heard.handle()
async def hear() -> None:
    """Hear it and say nothing."""


nonebot.run()
