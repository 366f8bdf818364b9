"""Judges OneBot 11 calls with nonebot's adapter. One JSON object a line, in and out.

Runs in the environment that `scripts/peers.sh` builds; started with the secret. Each call is a
body and its headers; the answer is the HTTP status, and what the adapter read in the body.
"""

import asyncio
import json
import sys

import loguru  # type: ignore[import-not-found]
import nonebot  # type: ignore[import-not-found]
from nonebot.adapters.onebot.v11 import Adapter, Event  # type: ignore[import-not-found]
from nonebot.message import event_preprocessor  # type: ignore[import-not-found]

HEARD: list[dict[str, object]] = []


async def judged(application: object, call: dict[str, object]) -> dict[str, object]:
    """The status the adapter answers with, and the event it made of the call."""
    HEARD.clear()
    body, headers = str(call["body"]).encode(), call["headers"]
    assert isinstance(headers, dict)
    assert callable(application)
    status: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: dict[str, object]) -> None:
        if event["type"] == "http.response.start":
            status.append(int(str(event["status"])))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/onebot/v11/",
        "raw_path": b"/onebot/v11/",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await application(scope, receive, send)
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    await asyncio.gather(*others)
    return {"status": status[0], "events": list(HEARD)}


@event_preprocessor  # type: ignore[untyped-decorator]
async def remember(event: Event) -> None:
    """Keep what the adapter read."""
    HEARD.append(
        {
            "text": event.get_plaintext().strip(),
            "session": event.get_session_id(),
            "to_me": event.is_tome(),
        }
    )


async def main() -> None:
    """Answer until nobody asks any more."""
    loguru.logger.remove()  # it would write between the answers
    nonebot.init(driver="~fastapi", onebot_secret=sys.argv[1])
    nonebot.get_driver().register_adapter(Adapter)
    application = nonebot.get_asgi()
    for line in sys.stdin:
        print(json.dumps(await judged(application, json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
