"""Libraries and plans."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spanner.library import Library, open_library
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from support.trees import write


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
