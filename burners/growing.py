"""Images that a program adds to once they lie in a file, so that they cannot be made in order."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from burners.errors import BurnError, TargetFullError
from burners.file_writing import refusals, write_blocks
from burners.image import SECTOR, Checksums, Image, blocks_of
from burners.progress import Progress

Grow = Callable[[str, Checksums, Progress, threading.Event | None], Checksums]
"""Makes of the start of an image, in the file at a path, all of it, and takes its checksums; it is
given those of the start. Raises StoppedError once the event is set."""


@dataclass(frozen=True, slots=True)
class GrownImage:
    """A disc's bytes, `sectors` × 2048 in all: `start` is written to a file, `grow` adds to it."""

    volume_id: str
    sectors: int
    start: Image
    grow: Grow

    @contextmanager
    def whole(
        self, folder: str, progress: Progress, stop: threading.Event | None = None
    ) -> Iterator[Image]:
        """The whole image, made in a scratch file in `folder`, see `scratch_file`.

        Raises:
            TargetFullError, BurnError: as `scratch_file`; and what making it raises.
        """
        with scratch_file(folder, self.sectors * SECTOR) as path:
            fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                with progress.task(f"making {self.volume_id}", self.start.sectors * SECTOR):
                    write(self, path, f"{folder or tempfile.gettempdir()}/", fd, progress, stop)
            finally:
                os.close(fd)
            yield Image(self.volume_id, self.sectors, lambda: blocks_of(path))


def write(
    image: Image | GrownImage,
    path: str,
    name: str,
    fd: int,
    progress: Progress,
    stop: threading.Event | None = None,
) -> Checksums:
    """Write an image to the empty file at `path`, open as `fd`, and flush it.

    `name` is what the file is called in messages.

    Raises:
        TargetFullError: there is no room.
        BurnError: it cannot be written; and what making the image raises.
    """
    if isinstance(image, Image):
        return write_blocks(image, name, fd, progress, stop)
    checksums = write_blocks(image.start, name, fd, progress, stop)
    checksums = image.grow(path, checksums, progress, stop)
    with refusals(name, "written"):
        os.fsync(fd)
    return checksums


@contextmanager
def scratch_file(folder: str, size: int) -> Iterator[str]:
    """The path of an empty file that is gone when the block, or the process, ends.

    It has no name: the path leads to this process, for other programs of the same user too.

    Raises:
        TargetFullError: `folder` (empty: where temporary files lie) has no room for `size` bytes.
        BurnError: the folder cannot be used.
    """
    folder = folder or tempfile.gettempdir()
    with ExitStack() as stack:
        try:
            free = shutil.disk_usage(folder).free
            if size > free:
                raise TargetFullError(
                    f"{folder} has {free:,} bytes free, a disc's image needs {size:,}: "
                    f"make room, or name another folder with --scratch DIR"
                )
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        except OSError as error:
            raise BurnError(f"cannot use the folder {folder}: {error.strerror}") from error
        yield f"/proc/{os.getpid()}/fd/{file.fileno()}"
