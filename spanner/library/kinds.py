"""What a path to a disc leads to: a disc, a file, or a folder that holds files of its own."""

import os
import re
import stat

from spanner.library.checks import DISC, FILE, FOLDER, OTHER

_MOUNTS = "/proc/self/mountinfo"
_OPTICAL = {"iso9660", "udf"}
_DRIVE = re.compile(r"/dev/(?:sr|scd|dvd|cdrom|cdrw|dvdrw|bd)\w*")


def kind_of(path: str) -> str:
    """DISC for an optical drive or a disc that is mounted, FILE and FOLDER for what keeps data.

    OTHER is what lasts no longer than a mount, such as an image that is mounted.
    """
    try:
        info = os.stat(path)
    except OSError:
        return OTHER
    if stat.S_ISREG(info.st_mode):
        return FILE
    if stat.S_ISBLK(info.st_mode):
        return DISC if _is_drive(path) else OTHER
    if not stat.S_ISDIR(info.st_mode):
        return OTHER
    system, source = _mounted(info.st_dev)
    if system not in _OPTICAL:
        return FOLDER
    return DISC if _is_drive(source) else OTHER


def _is_drive(node: str) -> bool:
    return any(_DRIVE.fullmatch(name) for name in (node, os.path.realpath(node)))


def _mounted(device: int) -> tuple[str, str]:
    """The file system and the source of what is mounted from a device (proc(5))."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.split() for line in file]
    except OSError:
        return "", ""
    for row in rows:
        if "-" in row and row[2] == wanted:
            end = row.index("-", 6)
            return row[end + 1], row[end + 2]
    return "", ""
