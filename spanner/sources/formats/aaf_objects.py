"""The objects in an AAF file, read from the compound file that holds them.

After the AAF Object Specification 1.1 and the AAF Stored Format Specification 1.0.1 (AMWA). pyaaf2
reads the compound file; its objects are not used, as damaged files drive them into endless loops
and gigabytes of memory. Whatever it raises becomes a SessionError here.
"""

import logging
import os
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from spanner.model.session import SessionError
from spanner.sources.formats.opening import opened, refused

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of every compound file."""

_SECTORS = {9: 512, 12: 4096}  # by the exponents in the header
_IN_HEADER = 109  # entries of the table of tables in the header itself
_STREAM = 4 << 20  # bytes of a stream of properties or of an index: over 100 000 objects
_BUDGET = 512 << 20  # bytes that are read in all: what the programs embed is not
_SECONDS = 120  # for the largest files; those of usual sessions take less than one
_SINGLE, _VECTOR, _SET = 0x22, 0x32, 0x3A  # stored forms of strong references
_LITTLE_ENDIAN = 0x4C

_Object = Any  # of pyaaf2: a directory entry


class Objects:
    """The objects in the AAF file at `path`.

    An object is a directory entry of pyaaf2; its properties have the numbers that the Object
    Specification gives them. All methods raise SessionError for what does not fit.
    """

    def __init__(self, path: str, file: BinaryIO) -> None:
        from aaf2.cfb import CompoundFileBinary  # noqa: PLC0415 (only AAFs need it)

        self.path = path
        self._until = time.monotonic() + _SECONDS
        self._kept: dict[int, dict[int, tuple[int, bytes]]] = {}
        size = os.fstat(file.fileno()).st_size
        _check_header(path, file.read(76), size)
        with _guard(path, "the compound file"), _quiet():
            self._compound = CompoundFileBinary(_BoundedFile(file, self._check), "rb")
        self.root: _Object = self._compound.root

    def class_id(self, found: _Object) -> bytes:
        """The object's class, as its 16 bytes are stored."""
        return bytes(found.data[80:96])

    def data(self, found: _Object, number: int) -> bytes | None:
        """The stored value of one of the object's properties; None if it has no such property."""
        return self._properties(found).get(number, (0, None))[1]

    def text(self, found: _Object, number: int) -> str:
        """A property that is a text; empty if there is none."""
        data = self.data(found, number) or b""
        return data.decode("utf-16-le", "replace").partition("\0")[0]

    def number(self, found: _Object, number: int) -> int | None:
        """A property that is a signed 64-bit integer."""
        data = self.data(found, number) or b""
        return int.from_bytes(data, "little", signed=True) if len(data) == 8 else None

    def rate(self, found: _Object, number: int) -> tuple[int, int] | None:
        """A property that is a rational number above 0: numerator and denominator."""
        data = self.data(found, number) or b""
        above, below = struct.unpack("<ii", data) if len(data) == 8 else (0, 0)
        return (above, below) if above > 0 and below > 0 else None

    def one(self, found: _Object, number: int) -> _Object | None:
        """The object that a property holds."""
        form, data = self._properties(found).get(number, (_SINGLE, None))
        if data is None:
            return None
        if form != _SINGLE:
            raise refused(self.path, f"property {number:#06x} has the unknown form {form:#04x}")
        return self._child(found, _name(data))

    def several(self, found: _Object, number: int) -> Iterator[_Object]:
        """The objects that a property holds, in their order or, for sets, in that of storage."""
        for name, _ in self._index(found, number):
            yield self._child(found, name)

    def keys(self, found: _Object, number: int) -> set[bytes]:
        """The keys of the objects in a set, which a property holds."""
        return {key for _, key in self._index(found, number)}

    def _index(self, found: _Object, number: int) -> Iterator[tuple[str, bytes]]:
        """The names and keys of the objects in a vector, whose have no keys, or a set."""
        form, data = self._properties(found).get(number, (_VECTOR, None))
        if data is None:
            return
        if form not in {_VECTOR, _SET}:
            raise refused(self.path, f"property {number:#06x} has the unknown form {form:#04x}")
        name = _name(data)
        index = self._read(found, f"{name} index")
        head, key = (12, 0) if form == _VECTOR else (15, index[14] if len(index) > 14 else 0)
        count = int.from_bytes(index[:4], "little")
        step = 4 if form == _VECTOR else 8 + key
        if len(index) < head or count > (len(index) - head) // step:
            raise refused(self.path, f"the index of {number:#06x} is cut short")
        for at in range(head, head + count * step, step):
            local = int.from_bytes(index[at : at + 4], "little")
            yield f"{name}{{{local:x}}}", bytes(index[at + 8 : at + step])

    def _properties(self, found: _Object) -> dict[int, tuple[int, bytes]]:
        """The object's properties: their stored form and value, by their numbers."""
        kept = self._kept.get(found.dir_id)
        if kept is None:
            kept = self._read_properties(self._read(found, "properties"))
            self._kept.clear()  # the same object is asked several times in a row, then never again
            self._kept[found.dir_id] = kept
        return kept

    def _read_properties(self, data: bytes) -> dict[int, tuple[int, bytes]]:
        if len(data) < 4:
            raise refused(self.path, "the properties of an object are cut short")
        order, _, count = struct.unpack_from("<BBH", data)
        if order != _LITTLE_ENDIAN:
            raise refused(self.path, "is a big-endian AAF, or damaged: such cannot be read")
        properties = {}
        at = 4 + 6 * count
        for entry in range(4, at, 6):
            if entry + 6 > len(data):
                raise refused(self.path, "the properties of an object are cut short")
            number, form, size = struct.unpack_from("<HHH", data, entry)
            if size > len(data) - at:
                raise refused(self.path, f"property {number:#06x} is cut short")
            properties[number] = (form, data[at : at + size])
            at += size
        return properties

    def _child(self, found: _Object, name: str) -> _Object:
        self._check()
        with _guard(self.path, "a directory"):
            child = found.get(name)
        if child is None:
            raise refused(self.path, f"an object is missing: {name!r}")
        return child

    def _read(self, found: _Object, name: str) -> bytes:
        """A stream of the object, whole."""
        child = self._child(found, name)
        size = child.byte_size
        if size > _STREAM:
            raise refused(self.path, f"{name!r} claims {size} bytes, more than any session has")
        with _guard(self.path, "a stream"):
            return bytes(child.open("r").read())

    def _check(self) -> None:
        if time.monotonic() > self._until:
            raise refused(self.path, f"is not read after {_SECONDS} seconds")


