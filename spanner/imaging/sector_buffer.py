"""A file in memory for what pycdlib writes: a disc's structure, most of whose sectors are empty."""

import io
from typing import Any

from spanner.model.units import SECTOR


class SectorBuffer(io.RawIOBase):
    """A file that keeps what is written, by sector, without the zeros at each sector's end."""

    def __init__(self) -> None:
        super().__init__()
        self._sectors: dict[int, bytes] = {}
        self._position = 0
        self._end = 0

    def seekable(self) -> bool:
        """True: pycdlib goes to each sector that it writes."""
        return True

    def tell(self) -> int:
        """The offset in bytes at which the next write begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset in bytes, and return it; what is skipped reads as zeros."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._end}[whence]
        self._position = base + offset
        return self._position

    def write(self, data: Any) -> int:
        """Keep the bytes, and return how many they were, which is all."""
        sector, start = divmod(self._position, SECTOR)
        if data == b"\0" and start >= len(self._sectors.get(sector, b"")):  # padding
            self._position += 1
            self._end = max(self._end, self._position)
            return 1
        if start == 0 and len(data) <= SECTOR and sector not in self._sectors:  # most are so
            self._sectors[sector] = bytes(data)
            self._position += len(data)
            self._end = max(self._end, self._position)
            return len(data)
        done = 0
        while done < len(data):
            sector, start = divmod(self._position, SECTOR)
            piece = data[done : done + SECTOR - start]
            block = bytearray(self._sectors.get(sector, b"").ljust(start, b"\0"))
            block[start : start + len(piece)] = piece
            self._sectors[sector] = bytes(block)
            done += len(piece)
            self._position += len(piece)
        self._end = max(self._end, self._position)
        return done

    def blocks(self) -> dict[int, bytes]:
        """The bytes of each sector that was written, without the zeros at its end."""
        return {number: block.rstrip(b"\0") for number, block in self._sectors.items()}
