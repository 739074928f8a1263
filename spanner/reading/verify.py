"""Checks a disc against its own catalog, and finds out whether a damaged one can be repaired.

That is tried on a scratch copy, which is checked in turn.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from burners.progress import Progress
from spanner.catalog import bag
from spanner.catalog.reader import DiscCatalog, read_catalog, read_manifest
from spanner.errors import DamagedImageError, SpannerError
from spanner.reading.discs import DiscSource, FolderDisc, ImageDisc, open_disc
from spanner.reading.ecc_repair import may_carry_ecc, repaired_copy
from spanner.reading.image_check import check_image
from spanner.wording import printable


@dataclass(slots=True)
class VerifyResult:
    """What a check found. `sha256` is the image's; `problems` is empty where all is right."""

    name: str
    catalog: DiscCatalog | None = None
    files: int = 0
    sha256: str = ""
    problems: list[str] = field(default_factory=list)

    def is_disc(self, set_id: str, number: int) -> bool:
        """Whether it is that disc of that set, and whole."""
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
class Repairability:
    """Whether a damaged disc can be repaired, `words` says it to people.

    `good`: all comes back; None: that could not be found out.
    """

    good: bool | None
    words: str


def verify(path: str, progress: Progress) -> VerifyResult:
    """Check an .iso, a drive or a folder. A damaged disc is a result, not an error.

    Raises:
        UsageError: there is nothing to read.
        DriveError: there is no disc in the drive, or a blank one.
    """
    result = VerifyResult(printable(path))
    try:
        with open_disc(path) as disc:
            _verify(disc, result, progress)
    except DamagedImageError as error:
        result.problems.append(str(error))
    return result


def repairability(path: str, scratch: str, progress: Progress) -> Repairability:
    """Whether error correction repairs a damaged image or disc: it is tried, the result checked.

    The copy that is repaired lies in the folder `scratch`, or where temporary files lie.
    """
    try:
        if may_carry_ecc(path):
            with repaired_copy(path, scratch, progress) as copy:
                if copy:
                    problems = verify(copy.path, progress).problems
                    tail = "" if problems else ": `spanner restore` gives all of it"
                    return Repairability(not problems, f"{copy.words}{tail}")
    except SpannerError as error:
        return Repairability(None, f"whether it can be repaired is not known: {error}")
    return Repairability(False, "it carries no error correction that could be found")


def _verify(disc: DiscSource, result: VerifyResult, progress: Progress) -> None:
    """Check catalog and manifests, then all that they list."""
    unread = ""
    try:
        result.catalog = read_catalog(disc.read, disc.name)
    except DamagedImageError as error:
        unread = str(error)
    hashes = read_manifest(disc.read, bag.MANIFEST, disc.name)
    hashes |= read_manifest(disc.read, bag.TAG_MANIFEST, disc.name)
    result.files = len(hashes)
    if result.catalog:
        own = {row.path: row.sha256 for row in result.catalog.own_rows()}
        for path in sorted(own.keys() | {path for path in hashes if path.startswith("data/")}):
            if own.get(path) != hashes.get(path):
                result.problems.append(f"{printable(path)}: manifest and catalog differ")
    if isinstance(disc, ImageDisc):
        result.sha256 = check_image(disc, hashes, result.problems, progress)
    elif isinstance(disc, FolderDisc):
        _verify_folder(disc, hashes, result, progress)
    if unread and not result.problems:
        result.problems.append(unread)


def _verify_folder(
    disc: FolderDisc, hashes: Mapping[str, str], result: VerifyResult, progress: Progress
) -> None:
    with progress.task(f"checking {disc.name}", disc.size()):
        for path, expected in hashes.items():
            digest = hashlib.sha256()
            try:
                for chunk in disc.chunks(path):
                    digest.update(chunk)
                    progress.advance(len(chunk))
            except DamagedImageError as error:
                result.problems.append(str(error))
                continue
            if digest.hexdigest() != expected:
                result.problems.append(f"{printable(path)}: damaged")
    for path in disc.files():
        if path.startswith("data/") and path not in hashes:
            result.problems.append(f"{printable(path)}: in no manifest")
