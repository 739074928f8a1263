"""The discs that were given: opened, known by their catalogs, all needed for one set's state."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from spanner.catalog.reader import DiscCatalog, DiscLabel, read_catalog, read_hashes, read_label
from spanner.errors import DamagedImageError
from spanner.model.plan import DiscKey
from spanner.reading.discs import DiscSource, ImageDisc, open_disc
from spanner.reading.ecc_repair import RepairedCopies
from spanner.reading.iso import IsoImage
from spanner.reading.sectors import MergedSectors
from spanner.restoring.report import Remark
from spanner.restoring.restore_plan import discs_of
from spanner.restoring.set_choice import chosen_set


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDisc:
    """A disc of the set, or of an earlier one that holds files for it.

    Without a `catalog` (it is damaged, or of another state) those of others say what lies on it;
    `hashes` are then those of its manifest, if that is sound. `merged`: it is several copies of one
    disc, which are given too. `parity`: which one it holds, from 1; 0: none, or it does not say.
    """

    source: DiscSource
    key: DiscKey
    catalog: DiscCatalog | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    merged: bool = False
    parity: int = 0


def open_discs(
    stack: ExitStack,
    paths: Sequence[str],
    set_words: str,
    damaged: list[Remark],
    as_of: str = "",
    repairs: RepairedCopies | None = None,
) -> list[OpenedDisc]:
    """Open the discs that are needed, in this order; what is damaged, not repaired, is reported.

    Raises:
        UsageError: it is not clear which set is to be restored (`chosen_set`), or none is there.
        DamagedImageError: no disc's catalog can be read.
    """
    found = _identified(_opened(stack, paths, damaged, repairs), damaged, repairs)
    catalogs = [each.known for each in found if isinstance(each.known, DiscCatalog)]
    if not catalogs:
        raise DamagedImageError("; ".join(remark.reason for remark in damaged))
    chosen = chosen_set(catalogs, set_words, as_of)
    needed = discs_of(chosen).keys()
    given = []
    for source, known, merged in found:
        set_id = _set_of(known)
        key = DiscKey(set_id, known.number)
        parity = known.disc.parity if isinstance(known, DiscCatalog) else 0
        if isinstance(known, DiscCatalog) and set_id == chosen.id:
            given.append(
                OpenedDisc(
                    source=source, key=key, catalog=known, hashes={}, merged=merged, parity=parity
                )
            )
        elif key in needed:
            given.append(
                OpenedDisc(
                    source=source,
                    key=key,
                    catalog=None,
                    hashes=hashes_of(source),
                    merged=merged,
                    parity=parity,
                )
            )
    return given


def _set_of(known: DiscCatalog | DiscLabel) -> str:
    return known.set_id if isinstance(known, DiscLabel) else known.set.id


class _Found(NamedTuple):
    """A disc and what it says of itself; `merged`: several copies of it as one."""

    source: DiscSource
    known: DiscCatalog | DiscLabel
    merged: bool


def _opened(
    stack: ExitStack, paths: Sequence[str], damaged: list[Remark], repairs: RepairedCopies | None
) -> list[DiscSource]:
    opened: list[DiscSource] = []
    for path in paths:
        try:
            source = stack.enter_context(open_disc(path, whole=False))
            opened.append(source)
            if isinstance(source, ImageDisc):
                source.image.check_size()
        except DamagedImageError as error:
            mended = repairs.of(path) if repairs else None
            if mended:
                opened.append(mended)
            else:
                damaged.append(Remark(path, str(error)))
    return opened


def _identified(
    sources: Sequence[DiscSource], damaged: list[Remark], repairs: RepairedCopies | None
) -> list[_Found]:
    """The discs that say which they are, and of copies also those that all together make."""
    found = []
    for source in sources:
        remarks: list[Remark] = []
        known = _identify(source, remarks)
        mended = repairs.of(source.path) if remarks and repairs else None
        sound = _identify(mended, []) if mended else None
        if mended and isinstance(sound, DiscCatalog):
            found.append(_Found(mended, sound, merged=False))
            continue
        damaged.extend(remarks)
        if known:
            found.append(_Found(source, known, merged=False))
    sets = {id(each.source): _set_of(each.known) for each in found}
    images = [
        (source, sets.get(id(source), "")) for source in sources if isinstance(source, ImageDisc)
    ]
    for merged in _merged(images):
        known = _identify(merged, [])
        if known:
            found.append(_Found(merged, known, merged=True))
    return found


def _merged(discs: Sequence[tuple[ImageDisc, str]]) -> Iterator[ImageDisc]:
    """Of each disc that is there more than once, one that is read from all its copies together.

    Images of one disc are identical, so that their sectors can stand in for each other. With each
    is the id of its set, as discs of several sets can have one volume ID; empty: it cannot be read.
    """
    groups: dict[tuple[str, int], list[tuple[ImageDisc, str]]] = {}
    for disc, set_id in discs:
        key = (disc.image.volume_id, disc.image.total_sectors)
        groups.setdefault(key, []).append((disc, set_id))
    for alike in groups.values():
        for of_set in {set_id for _, set_id in alike if set_id} or {""}:
            copies = [disc for disc, set_id in alike if set_id in (of_set, "")]
            if len(copies) < 2:
                continue
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
