"""Copies: their states, what counts, and libraries of the version before them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanner.errors import UsageError
from spanner.library import (
    BURNING,
    BURNT,
    SPOILT,
    VERIFIED,
    Library,
    image_key,
    open_library,
    schema,
)
from spanner.library.migrations import STEPS
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources import walk
from support.trees import write

A, B = "a" * 64, "b" * 64


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """One disc."""
    write(str(tmp_path / "Song"), "a.wav", b"sound")
    return make_plan(walk([str(tmp_path / "Song")]), PlanOptions(media=parse_media("dvd+r")))


@pytest.fixture
def library(tmp_path: Path, plan: Plan) -> Iterator[Library]:
    """A library that knows the plan."""
    with open_library(str(tmp_path / "library.sqlite")) as opened:
        opened.add(plan)
        yield opened


def begin(library: Library, plan: Plan) -> int:
    disc = plan.discs[0]
    belongs = plan.set.id, disc.number
    return library.copies.begin(
        image_key(*belongs), belongs, disc.volume_id, disc.image_sectors, "/dev/sr0", "dvd+r"
    )


def test_only_what_was_read_back_is_written(library: Library, plan: Plan) -> None:
    key = image_key(plan.set.id, 1)
    copy = begin(library, plan)
    (found,) = library.copies.of(key)
    assert (found.id, found.state, found.sha256, found.drive) == (copy, BURNING, "", "/dev/sr0")
    assert (found.set_id, found.disc, found.medium) == (plan.set.id, 1, "dvd+r")
    assert library.image_hash(plan.set.id, 1) == ""
    library.copies.settle(copy, BURNT, A)
    assert library.image_hash(plan.set.id, 1) == A
    assert library.sets()[0].written == 0
    library.copies.settle(copy, VERIFIED)
    assert library.copies.of(key)[0].sha256 == A
    assert library.sets()[0].written == 1
    assert [each.state for each in library.discs(plan.set.id)[0].copies] == [VERIFIED]
    library.add_image(plan.set.id, 1, "/images/1.iso", A, [])
    assert library.sets()[0].written == 1


def test_a_spoilt_copy_gives_no_hash(library: Library, plan: Plan) -> None:
    copy = begin(library, plan)
    library.copies.settle(copy, SPOILT, A, "write error")
    assert library.image_hash(plan.set.id, 1) == ""
    assert library.sets()[0].written == 0
    assert library.discs(plan.set.id)[0].copies[0].remark == "write error"


def test_what_was_not_begun_is_forgotten(library: Library, plan: Plan) -> None:
    library.copies.forget(begin(library, plan))
    assert library.copies.of(image_key(plan.set.id, 1)) == []


def test_a_copy_keeps_its_number(library: Library, plan: Plan) -> None:
    key = image_key(plan.set.id, 1)
    first, second, third = (begin(library, plan) for _ in range(3))
    assert [each.number for each in library.copies.of(key)] == [0, 0, 0]
    library.copies.settle(first, BURNT, A)
    library.copies.settle(first, SPOILT)
    library.copies.settle(second, BURNT, A)
    library.copies.settle(second, VERIFIED)
    library.copies.settle(third, BURNT, A)
    assert [each.number for each in library.copies.of(key)] == [0, 1, 2]
    library.copies.settle(second, SPOILT)
    assert [each.number for each in library.copies.of(key)] == [0, 1, 2]
    library.copies.settle(first, VERIFIED)
    assert [each.number for each in library.copies.of(key)] == [3, 1, 2]
    assert [each.known for each in library.copies.of(key)] == [True, True, True]


def test_images_of_no_set_have_copies_too(library: Library) -> None:
    copy = library.copies.begin("/x.iso 4096 1", None, "X", 2, "/dev/sr1", "cd-r")
    library.copies.settle(copy, VERIFIED, A)
    (found,) = library.copies.of("/x.iso 4096 1")
    assert (found.set_id, found.disc, found.state) == (None, None, VERIFIED)


def test_a_library_without_copies_gets_them(tmp_path: Path, plan: Plan) -> None:
    path = str(tmp_path / "old.sqlite")
    db = sqlite3.connect(path)
    STEPS[0](db)
    db.execute("INSERT INTO sets VALUES ('old', 'Old Song', '2024-01-01T00:00:00Z', 'x', x'00')")
    db.execute("INSERT INTO discs VALUES ('old', 1, 'OLD_01OF01', 'all', 'dvd+r', 2000)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    for _ in range(2):
        with open_library(path) as opened:
            assert [each.title for each in opened.sets()] == ["Old Song"]
            assert opened.has_disc("old", 1)
            assert not opened.has_disc("old", 2)
            assert opened.discs("old")[0].copies == ()
            opened.copies.begin("old/1", ("old", 1), "OLD_01OF01", 2000, "/dev/sr0", "dvd+r")
            opened.copies.forget(opened.copies.of("old/1")[0].id)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    db.close()


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "later.sqlite")
    with open_library(path):
        pass
    db = sqlite3.connect(path)
    later = schema.VERSION + 1
    db.execute(f"PRAGMA user_version = {later}")
    db.commit()
    db.close()
    with pytest.raises(UsageError, match=f"version {later}"), open_library(path):
        pass
