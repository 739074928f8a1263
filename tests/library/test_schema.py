"""Libraries of earlier versions: what they know of copies and checks is understood."""

import sqlite3
from pathlib import Path

import pytest

from spanner.library import open_library, schema
from spanner.status.copy_status import CopyStatuses

SHA = "a" * 64


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A library of the version before: a set of two discs, its images, copies and checks."""
    path = tmp_path / "old.sqlite"
    db = sqlite3.connect(path)
    for statement in (schema._FIRST + schema._COPIES).split(";"):
        db.execute(statement)
    db.execute("INSERT INTO sets VALUES ('old', 'Old Song', '2024-01-01T00:00:00Z', 'x', x'00')")
    for disc in (1, 2):
        name = f"OLD_0{disc}OF02"
        db.execute("INSERT INTO discs VALUES ('old', ?, ?, 'all', 'dvd+r', 2000)", (disc, name))
        db.execute(
            "INSERT INTO files VALUES ('old', ?, ?, 1, 1, 5, 0, ?)",
            (disc, f"Song/{disc}.wav", SHA),
        )
        db.execute(
            "INSERT INTO images (set_id, disc, place, sha256, sectors, verified)"
            " VALUES ('old', ?, ?, ?, 2000, '2024-01-02T00:00:00Z')",
            (disc, f"/images/{name}.iso", SHA),
        )
        for state in ("spoilt", "verified", "burnt")[: 3 - (disc == 2)]:
            db.execute(
                "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
                " sha256, started, changed, remark) VALUES ('old', ?, ?, ?, 2000, '/dev/sr0',"
                " 'bd-r', ?, ?, '2024-01-03T00:00:00Z', '2024-01-03T00:00:00Z', '')",
                (disc, f"old/{disc}", name, state, SHA),
            )
    for disc, place, checked, good in (
        (1, "/images/OLD_01OF02.iso", "2024-05-01T00:00:00Z", 1),
        (2, "images/OLD_02OF02.iso", "2024-05-01T00:00:00Z", 0),
        (1, "/dev/sr0", "2024-06-01T00:00:00Z", 0),
        (2, "/dev/sr1", "2024-06-01T00:00:00Z", 0),
        (1, "/elsewhere/x.iso", "2024-06-01T00:00:00Z", 0),
    ):
        db.execute(
            "INSERT INTO checks (set_id, disc, place, checked, good, remark)"
            " VALUES ('old', ?, ?, ?, ?, ?)",
            (disc, place, checked, good, "" if good else "damaged"),
        )
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    return path


def test_copies_get_numbers_and_dates(old: Path) -> None:
    with open_library(str(old)) as library:
        first = [(each.number, each.state, each.verified) for each in library.copies.of("old/1")]
        second = [(each.number, each.state, each.verified) for each in library.copies.of("old/2")]
    checked = "2024-01-03T00:00:00Z"
    assert first == [(0, "spoilt", ""), (1, "verified", checked), (2, "burnt", "")]
    assert second == [(0, "spoilt", ""), (1, "spoilt", checked)], "its check found it bad"


def test_the_last_check_of_each_image_counts(old: Path) -> None:
    with open_library(str(old)) as library:
        images = [each for each in CopyStatuses(library.db).of() if each.medium == "file"]
        assert [(each.state, each.verified) for each in images] == [
            ("not seen", "2024-05-01T00:00:00Z"),
            ("failing", "2024-01-02T00:00:00Z"),
        ]
        (doubt,) = CopyStatuses(library.db).doubts()
        assert (doubt.disc, doubt.remark) == (1, "damaged"), "of disc 1 there are two burnt"


def test_writing_and_burning_become_checks(old: Path) -> None:
    for _ in range(2):
        with open_library(str(old)) as library:
            found = {
                (each.kind, each.how, each.good, each.copy) for each in library.checks.of("old", 1)
            }
    assert found == {
        ("file", "write", True, None),
        ("file", "verify", True, None),
        ("file", "verify", False, None),
        ("disc", "verify", False, None),
        ("disc", "burn", True, 2),
    }


def test_sessions_are_read_from_plans_or_paths(old: Path) -> None:
    with open_library(str(old)) as library:
        assert library.find_sets(["song"]) == ["old"]  # its plan cannot be read
        assert library.find_sets(["OLD SONG", "o"]) == ["old"]


def test_a_set_that_is_forgotten_takes_all_with_it(old: Path) -> None:
    with open_library(str(old)) as library:
        library.find_sets(["song"])
        with library.db as db:
            db.execute("DELETE FROM sets")
        left = {
            table: library.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("discs", "files", "images", "copies", "checks", "sessions")
        }
    assert not any(left.values()), left


def test_a_new_library_is_as_one_that_grew(old: Path, tmp_path: Path) -> None:
    found = []
    for path in (old, tmp_path / "new.sqlite"):
        with open_library(str(path)) as library:
            rows = library.db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name")
            found.append(rows.fetchall())
    assert found[0] == found[1]
