"""What others wrote lies in the tree unchanged, with its licence."""

import hashlib
import json
from pathlib import Path

import pytest

RECORDS = sorted(Path(__file__).parent.glob("*/VENDOR.json"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.parent.name)
def test_a_vendored_file_is_what_its_record_says(record: Path) -> None:
    """The hash is the published file's, and the licence lies beside it."""
    said = json.loads(record.read_text(encoding="utf-8"))
    content = (record.parent / said["file"]).read_bytes()

    assert hashlib.sha256(content).hexdigest() == said["sha256"]
    assert (record.parent / "LICENSE").stat().st_size > 500


def test_the_records_are_found() -> None:
    """The rules of axe and the parser acorn are the two."""
    assert [record.parent.name for record in RECORDS] == ["acorn", "axe"]
