"""Everything CI runs, stage by stage, until one fails: `make test`.

Words on the command line are stages to leave out ("postgres" leaves PostgreSQL out of the
tests). What is left out is named at the end; CI leaves out nothing. A test that skips itself
counts as failed: nothing is skipped unless somebody asked for it by name.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable
POSTGRES = "postgres"
NO_TEST = 5
"""Exit code of pytest: https://docs.pytest.org/en/stable/reference/exit-codes.html"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage found; a stage without tests of its own has none passed."""

    passed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A name that can be left out, and what it does."""

    name: str
    run: Callable[[frozenset[str]], Outcome]


def command(*words: str) -> Callable[[frozenset[str]], Outcome]:
    """A stage that passes when the program returns 0."""
    return lambda _left_out: Outcome(failed=int(call(*words) != 0))


def call(*words: str) -> int:
    """The exit code of a program that is run at the root of the project."""
    return subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode


def module(name: str, *words: str) -> Callable[[frozenset[str]], Outcome]:
    """A stage that runs a Python module of the development environment."""
    return command(PYTHON, "-m", name, *words)


def tests(marker: str) -> Callable[[frozenset[str]], Outcome]:
    """A stage of the tests that the marker expression names."""

    def run(left_out: frozenset[str]) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            words = ["-q", "-m", marker, f"--junit-xml={report}"]
            if POSTGRES in left_out:
                words.append("--without-postgres")
            code = call(PYTHON, "-m", "pytest", *words)
            return counted(report, code)

    return run


def counted(report: Path, code: int) -> Outcome:
    """What the report of a test run says; a run without a single test has failed."""
    if code == NO_TEST:
        print("not a single test ran: a stage without tests proves nothing")
    if not report.exists():
        return Outcome(failed=1)
    suites = list(ElementTree.parse(report).iter("testsuite"))
    skips = [skip for suite in suites for skip in suite.iter("skipped")]
    unasked = sum(skip.get("type") == "pytest.skip" for skip in skips)
    if unasked:
        print(f"{unasked} tests skipped themselves, which nobody asked for")
    failed = total(suites, "failures") + total(suites, "errors") + unasked
    passed = total(suites, "tests") - total(suites, "failures") - total(suites, "errors")
    return Outcome(passed - len(skips), failed or int(code != 0))


def total(suites: list[Element], attribute: str) -> int:
    """One number of all suites together."""
    return sum(int(suite.get(attribute, "0")) for suite in suites)


def system(left_out: frozenset[str]) -> Outcome:
    """Programs beside Python, as far as the stages that follow want them."""
    wanted = {"chromium": "browser", "fonts": "browser", "postgresql": POSTGRES, "node": "peers"}
    words = [program for program, stage in wanted.items() if stage not in left_out]
    code = call("scripts/system-packages.sh", *words) if words else 0
    return Outcome(failed=int(code != 0))


# Cheap and talkative first.
STAGES = (
    Stage("format", module("ruff", "format", "--check", ".")),
    Stage("lint", module("ruff", "check", ".")),
    Stage("types", module("mypy")),
    Stage("script-types", module("mypy", "scripts")),
    Stage("system", system),
    Stage("tests", tests("not browser and not peers and not kills and not soak")),
    Stage("wheel", command(PYTHON, "scripts/wheel.py")),
    Stage("kills", tests("kills")),
    Stage("peers", tests("peers")),
    Stage("browser", tests("browser")),
)


def asked(words: list[str]) -> frozenset[str]:
    """The stages to leave out, checked: a word that names none would leave out nothing."""
    known = [stage.name for stage in STAGES] + [POSTGRES]
    if unknown := set(words) - set(known):
        sys.exit(f"SKIP: no stage {' '.join(sorted(unknown))}; there are {' '.join(known)}")
    if words and os.environ.get("CI"):
        sys.exit("SKIP: in CI nothing is left out")
    return frozenset(words)


def main() -> None:
    """Run the stages, then say what was done, what was left out and what was found."""
    left_out = asked(sys.argv[1:])
    wanted = [stage for stage in STAGES if stage.name not in left_out]
    outcomes: list[Outcome] = []
    lines = []
    for stage in wanted:
        print(f"── {stage.name}", flush=True)
        begin = time.monotonic()
        outcomes.append(stage.run(left_out))
        word = "failed" if outcomes[-1].failed else "ok"
        lines.append(f"{stage.name:<13} {word:<7} {time.monotonic() - begin:7.1f} s")
        print(lines[-1], flush=True)
        if outcomes[-1].failed:
            break
    print("── summary", *lines, sep="\n")
    if not_reached := [stage.name for stage in wanted[len(lines) :]]:
        print(f"not reached: {' '.join(not_reached)}")
    if left_out:
        print(f"left out by name: {' '.join(sorted(left_out))}")
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
