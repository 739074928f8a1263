"""Checks a disc against its own catalog: every file, and on an image every other sector too."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from burners.progress import Progress
from spanner.catalog import bag
from spanner.catalog.reading import DiscCatalog, read_catalog, read_manifest, read_structure
from spanner.errors import DamagedImageError
from spanner.restoring.discs import DiscSource, FolderDisc, ImageDisc, open_disc
from spanner.restoring.iso import IsoImage
from spanner.restoring.iso_records import Extent, IsoFile
from spanner.units import SECTOR, printable

_CHUNK = 2048  # sectors read at once


@dataclass(slots=True)
class Verdict:
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
            for row in self.catalog.rows():
                if row.disc == self.catalog.number:
                    yield row.original, row.part, row.sha256


@dataclass(frozen=True, slots=True)
class _Region:
    """Bytes of an image that belong together, and the hash that they must have."""

    sector: int
    size: int
    what: str
    sha256: str


def verify(path: str, progress: Progress) -> Verdict:
    """Check an .iso, a drive or a folder. A damaged disc is a verdict, not an error.

    Raises:
        UsageError: there is nothing to read.
    """
    verdict = Verdict(printable(path))
    try:
        with open_disc(path) as disc:
            _verify(disc, verdict, progress)
    except DamagedImageError as error:
        verdict.problems.append(str(error))
    return verdict


def _verify(disc: DiscSource, verdict: Verdict, progress: Progress) -> None:
    verdict.catalog = read_catalog(disc.read, disc.name)
    hashes = read_manifest(disc.read, bag.MANIFEST, disc.name)
    hashes |= read_manifest(disc.read, bag.TAG_MANIFEST, disc.name)
    verdict.files = len(hashes)
    catalog = verdict.catalog
    own = {row.path: row.sha256 for row in catalog.rows() if row.disc == catalog.number}
    for place in sorted(own.keys() | {path for path in hashes if path.startswith("data/")}):
        if own.get(place) != hashes.get(place):
            verdict.problems.append(f"{printable(place)}: manifest and catalog differ")
    if isinstance(disc, ImageDisc):
        _verify_image(disc, hashes, verdict, progress)
    elif isinstance(disc, FolderDisc):
        _verify_folder(disc, hashes, verdict, progress)


def _verify_folder(
    disc: FolderDisc, hashes: dict[str, str], verdict: Verdict, progress: Progress
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


def _verify_image(
    disc: ImageDisc, hashes: dict[str, str], verdict: Verdict, progress: Progress
) -> None:
    """One pass over the image, in order."""
    image = disc.image
    end = image.total_sectors * SECTOR
    if os.path.isfile(image.path) and os.path.getsize(image.path) != end:
        size = os.path.getsize(image.path)
        verdict.problems.append(f"the file has {size:,} bytes, its image {end:,}")
    regions = sorted(_regions(disc, hashes, verdict), key=lambda region: region.sector)
    whole = hashlib.sha256()
    position = 0
    with progress.task(f"checking {disc.name}", end):
        for region in regions:
            start = region.sector * SECTOR
            if start < position:
                verdict.problems.append(f"{region.what}: overlaps what is before it")
                continue
            _expect_zero(_range(image, position, start), whole, progress, verdict)
            digest = hashlib.sha256()
            for chunk in _range(image, start, start + region.size):
                digest.update(chunk)
                whole.update(chunk)
                progress.advance(len(chunk))
            if digest.hexdigest() != region.sha256:
                verdict.problems.append(f"{region.what}: damaged")
            position = start + region.size
        _expect_zero(_range(image, position, end), whole, progress, verdict)
    verdict.sha256 = whole.hexdigest()


def _range(image: IsoImage, start: int, end: int) -> Iterator[memoryview]:
    """The image's bytes from `start` to `end`."""
    sector, offset = divmod(start, SECTOR)
    size = end - sector * SECTOR
    return image.chunks(IsoFile("", size, (Extent(sector, size),), None, None), offset)


def _expect_zero(
    chunks: Iterator[memoryview], whole: "hashlib._Hash", progress: Progress, verdict: Verdict
) -> None:
    for chunk in chunks:
        whole.update(chunk)
        progress.advance(len(chunk))
        if bytes(chunk).strip(b"\0") and verdict.problems[-1:] != [_NOT_ZERO]:
            verdict.problems.append(_NOT_ZERO)


_NOT_ZERO = "sectors that no file covers are not zero"


def _regions(disc: ImageDisc, hashes: dict[str, str], verdict: Verdict) -> Iterator[_Region]:
    """All that has a hash: files (names of the same data once) and what belongs to no file."""
    for digest, first, count in read_structure(disc.read, disc.name):
        yield _Region(first, count * SECTOR, "the disc's structure", digest)
    seen: dict[tuple[int, int], str] = {}
    unknown = {bag.TAG_MANIFEST}
    for file in disc.image.files():
        expected = hashes.pop(file.path, "")
        if not expected and file.path not in unknown:
            verdict.problems.append(f"{printable(file.path)}: in no manifest")
            continue
        first = file.extents[0].sector if file.extents else 0
        key = (first, file.size)
        if file.path == bag.TAG_MANIFEST:
            expected = hashlib.sha256(disc.read(file.path)).hexdigest()
        if file.size == 0:
            if expected != hashlib.sha256(b"").hexdigest():
                verdict.problems.append(f"{printable(file.path)}: damaged")
        elif key not in seen:
            seen[key] = expected
            yield _Region(first, file.size, printable(file.path), expected)
        elif seen[key] != expected:
            verdict.problems.append(f"{printable(file.path)}: damaged")
    verdict.problems.extend(f"{printable(path)}: missing" for path in hashes)
