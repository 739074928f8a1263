"""Reads a disc back, from the drive itself and not from the kernel's cache, and compares."""

import contextlib
import hashlib
import os
import threading
import zlib
from collections.abc import Callable

from burners import tray
from burners.drives import Drive
from burners.errors import BurnError, NoDriveError, ReadBackError, StoppedError
from burners.image import CLUSTER, SECTOR, Burnt
from burners.mmc import SenseError, read
from burners.mounted_discs import unmount
from burners.progress import Progress, silent

_READY = 120.0  # seconds until a disc must have been recognised
_ENOUGH = 8  # unreadable clusters after which no more are tried: each takes a drive long


def reload(drive: Drive, by_hand: Callable[[], None]) -> None:
    """Have the drive see the disc anew: out and in again.

    `by_hand` is called where a tray does not close by itself, and returns when someone closed it.

    Raises:
        BusyError: something uses the disc.
        ReadBackError: the disc is not recognised again.
    """
    unmount(drive.node)
    tray.eject(drive.node)
    if drive.closes_tray:
        with contextlib.suppress(NoDriveError):  # slim drives say that they can
            tray.close(drive.node)
    if tray.status(drive.node) in ("open", "empty"):  # some call an open tray empty
        by_hand()
    if not tray.wait_ready(drive.node, _READY):
        raise ReadBackError(f"{drive.name} does not recognise the disc that it has written")


def read_back(
    burnt: Burnt,
    drive: Drive,
    progress: Progress = silent,
    stop: threading.Event | None = None,
) -> None:
    """Read exactly the image's sectors and compare them with what was written.

    Raises:
        ReadBackError: they are not the same or cannot be read, and where.
        StoppedError: `stop` was set.
        BurnError: the drive cannot be used.
    """
    whole = hashlib.sha256()
    unread: list[tuple[int, int]] = []
    wrong: list[tuple[int, int]] = []
    fd = _open(drive.node)
    try:
        for number, first in enumerate(range(0, burnt.sectors, CLUSTER)):
            if stop and stop.is_set():
                raise StoppedError("it was stopped while the disc was read back")
            count = min(CLUSTER, burnt.sectors - first)
            try:
                data = read(fd, first, count)
            except SenseError as error:
                known = error.lba is not None and first <= error.lba < first + count
                start = error.lba if known and error.lba is not None else first
                unread.append((start, first + count - start))
                reason = str(error)
                if len(unread) == _ENOUGH:
                    break
                continue
            except OSError as error:
                reason = error.strerror or str(error)
                unread.append((first, burnt.sectors - first))
                break
            whole.update(data)
            if burnt.clusters and zlib.crc32(data) != burnt.clusters[number]:
                wrong.append((first, count))
            progress.advance(count * SECTOR)
    finally:
        os.close(fd)
    if unread:
        raise ReadBackError(
            f"sectors from {unread[0][0]:,} on cannot be read ({reason})", [*unread, *wrong]
        )
    if whole.hexdigest() != burnt.sha256:
        where = f", first at sector {wrong[0][0]:,}" if wrong else ""
        raise ReadBackError(f"what was read back is not what was written{where}", wrong)


def _open(node: str) -> int:
    try:
        return os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BurnError(f"{node} cannot be opened: {error.strerror}") from error
