"""Flushes files that are whole and gives them their names, several at once."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Self

from spanner.restoring.partial_file import PartialFile
from spanner.restoring.report import ReportBuilder
from spanner.restoring.restore_plan import PlannedFile
from spanner.restoring.target_scan import TargetScan

_THREADS = 8  # many small files flushed one after another would take minutes
_MOST_WAITING = 32  # files at once


class Publisher:
    """Publishes restored files in threads of its own, and then reports them as restored."""

    def __init__(self, scan: TargetScan, builder: ReportBuilder) -> None:
        self._scan = scan
        self._builder = builder
        self._pool = ThreadPoolExecutor(_THREADS)
        self._waiting: deque[tuple[str, Future[None]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._pool.shutdown()

    def publish(self, file: PlannedFile, partial: PartialFile, held: ExitStack) -> None:
        """Publish a file that is whole; `held` is closed after it. Waits while many others wait.

        Raises:
            OSError: there is no room, here as in `finish`; what else fails is reported.
        """
        self._waiting.append((file.path, self._pool.submit(_publish, file, partial, held)))
        self._wait(_MOST_WAITING)

    def finish(self) -> None:
        """Wait until all files have their names."""
        self._wait(0)

    def _wait(self, most: int) -> None:
        """Wait until at most so many files are being flushed."""
        while len(self._waiting) > most:
            path, publish = self._waiting.popleft()
            with self._builder.guarded(path):
                publish.result()
                self._builder.report.restored.append(path)
                self._scan.there.add(path)


def _publish(file: PlannedFile, partial: PartialFile, held: ExitStack) -> None:
    with held:
        partial.publish(file.size, file.mode, file.mtime_ns)
