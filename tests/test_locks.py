"""What is installed is what pyproject.toml names, from wherever, and nothing else."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-build.lock",
    "requirements-train.lock",
)
PIN = re.compile(r"^(?P<name>[\w.-]+)(\[.*])?==(?P<version>[^\s;]+)")


def pins(lines: list[str]) -> set[tuple[str, str]]:
    """The pairs of normal name and version that the lines pin."""
    found = [match for line in lines if (match := PIN.match(line))]
    return {(re.sub(r"[-_.]+", "-", pin["name"]).lower(), pin["version"]) for pin in found}


def locked(lock: str) -> set[tuple[str, str]]:
    """The pairs in a lock file."""
    return pins((ROOT / lock).read_text("utf-8").splitlines())


def project() -> dict[str, Any]:
    """The whole of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_locks_follow_the_project() -> None:
    """Each dependency is locked in the version that pyproject.toml pins; else: make lock."""
    wanted = project()["project"]["dependencies"]

    assert len(pins(wanted)) == len(wanted)
    assert pins(wanted) <= locked("requirements.lock")


@pytest.mark.parametrize("group", ["dev", "build", "train"])
def test_the_locks_follow_the_groups(group: str) -> None:
    """The tools of development and of building are pinned and locked alike."""
    named = [word for word in project()["dependency-groups"][group] if isinstance(word, str)]

    assert len(pins(named)) == len(named)
    assert pins(named) <= locked(f"requirements-{group}.lock")


def test_the_locks_agree() -> None:
    """Developers have the very versions that everybody runs and builds with."""
    assert locked("requirements.lock") | locked("requirements-build.lock") <= locked(
        "requirements-dev.lock"
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock: str) -> None:
    """Packages are known by their hashes, so that any mirror will do."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    places = [line for line in lines if "://" in line or line.lstrip().startswith(("-i", "--i"))]
    unhashed = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and "--hash=sha256:" not in following
    ]

    assert (places, unhashed) == ([], [])
