"""Checks every sector of an image in one pass: files, the disc's structure, gaps, error correction.

Error correction behind an image is checked by itself: it must be that of all that lies before it.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from burners.progress import Progress
from spanner.catalog import bag
from spanner.catalog.reader import read_structure
from spanner.ecc.codeword import CodewordCheck
from spanner.errors import DamagedImageError
from spanner.model.units import SECTOR
from spanner.reading.discs import ImageDisc
from spanner.reading.ecc_repair import ecc_layout
from spanner.reading.iso_records import Extent, IsoFile
from spanner.wording import printable

_NOTHING = hashlib.sha256(b"").hexdigest()


def check_image(
    disc: ImageDisc, hashes: Mapping[str, str], problems: list[str], progress: Progress
) -> str:
    """Read an image from its first sector to its last; what is wrong is added to `problems`.

    `hashes` has the SHA-256 that the manifests give, by path. Returns that of the whole image with
    its error correction; empty where some of it cannot be read.

    Raises:
        DamagedImageError: its directories cannot be read.
    """
    return _ImageCheck(disc, problems, progress).run(hashes)


@dataclass(frozen=True, slots=True)
class _Region:
    """Bytes of an image that belong together, and the hash that they must have."""

    sector: int
    size: int
    what: str
    sha256: str


class _ImageCheck:
    """One pass over an image, in order."""

    def __init__(self, disc: ImageDisc, problems: list[str], progress: Progress) -> None:
        self._disc = disc
        self._image = disc.image
        self._problems = problems
        self._progress = progress
        self._whole = hashlib.sha256()
        self._broken = False
        self._protection = ecc_layout(disc.image)
        self._codewords = CodewordCheck(self._protection) if self._protection else None

    def run(self, hashes: Mapping[str, str]) -> str:
        """Read all sectors; return their SHA-256, or nothing where some cannot be read."""
        end = self._image.total_sectors * SECTOR
        whole = self._protection.total * SECTOR if self._protection else end
        path = self._image.path
        if os.path.isfile(path) and os.path.getsize(path) != whole:
            self._problem(f"the file has {os.path.getsize(path):,} bytes, its image {whole:,}")
        regions = list(self._files(hashes))
        try:
            for digest, first, count in read_structure(self._disc.read, self._disc.name):
                regions.append(_Region(first, count * SECTOR, "the disc's structure", digest))
            rest_is_zero = True
        except DamagedImageError as error:
            self._problem(str(error))
            rest_is_zero = False
        position = 0
        with self._progress.task(f"checking {self._disc.name}", whole):
            for region in sorted(regions, key=lambda region: region.sector):
                start = region.sector * SECTOR
                if start < position or start + region.size > end:
                    self._problem(f"{region.what}: lies where other things are, or nothing can")
                    continue
                self._gap(position, start, rest_is_zero)
                position = start + region.size
                if self._hash(start, position, region.what) != region.sha256:
                    self._problem(f"{region.what}: damaged")
            self._gap(position, end, rest_is_zero)
            for _ in self._read(end, whole, "the error correction"):
                pass
        wrong = self._codewords.bad_sectors() if self._codewords else 0
        if wrong and not self._problems:  # else that is why
            self._problem("the error correction: damaged")
        return "" if self._broken else self._whole.hexdigest()

    def _files(self, hashes: Mapping[str, str]) -> Iterator[_Region]:
        """Where the files lie that are to be hashed; of names of the same data the first."""
        missing = dict(hashes)
        seen: dict[tuple[int, int], str] = {}
        for file in self._image.files():
            expected = missing.pop(file.path, "")
            if file.path == bag.TAG_MANIFEST:
                expected = hashlib.sha256(self._disc.read(file.path)).hexdigest()
            what = printable(file.path)
            key = (file.extents[0].sector if file.extents else 0, file.size)
            if not expected:
                self._problem(f"{what}: in no manifest")
            elif key not in seen and file.size:
                seen[key] = expected
                yield _Region(key[0], file.size, what, expected)
            elif seen.get(key, _NOTHING) != expected:
                self._problem(f"{what}: damaged")
        for path in missing:
            self._problem(f"{printable(path)}: missing")

    def _hash(self, start: int, end: int, what: str) -> str:
        """SHA-256 of the image's bytes from `start` to `end`."""
        digest = hashlib.sha256()
        for chunk in self._read(start, end, what):
            digest.update(chunk)
        return digest.hexdigest()

    def _gap(self, start: int, end: int, is_zero: bool) -> None:
        """Read the bytes from `start` to `end`, which belong to no file."""
        for chunk in self._read(start, end, f"sectors from {start // SECTOR} on"):
            if is_zero and bytes(chunk).strip(b"\0"):
                self._problem("sectors that no file covers are not zero")

    def _read(self, start: int, end: int, what: str) -> Iterator[memoryview]:
        """The image's bytes; where they cannot be read, that is a problem and they end."""
        sector, offset = divmod(start, SECTOR)
        size = end - sector * SECTOR
        file = IsoFile("", size, (Extent(sector, size),), None, None)
        try:
            for chunk in self._image.chunks(file, offset):
                self._whole.update(chunk)
                if self._codewords:
                    self._codewords.update(chunk)
                self._progress.advance(len(chunk))
                yield chunk
        except DamagedImageError as error:
            self._broken = True
            self._problem(f"{what}: {error}")

    def _problem(self, what: str) -> None:
        if what not in self._problems[-1:]:
            self._problems.append(what)
