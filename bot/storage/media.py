"""Media files: photos and clips by the hash of their bytes, on disk before the row that names them.

Pictures are turned upright, made smaller and saved anew, so nothing of the camera's notes (time,
place, owner) is left in them.
"""

import asyncio
import hashlib
import io
import os
from pathlib import Path

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import RuleError

LARGEST = 20 * 1024 * 1024
"""The largest file that is taken, in bytes."""

LONGEST_SIDE = 1600
"""Pixels: enough to see the crack in a wall."""

MOST_PIXELS = 80_000_000
"""A picture that claims more is refused before it is unpacked."""

_VOICE = {b"#!AMR": "amr", b"OggS": "ogg", b"\x1aE\xdf\xa3": "webm", b"RIFF": "wav", b"ID3": "mp3"}

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class MediaFolder:
    """The folder DATA/media; several machines may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def keep(self, data: bytes) -> str:
        """Store a picture or a clip and return its name, `<sha256>.<kind>`.

        Raises:
            RuleError: too large, or neither a picture nor a clip we know.
            OSError: the disk would not take it.
        """
        if len(data) > LARGEST:
            raise RuleError("文件太大了，请发小一点的。")
        return await asyncio.to_thread(self._keep, data)

    def path(self, name: str) -> Path:
        """Where the file lies."""
        return self.folder / name[:2] / name

    def _keep(self, data: bytes) -> str:
        kind = next((k for mark, k in _VOICE.items() if data.startswith(mark)), None)
        content = data if kind else _upright(data)
        name = f"{hashlib.sha256(content).hexdigest()}.{kind or 'jpg'}"
        path = self.path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(path, content)
        return name


def _upright(data: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "HEIF", "GIF")) as image:
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise RuleError("这个文件打不开，请发照片。") from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return out.getvalue()


def _write_durably(path: Path, content: bytes) -> None:
    """Write beside, flush to the disk, then rename: a crash leaves the whole file or none."""
    beside = path.with_suffix(f".{os.getpid()}.part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
