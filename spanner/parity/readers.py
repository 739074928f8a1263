"""What parity is made from and images are rebuilt from: sectors, of which some cannot be read."""

from collections.abc import Sequence
from typing import Protocol

from spanner.model.units import SECTOR


class Reader(Protocol):
    """An image or a parity that is read sector by sector, in any order."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def sectors(self) -> int:
        """How many sectors it has, readable or not."""

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Fill `into` with the sectors from `first` on and return those that cannot be read.

        No more is asked for than there is. The bytes of sectors that cannot be read may be any.
        """


class Missing:
    """An image or a parity that is not at hand: its length is known, and no sector can be read."""

    def __init__(self, name: str, sectors: int) -> None:
        self.name = name
        self.sectors = sectors

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Return all sectors as unreadable."""
        return [range(first, first + len(into) // SECTOR)]
