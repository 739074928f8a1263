"""What the burning programs have in common: what they are told and what they say."""

from dataclasses import dataclass
from typing import Protocol

from burners.errors import BurnError


@dataclass(frozen=True, slots=True)
class Order:
    """Record `sectors` sectors, which come by standard input, on the disc in the drive at `node`.

    `medium` is its type ("dvd+r"); `speed` is in multiples of that type's single speed, None for
    the drive's choice; with `simulate` the laser stays off.
    """

    node: str
    medium: str
    sectors: int
    speed: float | None = None
    simulate: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """So many bytes are on the disc by now, by the program's count."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Phase:
    """What it does besides writing: "closing the disc"."""

    words: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed."""

    error: BurnError


@dataclass(frozen=True, slots=True)
class Finished:
    """All was written and the disc was closed, the program says."""


Event = Written | Phase | Trouble | Finished


class Program(Protocol):
    """A program that burns."""

    name: str
    """What it is called on PATH."""

    def arguments(self, order: Order) -> list[str]:
        """The command line; the image comes by standard input."""

    def parse(self, line: str) -> Event | None:
        """What a line of its output, from either stream, says; None: nothing of use."""
