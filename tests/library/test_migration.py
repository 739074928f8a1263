"""Libraries of earlier versions: taken over with all that is in them, or left as they were."""

import sqlite3
from pathlib import Path

import pytest

from spanner.errors import SpannerError
from spanner.library import VERIFIED, FileQuery, open_library
from spanner.library.migrations import STEPS, v4_search

A = "a" * 64
FILES = [
    ("Old Song/Audio Files/Kick.wav", 1, 1, 1, 100, 5, A),
    ("Old Song/Audio Files/Caf\u00e9.wav", 2, 1, 1, 200, 6, None),
    (r"Old Song/\xff.wav", 2, 1, 1, 300, 7, None),
    ("Old Song/Song.ptx", 1, 1, 1, 50, 8, A),
    ("Old Song/Song.ptx", 2, 1, 1, 50, 8, A),
]


def make_old(path: Path, version: int) -> None:
    """A library as that version left it."""
    with sqlite3.connect(path) as db:
        for migrate in STEPS[:version]:
            migrate(db)
        db.execute("INSERT INTO sets VALUES ('old', 'Old Song', '2024', 'x', x'00')")
        for disc in (1, 2):
            db.execute("INSERT INTO discs VALUES ('old', ?, ?, 't', 'cd', 9)", (disc, f"V{disc}"))
        for name, disc, *rest in FILES:
            db.execute("INSERT INTO files VALUES ('old', ?, ?, ?, ?, ?, ?, ?)", (disc, name, *rest))
        db.execute(
            "INSERT INTO images (set_id, disc, place, sha256, sectors, verified)"
            " VALUES ('old', 1, '/1.iso', ?, 9, '2024')",
            (A,),
        )
        db.execute(
            "INSERT INTO checks (set_id, disc, place, checked, good, remark)"
            " VALUES ('old', 2, '/2.iso', '2024', 1, '')"
        )
        if version > 1:
            db.execute(
                "INSERT INTO copies (set_id, disc, image, volume_id, sectors, drive, medium, state,"
                " sha256, started, changed, remark)"
                " VALUES ('old', 2, 'old/2', 'V2', 9, '', '', 'verified', ?, '', '2024', '')",
                (A,),
            )
        db.execute(f"PRAGMA user_version = {version}")
    db.close()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_taken_over_with_its_data(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.sqlite"
    make_old(path, version)
    with open_library(str(path)) as library:
        (summary,) = library.sets()
        assert (summary.files, summary.bytes, summary.imported) == (4, 650, False)
        assert (summary.written, summary.hashed) == (min(version, 2), False)
        first, second = library.discs("old")
        assert (first.files, first.hashed, first.sectors, first.places) == (2, 2, 9, ("/1.iso",))
        assert (second.files, second.hashed, second.last_check) == (3, 1, "2024: good")
        assert [copy.state for copy in second.copies] == [VERIFIED] * min(version - 1, 1)
        (cafe,) = library.search.find(FileQuery(pattern="CAFE\u0301")).files
        assert cafe.path == "Old Song/Audio Files/Caf\u00e9.wav"
        assert len(library.search.find(FileQuery(pattern=A)).files) == 2
        assert (
            library.search.find(FileQuery(pattern="\udcff")).files[0].path == "Old Song/\udcff.wav"
        )
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT path, disc, part, parts, size, mtime_ns, sha256 FROM files ORDER BY mtime_ns, 2"
        ).fetchall()
        assert rows == FILES
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert not db.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'old%'").fetchall()
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM sets")
        for table in ("discs", "images", "checks", "copies", "folders", "entries"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    db.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.sqlite"
    make_old(path, 3)
    monkeypatch.setattr(v4_search, "_TABLES", v4_search._TABLES + ";\nSELECT nothing")
    with pytest.raises(SpannerError, match="syntax error"), open_library(str(path)):
        pass
    monkeypatch.undo()
    with open_library(str(path)) as library:
        assert library.sets()[0].files == 4
