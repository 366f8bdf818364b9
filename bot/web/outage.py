"""Outage: what people read while the database cannot be read."""

import logging
from dataclasses import asdict

import aiohttp_jinja2
import orjson
from aiohttp import web

from bot.errors import StorageError
from bot.understanding import Understanding
from bot.web.devices import LARGE, community_of
from bot.web.slow import Handler
from bot.web.static import Static

log = logging.getLogger(__name__)

RETRY_SECONDS = 10
"""When whoever asked may ask again; the page does so by itself."""

SORRY = "这会儿打不开，请过一会儿再来。"
CALL = "急事请打居委会电话。"
CALL_NUMBER = "急事请打居委会电话☎{phone}。"


class Outage:
    """Answers 503 instead of a page that could not be made."""

    def __init__(self, understanding: Understanding, static: Static) -> None:
        self._understanding = understanding
        self._static = static

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The page, or a sentence with the committee's number: that much is in memory."""
        try:
            return await handler(request)
        except StorageError as error:
            log.error("no page: %s", error)  # noqa: TRY400 - the same for every caller
            response = self._sorry(request)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _sorry(self, request: web.Request) -> web.Response:
        community = community_of(request, self._understanding.communities)
        call = CALL_NUMBER.format(phone=community.phone) if community.phone else CALL
        if "text/html" not in request.headers.get("Accept", ""):
            return web.Response(
                body=orjson.dumps({"title": SORRY + call}),
                status=503,
                content_type="application/json",
                charset="utf-8",
            )
        shown = {
            "community": asdict(community),
            "sentences": (SORRY, call),
            "again": RETRY_SECONDS if request.method == "GET" else None,
            "large": bool(request.cookies.get(LARGE)),
            "static": self._static.url,
        }
        return aiohttp_jinja2.render_template("outage.html", request, shown, status=503)
