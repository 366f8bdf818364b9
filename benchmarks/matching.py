"""Matching: our index beside bm25s and tantivy, on the same entries and questions.

`python -m benchmarks.matching [--entries N …] [--rounds N] [--peers FOLDER]`
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice, product, zip_longest
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from benchmarks.entries import STREETS, made_up
from benchmarks.processes import ROOT, SERVER_CPU
from benchmarks.rounds import machine
from benchmarks.searching import Measured, Row, rows, write

CORPUS = ROOT / "faq" / "data" / "corpus" / "questions"
LABELLED = ROOT / "tests" / "data"
ADDED = 200
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
HEAD = (
    "entries", "engine", "build, s", "add one, ms", "p50, ms", "p99, ms",
    "CPU p50, ms", "p99, ms", "first pass p50, ms", "p99, ms", "memory, MiB",
)  # fmt: skip


def corpus() -> list[tuple[str, str]]:
    """What people ask in the corpus, each once, with an answer on the topic."""
    table = [
        line.split("\t")
        for path in sorted(CORPUS.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    answers = {topic: text for topic, _, kind, text in table if kind == "answer"}
    asked = {text: answers.get(topic, "") for topic, _, kind, text in table if kind != "answer"}
    return list(asked.items())


def entries() -> Iterator[Row]:
    """Entries of one question each, 2,000,000 of them.

    Questions of the corpus and made-up ones take turns; then comes what the corpus asks, street
    by street.
    """
    asked = corpus()
    invented = [
        (text, entry.answer) for entry in made_up() for text in (entry.question, *entry.alternates)
    ]
    local = (
        (f"{street}{text}", f"{street}：{answer}")
        for (text, answer), street in product(asked, STREETS)
    )
    turns = (pair for both in zip_longest(asked, invented) for pair in both if pair)
    for number, (text, answer) in enumerate(chain(turns, local)):
        yield {"id": f"e{number}", "question": text, "alternates": [], "answer": answer}


def engines(peers: Path | None) -> dict[str, list[str]]:
    """The command of each engine by its name."""
    found = {"xiaolaba": [sys.executable, "-m", "benchmarks.own_search"]}
    if peers:
        python = str(peers.absolute() / "matching" / "bin" / "python")
        for name in ("bm25s", "tantivy"):
            found[name] = [python, f"benchmarks/peers/{name}_search.py"]
    return found


def run(command: Sequence[str], folder: Path) -> Measured:
    """Measure one engine in a process of its own, on one CPU and in one thread."""
    done = subprocess.run(
        ["taskset", "-c", str(SERVER_CPU), *command, str(folder)],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Measured(**json.loads(done.stdout))


def timed(
    commands: dict[str, list[str]], size: int, rounds: int, folder: Path
) -> dict[str, list[Measured]]:
    """Each engine in turn, so many rounds, on so many entries."""
    found = entries()
    write(folder / "entries.jsonl", list(islice(found, size)))
    write(folder / "more.jsonl", list(islice(found, ADDED)))
    write(folder / "queries.jsonl", rows(LABELLED / "queries.jsonl"))
    measured: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            measured[name].append(run(command, folder))
    return measured


def hits(commands: dict[str, list[str]], labelled: Path, folder: Path) -> dict[str, float]:
    """How often the first entry found is a right one, on a labelled set."""
    asked = rows(labelled / "queries.jsonl")
    write(folder / "entries.jsonl", rows(labelled / "faq.jsonl"))
    write(folder / "more.jsonl", [])
    write(folder / "queries.jsonl", asked)
    tops = {name: run(command, folder).top for name, command in commands.items()}
    return {
        name: sum(id in row["gold"] for id, row in zip(top, asked, strict=True)) / len(asked)
        for name, top in tops.items()
    }


def p50(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return median(seconds) * 1000


def p99(seconds: Sequence[float]) -> float:
    """What one in a hundred exceeds, in milliseconds."""
    return quantiles(seconds, n=100)[98] * 1000


def line(size: int, name: str, measured: Sequence[Measured]) -> str:
    """One line of the table: medians over the rounds."""
    cells = (
        f"{size:,}",
        name,
        f"{median(each.build for each in measured):.2f}",
        f"{median(p50(each.adds) for each in measured):.2f}",
        f"{median(p50(each.warm) for each in measured):.2f}",
        f"{median(p99(each.warm) for each in measured):.2f}",
        f"{median(p50(each.warm_cpu) for each in measured):.2f}",
        f"{median(p99(each.warm_cpu) for each in measured):.2f}",
        f"{median(p50(each.cold) for each in measured):.2f}",
        f"{median(p99(each.cold) for each in measured):.2f}",
        f"{median(each.resident for each in measured):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, help="folder of peers/build.sh: measure peers too")
    chosen = parser.parse_args(arguments)
    commands = engines(chosen.peers)
    print(f"{machine()}\n\nmedians of {chosen.rounds} rounds, the engines in turn\n")
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    with TemporaryDirectory() as folder:
        for size in chosen.entries:
            for name, measured in timed(commands, size, chosen.rounds, Path(folder)).items():
                print(line(size, name, measured), flush=True)
        for labelled in (LABELLED, LABELLED / "blind"):
            right = hits(commands, labelled, Path(folder))
            shown = ", ".join(f"{name} {hit:.3f}" for name, hit in right.items())
            print(f"\nhit@1 on {labelled.relative_to(ROOT)}: {shown}")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
