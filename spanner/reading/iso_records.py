"""Directories of an ISO 9660 image (ECMA-119, 6.8 and 9.1), checked in every field that is used."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple

from spanner.model.units import SECTOR, sectors
from spanner.reading.iso_fields import RecordError, both_endian, seconds
from spanner.reading.iso_rock_ridge import Attributes, RockRidge, skipped_bytes
from spanner.wording import printable

_RECORD = Struct("<BB8s8s7sBBB4sB")  # 9.1.1 to 9.1.10; the identifier is behind it
_DIRECTORY, _ASSOCIATED, _MULTI_EXTENT = 2, 4, 0x80  # of its flags (9.1.6)
_ITSELF, _PARENT = b"\0", b"\1"  # identifiers of a directory's first two records (6.8.2.2)
_VERSION = re.compile(rb"\.?;\d+\Z|\.\Z")
_PIECE = 1 << 20  # bytes of a directory that are read at once
_LARGEST = 512 << 20  # bytes of a directory
_ENTRY_COST = 400  # bytes of memory for an entry without its path
_HIGHEST_COST = 1 << 30
_KIND, _KIND_FILE, _KIND_DIRECTORY, _PERMISSIONS = 0o170000, 0o100000, 0o040000, 0o7777
_NOTHING = Attributes()


@dataclass(frozen=True, slots=True)
class Extent:
    """Contiguous bytes of the image: `size` of them from the start of `sector`."""

    sector: int
    size: int


@dataclass(frozen=True, slots=True)
class IsoFile:
    """A regular file. `path` has no leading slash; bytes in it that are no UTF-8 are surrogates.

    `mode` holds the permission bits, `mtime` seconds since the epoch (UTC).
    """

    path: str
    size: int
    extents: tuple[Extent, ...]
    mode: int | None
    mtime: int | None


class Folder(NamedTuple):
    """Where a directory lies; without a size, as only the directory itself says it."""

    sector: int
    size: int | None


class Record(NamedTuple):
    """What a directory record says of one extent of a file, or of a directory (9.1)."""

    sector: int
    size: int
    date: bytes
    flags: int
    identifier: bytes
    system_use: bytes


@dataclass(slots=True, kw_only=True)
class IsoDirectory:
    """A directory of `size` bytes, and what is in it by name; `cost` is its memory, in bytes.

    `hidden` says that it is there only to hold directories whose places are elsewhere.
    """

    size: int
    files: dict[str, IsoFile] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    relocated: int = 0
    cost: int = 0

    @property
    def hidden(self) -> bool:
        """Nothing is in it but directories that are shown elsewhere (RRIP 4.1.5)."""
        return bool(self.relocated) and not (self.files or self.folders or self.others)


class DirectoryReader:
    """Reads directories of an image of `total` sectors; `read` gives (offset, size) bytes of it.

    All that it raises of its own is RecordError: the directory is damaged.
    """

    def __init__(self, read: Callable[[int, int], bytes], total: int, root: Folder) -> None:
        self._read = read
        self._total = total
        skip = skipped_bytes(self._own_record(root).system_use)
        self._rock_ridge = None if skip is None else RockRidge(read, total, skip)

    def directory(self, folder: Folder, path: str) -> IsoDirectory:
        """What is in the directory that lies in `folder` and has that path.

        Raises:
            RecordError: it is damaged.
        """
        directory = IsoDirectory(size=self._own_record(folder).size)
        prefix = f"{path}/" if path else ""
        records = self._records(folder.sector, directory.size)
        next(records)
        parent = next(records, None)
        if parent is None or parent.identifier != _PARENT:
            raise RecordError("its parent's record is missing")
        if self._rock_ridge:
            self._rock_ridge.check(parent.system_use)  # that its record is not too long
        parts: list[Record] = []
        fork: bytes | None = None
        for record in records:
            if fork not in {None, record.identifier}:
                raise RecordError("a fork is there without its file")
            fork = None
            if record.flags & _ASSOCIATED:  # such a fork lies before its file (9.3)
                fork = record.identifier
                continue
            if parts and record.identifier != parts[0].identifier:
                raise RecordError("a file's further extent is missing")
            parts.append(record)
            if not record.flags & _MULTI_EXTENT:
                self._add(directory, prefix, parts)
                parts = []
        if parts or fork is not None:
            raise RecordError("a file's last extent is missing")
        return directory

    def _own_record(self, folder: Folder) -> Record:
        """A directory's first record, which is its own."""
        if folder.sector >= self._total:
            raise RecordError("it is outside the volume")
        own = next(self._records(folder.sector, SECTOR))
        if (
            own.identifier != _ITSELF
            or not own.flags & _DIRECTORY
            or own.sector != folder.sector
            or folder.size not in {None, own.size}
        ):
            raise RecordError("there is no directory")
        if not own.size or folder.sector + sectors(own.size) > self._total:
            raise RecordError("it is outside the volume")
        if own.size > _LARGEST:
            raise RecordError(f"it has {own.size} bytes, over the limit of {_LARGEST}")
        return own

    def _records(self, sector: int, size: int) -> Iterator[Record]:
        for offset in range(0, size, _PIECE):
            data = self._read(sector * SECTOR + offset, min(_PIECE, size - offset))
            for start in range(0, len(data), SECTOR):
                yield from _sector_records(data[start : start + SECTOR])

    def _add(self, directory: IsoDirectory, prefix: str, parts: list[Record]) -> None:
        record = parts[0]
        said = self._rock_ridge.attributes(record.system_use) if self._rock_ridge else _NOTHING
        if said.relocated:
            directory.relocated += 1
            return
        name = _checked(_plain(record.identifier) if said.name is None else said.name)
        if name in directory.files or name in directory.folders or name in directory.others:
            raise RecordError(f"there are two {printable(name)}")
        path = prefix + name
        directory.cost += len(path) + _ENTRY_COST
        if directory.cost > _HIGHEST_COST:
            raise RecordError("it has more names than memory can hold")
        kind = (said.mode or 0) & _KIND
        is_directory = bool(record.flags & _DIRECTORY) or said.child is not None
        if kind and is_directory != (kind == _KIND_DIRECTORY):
            raise RecordError(f"{printable(name)} is a directory and is none")
        if is_directory:
            lies = Folder(record.sector, record.size)
            directory.folders[name] = lies if said.child is None else Folder(said.child, None)
        elif said.link or kind not in {0, _KIND_FILE}:
            directory.others.add(name)
        else:
            mode = None if said.mode is None else said.mode & _PERMISSIONS
            mtime = seconds(record.date) if said.mtime is None else said.mtime
            extents = self._extents(parts)
            size = sum(extent.size for extent in extents)
            if size > self._total * SECTOR:
                raise RecordError(f"{printable(name)} is larger than the volume")
            directory.files[name] = IsoFile(path, size, extents, mode, mtime)

    def _extents(self, parts: list[Record]) -> tuple[Extent, ...]:
        for record in parts:
            if record.size and record.sector + sectors(record.size) > self._total:
                raise RecordError(f"an extent in sector {record.sector} is outside the volume")
        if any(record.size % SECTOR for record in parts[:-1]):
            raise RecordError("a file breaks off inside a sector and goes on")
        return tuple(Extent(record.sector, record.size) for record in parts if record.size)


