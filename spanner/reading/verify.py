"""Checks a disc against its own catalog: every file, and on an image every other sector too.

Error correction behind an image is checked by itself: it must be that of all that lies before it.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from burners.progress import Progress
from spanner.catalog import bag
from spanner.catalog.reader import DiscCatalog, read_catalog, read_manifest, read_structure
from spanner.ecc.codeword import CodewordCheck
from spanner.errors import DamagedImageError
from spanner.model.units import SECTOR
from spanner.reading.discs import DiscSource, FolderDisc, ImageDisc, open_disc
from spanner.reading.ecc_repair import layout_behind
from spanner.reading.iso_records import Extent, IsoFile
from spanner.wording import printable

_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(slots=True)
class VerifyResult:
    """What a check found. `sha256` is the image's; `problems` is empty where all is right."""

    name: str
    catalog: DiscCatalog | None = None
    files: int = 0
    sha256: str = ""
    problems: list[str] = field(default_factory=list)

    def is_disc(self, set_id: str, number: int) -> bool:
        """It is that disc of that set, and whole."""
        catalog = self.catalog
        return (
            catalog is not None
            and not self.problems
            and (catalog.set.id, catalog.number) == (set_id, number)
        )

    def hashes(self) -> Iterator[tuple[str, int, str]]:
        """The path, part and SHA-256 of each file on it."""
        if self.catalog:
            for row in self.catalog.own_rows():
                yield row.original, row.part, row.sha256


@dataclass(frozen=True, slots=True)
class _Region:
    """Bytes of an image that belong together, and the hash that they must have."""

    sector: int
    size: int
    what: str
    sha256: str


def verify(path: str, progress: Progress) -> VerifyResult:
    """Check an .iso, a drive or a folder. A damaged disc is a verdict, not an error.

    Raises:
        UsageError: there is nothing to read.
    """
    verdict = VerifyResult(printable(path))
    try:
        with open_disc(path) as disc:
            _verify(disc, verdict, progress)
    except DamagedImageError as error:
        verdict.problems.append(str(error))
    return verdict


def _verify(disc: DiscSource, verdict: VerifyResult, progress: Progress) -> None:
    unread = ""
    try:
        verdict.catalog = read_catalog(disc.read, disc.name)
    except DamagedImageError as error:
        unread = str(error)
    hashes = read_manifest(disc.read, bag.MANIFEST, disc.name)
    hashes |= read_manifest(disc.read, bag.TAG_MANIFEST, disc.name)
    verdict.files = len(hashes)
    if verdict.catalog:
        own = {row.path: row.sha256 for row in verdict.catalog.own_rows()}
        for path in sorted(own.keys() | {path for path in hashes if path.startswith("data/")}):
            if own.get(path) != hashes.get(path):
                verdict.problems.append(f"{printable(path)}: manifest and catalog differ")
    if isinstance(disc, ImageDisc):
        _ImageCheck(disc, verdict, progress).run(hashes)
    elif isinstance(disc, FolderDisc):
        _verify_folder(disc, hashes, verdict, progress)
    if unread and not verdict.problems:
        verdict.problems.append(unread)


def _verify_folder(
    disc: FolderDisc, hashes: Mapping[str, str], verdict: VerifyResult, progress: Progress
) -> None:
    with progress.task(f"checking {disc.name}", disc.size()):
        for path, expected in hashes.items():
            digest = hashlib.sha256()
            try:
                for chunk in disc.chunks(path):
                    digest.update(chunk)
                    progress.advance(len(chunk))
            except DamagedImageError as error:
                verdict.problems.append(str(error))
                continue
            if digest.hexdigest() != expected:
                verdict.problems.append(f"{printable(path)}: damaged")
    for path in disc.files():
        if path.startswith("data/") and path not in hashes:
            verdict.problems.append(f"{printable(path)}: in no manifest")


class _ImageCheck:
    """One pass over an image, in order."""

    def __init__(self, disc: ImageDisc, verdict: VerifyResult, progress: Progress) -> None:
        self._disc = disc
        self._image = disc.image
        self._verdict = verdict
        self._progress = progress
        self._whole = hashlib.sha256()
        self._broken = False
        self._protection = layout_behind(disc.image)
        self._codewords = CodewordCheck(self._protection) if self._protection else None

    def run(self, hashes: Mapping[str, str]) -> None:
        """Read all of it."""
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
        if wrong and not self._verdict.problems:  # else that is why
            self._problem("the error correction: damaged")
        if not self._broken:
            self._verdict.sha256 = self._whole.hexdigest()

    def _files(self, hashes: Mapping[str, str]) -> Iterator[_Region]:
        """All files; names of the same data once."""
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
        digest = hashlib.sha256()
        for chunk in self._read(start, end, what):
            digest.update(chunk)
        return digest.hexdigest()

    def _gap(self, start: int, end: int, is_zero: bool) -> None:
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
        if what not in self._verdict.problems[-1:]:
            self._verdict.problems.append(what)
