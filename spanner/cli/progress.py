"""Shows progress on stderr: bytes, rate, time left, for whatever takes over a second."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

_DELAY = 1.0  # seconds until a bar is shown


class TerminalProgress:
    """A tqdm bar a task. Into a file or a pipe a line is written now and then."""

    def __init__(self) -> None:
        self._bars: list[tqdm[Any]] = []
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
            self._bars.append(bar)
            try:
                yield
            finally:
                self._bars.pop()

    def advance(self, count: int) -> None:
        """Move the innermost bar."""
        if self._bars:
            self._bars[-1].update(count)

    def note(self, line: str) -> None:
        """Write a line above the bars."""
        tqdm.write(line, file=sys.stderr)
