"""A PostgreSQL server that lives exactly as long as somebody holds its standard input open.

Run as `python -I tests/postgres.py BIN_FOLDER`. Prints one line, the port, when the server
takes connections on 127.0.0.1. At the end of its input, which comes however the parent dies,
it stops the server and removes the data. Nothing of it survives, and nothing is kept safe:
fsync is off.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off "
    "-c full_page_writes=off -c max_connections=300 -c shared_buffers=32MB"
)
ATTEMPTS = 5


def account() -> str | None:
    """Whom the server runs as: root may not, so the first of postgres and nobody does."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def run(command: list[str], folder: Path, user: str | None) -> None:
    """Run a server tool as that account, inside the folder; its words go to our stderr."""
    group = pwd.getpwnam(user).pw_gid if user else None
    subprocess.run(
        command,
        cwd=folder,
        user=user,
        group=group,
        extra_groups=[] if user else None,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=True,
    )


def free_port() -> int:
    """A port nobody listens on right now; another process may take it first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(tools: Path, folder: Path, user: str | None) -> int:
    """Make an empty cluster and start it; the port it listens on."""
    initdb = [tools / "initdb", "--no-sync", "--auth=trust", "--username=postgres"]
    run([*map(str, initdb), "--encoding=UTF8", "--locale=C", "data"], folder, user)
    for attempt in range(ATTEMPTS):
        port = free_port()
        try:
            control(tools, folder, user, ["-w", "-o", f"{OPTIONS} -p {port}", "start"])
        except subprocess.CalledProcessError:
            sys.stderr.write((folder / "log").read_text())
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return port
    raise AssertionError("unreachable")


def control(tools: Path, folder: Path, user: str | None, words: list[str]) -> None:
    """Say something to the server's own starter."""
    run([str(tools / "pg_ctl"), "-s", "-D", "data", "-l", "log", *words], folder, user)


def main() -> None:
    """Serve until the end of the input."""
    tools = Path(sys.argv[1])
    user = account()
    folder = Path(tempfile.mkdtemp(prefix="xiaolaba-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        sys.stdout.write(f"{start(tools, folder, user)}\n")
        sys.stdout.flush()
        sys.stdin.read()
        control(tools, folder, user, ["-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
