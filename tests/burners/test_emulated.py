"""The real cdrskin records on the drive that it emulates itself: for machines without others."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from burners import BurnError, Drive, Image, LoadedMedium, burn, disc_recording
from burners.disc_types import RECORDABLE

DATA = os.urandom(5 << 20)
NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of a user who is not root: cdrskin emulates nothing for root."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)


@pytest.fixture
def drive(folder: Path, program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Drive:
    """A drive whose disc is a file."""
    real = program("cdrskin")
    user = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups" * (os.geteuid() == 0)
    (folder / "bin").mkdir()
    stand_in = folder / "bin" / "cdrskin"
    stand_in.write_text(f'#!/bin/sh\nexec {user} {real} --allow_emulated_drives "$@"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    medium = LoadedMedium("cd-r", "blank", rewritable=False, label="", free_sectors=100_000)
    found = Drive(
        node=f"stdio:{folder}/disc",
        vendor="",
        model="",
        writes=RECORDABLE,
        closes_tray=False,
        state="loaded",
        medium=medium,
    )
    monkeypatch.setattr(disc_recording, "look", lambda node: found)
    monkeypatch.setattr(disc_recording, "wait_ready", lambda node, seconds: True)
    monkeypatch.setattr(disc_recording, "unlock", lambda node: None)
    return found


def test_what_is_recorded_is_the_image(drive: Drive, folder: Path) -> None:
    image = Image("VOL", len(DATA) // 2048, lambda: iter([memoryview(DATA)]))
    burnt = burn(image, drive, program="cdrskin", speed=8)
    assert (folder / "disc").read_bytes()[: len(DATA)] == DATA
    assert burnt.sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_disc_that_cannot_be_written_is_an_error(drive: Drive, folder: Path) -> None:
    (folder / "disc").mkdir()
    image = Image("VOL", len(DATA) // 2048, lambda: iter([memoryview(DATA)]))
    with pytest.raises(BurnError):
        burn(image, drive, program="cdrskin")
