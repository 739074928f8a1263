"""Work, counted: the same on every machine, however busy that is.

What took too long once is guarded by how much there is to do: the steps that Python takes, the
bytes that are read, what a test counts itself. Times are measured in tests/benchmarks.
"""

import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

_Found = TypeVar("_Found")


class TooMuchWorkError(BaseException):
    """It goes on for longer than it may. No handler of errors takes this for one of its own."""


def calls(step: Callable[[], object], most: float = inf) -> int:
    """How many functions the step calls in this thread, those of C included.

    Raises:
        TooMuchWorkError: more than `most`; the step is left there.
    """
    count = 0

    def hear(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        if event in {"call", "c_call"}:
            count += 1
            if count > most:
                raise TooMuchWorkError(f"more than {most} calls")

    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        step()
    finally:
        sys.setprofile(before)
    return count


def within(most: int, step: Callable[[], _Found]) -> _Found:
    """What the step gives, which may take so many calls (see there)."""
    found: list[_Found] = []
    calls(lambda: found.append(step()), most)
    return found[0]


def lines(step: Callable[[], object], most: float = inf) -> int:
    """How many lines of Python the step runs in this thread; each turn of a loop is one at least.

    Raises:
        TooMuchWorkError: more than `most`; the step is left there.
    """
    count = 0

    def hear(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
            if count > most:
                raise TooMuchWorkError(f"more than {most} lines")
        return hear

    before = sys.gettrace()
    sys.settrace(hear)
    try:
        step()
    finally:
        sys.settrace(before)
    return count


def bytes_read(step: Callable[[], object]) -> int:
    """How many bytes the step reads in this thread, from files, pipes and whatever else."""
    before = _read_so_far()
    step()
    after = _read_so_far()
    return after - before - (_read_so_far() - after)


def _read_so_far() -> int:
    """By the kernel's account of the thread (proc_pid_io(5)), which looking at it adds to."""
    account = Path("/proc/thread-self/io").read_text("ascii")
    return int(account.partition("rchar: ")[2].partition("\n")[0])


def growth(work: Callable[[int], int], size: int) -> float:
    """By what factor the work grows for twice the size: 2 where it is linear, 4 if quadratic."""
    return work(2 * size) / work(size)
