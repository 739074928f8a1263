"""Writes an image's blocks to a file; what the file system refuses becomes a sentence."""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator

from burners.errors import BurnError, StoppedError, TargetFullError
from burners.image import Checksums, Image, measured
from burners.progress import Progress


@contextlib.contextmanager
def refusals(path: str, done: str) -> Iterator[None]:
    """A block that works on `path`: what the file system refuses becomes a sentence.

    Raises:
        TargetFullError: there is no room.
        BurnError: it cannot be `done`, and why.
    """
    try:
        yield
    except OSError as error:
        folder = os.path.dirname(path)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TargetFullError(
                f"{folder} is full: make room and run the same command again"
            ) from error
        if error.errno == errno.EFBIG:
            raise BurnError(
                f"{path} is larger than its file system or your limits allow "
                f"(FAT takes 4 GiB at most): choose another folder"
            ) from error
        raise BurnError(f"{path} cannot be {done}: {error.strerror}") from error


def write_blocks(
    image: Image,
    path: str,
    fd: int,
    progress: Progress,
    stop: threading.Event | None = None,
) -> Checksums:
    """Write the image's blocks and flush them. Errors in making the blocks are not the folder's.

    Raises:
        StoppedError: `stop` was set.
    """
    checksums = Checksums()
    for block in measured(image, checksums):
        if stop and stop.is_set():
            raise StoppedError("it was stopped")
        with refusals(path, "written"):
            _write_all(fd, block)
        progress.advance(len(block))
    with refusals(path, "written"):
        os.fsync(fd)
    return checksums


def _write_all(fd: int, block: memoryview) -> None:
    while block:
        block = block[os.write(fd, block) :]
