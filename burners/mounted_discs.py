"""Mounted discs: desktops mount each disc that they see, and a mounted one cannot be ejected."""

import contextlib
import os
import re
import shutil

from burners.errors import BurnError
from burners.running import run

_MOUNTS = "/proc/self/mountinfo"


def mount_points(node: str) -> list[str]:
    """Where the disc in a drive is mounted (proc(5): the device's number is the third field)."""
    try:
        number = os.stat(node).st_rdev
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    device = f"{os.major(number)}:{os.minor(number)}"
    return [_plain(row[4]) for row in rows if len(row) > 4 and row[2] == device]


def unmount(node: str) -> bool:
    """Unmount the disc in a drive, as the desktop would; False: something keeps it mounted."""
    if mount_points(node) and shutil.which("udisksctl"):
        with contextlib.suppress(BurnError):
            run(["udisksctl", "unmount", "--no-user-interaction", "--block-device", node])
    for point in mount_points(node):
        with contextlib.suppress(BurnError):
            run(["umount", point])
    return not mount_points(node)


def _plain(text: str) -> str:
    """A path without the octal escapes that the kernel writes for spaces and the like."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
