"""Where media from outside a session lay, and whether they can go back there."""

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from burners.progress import Progress
from spanner.catalog.reader import read_needs
from spanner.errors import DamagedImageError
from spanner.model.paths import is_bytes, parents
from spanner.model.tree import ReferenceRecord
from spanner.restoring.opened import OpenedDisc
from spanner.restoring.restore_plan import RestorePlan
from spanner.sources.resolver import OUTSIDE
from spanner.wording import printable

_MOUNTS = ("/Volumes/*", "/media/*/*", "/run/media/*/*", "/mnt/*")


def original_folders(
    given: Sequence[OpenedDisc], wanted: RestorePlan, progress: Progress
) -> dict[str, str]:
    """The folders of the set whose files were outside, and the folders that they lay in.

    What lay on a volume that is not mounted stays beside its session, which is told. Of the wanted
    directories those go that would stay empty.
    """
    found: dict[str, str] = {}
    absent: set[str] = set()
    for need in _needs(given):
        folder, _, name = need.path.rpartition("/")
        head, tail = os.path.split(need.place)
        if need.status != OUTSIDE or need.path not in wanted.files or name != tail:
            continue
        if not head.startswith("/") or not is_bytes(head) or ".." in head.split("/"):
            continue
        mount = _mount(head)
        if mount and not os.path.isdir(mount):
            absent.add(mount)
        else:
            found.setdefault(folder, head)
    for volume in sorted(absent):
        progress.note(f"{printable(volume)} is not mounted: its files go beside the session")
    _drop_empty(wanted, found)
    return found


def _mount(folder: str) -> str:
    """Where the volume of a folder is mounted, if that is a place for volumes; else nothing."""
    parts = folder.split("/")
    for pattern in _MOUNTS:
        start = "/".join(parts[: pattern.count("/") + 1])
        if fnmatchcase(start, pattern) and start.count("/") == pattern.count("/"):
            return start
    return ""


def _needs(given: Iterable[OpenedDisc]) -> list[ReferenceRecord]:
    """What the first sound catalog says that sessions need."""
    for disc in given:
        if disc.catalog:
            try:
                return read_needs(disc.source.read, disc.source.name)
            except DamagedImageError:
                continue
    return []


def _drop_empty(wanted: RestorePlan, folders: dict[str, str]) -> None:
    """Want no directory in which there would be nothing but files that go elsewhere."""
    kept = parents(path for path in wanted.files if path.rpartition("/")[0] not in folders)
    kept |= parents(row.original for row in wanted.symlinks)
    dropped = parents(f"{folder}/" for folder in folders) - kept
    wanted.directories = [row for row in wanted.directories if row.original not in dropped]
