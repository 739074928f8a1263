"""What is written, and the interface of whatever it is written to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from burners.progress import Progress

SECTOR = 2048


@dataclass(frozen=True, slots=True)
class Image:
    """A disc's bytes: `blocks()` yields them in order, `sectors` × 2048 in all.

    A yielded block is only valid until the next one is asked for.
    """

    volume_id: str
    sectors: int
    blocks: Callable[[], Iterator[memoryview]]


class Drive(Protocol):
    """A place that takes one image after another."""

    def find(self, image: Image) -> str | None:
        """Where something already lies that this image would replace; None: nowhere."""

    def check_room(self, size: int) -> None:
        """See that images of `size` bytes in all can be taken.

        Raises:
            TargetFullError: they cannot.
            BurnError: the place cannot be used.
        """

    def burn(self, image: Image, progress: Progress) -> str:
        """Write the image, flushed to the medium; return where it is (a file, a device).

        Raises:
            TargetFullError: it does not fit.
            BurnError: the drive or the medium refused.
        """

    def read_back(self, image: Image, progress: Progress) -> str:
        """SHA-256 of exactly the image's sectors, read from the medium, not from a cache.

        Raises:
            BurnError: they cannot be read.
        """

    def reject(self, image: Image) -> None:
        """What was written is wrong: it must not be taken for a good disc."""
