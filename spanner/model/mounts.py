"""Where systems mount volumes: macOS, the desktops of Linux, and people by hand."""

from fnmatch import fnmatchcase

MOUNT_POINTS = ("/Volumes/*", "/media/*", "/media/*/*", "/run/media/*/*", "/mnt/*")
"""Patterns of the folders that volumes are mounted at."""

_EITHER = "/media/*"
"""A volume, or the folder with the volumes of one user: /media/AG, but also /media/eva/AG."""


def mount_point(folder: str) -> str:
    """Where the volume of a folder is mounted, by its path alone; empty if on no such volume.

    /media/eva/AG/Takes is on /media/eva/AG: the folder /media/eva is there whether the volume is
    mounted or not, so that what matches `/media/*` alone counts for nothing here.
    """
    parts = folder.split("/")
    for pattern in MOUNT_POINTS:
        depth = pattern.count("/")
        start = "/".join(parts[: depth + 1])
        if pattern != _EITHER and fnmatchcase(start, pattern) and start.count("/") == depth:
            return start
    return ""
