"""Sessions whose media lie elsewhere: planned, archived, restored by commands; bags stay sound."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from support.commands import Run, document
from support.discs import copy_out
from support.projects import reaper
from support.trees import write


@pytest.fixture
def loop(tmp_path: Path) -> str:
    """A session that needs this loop from elsewhere, a kick, and a file that is lost."""
    loop = write(str(tmp_path / "Library"), "Loop.wav", os.urandom(300_000))
    write(str(tmp_path / "Song"), "Audio Files/Kick.wav", os.urandom(300_000))
    write(str(tmp_path / "Song"), "Audio Files/Kick.wav.reapeaks", b"peaks")
    project = reaper("Audio Files/Kick.wav", loop, "/Volumes/AG/Lost.wav")
    write(str(tmp_path / "Song"), "Song.rpp", project)
    return loop


@pytest.mark.parametrize("command", ["plan", "archive"])
def test_a_missing_medium_stops(run: Run, loop: str, tmp_path: Path, command: str) -> None:
    to = ("--to", "out") if command == "archive" else ()
    done = run(command, "Song", "--media", "custom:1MB", *to, code=4)
    assert "/Volumes/AG/Lost.wav  (Song.rpp)" in done.stderr
    assert "--search" in done.stderr
    assert not (tmp_path / "out").exists()
    write(str(tmp_path / "Drive"), "deep/lost.WAV", b"found")
    run(command, "Song", "--media", "custom:1MB", *to, "--search", "Drive")


def test_the_plan_says_what_comes_from_where(run: Run, loop: str) -> None:
    media = ("--media", "custom:1MB", "--allow-missing", "--skip-regenerable", "--json")
    done = run("plan", "Song/Song.rpp", *media)
    plan = document(done)
    assert f"from outside: {loop}" in done.stderr
    assert "left out: Song/Audio Files/Kick.wav.reapeaks (a peak file of Reaper)" in done.stderr
    assert [each["path"] for each in plan["left_out"]] == ["Song/Audio Files/Kick.wav.reapeaks"]
    (root,) = plan["outside"]
    by_status = {need["status"]: need for need in plan["needs"]}
    assert set(by_status) == {"inside", "outside", "missing"}
    outside = by_status["outside"]
    assert outside["place"] == loop
    assert outside["path"].startswith(root["name"])
    paths = {item["path"] for disc in plan["discs"] for item in disc["items"]}
    assert outside["path"] in paths
    used = document(run("plan", "Song", *media, "--used-only"))
    assert {item["path"] for disc in used["discs"] for item in disc["items"]} == paths
    folder = document(run("plan", "Song", *media, "--folder-only"))
    assert {item["path"] for disc in folder["discs"] for item in disc["items"]} == paths - {
        outside["path"]
    }


def test_there_and_back(run: Run, loop: str, tmp_path: Path) -> None:
    archive = ("archive", "Song", "--media", "custom:1MB", "--to", "out", "--allow-missing")
    run(*archive)
    assert "already there" in run(*archive).stderr  # the same set again
    for number, image in enumerate(sorted((tmp_path / "out").glob("*.iso"))):
        assert bagit.Bag(copy_out(str(image), tmp_path / f"disc {number}")).is_valid()
    shutil.move(tmp_path / "Library", tmp_path / "gone")
    run("restore", "out", "--to", "back")
    (restored,) = (tmp_path / "back").rglob("Loop.wav")
    expected = (tmp_path / "gone/Loop.wav").read_bytes()
    assert restored.read_bytes() == expected
    scanned = document(run("scan", "back/Song", "--json", code=4))
    statuses = [each["status"] for each in scanned["sessions"][0]["media"]]
    assert statuses == ["inside", "inside", "missing"]
    done = run("restore", "out", "--to", "elsewhere", "--original-places", code=2)
    assert "--yes" in done.stderr
    assert not (tmp_path / "Library").exists()
    done = run("restore", "out", "--to", "elsewhere", "--original-places", "--yes")
    assert str(tmp_path / "Library") in done.stdout
    assert (tmp_path / "Library/Loop.wav").read_bytes() == expected


def test_the_restorer_on_the_disc_brings_it_all(run: Run, loop: str, tmp_path: Path) -> None:
    run("archive", "Song", "--media", "custom:1MB", "--to", "out", "--allow-missing")
    discs = [
        copy_out(str(image), tmp_path / f"disc {number}")
        for number, image in enumerate((tmp_path / "out").glob("*.iso"))
    ]
    script = f"{discs[0]}/restore.py"
    subprocess.run([sys.executable, script, "--to", str(tmp_path / "back"), *discs], check=True)
    (restored,) = (tmp_path / "back").rglob("Loop.wav")
    assert restored.read_bytes() == Path(loop).read_bytes()


def test_a_damaged_session_does_not_stop_a_scan(run: Run, loop: str, tmp_path: Path) -> None:
    write(str(tmp_path / "Song"), "Broken.ptx", b"\3 damaged")
    done = run("scan", "Song", "--json", code=4)
    found = document(done)
    assert len(found["sessions"]) == 1
    (unreadable,) = found["unreadable"]
    assert unreadable["file"].endswith("Broken.ptx")
    assert "Broken.ptx" in done.stderr
