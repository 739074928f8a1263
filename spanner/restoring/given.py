"""The discs that were given: opened, known by their catalogs, all of one set."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from spanner.catalog.reading import DiscCatalog, DiscLabel, read_catalog, read_hashes, read_label
from spanner.errors import DamagedImageError, UsageError
from spanner.restoring.discs import DiscSource, ImageDisc, open_disc
from spanner.restoring.iso import IsoImage
from spanner.restoring.report import Remark
from spanner.restoring.sectors import MergedSectors
from spanner.units import printable


@dataclass(frozen=True, slots=True)
class Given:
    """A disc. Where its catalog is damaged, those of others say what lies on it.

    `hashes` are then those of its manifest, if that is sound. `merged`: it is several copies of one
    disc, which are given too.
    """

    source: DiscSource
    number: int
    catalog: DiscCatalog | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    merged: bool = False

    @property
    def parity(self) -> int:
        """Which parity it holds, from 1; 0: none, or it does not say."""
        return self.catalog.disc.parity if self.catalog else 0


def open_discs(
    stack: ExitStack, paths: Sequence[str], set_words: str, damaged: list[Remark]
) -> list[Given]:
    """Open the discs, in this order; what is damaged of them is reported.

    Raises:
        UsageError: the discs are of several sets, or none is of the set that is asked for.
        DamagedImageError: no disc's catalog can be read.
    """
    found = _identified(_opened(stack, paths, damaged), damaged)
    catalogs = [each.known for each in found if isinstance(each.known, DiscCatalog)]
    if not catalogs:
        raise DamagedImageError("; ".join(remark.reason for remark in damaged))
    set_id = _one_set(catalogs, set_words)
    most = max(len(catalog.set.discs) for catalog in catalogs if catalog.set.id == set_id)
    given = []
    for source, known, merged in found:
        if isinstance(known, DiscLabel):
            if known.set_id == set_id and known.number <= most:
                given.append(Given(source, known.number, None, hashes_of(source), merged))
        elif known.set.id == set_id:
            given.append(Given(source, known.number, known, merged=merged))
    return given


class _Found(NamedTuple):
    """A disc and what it says of itself; `merged`: several copies of it as one."""

    source: DiscSource
    known: DiscCatalog | DiscLabel
    merged: bool


def _opened(stack: ExitStack, paths: Sequence[str], damaged: list[Remark]) -> list[DiscSource]:
    opened: list[DiscSource] = []
    for path in paths:
        try:
            source = stack.enter_context(open_disc(path, whole=False))
            opened.append(source)
            if isinstance(source, ImageDisc):
                source.image.check_size()
        except DamagedImageError as error:
            damaged.append(Remark(path, str(error)))
    return opened


def _identified(sources: Sequence[DiscSource], damaged: list[Remark]) -> list[_Found]:
    """The discs that say which they are, and of copies also those that all together make."""
    found = []
    for source in sources:
        known = _identify(source, damaged)
        if known:
            found.append(_Found(source, known, merged=False))
    for merged in _merged([source for source in sources if isinstance(source, ImageDisc)]):
        known = _identify(merged, [])
        if known:
            found.append(_Found(merged, known, merged=True))
    return found


def _merged(discs: Sequence[ImageDisc]) -> Iterator[ImageDisc]:
    """Of each disc that is there more than once, one that is read from all its copies together.

    Images of one disc are identical, so that their sectors can stand in for each other.
    """
    groups: dict[tuple[str, int], list[ImageDisc]] = {}
    for disc in discs:
        key = (disc.image.volume_id, disc.image.total_sectors)
        groups.setdefault(key, []).append(disc)
    for copies in groups.values():
        if len(copies) > 1:
            sectors = MergedSectors([copy.image.sectors for copy in copies])
            name = " with ".join(copy.name for copy in copies)
            with suppress(DamagedImageError):
                yield ImageDisc(IsoImage(sectors, whole=False), name)


def _identify(source: DiscSource, damaged: list[Remark]) -> DiscCatalog | DiscLabel | None:
    try:
        return read_catalog(source.read, source.name)
    except DamagedImageError as error:
        damaged.append(Remark(source.path, str(error)))
    try:
        return read_label(source.read, source.name)
    except DamagedImageError:
        return None


def hashes_of(source: DiscSource) -> dict[str, str]:
    """The hashes of a disc's files by their paths on it, as its manifest says, if that is sound."""
    try:
        return read_hashes(source.read, source.name)
    except DamagedImageError:
        return {}


def _one_set(catalogs: Sequence[DiscCatalog], words: str) -> str:
    """The id of the set that all are of; with words, of those whose id or title they are."""
    titles = {
        catalog.set.id: catalog.set.title
        for catalog in catalogs
        if not words
        or catalog.set.id.startswith(words)
        or catalog.set.title.casefold() == words.casefold()
    }
    if not titles:
        raise UsageError(f"none of the discs is of the set {printable(words)!r}")
    if len(titles) > 1:
        names = ", ".join(f"{key[:8]} ({printable(title)})" for key, title in titles.items())
        raise UsageError(f"the discs are of several sets, say which with --set: {names}")
    return next(iter(titles))
