"""What is written to a disc, and what became of it."""

import hashlib
import os
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from burners.errors import BurnError

SECTOR = 2048
CLUSTER = 32
"""Sectors that have a checksum together: a Blu-ray's cluster, two blocks of a DVD's error
correction; a drive loses no less at once."""

DESCRIPTOR = 16
"""Sector of the primary volume descriptor (ECMA-119, 6.7.1)."""
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Image:
    """A disc's bytes: `blocks()` yields them in order, `sectors` × 2048 in all.

    A yielded block is only valid until the next one is asked for.
    """

    volume_id: str
    sectors: int
    blocks: Callable[[], Iterator[memoryview]]


@dataclass(slots=True)
class Checksums:
    """Taken of bytes on their way: SHA-256 of all, CRC-32 of each cluster."""

    clusters: "array[int]" = field(default_factory=lambda: array("I"))
    _whole: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _crc: int = 0
    _filled: int = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes that came so far."""
        return self._whole.hexdigest()

    def update(self, data: memoryview) -> None:
        """Take the checksums of further bytes."""
        self._whole.update(data)
        size = CLUSTER * SECTOR
        while data:
            part = data[: size - self._filled]
            self._crc = zlib.crc32(part, self._crc)
            self._filled += len(part)
            data = data[len(part) :]
            if self._filled == size:
                self.finish()

    def finish(self) -> None:
        """No more comes: note the last cluster, if it is not full."""
        if self._filled:
            self.clusters.append(self._crc)
            self._crc = self._filled = 0


def measured(image: Image, checksums: Checksums) -> Iterator[memoryview]:
    """The image's blocks, with checksums taken of them.

    Raises:
        BurnError: they are more or fewer bytes than the image has.
    """
    size = image.sectors * SECTOR
    came = 0
    for block in image.blocks():
        came += len(block)
        if came > size:
            raise BurnError(f"{image.volume_id}: more than its {size:,} bytes came")
        checksums.update(block)
        yield block
    if came < size:
        raise BurnError(f"{image.volume_id}: only {came:,} of its {size:,} bytes came")
    checksums.finish()


@dataclass(frozen=True, slots=True)
class Burnt:
    """An image on a medium: where (a file, a drive's node), by which program, and its checksums.

    `clusters` is empty where they are not known.
    """

    place: str
    program: str
    sectors: int
    sha256: str
    clusters: "array[int]" = field(default_factory=lambda: array("I"))


def image_file(path: str) -> Image:
    """The image that a file holds, named by its volume descriptor, else by the file.

    Raises:
        BurnError: it cannot be read, or is not made of sectors.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(DESCRIPTOR * SECTOR)
            name = volume_name(file.read(SECTOR))
    except OSError as error:
        raise BurnError(f"{path}: {error.strerror}") from error
    if not size or size % SECTOR:
        raise BurnError(f"{path} is no disc image: its {size:,} bytes are no sectors of {SECTOR}")
    if not name:
        name = os.path.splitext(os.path.basename(path))[0]
    return Image(name, size // SECTOR, lambda: blocks_of(path))


def volume_name(descriptor: bytes) -> str:
    """The name in a primary volume descriptor (ECMA-119, 8.4.7); nothing where it is none."""
    if descriptor[:6] != b"\x01CD001":
        return ""
    return descriptor[40:72].decode("ascii", "replace").strip(" \0")


def blocks_of(path: str) -> Iterator[memoryview]:
    """The file's bytes; a block is valid until the next one is asked for.

    Raises:
        BurnError: it cannot be read.
    """
    buffer = memoryview(bytearray(_BUFFER))
    try:
        with open(path, "rb", buffering=0) as file:
            while count := file.readinto(buffer):
                yield buffer[:count]
    except OSError as error:
        raise BurnError(f"{path}: {error.strerror}") from error
