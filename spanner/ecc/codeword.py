"""Checks an augmented image against its own parity and checksums, in one pass.

Every 255 bytes at the same offset of its layers are a codeword of the code over GF(256) that CCSDS
uses (131.0-B: polynomial 0x187, first root 112, primitive element 11): a polynomial with these
bytes as coefficients is zero at each root. One root is looked at. That finds each wrong byte that
is alone in its codeword, wherever it is: data, checksums or parity; of several in one codeword it
misses one case in 255, and a sector has 2048 codewords.

The sector of checksums at an offset has those of the data sectors at the next one, the last those
of the first: CRC-32 without the final inversion, which dvdisaster needs to know what is wrong.
"""

import sys
import zlib
from array import array
from functools import cache

import numpy as np

from spanner.ecc.rs03 import LAYERS, Rs03
from spanner.model.units import SECTOR

_POLYNOMIAL = 0x187
_ROOT = 112 * 11  # the first, as a power of the generator
_INVERSION = 0xFFFFFFFF
_ORDER = 255  # non-zero elements


class CodewordCheck:
    """Takes an augmented image's bytes in order; needs as much memory as a layer has."""

    def __init__(self, layout: Rs03) -> None:
        self._layer = layout.layer * SECTOR
        self._sum = np.zeros(self._layer, np.uint8)
        self._position = 0
        self._end = layout.total * SECTOR

    def update(self, data: memoryview) -> None:
        """Take further bytes; those behind the image's end do not count."""
        data = data[: self._end - self._position]
        while data:
            layer, offset = divmod(self._position, self._layer)
            part = bytes(data[: self._layer - offset])
            product = part.translate(_multiples(_ROOT * (LAYERS - 1 - layer) % _ORDER))
            self._sum[offset : offset + len(part)] ^= np.frombuffer(product, np.uint8)
            self._position += len(part)
            data = data[len(part) :]

    def bad_sectors(self) -> int:
        """How many sectors of a layer have wrong codewords; all where not the whole image came."""
        if self._position != self._end:
            return self._layer // SECTOR
        return int(np.count_nonzero(self._sum.reshape(-1, SECTOR).any(axis=1)))


class ChecksumCheck:
    """Takes an augmented image's bytes in order, in whole sectors."""

    def __init__(self, layout: Rs03) -> None:
        self._layout = layout
        self._data: array[int] = array("I")
        self._position = 0  # in sectors
        self._wrong = 0

    def update(self, data: memoryview) -> None:
        """Take the next whole sectors; those behind the checksums do not count."""
        end = self._layout.checksums
        for start in range(0, len(data), SECTOR):
            sector = data[start : start + SECTOR]
            if self._position < end:
                self._data.append(zlib.crc32(sector) ^ _INVERSION)
            elif self._position < end + self._layout.layer:
                self._wrong += self._differs(sector, self._position - end)
            self._position += 1

    def bad_sectors(self) -> int:
        """How many sectors of checksums differ from the data's; all where not all of them came."""
        if self._position < self._layout.checksums + self._layout.layer:
            return self._layout.layer
        return self._wrong

    def _differs(self, sector: memoryview, offset: int) -> bool:
        length = self._layout.layer
        expected = self._data[(offset + 1) % length :: length]
        found = array("I", bytes(sector[: len(expected) * expected.itemsize]))
        if sys.byteorder == "big":
            found.byteswap()
        return found != expected


@cache
def _multiples(power: int) -> bytes:
    """A table for `bytes.translate`: each element times the generator to that power."""
    powers = _powers()
    logarithms = {element: index for index, element in enumerate(powers)}
    return bytes(
        powers[(logarithms[element] + power) % _ORDER] if element else 0 for element in range(256)
    )


@cache
def _powers() -> tuple[int, ...]:
    """The powers of the generator, 2, from exponent 0 on: all elements but 0."""
    found = [1]
    while len(found) < _ORDER:
        twice = found[-1] << 1
        found.append(twice ^ _POLYNOMIAL if twice > 255 else twice)
    return tuple(found)
