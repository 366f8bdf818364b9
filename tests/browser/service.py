"""The whole service as a process of its own."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMITS = """
chat_messages_per_minute = 10000
chat_new_devices_per_hour = 1000000
"""
"""None that a run of the tests would meet."""

COMMUNITY = """
[[community]]
code = "main"
name = "幸福里社区"
phone = "021-5555 1234"
hours = "周一到周五 8:30–17:30"
"""
"""Where nothing is on; `--demo` brings a community of its own."""


@asynccontextmanager
async def served(folder: Path, *options: str) -> AsyncIterator[str]:
    """The service on a free port with its data in the folder, until the context ends.

    Its address, without a slash at its end.
    """
    config = folder / "xiaolaba.toml"
    config.write_text(LIMITS if "--demo" in options else LIMITS + COMMUNITY, encoding="utf-8")
    environ = {
        **os.environ,
        "XIAOLABA_CONFIG": str(config),
        "XIAOLABA_DATA": str(folder / "data"),
        "XIAOLABA_PORT": "0",
    }
    log = folder / "service.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "serve",
            *options,
            cwd=ROOT,
            env=environ,
            stdout=PIPE,
            stderr=errors,
        )
    try:
        url = await _address(process)
        assert url, log.read_text(encoding="utf-8")
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where the service says that it listens; "" when it ends instead."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if line.startswith(b"listening on "):
                return line.decode().removeprefix("listening on ").strip()
    return ""
