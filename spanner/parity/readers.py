"""What parity is made from and images are rebuilt from: sectors, of which some cannot be read."""

import os
from collections.abc import Iterable, Sequence
from typing import Protocol

from burners.image import CLUSTER
from spanner.units import SECTOR


class Reader(Protocol):
    """An image or a parity."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def sectors(self) -> int:
        """How long it is, readable or not."""

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Fill `into` with the sectors from `first` on and return those that cannot be read.

        No more is asked for than there is. The bytes of sectors that cannot be read may be any.
        """


class Missing:
    """One that is not there."""

    def __init__(self, name: str, sectors: int) -> None:
        self.name = name
        self.sectors = sectors

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Nothing can be read."""
        return [range(first, first + len(into) // SECTOR)]


class FileReader:
    """An open file or device, of which the `bad` sectors are known to be wrong.

    What an error hits is given up in clusters of 32 sectors, which a Blu-ray disc corrects as one.
    """

    def __init__(self, fd: int, name: str, sectors: int, bad: Iterable[range] = ()) -> None:
        self.name = name
        self.sectors = sectors
        self._fd = fd
        self._bad = list(bad)

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Fill `into`; what cannot be read, ends too early or is known to be bad is returned."""
        last = first + len(into) // SECTOR
        known = (range(max(bad.start, first), min(bad.stop, last)) for bad in self._bad)
        return [*self._fill(first, into), *(bad for bad in known if bad)]

    def _fill(self, first: int, into: memoryview) -> list[range]:
        last = first + len(into) // SECTOR
        try:
            done = self._read(first, into)
        except OSError:
            if last - first <= CLUSTER - first % CLUSTER:
                return [range(first, last)]
            bad, start = [], first
            while start < last:
                stop = min(last, start + CLUSTER - start % CLUSTER)
                bad += self._fill(start, into[(start - first) * SECTOR : (stop - first) * SECTOR])
                start = stop
            return bad
        return [range(first + done, last)] if first + done < last else []

    def _read(self, first: int, into: memoryview) -> int:
        """Return how many whole sectors there were."""
        done = 0
        while done < len(into):
            count = os.preadv(self._fd, [into[done:]], first * SECTOR + done)
            if not count:
                break
            done += count
        return done // SECTOR
