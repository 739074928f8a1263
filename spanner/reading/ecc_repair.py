"""Repairs damaged discs by the error correction that they carry, on scratch copies.

The original is never written to. What cannot be read of it is marked as missing in the copy, which
is worth twice as much to the error correction as content that is wrong. Where the header is lost,
the checksum sectors say how all lies: they are looked for while the copy is made, and the last one
counts, as images inside the image come before.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from burners import BurnError, Progress, scratch_file
from burners.progress import silent
from spanner.ecc import dvdisaster
from spanner.ecc.rs03 import (
    COOKIE,
    HEADER,
    Rs03,
    least_total,
    parse_checksums,
    parse_header,
)
from spanner.errors import DamagedImageError, DoesNotFitError, SpannerError
from spanner.model.units import SECTOR
from spanner.reading.discs import DiscSource, ImageDisc
from spanner.reading.iso import Extent, IsoFile, IsoImage
from spanner.reading.sectors import FileSectors, Sectors, UnreadableSectorsError
from spanner.wording import printable

_CHUNK = 32  # sectors that are read at once


@dataclass(frozen=True, slots=True)
class RepairedCopy:
    """A repaired copy, at `path`. `left`: sectors of it that could not be repaired."""

    path: str
    repaired: int
    left: int

    @property
    def words(self) -> str:
        """What the error correction did, for people."""
        sectors = "1 sector" if self.repaired == 1 else f"{self.repaired:,} sectors"
        words = f"its error correction repaired {sectors} of a copy"
        return f"{words}, {self.left:,} are lost" if self.left else words


def ecc_layout(image: IsoImage) -> Rs03 | None:
    """How the error correction behind an image lies, if its header is there and sound."""
    size = HEADER * SECTOR
    header = IsoFile("", size, (Extent(image.total_sectors, size),), None, None)
    try:
        found = parse_header(b"".join(map(bytes, image.chunks(header))))
    except DamagedImageError:
        return None
    return found if found and found.data == image.total_sectors else None


def may_carry_ecc(path: str) -> bool:
    """Whether it is an image or a disc that has room for error correction behind its volume.

    Raises:
        UsageError: it is not there or cannot be opened.
    """
    if os.path.isdir(path):
        return False
    try:
        with IsoImage(path) as image:
            return image.file_sectors >= least_total(image.total_sectors)
    except DamagedImageError:  # it may be the volume's description that is lost
        return True


def repair_into(path: str, copy: str, progress: Progress = silent) -> RepairedCopy | None:
    """Copy an image or a disc to the file `copy`, and repair that; None: it carries no RS03.

    Raises:
        UsageError: it is not there or cannot be opened, or dvdisaster is missing.
        SpannerError: dvdisaster failed.
    """
    with closing(FileSectors(path)) as sectors:
        total = sectors.count
        with progress.task(f"copying {printable(path)} to repair it", total * SECTOR):
            layout = _copy(sectors, copy, progress)
    if layout is None:
        return None
    dvdisaster.need()
    os.truncate(copy, min(total, layout.total) * SECTOR)
    with progress.task(f"repairing the copy of {printable(path)}", layout.total * SECTOR):
        result = dvdisaster.repair(copy, layout, progress)
    return RepairedCopy(copy, result.repaired, result.left)


def _copy(sectors: Sectors, copy: str, progress: Progress) -> Rs03 | None:
    """Copy all sectors, missing ones marked; the layout of the error correction in them."""
    found = None
    before = b""  # the sector before: a header has two
    with open(copy, "wb", buffering=0) as file:
        for first in range(0, sectors.count, _CHUNK):
            chunk = _chunk(sectors, first, min(_CHUNK, sectors.count - first))
            file.write(chunk)
            progress.advance(len(chunk))
            if COOKIE in chunk or before.startswith(COOKIE):
                found = _layout(before + chunk, first - len(before) // SECTOR) or found
            before = chunk[-SECTOR:]
    return found


def _layout(data: bytes, first: int) -> Rs03 | None:
    """The layout that the last header or sector of checksums in the data says, in its place."""
    found = None
    for offset in range(0, len(data), SECTOR):
        number = first + offset // SECTOR
        header = parse_header(data[offset : offset + HEADER * SECTOR])
        if header and header.data == number:
            found = header
        here = parse_checksums(data[offset : offset + SECTOR])
        if here and here.checksums <= number < here.checksums + here.layer:
            found = here
    return found


def _chunk(sectors: Sectors, first: int, count: int) -> bytes:
    """These sectors, each that cannot be read marked as missing."""
    data = bytearray(count * SECTOR)
    try:
        sectors.read_into(first * SECTOR, memoryview(data))
    except UnreadableSectorsError as error:
        for start, length in error.bad:
            for number in range(start, start + length):
                place = (number - first) * SECTOR
                data[place : place + SECTOR] = dvdisaster.dead_sector(number)
    return bytes(data)


class RepairedCopies:
    """Repaired copies of damaged discs: each made once, when it is first asked for.

    They lie in the folder `scratch`, or where temporary files lie, until the stack ends.
    """

    def __init__(self, stack: ExitStack, scratch: str, progress: Progress) -> None:
        self._stack = stack
        self._scratch = scratch
        self._progress = progress
        self._known: dict[str, DiscSource | None] = {}

    def of(self, path: str) -> DiscSource | None:
        """The disc at `path` as its error correction restores it, in all or in part.

        None: it carries none, there is no room, or it failed; the reason is noted.
        """
        if path not in self._known:
            self._known[path] = self._repair(path)
        return self._known[path]

    def _repair(self, path: str) -> DiscSource | None:
        name = printable(path)
        with ExitStack() as stack:
            try:
                if not may_carry_ecc(path):
                    return None
                found = stack.enter_context(repaired_copy(path, self._scratch, self._progress))
                if found is None:
                    return None
                source = ImageDisc(stack.enter_context(IsoImage(found.path)), f"{name}, repaired")
            except SpannerError as error:
                self._progress.note(f"{name} could not be repaired: {error}")
                return None
            source.path = path  # what it stands for
            self._progress.note(f"{name} is damaged: {found.words}")
            self._stack.push(stack.pop_all())
            return source


@contextmanager
def repaired_copy(path: str, scratch: str, progress: Progress) -> Iterator[RepairedCopy | None]:
    """What `repair_into` gives, its copy being in a scratch file that is gone when the block ends.

    Raises:
        DoesNotFitError: the folder has no room.
        UsageError, SpannerError: as `repair_into`.
    """
    with ExitStack() as stack:
        with closing(FileSectors(path)) as sectors:
            size = sectors.count * SECTOR
        try:
            copy = stack.enter_context(scratch_file(scratch, size))
            found = repair_into(path, copy, progress)
        except BurnError as error:
            raise DoesNotFitError(str(error)) from error
        yield found
