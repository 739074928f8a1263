"""RS03, the error correction that dvdisaster puts behind an image: its sizes and its marks.

What was measured, with dvdisaster 0.79.5 (Debian 12) and by its sources:

An augmented image is the image as it was, a header of two sectors, padding, one layer of checksums
and so many layers of parity that there are 255 layers in all, each as long as the others: byte n of
each layer is part of one codeword of Reed and Solomon's code. So an augmented image has 255 × layer
sectors, no more and no less, whatever the image's own size; of 255 layers `roots` (8 to 170) are
parity, and any `roots` unreadable sectors of the 255 at each offset come back, or half as many that
are wrong where nothing says so. Redundancy in percent is roots / (255 - roots).

With `-n SECTORS` alone dvdisaster ignores the number and fills the smallest of CD, DVD, DVD9, BD
and BD2 that takes the image; with `--debug` beside it, it fills just these sectors, rounded down to
255 layers. With the same image, size and version the added bytes are the same, however many
threads, whatever algorithm; the version of the program stands in them. A header that cannot be read
is found again by the checksum sectors, if the layer's length is known: it is where `--debug -n`
says the image's sectors when it repairs, too.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from spanner.errors import UsageError
from spanner.model.units import SECTOR

LAYERS = 255
"""All layers: of data, of checksums (one) and of parity."""

HEADER = 2
"""Sectors of the header, right behind the data."""

COOKIE = b"*dvdisaster*RS03"
"""A header begins with it; a sector of checksums has it in its midst."""

_FEWEST_ROOTS, _MOST_ROOTS = 8, 170
_LEAST_PERCENT, _MOST_PERCENT = 3, 200
_FEWEST_DATA_LAYERS = LAYERS - 1 - _MOST_ROOTS
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%?", re.ASCII)
_ECC_FILE = 2  # in the flags: it belongs to a file beside an image
_BLANK_CRC = struct.pack("<I", 0x4C5047)  # stands for the CRC where it is made

# The header: cookie, flags, two MD5 sums and room for a third, sectors of data, layers of data and
# of checksums, roots, versions and fingerprint's sector, CRC-32, ..., sectors of a layer.
_HEADER = struct.Struct("<16s4B48xQII12xI20xQ")
_HEADER_CRC = 96
# A checksum sector: 256 checksums, cookie, flags, versions, two MD5 sums, and the same numbers.
_CHECKSUMS = struct.Struct("<1024x16s4B44xQ4xII4xQI")
_CHECKSUMS_CRC = 1120


@dataclass(frozen=True, slots=True)
class Rs03:
    """How an augmented image is laid out, in sectors: `data` are those of the image itself."""

    data: int
    layer: int
    roots: int

    @property
    def total(self) -> int:
        """How many sectors the augmented image has."""
        return LAYERS * self.layer

    @property
    def checksums(self) -> int:
        """Where the layer of checksums begins, in sectors."""
        return (LAYERS - 1 - self.roots) * self.layer

    @property
    def sound(self) -> bool:
        """Whether such an image can be: roots within limits, room for data and header."""
        return (
            _FEWEST_ROOTS <= self.roots <= _MOST_ROOTS
            and HEADER < self.data + HEADER <= self.checksums
        )


def parse_percent(text: str) -> float:
    """The redundancy that "20", "20%" or "12.5" means.

    Raises:
        UsageError: it is none, or one that RS03 cannot have.
    """
    match = _PERCENT.fullmatch(text.strip())
    if not match or not _LEAST_PERCENT <= float(match[1]) <= _MOST_PERCENT:
        raise UsageError(
            f"--ecc {text!r}: say a percentage from {_LEAST_PERCENT} to {_MOST_PERCENT}, such as 20"
        )
    return float(match[1])


def is_percent(percent: float) -> bool:
    """Whether RS03 can have such a redundancy."""
    return _LEAST_PERCENT <= percent <= _MOST_PERCENT


def planned(data: int, percent: float) -> Rs03:
    """The smallest augmented image of so many sectors with that redundancy, or a little more."""
    layer = -(-(data + HEADER) // _data_layers(percent))
    layers = max(-(-(data + HEADER) // layer), _FEWEST_DATA_LAYERS)
    return Rs03(data, layer, LAYERS - 1 - layers)


def least_total(data: int) -> int:
    """The sectors of the smallest augmented image of so many."""
    return planned(data, _LEAST_PERCENT).total


def room(sectors: int, percent: float) -> int:
    """The sectors of the largest image that has no more than `sectors` when it is augmented."""
    return max(0, sectors // LAYERS * _data_layers(percent) - HEADER)


def _data_layers(percent: float) -> int:
    """How many layers of data there are at most, with at least that redundancy."""
    share = Fraction(str(percent)) / 100
    return LAYERS - 1 - max(_FEWEST_ROOTS, ceil(LAYERS * share / (1 + share)))


def parse_header(sectors: bytes) -> Rs03 | None:
    """The layout that a header says; None where these two sectors are none, or damaged."""
    if len(sectors) < HEADER * SECTOR or not sectors.startswith(COOKIE):
        return None
    if not _crc_is_right(sectors[: HEADER * SECTOR], _HEADER_CRC):
        return None
    _, flags, *_, data, _, roots, _, layer = _HEADER.unpack_from(sectors)
    return _layout(flags, data, layer, roots)


def parse_checksums(sector: bytes) -> Rs03 | None:
    """The layout that a sector of checksums says; None where it is none, or damaged."""
    if sector[1024:1040] != COOKIE or not _crc_is_right(sector, _CHECKSUMS_CRC):
        return None
    _, flags, *_, data, _, roots, layer, _ = _CHECKSUMS.unpack_from(sector)
    return _layout(flags, data, layer, roots)


def _layout(flags: int, data: int, layer: int, roots: int) -> Rs03 | None:
    found = Rs03(data, layer, roots)
    return found if found.sound and not flags & _ECC_FILE else None


def _crc_is_right(data: bytes, place: int) -> bool:
    """The CRC-32 at `place`, not inverted, is that of the bytes with a mark in its own place."""
    marked = data[:place] + _BLANK_CRC + data[place + 4 :]
    return int.from_bytes(data[place : place + 4], "little") == zlib.crc32(marked) ^ 0xFFFFFFFF
