"""Where media from outside a session lay, and whether they can go back there."""

import os
from collections.abc import Iterable, Sequence

from burners.progress import Progress
from spanner.catalog.reader import read_references
from spanner.errors import DamagedImageError
from spanner.model.mounts import mount_point
from spanner.model.paths import is_bytes, parents
from spanner.model.tree import OUTSIDE, ReferenceRecord
from spanner.restoring.opened_discs import OpenedDisc
from spanner.restoring.restore_plan import RestorePlan
from spanner.wording import printable


def original_folders(
    opened: Sequence[OpenedDisc], plan: RestorePlan, progress: Progress
) -> dict[str, str]:
    """The folders of the set whose files were outside, and the folders that they lay in.

    What lay on a volume that is not mounted stays beside its session, which is told. Directories
    that would stay empty are taken out of the plan.
    """
    found: dict[str, str] = {}
    absent: set[str] = set()
    for reference in _references(opened):
        folder, _, name = reference.path.rpartition("/")
        head, tail = os.path.split(reference.place)
        if reference.status != OUTSIDE or reference.path not in plan.files or name != tail:
            continue
        if not head.startswith("/") or not is_bytes(head) or ".." in head.split("/"):
            continue
        volume = mount_point(head)
        if volume and not os.path.isdir(volume):
            absent.add(volume)
        else:
            found.setdefault(folder, head)
    for each in sorted(absent):
        progress.note(f"{printable(each)} is not mounted: its files go beside the session")
    _drop_empty(plan, found)
    return found


def _references(opened: Iterable[OpenedDisc]) -> list[ReferenceRecord]:
    """The media references of the set's sessions, from the first sound catalog."""
    for disc in opened:
        if disc.catalog:
            try:
                return read_references(disc.source.read, disc.source.name)
            except DamagedImageError:
                continue
    return []


def _drop_empty(plan: RestorePlan, folders: dict[str, str]) -> None:
    """Take out directories in which there would be nothing but files that go elsewhere."""
    kept = parents(path for path in plan.files if path.rpartition("/")[0] not in folders)
    kept |= parents(row.original for row in plan.symlinks)
    dropped = parents(f"{folder}/" for folder in folders) - kept
    plan.directories = [row for row in plan.directories if row.original not in dropped]
