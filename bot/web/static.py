"""Static files under names that hold their hash: cached for ever, changed at once."""

import hashlib
import mimetypes
from importlib.resources import files

from aiohttp import web

# Registries of Windows may call scripts plain text, and browsers then refuse them.
mimetypes.add_type("text/javascript", ".js")

FOREVER = "public, max-age=31536000, immutable"


class Static:
    """The files of one package folder, read once."""

    def __init__(self, package: str, prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for file in files(package).joinpath("static").iterdir():
            if file.is_file():
                self._add(file.name, file.read_bytes())

    def url(self, name: str) -> str:
        """Where the file is."""
        return f"{self._prefix}/{self._names[name]}"

    async def handle(self, request: web.Request) -> web.Response:
        """Serve one file."""
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, kind = found
        response = web.Response(body=body, content_type=kind, headers={"Cache-Control": FOREVER})
        response.enable_compression()
        return response

    def _add(self, name: str, body: bytes) -> None:
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}"
        self._names[name] = hashed
        self._files[hashed] = body, mimetypes.guess_type(name)[0] or "application/octet-stream"
