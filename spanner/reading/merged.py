"""Several copies of one disc, read as one: what is bad on one of them is read from the next."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from spanner.errors import DamagedImageError
from spanner.model.units import SECTOR
from spanner.reading.discs import ImageDisc
from spanner.reading.iso import IsoImage
from spanner.reading.sectors import Range, Sectors, UnreadableSectorsError


class MergedSectors:
    """Copies of one disc: what cannot be read of one is read of the next."""

    def __init__(self, copies: Sequence[Sectors]) -> None:
        self.name = copies[0].name
        self.count = max(copy.count for copy in copies)
        self._copies = copies

    def close(self) -> None:
        """Nothing is closed: the copies belong to who opened them."""

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill the buffer with the bytes from `offset` on, from all copies together.

        Raises:
            UnreadableSectorsError: some sectors cannot be read of any copy.
        """
        first, *others = self._copies
        try:
            first.read_into(offset, buffer)
        except UnreadableSectorsError as error:
            bad = error.bad
            for copy in others:
                bad = list(_fill(copy, bad, offset, buffer))
            if bad:
                raise UnreadableSectorsError(self.name, bad, error.reason) from None


def _fill(copy: Sectors, bad: Iterable[Range], offset: int, buffer: memoryview) -> Iterator[Range]:
    """Read the bad ranges of a buffer from another copy; yield those that are bad there too."""
    for first, count in bad:
        start = max(first * SECTOR, offset)
        end = min((first + count) * SECTOR, offset + len(buffer))
        try:
            copy.read_into(start, buffer[start - offset : end - offset])
        except UnreadableSectorsError as error:
            yield from error.bad


def merged_discs(discs: Sequence[tuple[ImageDisc, str]]) -> Iterator[ImageDisc]:
    """Of each disc that is there more than once, one that is read from all its copies together.

    Images of one disc are identical, so that their sectors can stand in for each other. With each
    disc comes the id of its set, as discs of several sets can have one volume ID; an empty id: its
    catalog cannot be read.
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
