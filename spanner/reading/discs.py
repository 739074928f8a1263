"""Where a disc's files come from: an image, read without a mount, or a folder it is copied to."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from burners import BurnError, look, tray
from spanner.errors import DamagedImageError, DriveError, UsageError
from spanner.reading.iso import IsoImage
from spanner.wording import printable

_CHUNK = 4 << 20
_READY = 120.0  # seconds that a disc may take to be recognised
_TEXT_LIMIT = 1 << 30  # bytes of the largest catalog that is read into memory


class DiscSource(Protocol):
    """One disc whose files can be read by their paths on it (`data/...`)."""

    name: str
    """What messages call it."""
    path: str
    """Where it is, as it was given."""

    def read(self, path: str) -> bytes:
        """All of a small file.

        Raises:
            KeyError: there is none.
            DamagedImageError: it cannot be read.
        """

    def chunks(self, path: str, size: int) -> Iterator[memoryview]:
        """The file's bytes, which must be `size`; a chunk is valid until the next.

        Raises:
            DamagedImageError: there is no such file, it has another size, or cannot be read.
        """

    def files(self) -> Iterator[str]:
        """The paths of all files on it."""


class ImageDisc:
    """An .iso file, or the disc in a drive, read without a mount."""

    def __init__(self, image: IsoImage, name: str) -> None:
        self.image = image
        self.name = name
        self.path = image.path

    def read(self, path: str) -> bytes:
        """All of a small file.

        Raises:
            KeyError: there is none.
            DamagedImageError: it cannot be read, or is too large to be held in memory.
        """
        return self.image.read(self.image.find(path), limit=_TEXT_LIMIT)

    def chunks(self, path: str, size: int) -> Iterator[memoryview]:
        """The file's bytes, which must be `size`.

        Raises:
            DamagedImageError: there is no such file, it has another size, or cannot be read.
        """
        try:
            file = self.image.find(path)
        except KeyError:
            raise DamagedImageError(f"{self.name}: it has no {printable(path)}") from None
        if file.size != size:
            raise DamagedImageError(_wrong_size(self.name, path, file.size, size))
        yield from self.image.chunks(file)

    def files(self) -> Iterator[str]:
        """The paths of all files on it."""
        return (file.path for file in self.image.files())


class FolderDisc:
    """A mounted disc, or a folder that one was copied to."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.path = folder
        self.name = printable(folder)

    def read(self, path: str) -> bytes:
        """All of a small file.

        Raises:
            KeyError: there is none.
            DamagedImageError: it cannot be read, or is too large to be held in memory.
        """
        try:
            fd = self._open(path)
        except OSError:
            raise KeyError(path) from None
        try:
            with open(fd, "rb") as file:
                text = file.read(_TEXT_LIMIT + 1)
        except OSError as error:
            raise self._unreadable(path, error) from error
        if len(text) > _TEXT_LIMIT:
            raise DamagedImageError(f"{self.name}: {path} has over {_TEXT_LIMIT:,} bytes")
        return text

    def chunks(self, path: str, size: int | None = None) -> Iterator[memoryview]:
        """The file's bytes, which must be `size`; None: however many it has.

        Raises:
            DamagedImageError: there is no such file, it has another size, or cannot be read.
        """
        try:
            with open(self._open(path), "rb", buffering=0) as file:
                found = os.fstat(file.fileno()).st_size
                buffer = memoryview(bytearray(max(1, min(_CHUNK, found))))
                if size is not None and found != size:
                    raise DamagedImageError(_wrong_size(self.name, path, found, size))
                while count := file.readinto(buffer):
                    yield buffer[:count]
        except OSError as error:
            raise self._unreadable(path, error) from error

    def files(self) -> Iterator[str]:
        """The paths of all files on it."""
        for folder, _, names in os.walk(self._folder):
            below = os.path.relpath(folder, self._folder)
            for name in names:
                yield name if below == "." else f"{below}/{name}"

    def size(self) -> int:
        """Bytes of all files together."""
        return sum(os.lstat(os.path.join(self._folder, path)).st_size for path in self.files())

    def _open(self, path: str) -> int:
        """Open a file for reading; links, which lead anywhere, are refused.

        Raises:
            OSError: it cannot be opened, or is no plain file.
        """
        place = self._folder
        for part in path.split("/"):
            place = os.path.join(place, part)
            if part in ("", ".", "..") or "\0" in part or os.path.islink(place):
                raise FileNotFoundError(errno.ENOENT, "no plain file", path)
        fd = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise FileNotFoundError(errno.ENOENT, "no plain file", path)
        return fd

    def _unreadable(self, path: str, error: OSError) -> DamagedImageError:
        return DamagedImageError(f"{self.name}: {printable(path)}: {error.strerror}")


def _wrong_size(name: str, path: str, found: int, expected: int) -> str:
    return f"{name}: {printable(path)} has {found:,} bytes, not {expected:,}"


def expand(paths: Sequence[str]) -> list[str]:
    """The discs that the paths name: a folder that is no disc stands for the images in it.

    Raises:
        UsageError: there is nothing at a path, or no disc in a folder.
    """
    found: list[str] = []
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"there is no {printable(path)}")
        if os.path.isdir(path) and not os.path.isdir(os.path.join(path, "catalog")):
            try:
                names = os.listdir(path)
            except OSError as error:
                raise UsageError(f"cannot read {printable(path)}: {error.strerror}") from error
            images = sorted(name for name in names if name.lower().endswith(".iso"))
            if not images:
                raise UsageError(f"{printable(path)} is no disc and holds no .iso files")
            found.extend(os.path.join(path, name) for name in images)
        else:
            found.append(path)
    return found


@contextmanager
def open_disc(path: str, *, whole: bool = True) -> Iterator[DiscSource]:
    """Open an image, a drive or a folder. Unless it must be `whole`, an image's end may be missing.

    Raises:
        UsageError: it cannot be opened.
        DriveError: there is no disc in the drive, or a blank one.
        DamagedImageError: it is no image, or a damaged one.
    """
    if os.path.isdir(path):
        yield FolderDisc(path)
        return
    if _is_device(path):
        _load(path)
    with IsoImage(path, whole=whole) as image:
        yield ImageDisc(image, printable(path))


def _is_device(path: str) -> bool:
    try:
        return stat.S_ISBLK(os.stat(path).st_mode)
    except OSError:
        return False


def _load(node: str) -> None:
    """Close the drive's tray and wait until the disc in it can be read.

    Raises:
        DriveError: there is none, or a blank one.
    """
    try:
        if tray.status(node) == "open":
            tray.close(node)
        if not tray.wait_ready(node, _READY):
            raise DriveError(f"there is no disc in {node}: put one in")
        medium = look(node).medium
    except BurnError as error:
        raise DriveError(str(error)) from error
    if medium and medium.state == "blank":
        raise DriveError(f"the disc in {node} is blank: put the one in that is to be read")
