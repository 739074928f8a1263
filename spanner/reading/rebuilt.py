"""A lost or damaged disc, read through parity as if it were there."""

from collections.abc import Sequence

from spanner.errors import UnrecoverableError
from spanner.model.units import SECTOR
from spanner.parity.files import rebuild
from spanner.parity.readers import Reader
from spanner.reading.sectors import Sectors, UnreadableSectorsError


class SectorRun:
    """`count` sectors of a disc from `start` on, in the form that parity is computed from."""

    def __init__(self, sectors: Sectors, start: int, count: int) -> None:
        self.name = sectors.name
        self.sectors = count
        self._from = sectors
        self._start = start

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Fill `into` with the sectors from `first` on; return those that cannot be read."""
        try:
            self._from.read_into((self._start + first) * SECTOR, into)
        except UnreadableSectorsError as error:
            return [range(bad - self._start, bad - self._start + count) for bad, count in error.bad]
        return ()


class RebuiltSectors:
    """The sectors of disc `number`, each made from those of others where it cannot be read.

    `images` are those of all data discs, in order, `parities` likewise; what is not there is
    `Missing`.
    """

    def __init__(self, number: int, images: Sequence[Reader], parities: Sequence[Reader]) -> None:
        self._row = number - 1
        self._images = images
        self._parities = parities
        self.name = images[self._row].name
        self.count = images[self._row].sectors

    def close(self) -> None:
        """Nothing is closed: the discs that it reads from belong to who opened them."""

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill the buffer with the disc's bytes from `offset` on.

        Raises:
            UnreadableSectorsError: the disc ends before, or parity does not make up for the loss.
        """
        span = range(offset // SECTOR, -(-(offset + len(buffer)) // SECTOR))
        if span.stop > self.count:
            raise UnreadableSectorsError(
                self.name, [(self.count, span.stop - self.count)], "it ends"
            )
        try:
            for piece in rebuild(self._images, self._parities, [self._row], span=span):
                at = piece.first * SECTOR - offset
                start, end = max(at, 0), min(at + len(piece.data), len(buffer))
                buffer[start:end] = piece.data[start - at : end - at]
        except UnrecoverableError as error:
            raise UnreadableSectorsError(self.name, [(span.start, len(span))], str(error)) from None
