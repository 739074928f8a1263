"""Shows progress on stderr: bytes, rate, time left, for whatever takes over a second."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from tqdm import tqdm

_DELAY = 1.0  # seconds until a bar is shown


class _Lines:
    """Makes a line of its own of each state of a bar, where nothing can be overwritten."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> None:
        """Write what of it can be seen, as lines."""
        for line in text.replace("\x1b[A", "").splitlines():
            if line.strip():
                self._out.write(line.rstrip() + "\n")

    def flush(self) -> None:
        """Hand it on."""
        self._out.flush()


class TerminalProgress:
    """A tqdm bar a task. Into a file or a pipe a line is written now and then.

    Each thread has tasks of its own.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        at_terminal = sys.stderr.isatty()
        self._interval = 0.1 if at_terminal else 10.0
        self._out: TextIO | _Lines = sys.stderr if at_terminal else _Lines(sys.stderr)

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
            file=self._out,
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
        tqdm.write(line, file=self._out)

    def _bars(self) -> "list[tqdm[Any]]":
        """The tasks of this thread, the innermost last."""
        bars: list[tqdm[Any]] | None = getattr(self._own, "bars", None)
        if bars is None:
            bars = self._own.bars = []
        return bars
