"""The yardstick: an aiohttp handler that reads the body, parses it as JSON and answers 200.

It verifies, stores and answers nothing. XML, which WeCom sends, is only read.
"""

import json
import sys

from aiohttp import web


async def take(request: web.Request) -> web.Response:
    """Read, parse, answer."""
    body = await request.read()
    if body.startswith(b"{"):
        json.loads(body)
    return web.Response(text="ok")


app = web.Application()
app.router.add_post("/{path:.*}", take)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
