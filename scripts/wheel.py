"""Prove that the wheel alone is the whole program.

Builds it, compares its content with the folders, installs it with
requirements.lock (and nothing else) into a new environment, and uses it from an empty folder:
every module can be imported, a question is understood, the demo serves its page and stops when
it is told to.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "faq")
TRAINING = ("faq/training/", "faq/data/corpus/")
"""Only of use in a checkout, which is where the libraries for it are installed."""
IMPORT_ALL = f"""
import importlib, pkgutil
for package in {PACKAGES!r}:
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
"""
PATIENCE_SECONDS = 60


def run(*words: str | Path, folder: Path, text: str = "") -> str:
    """What the program prints; its failure ends everything."""
    return subprocess.run(
        words,
        cwd=folder,
        env=clean(folder),
        input=text,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def clean(folder: Path, **more: str) -> dict[str, str]:
    """The environment of somebody who never saw the checkout; pip keeps its settings."""
    kept = {name: text for name, text in os.environ.items() if name.startswith("PIP_")}
    return {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", **kept, **more}


def build(folder: Path) -> Path:
    """The wheel, in that folder."""
    words = ("-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    run(sys.executable, *words, folder=ROOT)
    [wheel] = folder.glob("*.whl")
    return wheel


def check_content(wheel: Path) -> None:
    """Every file of the packages is in the wheel, but for training; and nothing else."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file()]
    named = (file.relative_to(ROOT).as_posix() for file in files if file.suffix != ".pyc")
    wanted = {name for name in named if not name.startswith(TRAINING)}
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    if missing := wanted - inside:
        sys.exit(f"not in the wheel: {sorted(missing)}")
    if surplus := inside - wanted:
        sys.exit(f"in the wheel and not in the packages: {sorted(surplus)}")


def install(wheel: Path, folder: Path) -> Path:
    """The folder of programs of a new environment that holds the wheel."""
    run(sys.executable, "-m", "venv", "environment", folder=folder)
    programs = folder / "environment" / "bin"
    pip = (programs / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements.lock", folder=folder)
    run(*pip, "--no-deps", "--no-index", wheel, folder=folder)
    return programs


def check_understanding(programs: Path, folder: Path) -> None:
    """The data files came along: an elderly resident's question gets a decision."""
    question = json.dumps({"q": "老年证怎么办"}, ensure_ascii=False)
    printed = run(programs / "xiaolaba", "understand", folder=folder, text=question + "\n")
    decision = json.loads(printed)
    if decision["q"] != "老年证怎么办" or not decision["action"]:
        sys.exit(f"not a decision: {printed}")


def check_demo(programs: Path, folder: Path) -> None:
    """The demo serves the resident page and is ready; told to stop, it returns 0."""
    port = free_port()
    with subprocess.Popen(
        [programs / "xiaolaba", "serve", "--demo"],
        cwd=folder,
        env=clean(folder, XIAOLABA_HOST="127.0.0.1", XIAOLABA_PORT=str(port)),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        limit = threading.Timer(PATIENCE_SECONDS, server.kill)
        limit.start()
        assert server.stdout
        if not any("listening on " in line for line in server.stdout):
            sys.exit("the demo never listened")
        for path in ("/", "/readyz"):
            check_page(port, path)
        server.terminate()
        server.stdout.read()
    limit.cancel()
    if server.returncode != 0:
        sys.exit(f"the demo ended with {server.returncode}")


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check_page(port: int, path: str) -> None:
    """The page answers with 200 and has something to read, at the latest when all is ready."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (status := page_status(port, path)) == HTTPStatus.SERVICE_UNAVAILABLE:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if status != HTTPStatus.OK:
        sys.exit(f"the demo answers {status} to {path}")


def page_status(port: int, path: str) -> int:
    """How the page answers; 0 when it says nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status if answer.read() else 0


def main() -> None:
    """Build, compare, install, use."""
    with tempfile.TemporaryDirectory(prefix="xiaolaba-wheel-") as name:
        folder = Path(name)
        wheel = build(folder)
        check_content(wheel)
        programs = install(wheel, folder)
        empty = folder / "empty"
        empty.mkdir()
        run(programs / "python", "-c", IMPORT_ALL, folder=empty)
        check_understanding(programs, empty)
        check_demo(programs, empty)
    print(f"{wheel.name} is whole")


if __name__ == "__main__":
    main()
