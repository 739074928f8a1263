"""One way to report progress: who works calls it, who shows it implements it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Told what is being done and how far it is."""

    def task(
        self, what: str, total: int | None = None, unit: str = "B"
    ) -> AbstractContextManager[object]:
        """A context in which `what` is done, `total` units in all (None: not known)."""

    def advance(self, count: int) -> None:
        """`count` further units of the innermost task are done."""

    def note(self, line: str) -> None:
        """Tell people something that is worth a line of its own."""


class _Silent:
    """The progress that nobody sees."""

    @contextmanager
    def task(self, what: str, total: int | None = None, unit: str = "B") -> Iterator[None]:
        del what, total, unit
        yield

    def advance(self, count: int) -> None:
        """Ignore it."""

    def note(self, line: str) -> None:
        """Ignore it."""


silent: Progress = _Silent()
