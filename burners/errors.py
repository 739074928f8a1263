"""One tree of what can go wrong at a drive; each message says what to do next."""

from collections.abc import Iterable


class BurnError(Exception):
    """The drive, the medium or the program refused."""


class TargetFullError(BurnError):
    """There is no room for the image in a folder."""


class MediumError(BurnError):
    """The disc in the drive cannot take the image; nothing was written, another disc may do."""


class NoMediumError(MediumError):
    """There is no disc in the drive."""


class UsedMediumError(MediumError):
    """The disc carries data already."""


class TooSmallError(MediumError):
    """The image has more sectors than the disc has free."""


class NoDriveError(BurnError):
    """There is no such drive, or it may not be used."""


class BusyError(BurnError):
    """Another program, or a mount, holds the drive; nothing was written."""


class ProgramError(BurnError):
    """The program that burns is missing or cannot run; nothing was written."""


class RecordingError(BurnError):
    """Recording broke off, or the disc was not closed: what was written is worthless.

    `blank`: the drive says that the disc is as blank as before.
    """

    def __init__(self, message: str, *, blank: bool = False) -> None:
        super().__init__(message)
        self.blank = blank


class ReadBackError(BurnError):
    """What is on the disc is not what was written, or cannot be read.

    `ranges`: where, as far as that is known, as (first sector, sectors).
    """

    def __init__(self, message: str, ranges: Iterable[tuple[int, int]] = ()) -> None:
        super().__init__(message)
        self.ranges = tuple(ranges)


class StoppedError(BurnError):
    """It was stopped on request."""
