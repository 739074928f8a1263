"""Whether all that is to be written has room where it goes."""

import os
from collections.abc import Container

from spanner.errors import DoesNotFitError
from spanner.model.plan import DiscKey
from spanner.model.units import format_size
from spanner.restoring.restore_plan import RestorePlan
from spanner.restoring.target import Target
from spanner.restoring.target_scan import TargetScan
from spanner.wording import printable


def check_room(
    plan: RestorePlan, scan: TargetScan, target: Target, at_hand: Container[DiscKey] | None
) -> None:
    """See that all parts fit that wait for the discs `at_hand`, None: for any disc.

    Raises:
        DoesNotFitError: they do not.
    """
    sizes: dict[str, int] = {}
    for path, numbers in scan.waiting.items():
        parts = (plan.files[path].parts[number] for number in numbers)
        size = sum(
            part.size
            for part in parts
            if at_hand is None or any(disc in at_hand for disc in part.places)
        )
        folder = target.folder_of(path)
        sizes[folder] = sizes.get(folder, 0) + size
    needed: dict[int, int] = {}
    for folder, size in sizes.items():
        device, free = room(folder)
        needed[device] = needed.get(device, 0) + size
        if needed[device] > free:
            raise DoesNotFitError(
                f"{printable(folder)} has {format_size(free)} free, "
                f"{format_size(needed[device])} are needed: make room or choose another folder"
            )


def room(folder: str) -> tuple[int, int]:
    """The file system that a folder is or will be on, and how many bytes can be written there."""
    while not os.path.exists(folder):
        folder = os.path.dirname(os.path.abspath(folder))
    info = os.statvfs(folder)
    return os.stat(folder).st_dev, info.f_bavail * info.f_frsize
