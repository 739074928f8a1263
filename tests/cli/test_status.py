"""`status` and `locate` as a user or cron runs them: what they say, and their exit codes."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from support.commands import Run, document
from support.discs import copy_out, flip, place
from support.trees import write

ONE = ("--copies", "1", "--media", "1", "--places", "1")


@pytest.fixture
def image(run: Run, tmp_path: Path) -> str:
    """The image of a session of one disc."""
    write(str(tmp_path / "Song"), "a.wav", os.urandom(100_000))
    done = run("archive", "Song", "--media", "custom:1MB", "--to", "out", "--json")
    (disc,) = json.loads(done.stdout)["discs"]
    assert isinstance(disc["file"], str)
    return disc["file"]


def test_nothing_is_well(run: Run) -> None:
    assert run("status").stdout == "all is well\n"
    assert document(run("status", "--json"))["sets"] == []
    assert "no set or session 'Song'" in run("status", "Song", code=2).stderr


def test_the_rule_decides(run: Run, image: str) -> None:
    said = run("status", code=5).stdout
    assert "every disc" not in said
    assert "disc 1: 1 of 3 copies, on 1 of 2 kinds of media, in 1 of 2 places" in said
    assert "NOT MET" in said
    assert said.endswith("not all is well\n")
    assert run("status", *ONE).stdout.endswith("all is well\n")
    found = document(run("status", "--json", code=5))
    assert (found["well"], found["rule"]) == (False, {"copies": 3, "media": 2, "places": 2})
    (each,) = found["sets"]
    assert (each["complete"], each["copies"], each["rule_met"]) == (True, 1, False)
    assert each["sessions"] == ["Song"]


def test_a_source_may_be_deleted_or_not(run: Run, image: str, tmp_path: Path) -> None:
    assert "safe to delete from the work drive: yes" in run("status", "Song", *ONE).stdout
    said = run("status", "Song", code=5).stdout
    assert "drive: no, because 1 file on fewer than 3 verified copies (least: 1)" in said
    write(str(tmp_path / "Song"), "b.wav", b"new")
    said = run("status", "Song", *ONE, code=5).stdout
    assert "not archived: Song/b.wav" in said
    assert "drive: no, because 1 file not archived" in said
    (source,) = document(run("status", "Song", *ONE, "--json", code=5))["sources"]
    assert (source["safe"], source["new"]) == (False, ["Song/b.wav"])


def test_a_damaged_image_and_a_copy_elsewhere(run: Run, image: str, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    shutil.copy(image, tmp_path / "usb")
    assert "recorded as a further copy" in run("verify", "usb").stdout
    copy_out(image, tmp_path / "copied")
    assert document(run("verify", "copied", "--json"))["discs"][0]["new_copy"]
    two = ("--copies", "3", "--media", "1", "--places", "1")
    run("status", *two)
    at = place(image, "data/Song/a.wav")
    flip(image, at)
    run("verify", image, code=5)
    said = run("status", *two, code=5).stdout
    assert "data/Song/a.wav: damaged" in said
    assert "2 of 3 copies" in said
    flip(image, at)
    run("verify", image)
    run("status", *two)


def test_a_catalog_that_cannot_be_read_is_a_bad_check(run: Run, image: str) -> None:
    flip(image, place(image, "catalog/set.json"))
    run("verify", image, code=5)
    (found,) = document(run("status", *ONE, "--json", code=5))["failing"]
    assert found["path"] == image


def test_a_restore_that_finds_damage_is_a_check(run: Run, image: str, tmp_path: Path) -> None:
    run("restore", "out", "--to", "back")
    with_damage = place(image, "data/Song/a.wav")
    flip(image, with_damage)
    run("restore", "out", "--to", "again", code=5)
    assert len(document(run("status", *ONE, "--json", code=5))["failing"]) == 1
    run("restore", "out", "--to", "elsewhere", "--library", str(tmp_path / "none"), code=5)
    assert not (tmp_path / "none").exists()


def test_an_image_on_a_drive_that_is_kept_elsewhere(run: Run, image: str, tmp_path: Path) -> None:
    shutil.move(tmp_path / "out", tmp_path / "away")
    said = run("status", *ONE, code=5).stdout
    assert "not seen" in said
    assert "does not count" in said
    found = document(run("locate", image, "--at", "bank vault", "--json"))["copies"]
    assert [(each["place"], each["seen"], each["state"]) for each in found] == [
        ("bank vault", False, "good")
    ]
    assert "counts, as its place is known" in run("status", *ONE).stdout
    name = Path(image).stem
    assert f"bank vault: {image}" in run("locate", name).stdout
    run("locate", image, "--lost")
    assert run("locate", name).stdout == "no copies\n"


def test_checks_that_are_due(run: Run, image: str) -> None:
    time.sleep(1.1)  # times are kept in seconds
    assert "last found good" in run("status", *ONE, "--due", "0days", code=5).stdout
    run("status", *ONE, "--due", "1day")
    assert "is no age" in run("status", "--due", "soon", code=2).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("SONG_01OF01", "--at", "shelf"), "no burnt copy"),
        (("OTHER", "--at", "shelf"), "no disc 'OTHER'"),
        (("SONG_01OF01", "--at", " "), "names a place"),
        (("SONG_01OF01", "--at", "x", "--lost"), "goes without"),
    ],
)
def test_what_cannot_be_located(run: Run, image: str, words: tuple[str, ...], message: str) -> None:
    assert message in run("locate", *words, code=2).stderr
