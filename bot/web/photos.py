"""Photos of what was done, for whoever was given their address.

A name is the hash of the picture: nobody guesses it, so it needs no other key and works in every
browser. What residents sent in is never shown here.
"""

import re

from aiohttp import web

from bot.community.issues import shows_it_done
from bot.storage.database import Database
from bot.storage.media import MediaFolder

NAME = re.compile(r"[0-9a-f]{64}\.jpg")
HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Robots-Tag": "noindex",
}


class Photos:
    """`/photos/…`."""

    def __init__(self, database: Database, media: MediaFolder) -> None:
        self._database = database
        self._media = media

    def url(self, name: str) -> str:
        """Where the photo is."""
        return f"/photos/{name}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one photo."""
        name = request.match_info["name"]
        if not NAME.fullmatch(name):
            raise web.HTTPNotFound
        async with self._database.read() as tx:
            if not await shows_it_done(tx, name):
                raise web.HTTPNotFound
        return web.FileResponse(self._media.path(name), headers=HEADERS)
