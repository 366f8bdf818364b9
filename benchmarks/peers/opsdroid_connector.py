"""A connector for OneBot events that come by POST, signed."""

import hashlib
import hmac
import json
from typing import Any

from aiohttp import web
from opsdroid.connector import Connector, register_event
from opsdroid.events import Message

SECRET = b"benchmark"


class OneBot(Connector):
    """Parses the message of each event; its skills say nothing."""

    def __init__(self, config: dict[str, Any], opsdroid: Any = None) -> None:
        super().__init__(config, opsdroid=opsdroid)
        self.name = "onebot"

    async def connect(self) -> None:
        """Take the path."""
        self.opsdroid.web_server.web_app.router.add_post("/webhook/onebot", self.take)

    async def listen(self) -> None:
        """Everything comes by the web."""

    async def take(self, request: web.Request) -> web.Response:
        """Verify, parse, answer."""
        body = await request.read()
        signature = "sha1=" + hmac.new(SECRET, body, hashlib.sha1).hexdigest()
        if not hmac.compare_digest(signature, request.headers.get("X-Signature", "")):
            return web.Response(status=401)
        event = json.loads(body)
        sender = str(event["user_id"])
        message = Message(
            text=event["raw_message"],
            user=sender,
            user_id=sender,
            target=sender,
            connector=self,
            raw_event=event,
        )
        await self.opsdroid.parse(message)
        return web.Response(status=204)

    @register_event(Message)
    async def send_message(self, message: Message) -> None:
        """Nothing is said."""
