"""A Linux kernel mounts the discs, as iso9660 and as udf, and sees the same files.

The kernel runs in an emulator: SPANNER_KERNEL_MOUNT names the script for that. It is called with an
image and prints `iso9660: SHA256 MODE MTIME ./path` and `udf: ...` for each file.
"""

import fcntl
import hashlib
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from support.images import data_file, layout_of, made, plan_for

SCRIPT = os.environ.get("SPANNER_KERNEL_MOUNT") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "../../../shared/rig/kernel_mount.sh")
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.access(SCRIPT, os.X_OK),
        reason=f"SPANNER_KERNEL_MOUNT names no script, and there is no {SCRIPT}",
    ),
]

FIRST, LAST = -2_208_988_800, 5_869_583_999
"""The seconds that iso9660 can say: the years 1900 to 2155 (ECMA-119, 9.1.5)."""

KEPT = 1 << 32
"""Of these, Linux 6.1 keeps 32 bits; of udf's times all."""

TIMES = {
    "year 1": -62_135_596_800,
    "1899": FIRST - 1,
    "1900": FIRST,
    "1969": -1,
    "2038": 1 << 31,
    "2155": LAST,
    "2156": LAST + 1,
    "9999": 253_402_300_799,
}

LONGEST = ("n" * 253, "é" * 126 + "n", "漢" * 83 + "nnnn")
"""Names of 253 bytes: Linux cuts longer ones on iso9660."""

Seen = dict[str, tuple[str, int, int]]
"""Hash, mode and time in seconds of each path."""


def mounted(image: str) -> dict[str, Seen]:
    """What the kernel sees, by file system."""
    with open(SCRIPT, "rb") as script:
        fcntl.flock(script, fcntl.LOCK_EX)  # it has one folder to work in
        done = subprocess.run(
            [SCRIPT, image], check=False, capture_output=True, text=True, errors="surrogateescape"
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Seen] = {"iso9660": {}, "udf": {}}
    for line in done.stdout.split("\n"):
        match = re.fullmatch(r"(iso9660|udf): ([0-9a-f]{64}) ([0-7]+) (-?\d+) \./(.*)", line)
        if match:
            system, digest, mode, time, path = match.groups()
            second = int(time) % KEPT if system == "iso9660" else int(time)
            found[system][path] = (digest, int(mode, 8), second)
    return found


def test_a_kernel_sees_the_same_files_on_both(odd_tree: str, tmp_path: Path) -> None:
    plan = plan_for(odd_tree, "custom:2MB")
    (disc,) = plan.discs
    layout = layout_of(plan, disc)
    times = [data_file(f"data/{name}", seconds=time) for name, time in TIMES.items()]
    names = [data_file(f"data/{name}") for name in LONGEST]
    image = made(replace(layout, files=(*layout.files, *times, *names)))
    path = str(tmp_path / "disc.iso")
    with open(path, "wb") as file:
        file.write(image.data)

    expected: dict[str, Seen] = {"iso9660": {}, "udf": {}}
    for entry in image.layout.files:
        digest = hashlib.sha256(image.file(entry.path)).hexdigest()
        second = entry.mtime_ns // 10**9
        nearest = min(max(second, FIRST), LAST)
        for name in (entry.path, *entry.also):
            expected["iso9660"][name] = (digest, entry.mode, nearest % KEPT)
            expected["udf"][name] = (digest, entry.mode, second)
    found = mounted(path)
    for system in ("iso9660", "udf"):
        assert found[system] == expected[system]
