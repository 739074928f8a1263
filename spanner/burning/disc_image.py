"""What is to be written: discs of a plan, or images that lie in files."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from burners import BurnError, GrownImage, Image, image_file
from spanner.burning.burn_result import BurnResult
from spanner.burning.parity_writer import parity_writer
from spanner.catalog.bag import texts
from spanner.catalog.parity_table import parity_files
from spanner.catalog.reader import read_catalog
from spanner.ecc import dvdisaster
from spanner.ecc.grown import protected
from spanner.ecc.rs03 import planned
from spanner.errors import DamagedImageError, UsageError
from spanner.imaging.layout import lay_out
from spanner.imaging.stream import ImageStream
from spanner.library import Library, image_key
from spanner.model.plan import Disc, Plan
from spanner.model.units import sectors
from spanner.reading.discs import open_disc
from spanner.reading.iso import IsoImage
from spanner.wording import printable


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image that can be written now.

    `contents`: first sector, sectors and name of what lies on it; `hashes`: path, part and SHA-256
    of its files, known after it was written.
    """

    image: Image | GrownImage
    contents: Callable[[], Iterable[tuple[int, int, str]]]
    hashes: Callable[[], Iterable[tuple[str, int, str]]]


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
        """What people call it."""
        return f"disc {self.number} of {self.total}, {self.volume_id}"

    def written(
        self, sha256: str, drive: str, copy: int, *, verified: bool, simulated: bool = False
    ) -> BurnResult:
        """What a drive made of it."""
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


def work_of_plan(plan: Plan) -> list[DiscImage]:
    """All discs of a plan.

    Raises:
        UsageError: a program is missing that makes their images.
    """
    if plan.ecc:
        dvdisaster.need()

    def work(disc: Disc) -> DiscImage:
        belongs = plan.set.id, disc.number
        return DiscImage(
            key=image_key(*belongs),
            belongs=belongs,
            number=disc.number,
            total=len(plan.discs),
            volume_id=disc.volume_id,
            medium=disc.medium,
            sectors=disc.image_sectors,
            prepare=lambda: prepare(plan, disc),
        )

    return [work(disc) for disc in plan.discs]


def prepare(plan: Plan, disc: Disc) -> PreparedImage:
    """Lay a disc of a plan out.

    Raises:
        UsageError: its image has not the size that was planned.
    """
    computed = parity_files(plan, disc, parity_writer(plan, disc))
    stream = ImageStream(lay_out(plan, disc, texts(plan, disc), computed))
    if stream.sectors != disc.volume_sectors:
        raise UsageError(
            f"{disc.volume_id}: its image has {stream.sectors} sectors, the plan says "
            f"{disc.volume_sectors}: it was made by another version, plan again"
        )

    def hashes() -> Iterator[tuple[str, int, str]]:
        for item in disc.items:
            digest = stream.digests.files[item.on_disc]
            for name in item.names():
                yield name.path, item.part, digest

    def contents() -> Iterator[tuple[int, int, str]]:
        yield from stream.contents()
        if disc.ecc_sectors:
            yield stream.sectors, disc.ecc_sectors, "the error correction"

    image = Image(disc.volume_id, stream.sectors, stream.blocks)
    if not disc.ecc_sectors:
        return PreparedImage(image, contents, hashes)
    return PreparedImage(protected(image, planned(stream.sectors, plan.ecc)), contents, hashes)


def work_of_files(paths: Iterable[str], library: Library) -> list[DiscImage]:
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
        _work_of_file(path, image, library, number, len(found))
        for number, (path, image) in enumerate(found, 1)
    ]


def _work_of_file(path: str, image: Image, library: Library, number: int, total: int) -> DiscImage:
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
