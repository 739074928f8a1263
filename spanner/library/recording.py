"""Records what a disc was found to be when it was checked or restored from."""

import os
import re
import stat

from burners import BurnError, look
from spanner.catalog.reader import DiscLabel, read_label
from spanner.errors import SpannerError, UsageError
from spanner.library import DISC, FILE, FOLDER, OTHER, CheckResult, Library, RecordedCheck
from spanner.reading.discs import open_disc

_MOUNTS = "/proc/self/mountinfo"
_OPTICAL = {"iso9660", "udf"}
_DRIVE = re.compile(r"/dev/(?:sr|scd|dvd|cdrom|cdrw|dvdrw|bd)\w*")


def record(
    library: Library,
    path: str,
    how: str,
    belongs: tuple[str, int] | None,
    problems: tuple[str, ...],
    sha256: str = "",
    copy: int = 0,
) -> RecordedCheck | None:
    """Record what was found at a path; `belongs`: the set and the number of the disc.

    Where these could not be read the library may know what should lie there. None: nothing was
    recorded, because the library does not know the disc.

    Raises:
        UsageError: there cannot be a copy of that number.
    """
    kind = kind_of(path)
    place = os.path.realpath(path)
    belongs = belongs or _expected(library, path, kind)
    if belongs is None:
        return None
    medium = _look(place)[0] if kind == DISC else ""
    return library.checks.add(
        CheckResult(
            set_id=belongs[0],
            disc=belongs[1],
            place=place,
            kind=kind,
            how=how,
            problems=problems,
            sha256=sha256,
            medium=medium,
            copy=copy,
        )
    )


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


def _expected(library: Library, path: str, kind: str) -> tuple[str, int] | None:
    """The disc that should be at a path whose catalog cannot be read."""
    if kind in (FILE, FOLDER):
        known = library.places.discs_of_images(library.places.images(path))
        if len(known) == 1:
            return known[0]
    try:
        with open_disc(path) as disc:
            label: DiscLabel | None = read_label(disc.read, disc.name)
    except SpannerError:
        label = None
    if label:
        return label.set_id, label.number
    name = _look(path)[1] if kind == DISC else ""
    try:
        found = library.places.discs(name) if name else []
    except UsageError:
        return None
    return found[0] if len(found) == 1 else None


def _look(node: str) -> tuple[str, str]:
    """The type and the name of the disc in a drive; empty where they cannot be told."""
    try:
        medium = look(node).medium
    except BurnError:
        return "", ""
    return (medium.kind, medium.label) if medium else ("", "")


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
