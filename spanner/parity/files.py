"""Streams images into parities, and rebuilds images from what can be read, in little memory.

Both go through all images side by side, a stripe of sectors at a time. Images may be of any
lengths: zeros stand for what is behind an image's end, and can always be read.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spanner.errors import SourceError, UnrecoverableError
from spanner.model.units import SECTOR
from spanner.parity.code import Column, decode, encode
from spanner.parity.field import matrix
from spanner.parity.readers import Reader
from spanner.wording import printable

_MEMORY = 32 << 20  # bytes of all buffers
_STRIPE = 512  # sectors of each image at most


class Writer(Protocol):
    """What a parity is written to, such as a file opened for bytes."""

    def write(self, data: memoryview, /) -> object:
        """Take all of the bytes at once: the buffer is used again afterwards."""


@dataclass(frozen=True)
class Rebuilt:
    """Sectors of a wanted image, one stripe. `data` is valid until the next is asked for."""

    image: int
    first: int
    data: memoryview
    lost: tuple[range, ...]
    """Sectors that are zeros because too much is lost there."""


def _nothing(_: int) -> None:
    pass


def write_parity(
    images: Sequence[Reader],
    outputs: Sequence[Writer],
    advance: Callable[[int], object] = _nothing,
    numbers: Sequence[int] = (),
) -> None:
    """Write as many parities as there are outputs; `advance` is told of bytes that were read.

    `numbers` says which, from 0; without them they are the first ones.

    The images are read strictly in order, each stripe while the one before it is computed.

    Raises:
        SourceError: sectors of an image cannot be read.
        ValueError: there are too many images and outputs.
    """
    numbers = numbers or range(len(outputs))
    matrix(len(images), max(numbers) + 1)  # refuses before anything is read
    count = _stripe(2 * len(images) + len(outputs))
    longest = max(image.sectors for image in images)
    halves = np.empty((2, len(images), count * SECTOR), np.uint8)
    parities = np.empty((len(outputs), count * SECTOR), np.uint8)

    def read(first: int) -> list[Column | None]:
        half = halves[first // count % 2]
        return [_whole(image, first, row) for image, row in zip(images, half, strict=True)]

    with ThreadPoolExecutor(1) as reading:
        coming = reading.submit(read, 0)
        for first in range(0, longest, count):
            columns = coming.result()
            if first + count < longest:
                coming = reading.submit(read, first + count)
            size = min(count, longest - first) * SECTOR
            encode(
                [row if row is None else row[:size] for row in columns],
                [row[:size] for row in parities],
                numbers,
            )
            for output, row in zip(outputs, parities, strict=True):
                output.write(row[:size].data)
            advance(sum(_there(image, first, count) for image in images) * SECTOR)


def rebuild(
    images: Sequence[Reader],
    parities: Sequence[Reader],
    wanted: Sequence[int],
    salvage: bool = False,
    span: range | None = None,
) -> Iterator[Rebuilt]:
    """Yield the wanted images stripe by stripe, what cannot be read of them rebuilt.

    `images` are those of all discs in their order, `parities` all parities in theirs; what is not
    at hand is `Missing`. Where the wanted ones can be read, nothing else is. To `salvage` is to go
    on with zeros where too much is lost. `span`: only these sectors.

    Raises:
        UnrecoverableError: of images and parities more cannot be read at a sector than there are
            parities.
        ValueError: a parity is not as long as the longest image.
    """
    matrix(len(images), len(parities))
    longest = max(image.sectors for image in images)
    if any(parity.sectors != longest for parity in parities):
        raise ValueError("each parity is as long as the longest image")
    span = span or range(max((images[image].sectors for image in wanted), default=0))
    count = min(_stripe(len(images) + len(parities)), len(span))
    memory = np.empty((len(images) + len(parities), count * SECTOR), np.uint8)
    for first in range(span.start, span.stop, count) if span else ():
        length = min(count, span.stop - first)
        stripe = _Stripe(images, parities, first, memory, length)
        lost = stripe.repair(wanted)
        if lost and not salvage:
            sectors, rows = next(iter(lost.items()))
            names = [stripe.reader(row).name for row in rows]
            raise UnrecoverableError(names, sectors, len(parities))
        for image in wanted:
            if size := _there(images[image], first, length) * SECTOR:
                gone = tuple(sectors for sectors, rows in lost.items() if image in rows)
                yield Rebuilt(image, first, memory[image, :size].data, gone)


def _stripe(columns: int) -> int:
    """How many sectors of so many columns are in memory at a time."""
    return max(1, min(_STRIPE, _MEMORY // (columns * SECTOR)))


def _there(reader: Reader, first: int, count: int) -> int:
    """How many of `count` sectors from `first` on the reader has."""
    return max(0, min(count, reader.sectors - first))


def _fill(reader: Reader, first: int, row: Column) -> Sequence[range]:
    """Read sectors into the row, zeros behind the end; returns those that cannot be read."""
    size = _there(reader, first, row.size // SECTOR) * SECTOR
    row[size:] = 0
    return reader.read(first, row[:size].data) if size else ()


def _whole(image: Reader, first: int, row: Column) -> Column | None:
    """The row, filled; None where the image has ended.

    Raises:
        SourceError: sectors of the image cannot be read.
    """
    for bad in _fill(image, first, row):
        raise SourceError(
            f"{printable(image.name)}: sectors {bad.start:,} to {bad.stop - 1:,} cannot be read; "
            f"no parity can be made of it"
        )
    return row if image.sectors > first else None


class _Stripe:
    """The same sectors of all images and parities; rows are read when they are needed."""

    def __init__(
        self,
        images: Sequence[Reader],
        parities: Sequence[Reader],
        first: int,
        memory: npt.NDArray[np.uint8],
        count: int,
    ) -> None:
        self._images = images
        self._parities = parities
        self._first = first
        self._memory = memory[:, : count * SECTOR]
        self._bad = np.ones((len(memory), count), np.bool_)
        self._read: set[int] = set()

    def reader(self, row: int) -> Reader:
        """The image of this row, or the parity: these are counted on behind the images."""
        count = len(self._images)
        return self._images[row] if row < count else self._parities[row - count]

    def repair(self, wanted: Sequence[int]) -> dict[range, list[int]]:
        """Rebuild what is bad of the wanted images; return where too much is, and in which rows.

        There the wanted images become zeros.
        """
        self._load(wanted)
        needed = np.asarray(self._bad[list(wanted)].any(axis=0))
        if not needed.any():
            return {}
        images = range(len(self._images))
        self._load(images)
        for row in range(len(images), len(self._bad)):
            if self._bad[:, needed].sum(axis=0).max() <= len(self._parities):
                break
            self._load([row])
        lost = {}
        for run in self._runs():
            if needed[run.start] and not self._decode(run, wanted):
                sectors = range(self._first + run.start, self._first + run.stop)
                lost[sectors] = np.flatnonzero(self._bad[:, run.start]).tolist()
        return lost

    def _load(self, rows: Sequence[int]) -> None:
        """Read the rows that were not read yet; until then all of a row is bad."""
        for row in rows:
            if row in self._read:
                continue
            self._read.add(row)
            self._bad[row] = False
            for bad in _fill(self.reader(row), self._first, self._memory[row]):
                self._bad[row, bad.start - self._first : bad.stop - self._first] = True

    def _runs(self) -> Iterator[range]:
        """The stripe in runs of sectors that are bad in the same rows."""
        changes = (self._bad[:, 1:] != self._bad[:, :-1]).any(axis=0)
        starts = [0, *(np.flatnonzero(changes) + 1).tolist(), self._bad.shape[1]]
        for start, stop in pairwise(starts):
            yield range(start, stop)

    def _decode(self, run: range, wanted: Sequence[int]) -> bool:
        """Rebuild a run of the wanted images where they are bad; False where it cannot be."""
        bytes_of = self._memory[:, run.start * SECTOR : run.stop * SECTOR]
        bad = self._bad[:, run.start]
        missing = {image: bytes_of[image] for image in wanted if bad[image]}
        good = {row: bytes_of[row] for row in np.flatnonzero(~bad).tolist()}
        if len(good) < len(self._images):
            for row in missing.values():
                row.fill(0)
            return False
        decode(len(self._images), good, missing, len(self._parities))
        return True
