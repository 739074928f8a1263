"""Discs are read from drives: loaded first, and what cannot be read is said to be what it is."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.rig import Rig
from support.sets import make_set
from support.trees import write

SPANNER = (sys.executable, "-m", "spanner")


@pytest.mark.parametrize(
    ("disc", "words"),
    [
        ("none", "there is no disc in /dev/sr0: put one in"),
        ("dvd+r:4096", "the disc in /dev/sr0 is blank"),
    ],
)
def test_no_disc_that_could_be_read(serve: Callable[..., Rig], disc: str, words: str) -> None:
    rig = serve(disc)
    for command in (("verify", "/dev/sr0"), ("restore", "/dev/sr0", "--to", "back")):
        done = rig.run(*SPANNER, *command)
        assert done.returncode == 6
        assert words in done.stderr
    assert not (rig.folder / "back").exists()


@pytest.fixture
def drive(serve: Callable[..., Rig], tmp_path: Path) -> Rig:
    """A drive with a disc of ours, which takes a while to be recognised."""
    write(str(tmp_path / "Song"), "a.wav", os.urandom(300_000))
    made = make_set(str(tmp_path / "Song"), str(tmp_path / "out"), "custom:4MB")
    (tmp_path / "disc.img").write_bytes(Path(made.written[0].file).read_bytes())
    return serve("dvd-r:4096:complete", options=("--spin-up", "2"))


def test_an_open_tray_is_closed_and_the_disc_waited_for(drive: Rig) -> None:
    drive.ask("eject")
    done = drive.run(*SPANNER, "restore", "/dev/sr0", "--to", "back")
    assert done.returncode == 0, done.stderr
    a, b = (drive.folder / place / "Song" / "a.wav" for place in (".", "back"))
    assert a.read_bytes() == b.read_bytes()
    assert drive.run(*SPANNER, "verify", "/dev/cdrom").returncode == 0


def test_a_damaged_disc_is_a_bad_disc(drive: Rig) -> None:
    data = bytearray((drive.folder / "disc.img").read_bytes())
    sound = (drive.folder / "Song" / "a.wav").read_bytes()
    data[data.index(sound) + 1000] ^= 1
    (drive.folder / "bad.img").write_bytes(data)
    drive.insert("dvd-r:4096:complete", name="bad.img")
    done = drive.run(*SPANNER, "verify", "/dev/sr0")
    assert done.returncode == 5
    assert "a.wav: damaged" in done.stdout
