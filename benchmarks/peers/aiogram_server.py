"""aiogram's webhook with its secret token: one handler that says nothing."""

import sys

from aiogram import Bot, Dispatcher, F
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

SECRET = "benchmark"  # noqa: S105 - made up

dispatcher = Dispatcher()


@dispatcher.message(F.text)
async def hear(message: Message) -> None:
    """Hear it and say nothing."""


app = web.Application()
handler = SimpleRequestHandler(
    dispatcher, Bot("42:benchmark"), handle_in_background=False, secret_token=SECRET
)
handler.register(app, path="/webhook/telegram")
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
