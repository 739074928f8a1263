"""Backups as a user makes them: again and again, stopped and gone on with, restored as of then."""

import os
import sqlite3
from pathlib import Path

import pytest

from spanner.reading.iso import IsoImage
from support.commands import Run, document
from support.trees import snapshot, write

HOW = (("--new-only",), ("--new-only", "--by-hash"), ("--skip-archived",))
MEDIA = ("--media", "custom:1MB")


@pytest.fixture
def root(tmp_path: Path, run: Run) -> str:
    """A session that is archived."""
    root = str(tmp_path / "Song")
    write(root, "Song.rpp", b"<REAPER_PROJECT\n>\n")
    for name in "abc":
        write(root, f"{name}.wav", name.encode() * 100_000)
    run("archive", "Song", *MEDIA, "--to", "1")
    return root


def test_a_backup_and_its_restore(run: Run, root: str, tmp_path: Path) -> None:
    before = snapshot(root)
    write(root, "b.wav", b"B" * 100_000, mtime_ns=10**18)
    os.unlink(f"{root}/c.wav")
    plan = document(run("plan", "Song", *MEDIA, "--new-only", "--json", "-o", "plan.json"))
    assert [item["path"] for item in plan["discs"][0]["items"]] == ["Song/Song.rpp", "Song/b.wav"]
    assert [file["path"] for file in plan["earlier"]] == ["Song/a.wav"]
    assert [known["id"] for known in plan["earlier_sets"]] == [plan["since"][0]["id"]]
    said = run("archive", "Song", *MEDIA, "--new-only", "--to", "2")
    assert "not archived again: 1 file, 100 kB, on discs of set" in said.stderr
    run("restore", "1", "2", "--to", "out")
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)
    first = document(run("list", "--json"))["sets"][0]
    run("restore", "2", "1", "--to", "old", "--as-of", first["created"])
    assert snapshot(str(tmp_path / "old/Song")) == before
    alone = run("restore", "2", "--to", "alone", code=7)
    assert f'missing: disc 1, SONG_01OF01, "Song", of set "Song" ({first["id"][:8]})' in (
        alone.stdout
    )
    missing = document(run("restore", "2", "--to", "alone", "--json", code=7))["missing"]
    assert [(x["set"], x["set_id"], x["paths"]) for x in missing] == [
        ("Song", first["id"], ["Song/a.wav"])
    ]


def test_nothing_is_new(run: Run, root: str, tmp_path: Path) -> None:
    for how in HOW:
        done = run("archive", "Song", *MEDIA, *how, "--to", "2")
        assert "nothing is new" in done.stdout
        done = run("archive", "Song", *MEDIA, *how, "--to", "2", "--json")
        assert document(done) == {"set": None, "discs": []}
        done = run("plan", "Song", *MEDIA, *how, "-o", "plan.json", code=2)
        assert "nothing is new" in done.stderr
    assert not (tmp_path / "2").exists()
    assert not (tmp_path / "plan.json").exists()
    assert len(document(run("list", "--json"))["sets"]) == 1


@pytest.mark.parametrize("how", HOW)
def test_a_backup_that_was_stopped_goes_on(
    run: Run, root: str, tmp_path: Path, how: tuple[str, ...]
) -> None:
    write(root, "film.mov", os.urandom(1_200_000))
    run("archive", "Song", *MEDIA, *how, "--to", "2")
    images = sorted(os.listdir(tmp_path / "2"))
    assert len(images) > 2
    (tmp_path / "2" / images[-1]).unlink()
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("DELETE FROM images WHERE disc = ?", (len(images),))
    db.close()
    again = run("archive", "Song", *MEDIA, *how, "--to", "2")
    assert again.stderr.count("already there and right") == len(images) - 1
    assert sorted(os.listdir(tmp_path / "2")) == images
    assert len(document(run("list", "--json"))["sets"]) == 2
    run("restore", "1", "2", "--to", "out")
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)


def test_the_first_backup_is_of_all(run: Run, root: str, tmp_path: Path) -> None:
    write(str(tmp_path / "Other"), "o.wav", b"o")
    done = run("archive", "Other", *MEDIA, "--new-only", "--to", "2")
    assert "no set of these sources with every disc read back: all of them is new" in done.stderr
    run("restore", "2", "--to", "out")
    assert snapshot(str(tmp_path / "out/Other")) == snapshot(str(tmp_path / "Other"))


def test_a_copy_of_the_library_goes_along(run: Run, root: str, tmp_path: Path) -> None:
    first = document(run("list", "--json"))["sets"][0]
    write(root, "d.wav", b"d")
    how = ("--new-only", "--include-library")
    made = document(run("archive", "Song", *MEDIA, *how, "--to", "2", "--json"))
    with IsoImage(str(tmp_path / "2/SONG_01OF01.iso")) as image:
        copy = image.read(image.find("catalog/library.sqlite"), limit=1 << 30)
    (tmp_path / "copy.sqlite").write_bytes(copy)
    known = document(run("list", "--library", "copy.sqlite", "--json"))["sets"]
    assert [each["id"] for each in known] == [first["id"]]
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("DELETE FROM images WHERE set_id != ?", (first["id"],))
    db.close()
    again = document(run("archive", "Song", *MEDIA, *how, "--to", "2", "--json"))
    assert again == made
    run("restore", "1", "2", "--to", "out")
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)


def test_bad_usage(run: Run, root: str) -> None:
    done = run("plan", "Song", *MEDIA, "--by-hash", code=2)
    assert "--by-hash says how --new-only compares" in done.stderr
    done = run("restore", "1", "--to", "out", "--as-of", "soon", code=2)
    assert "--as-of soon is no date" in done.stderr
