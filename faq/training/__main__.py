"""`python -m faq.training`: fit every model that ships, from the corpus alone."""

import gzip
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from faq.reading import Reading
from faq.resources import DATA
from faq.training import corpus, ranking
from faq.training.acts import fit_acts
from faq.training.linear import Model
from faq.training.places import fit_places

TALK = frozenset({"chat", "ad", "talk", "off_topic", "not_emergency"})
"""The acts of messages that no entry answers."""

REPORTS = frozenset({"report", "no_report"})


def main(arguments: Iterable[str]) -> None:
    """Write the models to the folder named, or to where they ship from."""
    folder = Path(next(iter(arguments), DATA))
    said, others = corpus.sayings(), corpus.acts()
    readings = {each.text: Reading(each.text, mended=not each.by_staff) for each in said}
    _say(f"{len(said)} sentences on topics, {len(others)} other messages")
    # First: what messages are is also told by whether they name a place.
    reports = [
        (act.category or "-", act.place or "-", act.text) for act in others if act.act in REPORTS
    ]
    places = orjson.dumps(fit_places(reports), option=orjson.OPT_APPEND_NEWLINE)
    (folder / "places.json").write_bytes(places)
    _write(folder, "topics", ranking.topic_model(said, readings))
    for name, model in fit_acts(others, said).items():
        _write(folder, name, model)
    talk = [act for act in others if act.act in TALK]
    data = list(ranking.examples(said, readings, talk))
    _say(f"{len(data)} examples for the scorer")
    weights = ranking.fit_ranking(data)
    scorer = {"ranking": weights, "trees": ranking.fit_trees(data, weights)}
    (folder / "scorer.json").write_bytes(orjson.dumps(scorer, option=orjson.OPT_APPEND_NEWLINE))


def _write(folder: Path, name: str, model: Model) -> None:
    data, arrays = model
    (folder / f"{name}.json").write_bytes(orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE))
    # Without a name or a time in it, the same weights make the same file.
    with (
        (folder / f"{name}.npy.gz").open("wb") as plain,
        gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0) as file,
    ):
        np.save(file, arrays, allow_pickle=False)
    _say(f"{name}: {len(data['labels'])} labels, {len(data['terms'])} terms")


def _say(text: Any) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
