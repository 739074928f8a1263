"""What the burning programs have in common: what they are told and what they say."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from burners.errors import BurnError


@dataclass(frozen=True, slots=True)
class RecordingRequest:
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
class BytesWritten:
    """So many bytes are on the disc by now, as the program counts them."""

    bytes: int


@dataclass(frozen=True, slots=True)
class Phase:
    """What the program does, or has done, besides writing: "closing disc"."""

    words: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed. `vague`: it follows from something else, which says more if it was said."""

    error: BurnError
    vague: bool = False


Event = BytesWritten | Phase | Trouble


@dataclass(frozen=True, slots=True)
class LineRule:
    """What a line means that matches: an error, or with None that it is harmless.

    `words` may name the pattern's groups: those that begin with n are numbers, with x hexadecimal
    ones, all others text.
    """

    pattern: str
    error: type[BurnError] | None
    words: str = ""
    vague: bool = False


def trouble(rules: Iterable[LineRule], line: str) -> Trouble | None:
    """What the first rule that the line matches makes of it."""
    for rule in rules:
        match = re.search(rule.pattern, line)
        if match and rule.error:
            values = {name: _value(name, text) for name, text in match.groupdict().items()}
            return Trouble(rule.error(rule.words.format(**values)), rule.vague)
        if match:
            return None
    return None


def _value(name: str, text: str) -> int | str:
    if name.startswith("x"):
        return int(text, 16)
    return int(text) if name.startswith("n") else text.strip(" .:")


class Program(Protocol):
    """A program that burns: what discs it is for, how it is called, what its output means."""

    @property
    def name(self) -> str:
        """What it is called on PATH."""

    def can_burn(self, kind: str) -> bool:
        """Whether it writes on discs of this type."""

    def can_simulate(self, kind: str) -> bool:
        """Whether it can pretend to, with the laser off."""

    def takes(self, kind: str, sectors: int, free: int) -> bool:
        """Whether it writes so short an image on a disc of this type with so many free sectors."""

    def arguments(self, request: RecordingRequest) -> list[str]:
        """The command line; the image comes by standard input."""

    def parse(self, line: str) -> Event | None:
        """What a line of its output, from either stream, says; None: nothing of use."""

    def last_phase(self, kind: str) -> str:
        """The phase without which it has not closed a disc of this type."""


class Family(NamedTuple):
    """Programs that are alike: all that are known, and those that are installed, the best first."""

    known: tuple[Program, ...]
    installed: Callable[[], Iterable[Program]]
