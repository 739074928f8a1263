"""The embedded default drive: a folder that takes each disc as an .iso file."""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator

from burners.errors import BurnError, TargetFullError
from burners.image import SECTOR, Burnt, Checksums, Image, measured
from burners.progress import Progress

_CHUNK = 1 << 20


class FolderDrive:
    """Writes `FOLDER/VOLUME_ID.iso`, as `.iso.partial` until it is whole."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)

    def path(self, volume_id: str) -> str:
        """The file that an image of this volume ID gets."""
        return os.path.join(self.folder, f"{volume_id}.iso")

    def find(self, image: Image) -> str | None:
        """The file in the image's place, whatever it is."""
        path = self.path(image.volume_id)
        return path if os.path.lexists(path) else None

    def check_room(self, size: int) -> None:
        """Make the folder and see that `size` further bytes fit into it.

        Raises:
            TargetFullError: they do not.
            BurnError: the folder cannot be made or written to.
        """
        try:
            os.makedirs(self.folder, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise BurnError(f"cannot use the folder {self.folder}: {error.strerror}") from error
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise BurnError(f"cannot use the folder {self.folder}: it is not writable")
        if size > free:
            raise TargetFullError(
                f"{self.folder} has {free:,} bytes free, {size:,} are needed: "
                f"make room or choose another folder"
            )

    def burn(self, image: Image, progress: Progress) -> Burnt:
        """Write, flush, rename; a failure leaves no partial file.

        Raises:
            TargetFullError: the folder is full.
            BurnError: the folder refuses, or the image has not as many sectors as it says.
        """
        path = self.path(image.volume_id)
        partial = path + ".partial"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with _refusals(path, "written"):
                fd = os.open(partial, flags, 0o666)
            try:
                checksums = _copy(image, path, fd, progress)
            finally:
                os.close(fd)
            with _refusals(path, "written"):
                os.rename(partial, path)
                _flush_folder(self.folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
        return Burnt(path, "", image.sectors, checksums.sha256, checksums.clusters)

    def read_back(self, image: Image, progress: Progress) -> str:
        """Hash the file's sectors from the medium: the cached pages are dropped first.

        Raises:
            BurnError: the file cannot be read.
        """
        left = image.sectors * SECTOR
        digest = hashlib.sha256()
        for chunk in _chunks(self.path(image.volume_id)):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            progress.advance(len(chunk))
        return (
            f"a file of another length than {image.sectors} sectors" if left else digest.hexdigest()
        )

    def reject(self, image: Image) -> None:
        """Give the file a name that no one takes for an image.

        Raises:
            BurnError: it cannot be renamed.
        """
        path = self.path(image.volume_id)
        with _refusals(path, "renamed"), contextlib.suppress(FileNotFoundError):
            os.rename(path, path + ".bad")


@contextlib.contextmanager
def _refusals(path: str, done: str) -> Iterator[None]:
    """Turn what the file system refuses into a sentence: `path` cannot be `done`."""
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


def _copy(image: Image, path: str, fd: int, progress: Progress) -> Checksums:
    """Write the image's blocks and flush them. Errors in making the blocks are not the folder's."""
    checksums = Checksums()
    for block in measured(image, checksums):
        with _refusals(path, "written"):
            _write_all(fd, block)
        progress.advance(len(block))
    with _refusals(path, "written"):
        os.fsync(fd)
    return checksums


def _write_all(fd: int, block: memoryview) -> None:
    while block:
        block = block[os.write(fd, block) :]


def _chunks(path: str) -> Iterator[memoryview]:
    """The file's bytes from the medium; a chunk is valid until the next one is asked for."""
    buffer = memoryview(bytearray(_CHUNK))
    with _refusals(path, "read back"), open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while count := file.readinto(buffer):
            yield buffer[:count]


def _flush_folder(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems flush files only
            raise
    finally:
        os.close(fd)
