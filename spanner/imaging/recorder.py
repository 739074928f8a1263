"""Keeps what pycdlib writes, in memory, by sector."""

import io
from typing import Any

from spanner.units import SECTOR


class Recorder(io.RawIOBase):
    """A file that keeps what is written, by sector, without the zeros at each sector's end."""

    def __init__(self) -> None:
        super().__init__()
        self._sectors: dict[int, bytearray] = {}
        self._position = 0
        self._end = 0

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where the next write goes, in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset; what is skipped reads as zeros."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._end}[whence]
        self._position = base + offset
        return self._position

    def write(self, data: Any) -> int:
        """Keep the bytes."""
        done = 0
        while done < len(data):
            sector, start = divmod(self._position, SECTOR)
            piece = data[done : done + SECTOR - start]
            block = self._sectors.get(sector)
            if block is None:
                self._sectors[sector] = bytearray(start) + piece
            else:
                block.extend(bytes(max(0, start - len(block))))
                block[start : start + len(piece)] = piece
            done += len(piece)
            self._position += len(piece)
        self._end = max(self._end, self._position)
        return done

    def blocks(self) -> dict[int, bytes]:
        """All that was written, by sector."""
        return {number: bytes(block).rstrip(b"\0") for number, block in self._sectors.items()}
