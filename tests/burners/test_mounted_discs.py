"""A mounted disc is unmounted before it is ejected; a stand-in for the kernel's list of mounts."""

import os
from pathlib import Path

import pytest

from burners import mounted_discs
from burners.mounted_discs import mount_points, unmount

NODE = "/dev/null"  # number 1:3
OTHER = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
DISC = "90 22 1:3 / /media/engineer/BIG\\040SONG ro - iso9660 /dev/sr0 ro\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of mounts, with the disc in it."""
    path = tmp_path / "mountinfo"
    path.write_text(OTHER + DISC)
    monkeypatch.setattr(mounted_discs, "_MOUNTS", str(path))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    return path


def put(table: Path, name: str, works: bool) -> None:
    """A program that logs its arguments and, if it works, unmounts the disc."""
    path = table.parent / "bin" / name
    done = f"printf '%s' '{OTHER.strip()}' > '{table}'" if works else "exit 1"
    path.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{table.parent}/{name}.log'\n{done}\n")
    path.chmod(0o755)


def log(table: Path, name: str) -> list[str]:
    return (table.parent / f"{name}.log").read_text().splitlines()


def test_where_it_is_mounted(table: Path) -> None:
    assert mount_points(NODE) == ["/media/engineer/BIG SONG"]
    assert mount_points("/dev/zero") == []
    assert mount_points("/dev/no-such-drive") == []
    table.unlink()
    assert mount_points(NODE) == []


def test_the_desktop_is_asked_first(table: Path) -> None:
    put(table, "udisksctl", works=True)
    put(table, "umount", works=True)
    assert unmount(NODE)
    assert log(table, "udisksctl") == [
        "unmount",
        "--no-user-interaction",
        "--block-device",
        NODE,
    ]
    assert not os.path.exists(table.parent / "umount.log")


def test_else_it_is_unmounted_directly(table: Path) -> None:
    put(table, "udisksctl", works=False)
    put(table, "umount", works=True)
    assert unmount(NODE)
    assert log(table, "umount") == ["/media/engineer/BIG SONG"]


def test_what_stays_mounted_is_said(table: Path) -> None:
    put(table, "udisksctl", works=False)
    put(table, "umount", works=False)
    assert not unmount(NODE)


def test_what_is_not_mounted_needs_nothing(table: Path) -> None:
    put(table, "udisksctl", works=False)
    put(table, "umount", works=False)
    assert unmount("/dev/zero")
    assert not os.path.exists(table.parent / "udisksctl.log")
    assert not os.path.exists(table.parent / "umount.log")
