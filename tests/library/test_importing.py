"""Imports: whole sets from any disc, nothing doubled, hashes filled in, damage refused."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from spanner.catalog.reader import DiscCatalog, read_catalog
from spanner.errors import DamagedImageError, UsageError
from spanner.library import FileQuery, Library, open_library
from spanner.model.media_types import parse_media
from spanner.planning.planner import PlanOptions, make_plan
from spanner.reading.discs import open_disc
from spanner.sources import walk
from support.catalogs import File, catalog
from support.sets import make_set
from support.trees import write

A, B = "a" * 64, "b" * 64
FILES = [File("Song/a.wav", 1, 10), File("Song/b.wav", 2, 20), File("Song/c.wav", 2, 30)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A new library."""
    with open_library(str(tmp_path / "new.sqlite")) as opened:
        yield opened


def with_hashes(number: int) -> DiscCatalog:
    """The catalog of one of the discs, which knows the hashes of its own files."""
    own = [replace(file, sha256=A if file.disc == number else "") for file in FILES]
    return catalog(own, number=number)


def hashes(library: Library) -> dict[str, str]:
    return {
        file.path: file.discs[0].sha256
        for file in library.search.find(FileQuery(pattern="wav")).files
    }


def test_a_set_from_any_disc_completed_by_others(library: Library) -> None:
    assert library.imports.add(with_hashes(2), 700) == ("set-1", True)
    (summary,) = library.sets()
    assert (summary.title, summary.discs, summary.files, summary.bytes) == ("Song", 2, 3, 60)
    assert (summary.imported, summary.hashed, summary.written) == (True, False, 0)
    assert [(disc.sectors, disc.files, disc.hashed) for disc in library.discs("set-1")] == [
        (None, 1, 0),
        (700, 2, 2),
    ]
    assert library.imports.add(with_hashes(2), 700) == ("set-1", False)
    assert hashes(library) == {"Song/a.wav": "", "Song/b.wav": A, "Song/c.wav": A}
    assert library.imports.add(with_hashes(1), 800) == ("set-1", False)
    assert hashes(library) == {"Song/a.wav": A, "Song/b.wav": A, "Song/c.wav": A}
    assert [disc.sectors for disc in library.discs("set-1")] == [800, 700]
    (again,) = library.sets()
    assert again.hashed
    assert (again.files, again.bytes) == (3, 60)
    assert len(library.search.find(FileQuery(sha256=A)).files) == 3


def test_another_set_of_that_id_is_refused(library: Library) -> None:
    library.imports.add(with_hashes(1), None)
    others = (
        catalog([*FILES, File("Song/d.wav", 2, 1)]),
        catalog(FILES, title="Other"),
        catalog([replace(FILES[0], sha256=B), *FILES[1:]]),
        catalog([replace(FILES[0], path="Song/z.wav"), *FILES[1:]]),
        catalog([replace(FILES[0], mtime_ns=5), *FILES[1:]]),
    )
    for other in others:
        with pytest.raises(UsageError, match="another set with the id set-1"):
            library.imports.add(other, None)
    assert hashes(library) == {"Song/a.wav": A, "Song/b.wav": "", "Song/c.wav": ""}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([File("Song/../a.wav")], "impossible file"),
        ([File("/etc/a.wav")], "impossible file"),
        ([File("Song/a.wav", part=2)], "impossible file"),
        ([File("Song/a.wav"), File("Song/a.wav")], "a file twice"),
    ],
)
def test_impossible_files(library: Library, files: list[File], said: str) -> None:
    with pytest.raises(DamagedImageError, match=said):
        library.imports.add(catalog(files), None)
    assert library.sets() == []
    library.imports.add(catalog(FILES), None)
    assert len(library.search.find(FileQuery(pattern="wav")).files) == 3


def test_catalogs_that_contradict_themselves(library: Library) -> None:
    good = catalog(FILES)
    first, second = good.set.discs
    fewer = msgspec.structs.replace(second, files=1)
    odd = msgspec.structs.replace(second, title="a\nb")
    cut = good.table[:-30]
    for bad, said in (
        (replace(good, set=msgspec.structs.replace(good.set, discs=(first, fewer))), "disc 2"),
        (replace(good, set=msgspec.structs.replace(good.set, discs=(first, odd))), "printed"),
        (replace(good, set=msgspec.structs.replace(good.set, discs=(first,))), "impossible file"),
        (replace(good, table=cut), "line 4"),
    ):
        with pytest.raises(DamagedImageError, match=said):
            library.imports.add(bad, None)
    assert library.sets() == []


