"""Searches: what each kind of pattern finds, and what it does not."""

import random
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanner.library import FileQuery, Library, SearchResult, open_library
from spanner.library.search.folding import fold
from spanner.library.search.patterns import Place, places
from spanner.library.search.query import KnownCopy
from spanner.library.search.routes import best_route
from support.catalogs import TIME, File, catalog

A, B, C = "a" * 64, "0123456789" + "b" * 54, "0123456789" + "c" * 54
DAY = 86400 * 10**9
FILES = [
    File("Song/Audio Files/Kick_01.wav", 1, 100, A),
    File("Song/Audio Files/Kick_02.wav", 1, 200, B, TIME - 10 * DAY),
    File("Song/Audio Files/Snare_01.wav", 2, 300, C),
    File("Song/Bounced Files/Kick Mix.aif", 2, 400),
    File("Song/Audio Files/Cafe\u0301.wav", 2, 500),
    File("Song/Audio Files/\udcff odd.wav", 2, 600),
    File("Song/Audio Files/[07] 100%_'\".wav", 2, 700),
    File("Song/Video/Long.mov", 1, 1000, part=1, parts=2),
    File("Song/Video/Long.mov", 2, 500, part=2, parts=2),
    File("Song/Song.ptx", 1, 50, A),
    File("Song/Song.ptx", 2, 50, A),
    File("x", 2, 5),
]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library with a set of all kinds of names and one like it."""
    with open_library(str(tmp_path / "library.sqlite")) as opened:
        opened.imports.add(catalog(FILES, number=2), 700)
        opened.imports.add(
            catalog(
                [File("Other/Audio Files/Kick_01.wav", 1, 300), File("Other/東京/歌.wav", 1, 9)],
                "set-2",
                "Other",
                created="2027-01-01T00:00:00Z",
            ),
            None,
        )
        yield opened


def names(found: SearchResult) -> list[str]:
    return sorted(file.path.rpartition("/")[2] for file in found.files)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("kick_0", ["Kick_01.wav", "Kick_01.wav", "Kick_02.wav"]),
        ("KICK MIX", ["Kick Mix.aif"]),
        ("ki", ["Kick Mix.aif", "Kick_01.wav", "Kick_01.wav", "Kick_02.wav"]),
        ("x", ["Kick Mix.aif", "Song.ptx", "x", "\udcff odd.wav"]),
        ("if", ["Kick Mix.aif"]),
        ("2.wav", ["Kick_02.wav"]),
        ("kickstart", []),
        ("qq", []),
        ("q", []),
        ("caf\u00e9", ["Cafe\u0301.wav"]),
        ("CAFE\u0301", ["Cafe\u0301.wav"]),
        ("\udcff", ["\udcff odd.wav"]),
        ("100%_'\"", ["[07] 100%_'\".wav"]),
        ("[07]", ["[07] 100%_'\".wav"]),
        ("歌", ["歌.wav"]),
        ("Kick_??.wav", ["Kick_01.wav", "Kick_01.wav", "Kick_02.wav"]),
        ("*_0[!1].wav", ["Kick_02.wav"]),
        ("*.AIF", ["Kick Mix.aif"]),
        ("kick*", ["Kick Mix.aif", "Kick_01.wav", "Kick_01.wav", "Kick_02.wav"]),
        ("*[07*", ["[07] 100%_'\".wav"]),
        ("?", ["x"]),
        ("wav*", []),
        ("audio files/k", ["Kick_01.wav", "Kick_01.wav", "Kick_02.wav"]),
        ("files/kick", ["Kick Mix.aif", "Kick_01.wav", "Kick_01.wav", "Kick_02.wav"]),
        ("bounced files/", ["Kick Mix.aif"]),
        ("ng/bounced", ["Kick Mix.aif"]),
        ("/kick mix", ["Kick Mix.aif"]),
        ("/mix", []),
        ("/x", ["x"]),
        ("bounced/kick", []),
        ("東京/", ["歌.wav"]),
        ("song/*/kick*", ["Kick Mix.aif", "Kick_01.wav", "Kick_02.wav"]),
        ("song/audio*/*_01.wav", ["Kick_01.wav", "Snare_01.wav"]),
        ("files/kick*", []),
        ("0123456789", ["Kick_02.wav", "Snare_01.wav"]),
        (B.upper(), ["Kick_02.wav"]),
        ("aaaaaaaa", ["Kick_01.wav", "Song.ptx"]),
        ("0123456", []),
    ],
)
def test_patterns(library: Library, pattern: str, expected: list[str]) -> None:
    assert names(library.search.find(FileQuery(pattern=pattern))) == expected


def test_a_hash_and_a_name_that_looks_like_one(library: Library) -> None:
    dated = File("Song/take 20260102.wav", 1, 1, C)
    hashed = File("Song/b.wav", 1, 1, "20260102" + "d" * 56)
    library.imports.add(catalog([dated, hashed], "set-3"), None)
    found = library.search.find(FileQuery(pattern="20260102"))
    assert names(found) == ["b.wav", "take 20260102.wav"]
    only = library.search.find(FileQuery(sha256="20260102"))
    assert names(only) == ["b.wav"]
    found = library.search.find(FileQuery(pattern="*e*.wav", sha256=B[:9]))
    assert names(found) == ["Snare_01.wav", "take 20260102.wav"]
    assert names(library.search.find(FileQuery(pattern="kick", sha256=B[:9]))) == ["Kick_02.wav"]


def test_what_a_file_is_and_where(library: Library) -> None:
    library.add_image("set-1", 2, "/images/\udcff.iso", B, [])
    copy = library.copies.begin("set-1/2", ("set-1", 2), "V", 1, "/dev/sr0", "dvd-r")
    library.copies.settle(copy, "burnt", B)
    library.copies.settle(copy, "verified", B)
    library.copies.begin("set-1/2", ("set-1", 2), "V", 1, "/dev/sr0", "dvd-r")
    (file,) = library.search.find(FileQuery(pattern="long")).files
    assert (file.path, file.size, file.parts) == ("Song/Video/Long.mov", 1500, 2)
    assert (file.set_id, file.set_title, file.mtime_ns) == ("set-1", "Song", TIME)
    first, second = file.discs
    assert (first.number, first.of, first.volume_id) == (1, 2, "SONG_01OF02")
    assert (first.part, first.size, first.images, first.copies) == (1, 1000, (), ())
    assert (second.number, second.part, second.size, second.title) == (2, 2, 500, "Part 2")
    assert second.images == ("/images/\udcff.iso",)
    assert second.copies == (KnownCopy(1, ""),)
    (document,) = library.search.find(FileQuery(pattern="song.ptx")).files
    assert [(disc.number, disc.sha256) for disc in document.discs] == [(1, A), (2, A)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (FileQuery(larger=500), ["Long.mov", "[07] 100%_'\".wav", "\udcff odd.wav"]),
        (FileQuery(larger=1499), ["Long.mov"]),
        (FileQuery(larger=1500), []),
        (FileQuery(smaller=50), ["x", "歌.wav"]),
        (FileQuery(pattern="l", smaller=1501, larger=900), ["Long.mov"]),
        (FileQuery(pattern="l", smaller=1500, larger=900), []),
        (FileQuery(before=TIME), ["Kick_02.wav"]),
        (FileQuery(pattern="kick_0", since=TIME), ["Kick_01.wav", "Kick_01.wav"]),
        (FileQuery(pattern="kick_0", since=TIME, set_id="set-1"), ["Kick_01.wav"]),
        (FileQuery(pattern="kick_0", set_id="set-2"), ["Kick_01.wav"]),
        (FileQuery(set_id="set-2"), ["Kick_01.wav", "歌.wav"]),
        (FileQuery(sha256=A, set_id="set-2"), []),
    ],
)
def test_filters(library: Library, query: FileQuery, expected: list[str]) -> None:
    assert names(library.search.find(query)) == expected


def test_the_limit(library: Library) -> None:
    found = library.search.find(FileQuery(pattern="kick", limit=3))
    assert (len(found.files), found.more) == (3, True)
    found = library.search.find(FileQuery(pattern="kick", limit=4))
    assert (len(found.files), found.more) == (4, False)
    assert found.files[0].set_id == "set-2", "the newest set is the first"


def test_a_search_can_be_stopped(library: Library) -> None:
    many = [File(f"Many/{number:06}.wav") for number in range(50_000)]
    library.imports.add(catalog(many, "many"), None)
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert library.search.find_unless(stop, FileQuery(pattern="*", larger=10**6)) is None
    assert len(asked) == 3
    found = library.search.find_unless(lambda: False, FileQuery(pattern="kick mix"))
    assert found
    assert len(found.files) == 1


def test_as_a_slow_search_finds(tmp_path: Path) -> None:
    """Any part of many names, by whatever route, against a look at each name."""
    chance = random.Random(5)
    letters = "abcAB.1_ éÉß東"
    paths = sorted(
        {
            "/".join("".join(chance.choices(letters, k=chance.randint(1, 7))) for _ in range(3))
            for _ in range(400)
        }
    )
    paths = [path for path in paths if all(part.strip(".") for part in path.split("/"))]
    with open_library(str(tmp_path / "many.sqlite")) as opened:
        opened.imports.add(catalog([File(path) for path in paths]), None)
        for _ in range(400):
            path = chance.choice(paths)
            start = chance.randrange(len(path))
            part = path[start : start + chance.randint(1, 6)]
            folded = fold(part)
            if "/" in part:
                expected = {path for path in paths if folded in "/" + fold(path)}
            else:
                expected = {path for path in paths if folded in fold(path.rpartition("/")[2])}
            found = opened.search.find(FileQuery(pattern=part, limit=1000))
            assert {file.path for file in found.files} == expected, part


def test_rare_pieces_lead_the_way(library: Library, tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "library.sqlite")

    def route(pattern: str, set_id: str | None = None) -> str:
        (place, *_) = places(pattern)
        return best_route(db, place, set_id).tables.split()[0]

    assert route("snare") == "name_pieces"
    assert route("no such") == "name_pieces"
    assert route("snare", "set-2") == "name_pieces"
    assert route("kick", "set-2") == "folders"
    assert route("bounced files/") == "folder_pieces"
    assert best_route(db, Place(), None).tables.split()[0] == "folders"
    plan = db.execute(
        "EXPLAIN QUERY PLAN SELECT found.folder FROM name_pieces"
        " CROSS JOIN names ON names.id = name_pieces.rowid"
        " CROSS JOIN uses AS found ON found.name = names.id"
        " WHERE name_pieces MATCH 'kic' ORDER BY name_pieces.rowid DESC"
    ).fetchall()
    db.close()
    assert not any(re.search("TEMP B-TREE", line[3]) for line in plan)
