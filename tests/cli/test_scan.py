"""`spanner scan`: what sessions need, where it lies, what is missing, what is not used."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.trees import write

PROJECT = """<REAPER_PROJECT 0.1 "7.0/linux-x86_64" 1700000000
  SAMPLERATE 48000 0 0
  <TRACK
    <ITEM
      <SOURCE WAVE
        FILE "Audio Files/Kick.wav"
      >
    >
    <ITEM
      <SOURCE WAVE
        FILE "{outside}"
      >
    >
    <ITEM
      <SOURCE WAVE
        FILE "Audio Files/Lost.wav"
      >
    >
  >
>
"""


def scan(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "spanner", "scan", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session with a medium inside, one outside, one missing, and a file that is not used."""
    home = tmp_path / "Song"
    write(str(home), "Audio Files/Kick.wav", b"kick")
    write(str(home), "Audio Files/Old.wav", b"old")
    outside = tmp_path / "Library" / "Loop.wav"
    write(str(tmp_path / "Library"), "Loop.wav", b"loop")
    write(str(home), "Song.rpp", PROJECT.format(outside=outside).encode())
    return home / "Song.rpp"


def document(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = scan(*arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_each_medium_and_where_it_is(session: Path) -> None:
    code, found = document(str(session))
    assert code == 4
    (only,) = found["sessions"]
    assert (only["file"], only["format"]) == (str(session), "rpp")
    assert [(each["name"], each["status"]) for each in only["media"]] == [
        ("Kick.wav", "inside"),
        ("Loop.wav", "outside"),
        ("Lost.wav", "missing"),
    ]
    assert only["media"][1]["path"] == str(session.parents[1] / "Library" / "Loop.wav")
    assert only["media"][2]["path"] is None
    assert only["unused"] == [str(session.parent / "Audio Files" / "Old.wav")]


def test_a_folder_stands_for_its_sessions_and_search_finds_more(
    session: Path, tmp_path: Path
) -> None:
    write(str(tmp_path / "Drive"), "deep/Lost.wav", b"lost")
    code, found = document(str(session.parent), "--search", str(tmp_path / "Drive"))
    assert code == 0
    assert [each["status"] for each in found["sessions"][0]["media"]] == [
        "inside",
        "outside",
        "outside",
    ]


def test_the_lines(session: Path) -> None:
    done = scan(str(session))
    assert done.returncode == 4
    assert "1 inside, 1 missing, 1 outside" in done.stdout
    assert "missing  Audio Files/Lost.wav" in done.stdout
    assert "not used" in done.stdout
    assert "--search" in done.stderr


def test_what_is_no_session(tmp_path: Path) -> None:
    write(str(tmp_path), "text.txt", b"hello")
    assert scan(str(tmp_path / "text.txt")).returncode == 4
    assert scan(str(tmp_path)).returncode == 2
    assert scan(str(tmp_path / "missing")).returncode == 2