def test_what_was_imported_gets_its_plan(library: Library, tmp_path: Path) -> None:
    for name in "ab":
        write(str(tmp_path / "Song"), f"{name}.wav", name.encode() * 400_000)
    write(str(tmp_path / "Song"), "caf\udce9\n.wav", b"odd", mtime_ns=99_999_999_999 * 10**9)
    made = make_set(str(tmp_path / "Song"), str(tmp_path / "out"), "custom:900kB")
    with open_disc(made.images[1]) as disc:
        library.imports.add(read_catalog(disc.read, disc.name), None)
    assert library.sets()[0].imported
    library.add(made.plan)
    (summary,) = library.sets()
    assert not summary.imported
    assert [each.sectors for each in library.discs(made.plan.set.id)] == [
        disc.image_sectors for disc in made.plan.discs
    ]
    assert library.discs(made.plan.set.id)[1].hashed > 0
    other = make_plan(walk([str(tmp_path / "Song")]), PlanOptions(media=parse_media("cd")))
    wrong = msgspec.structs.replace(other, set=made.plan.set)
    with pytest.raises(UsageError, match="another plan"):
        library.add(wrong)
    with open_library(str(tmp_path / "third.sqlite")) as third:
        with open_disc(made.images[0]) as disc:
            third.imports.add(read_catalog(disc.read, disc.name), None)
        with pytest.raises(UsageError, match="another set"):
            third.add(wrong)
        assert third.sets()[0].imported


def test_forgotten_without_a_trace(library: Library, tmp_path: Path) -> None:
    library.imports.add(catalog(FILES, "kept", "Kept"), None)
    before = contents(tmp_path / "new.sqlite")
    library.imports.add(
        catalog([File("Song/a.wav", 1, 10, A), File("Song/only here.wav", 1, 1, B)]), 700
    )
    library.add_image("set-1", 1, "/1.iso", B, [("Song/a.wav", 1, B)])
    assert len(library.search.find(FileQuery(pattern="a.wav")).files) == 2
    library.forget("set-1")
    assert [each.id for each in library.sets()] == ["kept"]
    assert library.search.find(FileQuery(pattern="only here")).files == ()
    assert library.search.find(FileQuery(sha256=B)).files == ()
    assert len(library.search.find(FileQuery(pattern="a.wav")).files) == 1
    after = contents(tmp_path / "new.sqlite")
    assert after == before
    library.imports.add(with_hashes(1), None)
    assert len(library.search.find(FileQuery(pattern="a.wav")).files) == 2


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of the tables that hold files, and what the indexes find."""
    tables = ("sets", "discs", "names", "folders", "entries", "uses", "images")
    with sqlite3.connect(path) as db:
        found = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        for kind in ("name", "folder"):
            found[kind] = db.execute(
                f"SELECT rowid FROM {kind}_pieces WHERE {kind}_pieces MATCH 'son OR wav'"
            ).fetchall()
            db.execute(f"INSERT INTO {kind}_pieces ({kind}_pieces) VALUES ('integrity-check')")
    db.close()
    return found


def test_a_hash_that_changed_leads_nowhere(library: Library) -> None:
    library.imports.add(with_hashes(1), None)
    library.add_hashes("set-1", 1, [("Song/a.wav", 1, B)])
    assert library.search.find(FileQuery(sha256=A)).files == ()
    assert [each.path for each in library.search.find(FileQuery(sha256=B)).files] == ["Song/a.wav"]


_AT_ONCE = """
import sys
from spanner.library import FileQuery, open_library
from support.catalogs import File, catalog
path, letter = sys.argv[1:]
with open_library(path) as library:
    for number in range(12):
        files = [File(f"Song/{letter} shared {index}.wav") for index in range(200)]
        files += [File(f"Song/both {index}.wav") for index in range(200)]
        library.imports.add(catalog(files, f"{letter}-{number}"), None)
        library.imports.add(catalog(files[200:], f"both-{number}"), None)
        query = FileQuery(pattern=f"{letter} shared", limit=9999)
        assert len(library.search.find(query).files) >= 200
        if number % 3 == 0:
            library.forget(f"{letter}-{number}")
"""


def test_two_processes_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "shared.sqlite")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _AT_ONCE, path, letter],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for letter in "pq"
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    with open_library(path) as library:
        assert len(library.sets()) == 2 * 8 + 12
        for letter in "pq":
            found = library.search.find(FileQuery(pattern=f"{letter} shared", limit=9999))
            assert len(found.files) == 8 * 200
        found = library.search.find(FileQuery(pattern="both 7", limit=9999))
        assert len(found.files) == (2 * 8 + 12) * 11
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM names").fetchone() == (3 * 200,)
    db.close()


def test_a_disc_with_parity_knows_all_hashes(tmp_path: Path) -> None:
    for name in "ab":
        write(str(tmp_path / "Song"), f"{name}.wav", name.encode() * 1_000_000)
    options = ("--media", "custom:2MB", "--to", "out", "--parity", "1", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "spanner", "archive", "Song", *options],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    discs = msgspec.json.decode(done.stdout)["discs"]
    with open_library(str(tmp_path / "new.sqlite")) as library:
        for number, hashed in ((0, False), (len(discs) - 1, True), (1, True)):
            with open_disc(discs[number]["file"]) as disc:
                library.imports.add(read_catalog(disc.read, disc.name), None)
            assert library.sets()[0].hashed is hashed
        assert library.sets()[0].discs == len(discs)
