"""Finds in what ways a lost or damaged disc can be read through parity."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from itertools import chain, combinations, islice

from spanner.catalog.parity_table import IMAGES, ImageInfo, parity_path, parse_images
from spanner.errors import DamagedImageError
from spanner.model.plan import DiscKey
from spanner.model.units import SECTOR
from spanner.parity.readers import Missing, Reader
from spanner.reading.discs import ImageDisc
from spanner.reading.iso import IsoImage
from spanner.reading.merged import MergedSectors
from spanner.reading.rebuilt import RebuiltSectors, SectorRun
from spanner.reading.sectors import Sectors
from spanner.restoring.opened_discs import OpenedDisc

_MOST_GUESSES = 64  # which discs may be wrong without an error, for one disc


class Rebuilder:
    """Reads the discs of sets with parity, from those images of them that are there."""

    def __init__(self, opened: Sequence[OpenedDisc]) -> None:
        sets: dict[str, list[OpenedDisc]] = {}
        for disc in opened:
            sets.setdefault(disc.key.set_id, []).append(disc)
        self._sets = {set_id: _SetRebuilder(discs) for set_id, discs in sets.items()}

    def discs(self, key: DiscKey) -> Iterator[ImageDisc]:
        """The disc, rebuilt: in several ways, the likeliest first."""
        known = self._sets.get(key.set_id)
        if known:
            yield from known.discs(key.number)


class _SetRebuilder:
    """Reads the discs of a set with parity, from those images of it that are there."""

    def __init__(self, opened: Sequence[OpenedDisc]) -> None:
        self._infos = _images(opened)
        copies: dict[int, list[Sectors]] = {}
        self._parities: dict[int, Reader] = {}
        for disc in opened:
            if isinstance(disc.source, ImageDisc) and not disc.merged:
                copies.setdefault(disc.key.number, []).append(disc.source.image.sectors)
                parity = disc.parity
                if parity and parity not in self._parities:
                    with suppress(DamagedImageError, KeyError):
                        self._parities[parity] = _parity(disc.source, parity)
        self._images = {
            number: sectors[0] if len(sectors) == 1 else MergedSectors(sectors)
            for number, sectors in copies.items()
        }

    def discs(self, number: int) -> Iterator[ImageDisc]:
        """The disc with that number, rebuilt: in several ways, the likeliest first.

        What cannot be read is rebuilt; then the disc is not believed at all, then others neither,
        as what is wrong without an error on one of them would spoil what is made of it.
        """
        if not self._parities or not any(info.number == number for info in self._infos):
            return
        others = [each for each in self._images if each != number and each <= len(self._infos)]
        spare = len(self._parities) - 1
        doubted = chain.from_iterable(combinations(others, count) for count in range(spare + 1))
        guesses = ((number, *more) for more in islice(doubted, _MOST_GUESSES))
        for doubts in ((), *guesses) if number in self._images else guesses:
            sectors = RebuiltSectors(number, self._columns(doubts), self._parity_columns())
            with suppress(DamagedImageError):
                yield ImageDisc(IsoImage(sectors, whole=False), f"{sectors.name}, rebuilt")

    def _columns(self, doubts: Collection[int]) -> list[Reader]:
        columns: list[Reader] = []
        for info in self._infos:
            sectors = self._images.get(info.number)
            if sectors and info.number not in doubts:
                columns.append(SectorRun(sectors, 0, info.sectors))
            else:
                columns.append(Missing(info.volume_id, info.sectors))
        return columns

    def _parity_columns(self) -> list[Reader]:
        longest = max(info.sectors for info in self._infos)
        return [
            self._parities.get(number) or Missing(f"parity {number}", longest)
            for number in range(1, max(self._parities) + 1)
        ]


def _images(opened: Sequence[OpenedDisc]) -> list[ImageInfo]:
    """The images that parity was made from, as the first sound parity disc says."""
    for disc in opened:
        if disc.parity:
            with suppress(DamagedImageError, KeyError, ValueError):
                return parse_images(disc.source.read(IMAGES).decode("ascii"))
    return []


def _parity(disc: ImageDisc, number: int) -> Reader:
    """The parity on a disc, which lies in one piece."""
    file = disc.image.find(parity_path(number))
    return SectorRun(disc.image.sectors, file.extents[0].sector, file.size // SECTOR)
