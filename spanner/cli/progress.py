"""Shows progress on stderr: bytes, rate, time left, for whatever takes over a second."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

_DELAY = 1.0  # seconds until a bar is shown


class TerminalProgress:
    """A tqdm bar a task. Into a file or a pipe a line is written now and then.

    Each thread has tasks of its own.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        self._interval = 0.1 if sys.stderr.isatty() else 10.0

    @contextmanager
    def task(self, what: str, total: int | None = None, unit: str = "B") -> Iterator[None]:
        """Show `what` until the block ends."""
        with tqdm(
            desc=what,
            total=total,
            unit=unit if unit == "B" else f" {unit}",
            unit_scale=unit == "B",
            delay=_DELAY,
            mininterval=self._interval,
            leave=not sys.stderr.isatty(),
            dynamic_ncols=True,
            file=sys.stderr,
        ) as bar:
            bars = self._bars()
            bars.append(bar)
            try:
                yield
            finally:
                bars.pop()

    def advance(self, count: int) -> None:
        """Move the innermost bar."""
        bars = self._bars()
        if bars:
            bars[-1].update(count)

    def note(self, line: str) -> None:
        """Write a line above the bars."""
        tqdm.write(line, file=sys.stderr)

    def _bars(self) -> "list[tqdm[Any]]":
        """The tasks of this thread, the innermost last."""
        bars: list[tqdm[Any]] | None = getattr(self._own, "bars", None)
        if bars is None:
            bars = self._own.bars = []
        return bars
