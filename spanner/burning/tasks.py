"""The tasks of a burn job: which are to be done, which are being done, by many threads at once."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from spanner.burning.disc_image import DiscImage


@dataclass(frozen=True, slots=True)
class BurnTask:
    """One disc to burn: a copy of an image."""

    image: DiscImage
    copy: int


class TaskQueue:
    """Hands each task to one drive at a time. Any thread may call any method."""

    def __init__(self, tasks: Iterable[BurnTask]) -> None:
        self._lock = threading.Lock()
        self._pending = list(tasks)
        self._active: list[BurnTask] = []
        self._asked: dict[str, BurnTask] = {}
        self._since = time.monotonic()
        self.failure: Exception | None = None
        """Why no more is done."""

    def take(self, suits: Callable[[BurnTask], bool]) -> BurnTask | None:
        """The first task to do that suits, which is the caller's from now on."""
        with self._lock:
            for task in self._pending:
                if suits(task):
                    self._pending.remove(task)
                    self._active.append(task)
                    return task
        return None

    def give_back(self, task: BurnTask) -> None:
        """Put a task back that was not done, before those that come after it."""
        with self._lock:
            self._active.remove(task)
            self._pending.append(task)
            self._pending.sort(key=lambda each: (each.copy, each.image.number))

    def done(self, task: BurnTask) -> None:
        """Take a task out that was done."""
        with self._lock:
            self._active.remove(task)
            self._since = time.monotonic()

    def fail(self, error: Exception) -> None:
        """Give out no more tasks; those that are being done go on."""
        with self._lock:
            self.failure = self.failure or error
            self._pending.clear()

    def expected(self, can: Callable[[BurnTask], bool]) -> bool:
        """Whether there are, or may be again, tasks for a drive that can do such."""
        with self._lock:
            if self.failure:
                return False
            return any(map(can, self._pending)) or any(map(can, self._active))

    def left(self) -> int:
        """How many tasks are not done, those included that are being done."""
        with self._lock:
            return len(self._pending) + len(self._active)

    def ask(self, node: str, can: Callable[[BurnTask], bool]) -> BurnTask | None:
        """The task that the drive at `node` should get a disc for: one for which no other asks."""
        with self._lock:
            others = [task for drive, task in self._asked.items() if drive != node]
            for task in self._pending:
                if can(task) and task not in others:
                    self._asked[node] = task
                    return task
            self._asked.pop(node, None)
        return None

    def stop_asking(self, node: str) -> None:
        """Note that the drive has what it needs, so that another may ask for a task's disc."""
        with self._lock:
            self._asked.pop(node, None)

    def stir(self) -> None:
        """Begin the time of idleness anew: something happened."""
        with self._lock:
            self._since = time.monotonic()

    def idle(self) -> float:
        """For how many seconds nothing was being done."""
        with self._lock:
            return 0.0 if self._active else time.monotonic() - self._since