@contextmanager
def objects(path: str) -> Iterator[Objects]:
    """The objects in the AAF file at `path`, while the block runs.

    Raises:
        SessionError: it cannot be read or is no sound compound file.
    """
    with opened(path) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise refused(path, "cannot be read (it is no file)")
        yield Objects(path, file)


class _BoundedFile:
    """A file for pyaaf2, which follows a damaged table to any length: not from here."""

    def __init__(self, file: BinaryIO, check: Any) -> None:
        self.seek = file.seek
        self.tell = file.tell
        self._file = file
        self._check = check
        self._left = _BUDGET

    def read(self, size: int) -> bytes:
        self._spend(size)
        return self._file.read(size)

    def readinto(self, buffer: bytearray) -> int:
        self._spend(len(buffer))
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _spend(self, size: int) -> None:
        self._check()
        self._left -= size
        if self._left < 0:
            raise ValueError("its tables are larger than those of any session")


def _check_header(path: str, header: bytes, size: int) -> None:
    """Refuses a header that claims tables which a file of `size` bytes cannot have."""
    if not header.startswith(MAGIC) or len(header) < 76:
        raise refused(path, "is no AAF file")
    order, exponent = struct.unpack_from("<HH", header, 28)
    if order != 0xFFFE or exponent not in _SECTORS:
        raise refused(path, "is a compound file of an unknown kind")
    sector = _SECTORS[exponent]
    sectors = size // sector + 1
    tables = sectors // (sector // 4) + 1
    # A file can have spare tables; ten times as many are damage.
    most = 10 * tables + _IN_HEADER
    claimed, further = (struct.unpack_from("<I", header, at)[0] for at in (44, 72))
    if claimed > most or further > most // (sector // 4 - 1) + 1:
        raise refused(path, f"claims {claimed} tables of sectors and {further} lists of these")


@contextmanager
def _guard(path: str, what: str) -> Iterator[None]:
    """Whatever pyaaf2 raises on damaged files, it becomes a SessionError."""
    try:
        yield
    except SessionError:
        raise
    except Exception as error:  # MemoryError and RecursionError too
        reason = str(error) or type(error).__name__
        raise refused(path, f"is a damaged AAF: {what} cannot be read ({reason})") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps pyaaf2's warnings off the terminal, where `logging` prints them if nobody listens."""
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _name(data: bytes) -> str:
    return data.decode("utf-16-le", "replace").partition("\0")[0]
