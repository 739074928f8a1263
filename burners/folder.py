"""The embedded default drive: a folder that takes each disc as an .iso file."""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator

from burners.errors import BurnError, TargetFullError
from burners.file_writing import refusals
from burners.growing import GrownImage, write
from burners.image import SECTOR, Burnt, Image
from burners.progress import Progress

_CHUNK = 1 << 20


class FolderDrive:
    """Writes `FOLDER/VOLUME_ID.iso`, as `.iso.partial` until it is whole."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)

    def path(self, volume_id: str) -> str:
        """The file that an image of this volume ID gets."""
        return os.path.join(self.folder, f"{volume_id}.iso")

    def find(self, image: Image | GrownImage) -> str | None:
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

    def burn(self, image: Image | GrownImage, progress: Progress) -> Burnt:
        """Write, flush, rename; a failure leaves no partial file. Images that grow do so there.

        Raises:
            TargetFullError: the folder is full.
            BurnError: the folder refuses, or the image has not as many sectors as it says; and
                what making the image raises.
        """
        path = self.path(image.volume_id)
        partial = path + ".partial"
        try:
            with refusals(path, "written"):
                fd = _fresh(partial)
            try:
                checksums = write(image, partial, path, fd, progress)
            finally:
                os.close(fd)
            with refusals(path, "written"):
                os.rename(partial, path)
                _flush_folder(self.folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
        return Burnt(path, "", image.sectors, checksums.sha256, checksums.clusters)

    def read_back(self, image: Image | GrownImage, progress: Progress) -> str:
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

    def reject(self, image: Image | GrownImage) -> None:
        """Give the file a name that no one takes for an image.

        Raises:
            BurnError: it cannot be renamed.
        """
        path = self.path(image.volume_id)
        with refusals(path, "renamed"), contextlib.suppress(FileNotFoundError):
            os.rename(path, path + ".bad")


def _fresh(path: str) -> int:
    """A new file: to that of a run that was killed, a program that it started may still write."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)


def _chunks(path: str) -> Iterator[memoryview]:
    """The file's bytes from the medium; a chunk is valid until the next one is asked for."""
    buffer = memoryview(bytearray(_CHUNK))
    with refusals(path, "read back"), open(path, "rb", buffering=0) as file:
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
