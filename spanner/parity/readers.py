"""What parity is made from and images are rebuilt from: sectors, of which some cannot be read."""

from collections.abc import Sequence
from typing import Protocol

from spanner.model.units import SECTOR


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
