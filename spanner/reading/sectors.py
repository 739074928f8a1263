"""The sectors of a disc: of an image file or a drive, read past damage."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from burners.mmc import SenseError, read
from spanner.errors import DamagedImageError, UsageError
from spanner.model.units import SECTOR
from spanner.wording import printable

_TRIES = 2  # of one sector
_CLUSTER = 16  # sectors: a DVD's error correction gives or loses them together (ECMA-267, 20)
_PATIENCE = 64  # sectors that fail in a row, after which only the first of each cluster is tried

Range = tuple[int, int]
"""The first sector and how many."""


class UnreadableSectorsError(DamagedImageError):
    """Sectors that cannot be read: `bad`, in order. All others that were asked for were read."""

    def __init__(self, name: str, bad: Sequence[Range], reason: str) -> None:
        self.name = name
        self.bad = list(bad)
        self.reason = reason
        super().__init__(f"{printable(name)} cannot be read in sector {bad[0][0]}: {reason}")


class Sectors(Protocol):
    """What the sectors of a disc can be read from. `count`: how many there are."""

    name: str
    count: int

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill the buffer with the bytes from `offset` on.

        Raises:
            UnreadableSectorsError: some sectors cannot be read; all others are in the buffer.
        """

    def close(self) -> None:
        """Close what was opened for it; nothing can be read after that."""


class FileSectors:
    """An image file or a drive's device, open until it is closed.

    `bad` are the sectors that could not be read so far; they are not tried again.

    Raises:
        UsageError: it is not there or may not be read.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self.bad: set[int] = set()
        self._fd, self._is_drive = _open(path)
        self.count = os.lseek(self._fd, 0, os.SEEK_END) // SECTOR

    def close(self) -> None:
        """Close the file; nothing can be read after that."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill the buffer with the bytes from `offset` on; where that fails, sector by sector.

        Raises:
            UnreadableSectorsError: some sectors cannot be read; all others are in the buffer.
        """
        done = 0
        reason = ""
        try:
            while done < len(buffer) and not self.bad:
                count = os.preadv(self._fd, [buffer[done:]], offset + done)
                if not count:
                    break
                done += count
        except OSError as error:
            reason = error.strerror or str(error)
        if done < len(buffer):
            self._read_slowly(offset, buffer, reason)

    def _read_slowly(self, offset: int, buffer: memoryview, reason: str) -> None:
        bad: list[int] = []
        row = 0  # sectors in a row that failed
        for sector in range(offset // SECTOR, -(-(offset + len(buffer)) // SECTOR)):
            data = b""
            if sector >= self.count:
                reason = "it ends before"
            elif sector not in self.bad and (row < _PATIENCE or sector % _CLUSTER == 0):
                data, why = self._sector(sector)
                reason = why or reason
            if data:
                row = 0
                _put(data, sector, offset, buffer)
            else:
                row += 1
                bad.append(sector)
        if bad:
            self.bad.update(bad)
            raise UnreadableSectorsError(self.name, list(ranges(bad)), reason or "as before")

    def _sector(self, sector: int) -> tuple[bytes, str]:
        """A sector's bytes, or nothing and why."""
        reason = "it ends before"
        for _ in range(_TRIES):
            try:
                if self._is_drive:  # the kernel reads more at once, and fails for all of it
                    return bytes(read(self._fd, sector, 1)), ""
                data = bytearray(SECTOR)
                if os.preadv(self._fd, [data], sector * SECTOR) == SECTOR:
                    return bytes(data), ""
            except SenseError as error:
                reason = str(error)
            except OSError as error:
                reason = error.strerror or str(error)
        return b"", reason


def ranges(sectors: Iterable[int]) -> Iterator[Range]:
    """Sectors, which are in order, as ranges of those that follow each other."""
    first = count = 0
    for sector in sectors:
        if count and sector == first + count:
            count += 1
        else:
            if count:
                yield first, count
            first, count = sector, 1
    if count:
        yield first, count


def _put(data: bytes, sector: int, offset: int, buffer: memoryview) -> None:
    """Copy what the buffer is to have of a sector."""
    at = sector * SECTOR - offset
    start, end = max(at, 0), min(at + SECTOR, len(buffer))
    piece = data[start - at : end - at]
    buffer[start : start + len(piece)] = piece


def _open(path: str) -> tuple[int, bool]:
    try:
        kind = os.stat(path).st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISBLK(kind)):  # to open a pipe would wait
            raise UsageError(f"cannot read {printable(path)}: it is neither an image nor a drive")
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC), stat.S_ISBLK(kind)
    except OSError as error:
        raise UsageError(f"cannot read {printable(path)}: {error.strerror}") from error