def _sector_records(sector: bytes) -> Iterator[Record]:
    """The records in a sector; behind them are zeros (6.8.1.1)."""
    position = 0
    while position < len(sector) and sector[position]:
        end = position + sector[position]
        yield parse_record(sector[position:end])
        position = end
    if not position or sector[position:].strip(b"\0"):
        raise RecordError("a directory record is missing")


def parse_record(data: bytes) -> Record:
    """The directory record that the bytes hold, which give their number first.

    Raises:
        RecordError: it is damaged.
    """
    if len(data) <= _RECORD.size or len(data) != data[0]:
        raise RecordError("a directory record is cut")
    _, attributes, place, size, date, flags, unit, gap, volume, length = _RECORD.unpack_from(data)
    end = _RECORD.size + length
    if not length or end > len(data):
        raise RecordError("a name runs over its directory record")
    both_endian(volume)
    if attributes or unit or gap:
        raise RecordError("extended attributes and interleaving are not supported")
    return Record(
        both_endian(place),
        both_endian(size),
        date,
        flags,
        data[_RECORD.size : end],
        data[end + 1 - length % 2 :],  # behind a byte that makes an even identifier odd
    )


def _plain(identifier: bytes) -> bytes:
    """A file's identifier without its version, and without the dot of an empty extension."""
    return _VERSION.sub(b"", identifier)


def _checked(name: bytes) -> str:
    text = name.decode("utf-8", "surrogateescape")
    if name in {b"", b".", b"..", _PARENT} or b"/" in name or b"\0" in name:
        raise RecordError(f"'{printable(text)}' is no name")
    return text
