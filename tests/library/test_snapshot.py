"""A copy of the library on each disc: whole, readable where it lies, the same when made again."""

import hashlib
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from burners import silent
from spanner.errors import SourceChangedError, SourceError, SpannerError, UsageError
from spanner.imaging.layout import LIBRARY
from spanner.library import open_library
from spanner.library.snapshot import freeze
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.plan_file import decode, encode
from spanner.planning.planner import PlanOptions, make_plan
from spanner.reading.verify import verify
from spanner.sources import walk
from support.discs import copy_out, flip, get_back, place
from support.images import image_of
from support.states import FULL, Backups
from support.trees import snapshot, write


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    """A library that knows a set."""
    (tmp_path / "sets").mkdir()
    write(str(tmp_path / "Song"), "a.wav", b"a" * 5000)
    backups = Backups(str(tmp_path / "sets"))
    backups.archive(str(tmp_path / "Song"))
    return backups


def planned(backups: Backups, root: str) -> Plan:
    with open_library(backups.library) as library:
        tree = replace(walk([root]), library=freeze(library))
    return make_plan(tree, PlanOptions(media=parse_media("custom:1MB")))


@pytest.fixture
def plan(backups: Backups, tmp_path: Path) -> Plan:
    write(str(tmp_path / "Other"), "b.wav", b"b" * 600_000)
    write(str(tmp_path / "Other"), "c.wav", b"c" * 600_000)
    return planned(backups, str(tmp_path / "Other"))


def test_each_disc_has_a_copy_that_knows_all_sets(
    backups: Backups, plan: Plan, tmp_path: Path
) -> None:
    assert len(plan.discs) > 1
    assert decode(encode(plan)) == plan
    for disc in plan.discs:
        made = image_of(plan, disc)
        assert len(made.data) == disc.image_sectors * 2048
        assert made.data == image_of(plan, disc).data
        image = tmp_path / f"{disc.number}.iso"
        image.write_bytes(made.data)
        assert verify(str(image), silent).problems == []
        folder = copy_out(str(image), tmp_path / f"disc {disc.number}")
        os.chmod(f"{folder}/catalog", 0o555)
        db = sqlite3.connect(f"file:{folder}/{LIBRARY}?mode=ro", uri=True)
        assert db.execute("SELECT id FROM sets").fetchall() == [(backups.made[0].plan.set.id,)]
        db.close()
        assert os.listdir(f"{folder}/catalog").count("library.sqlite-wal") == 0
        assert LIBRARY in Path(folder, "README.txt").read_text("utf-8")
        flip(str(image), place(str(image), LIBRARY))
        assert verify(str(image), silent).problems == [f"{LIBRARY}: damaged"]
    images = [str(tmp_path / f"{disc.number}.iso") for disc in plan.discs]
    assert get_back(images, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/Other")) == snapshot(str(tmp_path / "Other"))


def test_a_copy_is_whole_while_others_write(backups: Backups) -> None:
    with open_library(backups.library) as library, open_library(backups.library) as other:
        other.db.execute("BEGIN IMMEDIATE")
        other.db.execute("DELETE FROM checks")
        frozen = freeze(library)
        other.db.rollback()
    with open(frozen.path, "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == frozen.sha256
    assert os.stat(frozen.path).st_size == frozen.size
    with open_library(backups.library) as library:
        assert freeze(library) == frozen
    assert os.listdir(os.path.dirname(frozen.path)) == [os.path.basename(frozen.path)]


def test_a_job_that_was_begun_is_found_again(backups: Backups, plan: Plan, tmp_path: Path) -> None:
    with open_library(backups.library) as library:
        assert library.adopt(plan) == plan
    again = planned(backups, str(tmp_path / "Other"))
    assert again.library != plan.library
    with open_library(backups.library) as library:
        assert library.adopt(again) == plan
        without = make_plan(
            walk([str(tmp_path / "Other")]), PlanOptions(media=parse_media("custom:1MB"))
        )
        assert library.adopt(without) == without
    assert FULL.include_library is False


def test_a_copy_that_is_not_what_it_was(plan: Plan) -> None:
    assert plan.library
    flip(plan.library.path, 100)
    os.utime(plan.library.path, ns=(plan.library.mtime_ns, plan.library.mtime_ns))
    with pytest.raises(SourceChangedError, match="its content is not what was hashed"):
        image_of(plan, plan.discs[0])
    os.unlink(plan.library.path)
    with pytest.raises(SourceError, match="cannot be read"):
        image_of(plan, plan.discs[0])


def test_no_place_for_a_copy(backups: Backups, tmp_path: Path) -> None:
    Path(f"{backups.library}.copies").write_bytes(b"a file is in the way")
    with (
        open_library(backups.library) as library,
        pytest.raises(SpannerError, match="cannot copy the library"),
    ):
        freeze(library)


@pytest.mark.parametrize(
    "change", [{"path": "library.sqlite"}, {"size": -1}, {"sha256": ""}, {"sha256": "x" * 64}]
)
def test_plans_that_cannot_be(plan: Plan, change: dict[str, object]) -> None:
    assert plan.library
    bad = msgspec.structs.replace(plan, library=msgspec.structs.replace(plan.library, **change))
    with pytest.raises(UsageError, match="the copy of the library is impossible"):
        decode(encode(bad))
