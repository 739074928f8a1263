"""Libraries of earlier versions: what they know of copies and checks is understood."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spanner.assessing.copy_status import CopyStatuses
from spanner.library import migrations, open_library, schema
from spanner.library.migrations import STEPS
from support.libraries import load_recorded

SHA = "a" * 64
PRAGMAS = ("table_xinfo", "foreign_key_list", "index_list", "index_xinfo")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A library of the version before: a set of two discs, its images, copies and checks."""
    path = tmp_path / "old.sqlite"
    db = sqlite3.connect(path)
    for migrate in STEPS[:2]:
        migrate(db)
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
        (doubtful,) = CopyStatuses(library.db).doubtful()
        assert (doubtful.disc, doubtful.remark) == (1, "damaged"), "of disc 1 there are two burnt"


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


def tables(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Tables, indexes and views: their SQL, word by word without comments, and their columns."""
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name")
    return [
        (
            *(kind, name, table),
            re.findall(r"\w+|[^\w\s\"]", re.sub(r"--.*", "", sql or "")),
            [db.execute(f"PRAGMA {pragma}('{name}')").fetchall() for pragma in PRAGMAS],
        )
        for kind, name, table, sql in rows.fetchall()
    ]


def settings(db: sqlite3.Connection) -> list[object]:
    """The version, and how the indexes of pieces are kept."""
    how = [
        db.execute(f"SELECT k, v FROM {table}_config WHERE k <> 'automerge'").fetchall()
        for table in ("name_pieces", "folder_pieces")
    ]
    return [db.execute("PRAGMA user_version").fetchone(), *how]


@pytest.fixture
def new(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A new library's database."""
    with open_library(str(tmp_path / "new.sqlite")) as library:
        yield library.db


def test_a_new_library_is_as_one_that_grew(old: Path, new: sqlite3.Connection) -> None:
    with open_library(str(old)) as grown:
        assert tables(grown.db) == tables(new)
        assert settings(grown.db) == settings(new)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_new_library_is_as_those_that_were_recorded(
    tmp_path: Path, new: sqlite3.Connection, version: int
) -> None:
    load_recorded(version, tmp_path / "recorded.sqlite")
    with open_library(str(tmp_path / "recorded.sqlite")) as grown:
        assert tables(grown.db) == tables(new)
        assert settings(grown.db) == settings(new)


def test_a_new_library_is_as_all_steps_make_it(new: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        for migrate in STEPS:
            migrate(db)
        db.execute(f"PRAGMA user_version = {schema.VERSION}")
        assert tables(db) == tables(new)
        assert settings(db) == settings(new)
    assert len(STEPS) == schema.VERSION


def test_steps_use_nothing_of_the_living_code() -> None:
    folder = Path(migrations.__file__).parent
    (package, *steps) = sorted(folder.glob("*.py"))
    assert package.name == "__init__.py"
    assert len(steps) == len(STEPS)
    for step in steps:
        imported = re.findall(r"^(?:from|import) (\S+)", step.read_text(), re.MULTILINE)
        assert imported
        assert set(imported) <= {"sqlite3", "collections", "unicodedata"}
