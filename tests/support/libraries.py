"""Libraries and plans."""

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spanner.library import Library, open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from support.trees import write

RECORDED = Path(__file__).resolve().parents[1] / "library" / "recorded"
"""Libraries that the code of each version made: see `record.py` there."""


@pytest.fixture
def one_disc(tmp_path: Path) -> Plan:
    """A set of one disc."""
    write(str(tmp_path / "Song"), "a.wav", b"sound")
    return make_plan(walk([str(tmp_path / "Song")]), PlanOptions(media=parse_media("dvd+r")))


@pytest.fixture
def known(tmp_path: Path, one_disc: Plan) -> Iterator[Library]:
    """A library that knows that set."""
    with open_library(str(tmp_path / "library.sqlite")) as opened:
        opened.add(one_disc)
        yield opened


def load_recorded(version: int, path: Path) -> None:
    """Put the recorded library of a version of the tables at a path."""
    text = RECORDED / f"v{version}.sql"
    if text.exists():
        with closing(sqlite3.connect(path)) as db:
            db.executescript(text.read_text())
    else:
        path.write_bytes(gzip.decompress((RECORDED / f"v{version}.sqlite.gz").read_bytes()))
