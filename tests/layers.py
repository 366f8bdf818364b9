"""Which part may import which, and what else the plan of the house forbids, read by ast.

The table stands in docs/architecture.md too; tests/test_layers.py keeps both alike.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "faq", "handlers")

WORDS = {"bot.model", "bot.errors"}
NOUNS = {"bot.community", "bot.storage"} | WORDS
STEP = {"bot.metrics", "bot.platforms", "bot.storage"} | WORDS
FACE = {"bot.settings", "bot.understanding", "faq", "faq.times"} | NOUNS

ALLOWED: dict[str, set[str]] = {
    "faq.times": set(),
    "faq": {"faq.times"},
    "faq.groups": {"faq"},
    "faq.training": {"faq"},
    "bot.errors": set(),
    "bot.loops": set(),
    "bot.logs": set(),
    "bot.metrics": set(),
    "bot.model": {"bot.errors"},
    "bot.settings": WORDS,
    "bot.platforms": WORDS,
    "bot.storage": WORDS,
    # A recurring event has to know its next date; like questions are answered together.
    "bot.community": {"bot.storage", "faq.groups", "faq.times"} | WORDS,
    "bot.understanding": {"bot.settings", "faq"} | NOUNS,
    "bot.api": {"faq"} | NOUNS,
    "handlers": {"bot.api", "faq", "faq.times"},
    "bot.skills": {"bot.api", "bot.errors", "handlers"},
    "bot.webhook": STEP,
    "bot.pull": STEP,
    "bot.deliver": STEP,
    "bot.dispatch": STEP | {"bot.api", "bot.community", "bot.understanding", "faq"},
    "bot.schedule": FACE,
    "bot.health": {"bot.metrics", "bot.settings", "bot.storage", "bot.understanding"} | WORDS,
    "bot.web": FACE,
}
"""What each part may import beside itself. `handlers` may not even import themselves."""

EVERYTHING = frozenset(ALLOWED)
ALLOWED |= {
    "bot.app": {*EVERYTHING},
    "bot.commands": {*EVERYTHING, "bot.app"},
    "bot.cli": {*EVERYTHING, "bot.app", "bot.commands"},
    "bot.__main__": {"bot.cli"},
    "bot": set(),
}

RESERVED: dict[str, set[str]] = {
    "sqlalchemy": {"bot.storage", "bot.community"},
    "alembic": {"bot.storage"},
    "aiosqlite": {"bot.storage"},
    "asyncpg": {"bot.storage"},
    "sqlite3": {"bot.storage"},
    "apscheduler": {"bot.schedule"},
    "jieba": {"faq"},
    "numpy": {"faq", "faq.training"},
    "lightgbm": {"faq.training"},
    "scipy": {"faq.training"},
    "sklearn": {"faq.training"},
}
"""Libraries that only these parts may import; all others are free, but for `faq`."""

FAQ_LIBRARIES = {"dateutil", "jieba", "lunar_python", "numpy", "orjson"}
"""The libraries of `faq`: none that reaches a network or a database."""

FAQ_FORBIDDEN = {"asyncio", "http", "socket", "sqlite3", "subprocess", "urllib"}
"""What of the standard library would make `faq` do more than read its data files."""

ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
ENVIRONMENT_READER = "bot/settings.py"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the project, as its path below the root and its text."""

    path: str
    text: str

    @property
    def module(self) -> str:
        """The dotted name; that of the package for its __init__.py."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        own = self.path.endswith("__init__.py")
        return self.module if own else self.module.rpartition(".")[0]


def sources() -> list[Source]:
    """Every Python file of the three packages."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return [
        Source(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in sorted(files)
    ]


def part_of(module: str) -> str:
    """The row of the table that a module belongs to; "bot" for bot/__init__.py."""
    words = module.split(".")
    two = words[0] == "bot" or ".".join(words[:2]) in ALLOWED
    return ".".join(words[:2]) if two else words[0]


def imports(source: Source) -> Iterator[str]:
    """Every module that the file imports, wherever in it, with its full dotted name.

    `from a import b` counts as a.b, since b may be a module.
    """
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(filter(None, [origin(source, node.level), node.module]))
            yield from (f"{start}.{name.name}" for name in node.names)


def origin(source: Source, level: int) -> str:
    """The package that so many leading dots stand for; "" for none."""
    words = source.package.split(".")
    return ".".join(words[: len(words) - level + 1]) if level else ""


def faults(source: Source) -> list[str]:
    """Every rule that the file breaks, one sentence each."""
    part = part_of(source.module)
    found = [fault for module in imports(source) for fault in import_faults(part, module)]
    if source.path != ENVIRONMENT_READER and reads_environment(source):
        found.append(f"reads the environment; only {ENVIRONMENT_READER} does")
    return [f"{source.path} {fault}" for fault in dict.fromkeys(found)]


def import_faults(part: str, module: str) -> Iterator[str]:
    """What is wrong with this part importing that module."""
    if module.partition(".")[0] in PACKAGES:
        wanted = part_of(module)
        own = wanted == part and part != "handlers"
        if not own and wanted not in ALLOWED.get(part, set()):
            yield f"imports {wanted}"
        return
    for library, owners in RESERVED.items():
        if is_below(module, library) and part not in owners:
            yield f"imports {library}, which belongs to {' and '.join(sorted(owners))}"
    if part in {"faq", "faq.groups", "faq.times"}:
        yield from faq_faults(module)


def faq_faults(module: str) -> Iterator[str]:
    """What is wrong with `faq`, which is pure, importing that library."""
    library = module.partition(".")[0]
    foreign = library not in sys.stdlib_module_names | FAQ_LIBRARIES
    if foreign or any(is_below(module, name) for name in FAQ_FORBIDDEN):
        yield f"imports {library}, which is none of the libraries of faq"


def is_below(module: str, parent: str) -> bool:
    """Whether the module is that one or lies inside of it."""
    return module == parent or module.startswith(f"{parent}.")


def reads_environment(source: Source) -> bool:
    """Whether the file touches the environment of the process."""
    touched = {
        node.attr
        for node in ast.walk(ast.parse(source.text))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    imported = {name.removeprefix("os.") for name in imports(source) if name.startswith("os.")}
    return bool((touched | imported) & ENVIRONMENT)


def table() -> str:
    """The rules as docs/architecture.md prints them."""
    parts = [f"| `{part}` | {listed(allowed)} |" for part, allowed in ALLOWED.items()]
    libraries = [f"| `{library}` | {listed(owners)} |" for library, owners in RESERVED.items()]
    heads = ["| part | may import |", "|---|---|"], ["", "| library | only in |", "|---|---|"]
    return "\n".join([*heads[0], *parts, *heads[1], *libraries])


def listed(parts: set[str]) -> str:
    """The parts in one line, shortened where they are all."""
    named = sorted(parts - EVERYTHING if parts >= EVERYTHING else parts)
    words = [f"`{name}`" for name in named]
    if parts >= EVERYTHING:
        words.insert(0, "everything above")
    return ", ".join(words) or "nothing of ours"
