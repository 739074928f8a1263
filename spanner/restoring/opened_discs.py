"""The discs of one set's state: opened, told apart by their catalogs, damaged ones repaired."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

from spanner.catalog.reader import DiscCatalog, DiscLabel, read_catalog, read_hashes, read_label
from spanner.errors import DamagedImageError
from spanner.model.plan import DiscKey
from spanner.reading.discs import DiscSource, ImageDisc, open_disc
from spanner.reading.ecc_repair import RepairedCopies
from spanner.reading.merged import merged_discs
from spanner.restoring.report import Remark
from spanner.restoring.restore_plan import discs_of
from spanner.restoring.set_choice import chosen_set


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDisc:
    """A disc of the set, or of an earlier one that holds files for it.

    Without a `catalog` (it is damaged, or of another state) those of others say what lies on it;
    `hashes` are then those of its manifest, if that is sound. `merged`: it is several copies of one
    disc, which are there by themselves too. `parity`: which one it holds, from 1; 0: none, or it
    does not say.
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
    repaired: RepairedCopies | None = None,
) -> list[OpenedDisc]:
    """Open the discs that are needed, in this order; they stay open until the stack ends.

    What is damaged, and not among the `repaired` copies, is added to `damaged`.

    Raises:
        UsageError: it is not clear which set is to be restored (`chosen_set`), or none is there.
        DriveError: there is no disc in a drive, or a blank one.
        DamagedImageError: no disc's catalog can be read.
    """
    identified = _identified(_sources(stack, paths, damaged, repaired), damaged, repaired)
    catalogs = [disc.catalog for disc in identified if disc.catalog]
    if not catalogs:
        raise DamagedImageError("; ".join(remark.reason for remark in damaged))
    chosen = chosen_set(catalogs, set_words, as_of)
    needed = discs_of(chosen).keys()
    opened = []
    for disc in identified:
        catalog = disc.catalog if disc.key.set_id == chosen.id else None
        if catalog or disc.key in needed:
            opened.append(
                OpenedDisc(
                    source=disc.source,
                    key=disc.key,
                    catalog=catalog,
                    hashes={} if catalog else hashes_of(disc.source),
                    merged=disc.merged,
                    parity=disc.catalog.disc.parity if disc.catalog else 0,
                )
            )
    return opened


def hashes_of(source: DiscSource) -> dict[str, str]:
    """The hashes of a disc's files by their paths on it, as its manifest says, if that is sound."""
    try:
        return read_hashes(source.read, source.name)
    except DamagedImageError:
        return {}


class _Identified(NamedTuple):
    """A disc that says which it is; `merged`: several copies of it, read as one."""

    source: DiscSource
    known: DiscCatalog | DiscLabel
    merged: bool = False

    @property
    def catalog(self) -> DiscCatalog | None:
        """Its catalog, where that can be read."""
        return self.known if isinstance(self.known, DiscCatalog) else None

    @property
    def key(self) -> DiscKey:
        """The set and the number that it says."""
        known = self.known
        set_id = known.set_id if isinstance(known, DiscLabel) else known.set.id
        return DiscKey(set_id, known.number)


def _sources(
    stack: ExitStack, paths: Sequence[str], damaged: list[Remark], repaired: RepairedCopies | None
) -> list[DiscSource]:
    """What the paths lead to; of an image that is cut or damaged the repaired copy too."""
    sources: list[DiscSource] = []
    for path in paths:
        try:
            source = stack.enter_context(open_disc(path, whole=False))
            sources.append(source)
            if isinstance(source, ImageDisc):
                source.image.check_size()
        except DamagedImageError as error:
            copy = repaired.of(path) if repaired else None
            if copy:
                sources.append(copy)
            else:
                damaged.append(Remark(path, str(error)))
    return sources


def _identified(
    sources: Sequence[DiscSource], damaged: list[Remark], repaired: RepairedCopies | None
) -> list[_Identified]:
    """The discs that say which they are, and of copies also those that all together make."""
    found = []
    for source in sources:
        remarks: list[Remark] = []
        known = _identify(source, remarks)
        copy = repaired.of(source.path) if remarks and repaired else None
        sound = _identify(copy, []) if copy else None
        if copy and isinstance(sound, DiscCatalog):
            found.append(_Identified(copy, sound))
            continue
        damaged.extend(remarks)
        if known:
            found.append(_Identified(source, known))
    sets = {id(disc.source): disc.key.set_id for disc in found}
    images = [
        (source, sets.get(id(source), "")) for source in sources if isinstance(source, ImageDisc)
    ]
    for merged in merged_discs(images):
        known = _identify(merged, [])
        if known:
            found.append(_Identified(merged, known, merged=True))
    return found


def _identify(source: DiscSource, damaged: list[Remark]) -> DiscCatalog | DiscLabel | None:
    """A disc's catalog, or at least its label; None: it does not say which disc it is."""
    try:
        return read_catalog(source.read, source.name)
    except DamagedImageError as error:
        damaged.append(Remark(source.path, str(error)))
    try:
        return read_label(source.read, source.name)
    except DamagedImageError:
        return None
