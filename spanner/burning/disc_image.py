"""What is to be written: discs of a plan, or images that lie in files."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from burners import BurnError, Image, image_file
from spanner.assembly import PreparedImage, assemble
from spanner.burning.burn_result import BurnResult
from spanner.catalog.reader import read_catalog
from spanner.ecc import dvdisaster
from spanner.errors import DamagedImageError, UsageError
from spanner.library import Library, image_key
from spanner.model.plan import Disc, Plan
from spanner.model.units import sectors
from spanner.reading.discs import open_disc
from spanner.reading.iso import IsoImage
from spanner.wording import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscImage:
    """One disc to write: `number` of `total`, on a `medium` by its name, empty: on any.

    `key` identifies the image in the library; `belongs` is the set and the disc of it that it is.
    """

    key: str
    belongs: tuple[str, int] | None
    number: int
    total: int
    volume_id: str
    medium: str
    sectors: int
    prepare: Callable[[], PreparedImage]

    @property
    def words(self) -> str:
        """What messages call it."""
        return f"disc {self.number} of {self.total}, {self.volume_id}"

    def result(
        self, sha256: str, drive: str, copy: int, *, verified: bool, simulated: bool = False
    ) -> BurnResult:
        """What became of it in a drive."""
        return BurnResult(
            number=self.number,
            volume_id=self.volume_id,
            sha256=sha256,
            sectors=self.sectors,
            verified=verified,
            drive=drive,
            copy=copy,
            simulated=simulated,
        )


def images_of_plan(plan: Plan) -> list[DiscImage]:
    """All discs of a plan.

    Raises:
        UsageError: a program is missing that makes their images.
    """
    if plan.ecc:
        dvdisaster.need()

    def image_of(disc: Disc) -> DiscImage:
        belongs = plan.set.id, disc.number
        return DiscImage(
            key=image_key(*belongs),
            belongs=belongs,
            number=disc.number,
            total=len(plan.discs),
            volume_id=disc.volume_id,
            medium=disc.medium,
            sectors=disc.image_sectors,
            prepare=lambda: assemble(plan, disc),
        )

    return [image_of(disc) for disc in plan.discs]


def images_in_files(paths: Iterable[str], library: Library) -> list[DiscImage]:
    """Images in files; those of sets that the library knows count as discs of these.

    Raises:
        UsageError: one is no image.
    """
    found = []
    for path in paths:
        try:
            found.append((path, image_file(path)))
        except BurnError as error:
            raise UsageError(f"{printable(path)}: {error}") from error
    return [
        _image_in_file(path, image, library, number, len(found))
        for number, (path, image) in enumerate(found, 1)
    ]


def _image_in_file(path: str, image: Image, library: Library, number: int, total: int) -> DiscImage:
    belongs = _identify(path, library)
    if belongs:
        key = image_key(*belongs)
    else:
        info = os.stat(path)
        key = f"{os.path.realpath(path)} {info.st_size} {info.st_mtime_ns}"
        key = key.encode("utf-8", "backslashreplace").decode()
    prepared = PreparedImage(image, lambda: _contents(path), lambda: ())
    return DiscImage(
        key=key,
        belongs=belongs,
        number=number,
        total=total,
        volume_id=image.volume_id,
        medium="",
        sectors=image.sectors,
        prepare=lambda: prepared,
    )


def _identify(path: str, library: Library) -> tuple[str, int] | None:
    """The set and the disc of it that an image is, if the library has that set."""
    try:
        with open_disc(path) as disc:
            catalog = read_catalog(disc.read, disc.name)
    except DamagedImageError:
        return None
    known = library.has_disc(catalog.set.id, catalog.number)
    return (catalog.set.id, catalog.number) if known else None


def _contents(path: str) -> Iterator[tuple[int, int, str]]:
    try:
        with IsoImage(path) as image:
            for file in image.files():
                for extent in file.extents:
                    yield extent.sector, sectors(extent.size), file.path
    except DamagedImageError:  # another file system, or none
        return


def hit(prepared: PreparedImage, ranges: Iterable[tuple[int, int]]) -> list[str]:
    """What lies in these ranges of sectors (first, sectors), in its order on the disc."""
    bad = list(ranges)
    names = (
        what
        for first, count, what in prepared.contents()
        if any(first < start + length and start < first + count for start, length in bad)
    )
    return list(dict.fromkeys(names))
