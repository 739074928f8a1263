"""Reads ISO 9660 images (ECMA-119), with or without Rock Ridge: files, and discs in a drive.

Nothing is mounted, nothing is read before it is asked for, and what the image says of itself in two
places must agree.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from spanner.errors import DamagedImageError
from spanner.model.units import SECTOR
from spanner.reading.iso_fields import RecordError, both_endian
from spanner.reading.iso_records import (
    DirectoryReader,
    Extent,
    Folder,
    IsoDirectory,
    IsoFile,
    parse_record,
)
from spanner.reading.sectors import FileSectors, Sectors
from spanner.wording import printable

__all__ = ["Extent", "IsoFile", "IsoImage"]

_FIRST_DESCRIPTOR = 16  # sector ; those of a volume end with the terminator
_LAST_DESCRIPTOR = 80
_PRIMARY, _TERMINATOR = 1, 255  # types of descriptors (8.1.1)
_DEEPEST = 4096  # levels: Linux takes no longer path
_CACHE_COST = 64 << 20  # bytes of memory
_BUFFER = 2 << 20


class IsoImage:
    """An image, open until it is closed.

    It is a path or other sectors; unless it must be `whole`, its end may be missing.
    `volume_id` is its name, `total_sectors` what it says that it has, `file_sectors` what is there.

    Raises:
        UsageError: it is not there or may not be read.
        DamagedImageError: it is no ISO 9660 image, or cut; all methods raise it where the image is
            damaged or cannot be read.
    """

    def __init__(self, source: str | Sectors, *, whole: bool = True) -> None:
        self.sectors = FileSectors(source) if isinstance(source, str) else source
        self.path = self.sectors.name
        self._cache: OrderedDict[str, IsoDirectory] = OrderedDict()
        self._cached = 0
        try:
            self.file_sectors = self.sectors.count
            with self._damage("volume descriptor"):
                self.volume_id, self.total_sectors, self._root = _volume(self._descriptor())
            if whole:
                self.check_size()
            with self._damage("root directory"):
                self._reader = DirectoryReader(self._bytes, self.total_sectors, self._root)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the sectors that it is read from."""
        self.sectors.close()

    def find(self, path: str) -> IsoFile:
        """The regular file at `path`.

        Raises:
            KeyError: there is none.
        """
        *parents, name = path.split("/")
        directory = self._directory("", self._root)
        seen = {self._root.sector}
        above = ""
        for parent in parents:
            folder = directory.folders.get(parent)
            if folder is None:
                raise KeyError(path)
            above = f"{above}/{parent}" if above else parent
            self._mark(seen, folder, above)
            directory = self._directory(above, folder)
        file = directory.files.get(name)
        if file is None:
            raise KeyError(path)
        return file

    def files(self) -> Iterator[IsoFile]:
        """All regular files, those of a directory before those of the directories in it."""
        for _, directory in self._walk():
            yield from directory.files.values()

    def directories(self) -> Iterator[str]:
        """The paths of all directories but the root, parents first."""
        for path, directory in self._walk():
            if path and not directory.hidden:
                yield path

    def read(self, file: IsoFile, limit: int = 256 << 20) -> bytes:
        """The whole file.

        Raises:
            DamagedImageError: it has more than `limit` bytes, or cannot be read.
        """
        if file.size > limit:
            raise self._damaged(
                f"holds {printable(file.path)} of {file.size} bytes; over {limit} are not expected"
            )
        return b"".join(map(bytes, self.chunks(file)))

    def chunks(
        self, file: IsoFile, offset: int = 0, size: int | None = None
    ) -> Iterator[memoryview]:
        """The file's bytes from `offset` on, `size` of them or all; a chunk is good until the next.

        Raises:
            ValueError: the file has no such bytes.
            DamagedImageError: they cannot be read.
        """
        left = file.size - offset if size is None else size
        if min(offset, left) < 0 or offset + left > file.size:
            raise ValueError(f"{file.path} has {file.size} bytes, not {left} from {offset} on")
        buffer = memoryview(bytearray(min(left, _BUFFER)))
        for extent in file.extents:
            start, end = min(offset, extent.size), min(offset + left, extent.size)
            offset -= start
            left -= end - start
            for position in range(start, end, _BUFFER):
                chunk = buffer[: min(_BUFFER, end - position)]
                self.sectors.read_into(extent.sector * SECTOR + position, chunk)
                yield chunk

    def _walk(self) -> Iterator[tuple[str, IsoDirectory]]:
        """All directories that have a place, with their paths, parents first."""
        seen: set[int] = set()
        room = self.total_sectors * SECTOR
        waiting = [("", iter([("", self._root)]))]
        while waiting:
            above, folders = waiting[-1]
            entry = next(folders, None)
            if entry is None:
                waiting.pop()
                continue
            name, folder = entry
            path = f"{above}/{name}" if above else name
            self._mark(seen, folder, path)
            directory = self._directory(path, folder)
            room -= directory.size
            if room < 0 or len(waiting) > _DEEPEST:
                raise self._damaged("is damaged: its directories overlap or are too deep")
            yield path, directory
            waiting.append((path, iter(directory.folders.items())))

    def _mark(self, seen: set[int], folder: Folder, path: str) -> None:
        if folder.sector in seen:
            raise self._damaged(
                f"is damaged: directory {printable(path)} is there twice or holds itself"
            )
        seen.add(folder.sector)

    def _directory(self, path: str, folder: Folder) -> IsoDirectory:
        """The directory, kept for the next time as long as others do not need the memory."""
        known = self._cache.get(path)
        if known is not None:
            self._cache.move_to_end(path)
            return known
        with self._damage(f"directory {printable(path) or 'root'} in sector {folder.sector}"):
            directory = self._reader.directory(folder, path)
        self._cache[path] = directory
        self._cached += directory.cost
        while self._cached > _CACHE_COST and len(self._cache) > 1:
            self._cached -= self._cache.popitem(last=False)[1].cost
        return directory

    def check_size(self) -> None:
        """See that it is all there.

        Raises:
            DamagedImageError: its end is missing.
        """
        if self.file_sectors < self.total_sectors:
            raise self._damaged(f"is cut: {self.file_sectors} of {self.total_sectors} sectors")

    def _descriptor(self) -> bytes:
        """The volume's descriptor; all that lie with it are checked for being some (6.7.1)."""
        found = b""
        for sector in range(_FIRST_DESCRIPTOR, min(_LAST_DESCRIPTOR, self.file_sectors)):
            descriptor = self._bytes(sector * SECTOR, SECTOR)
            if descriptor[1:7] != b"CD001\1":
                break
            if descriptor[0] == _PRIMARY and not found:
                found = descriptor
            if descriptor[0] == _TERMINATOR and found:
                return found
        raise self._damaged(
            f"is no ISO 9660 image: no volume is described in its {self.file_sectors} sectors"
        )

    def _bytes(self, offset: int, size: int) -> bytes:
        buffer = bytearray(size)
        self.sectors.read_into(offset, memoryview(buffer))
        return bytes(buffer)

    @contextmanager
    def _damage(self, place: str) -> Iterator[None]:
        try:
            yield
        except RecordError as error:
            raise self._damaged(f"is damaged: {place}: {error}") from None

    def _damaged(self, what: str) -> DamagedImageError:
        return DamagedImageError(f"{printable(self.path)} {what}")


def _volume(descriptor: bytes) -> tuple[str, int, Folder]:
    """The volume's name, its sectors and its root directory (ECMA-119, 8.4)."""
    total = both_endian(descriptor[80:88])
    for start, end in ((120, 124), (124, 128), (132, 140)):
        both_endian(descriptor[start:end])
    if both_endian(descriptor[128:132]) != SECTOR:
        raise RecordError(f"its blocks do not have {SECTOR} bytes")
    root = parse_record(descriptor[156:190])
    name = descriptor[40:72].decode("utf-8", "surrogateescape").rstrip("\0 ")
    return name, total, Folder(root.sector, root.size)
