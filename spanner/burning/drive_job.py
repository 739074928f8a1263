"""The burn job: all discs × copies over all drives, gone on with after any end."""

import hashlib
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count

from burners import BurnError, Progress, silent
from burners.disc_types import SIMULATED, display_name
from burners.drives import Drive
from spanner.burning import resuming
from spanner.burning.blanks import can_write, kinds, wanted
from spanner.burning.burn_job import BurnJob, BurnOptions
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage
from spanner.burning.drive_worker import DriveWorker
from spanner.burning.tasks import BurnTask, TaskQueue
from spanner.errors import DriveError, UsageError
from spanner.library import BURNT, VERIFIED, Library

_NAP = 0.2


def burn_all(
    works: Sequence[DiscImage],
    drives: Sequence[Drive],
    orders: BurnOptions,
    library: Library,
    progress: Progress = silent,
) -> list[BurnResult]:
    """Burn as many copies of all works as are ordered and not there yet.

    Raises:
        UsageError: another job burns the same discs.
        DriveError: no drive can do it, all failed, or no disc came in time.
        VerificationError: likewise, after a disc that was not right when it was read back.
        SourceError: a source is missing or changed; discs that were being burnt are done first.
    """
    _see_that_it_can_be_done(works, drives, orders)
    with ExitStack() as stack:
        for key in sorted({work.belongs[0] if work.belongs else work.key for work in works}):
            stack.enter_context(_alone(library, key))
        written, tasks = _plan(works, orders, library)
        desk = BurnJob(
            orders=orders,
            tasks=TaskQueue(tasks),
            library=library,
            progress=progress,
            written=written,
        )
        if not orders.simulate:
            desk.unsettled = [
                (copy, work) for work in works for copy in resuming.unsettled(library, work)
            ]
        try:
            _work(desk, drives)
            if desk.tasks.failure:
                raise desk.tasks.failure
        except BurnError as error:
            raise DriveError(str(error)) from error
        if desk.tasks.left():
            raise desk.failure or DriveError("no drive could burn what is left")
        resuming.broken_off(desk)
    return sorted(desk.written, key=lambda each: (each.number, each.copy))


def _see_that_it_can_be_done(
    works: Sequence[DiscImage], drives: Sequence[Drive], orders: BurnOptions
) -> None:
    if not drives:
        raise DriveError("there is no drive that can burn: connect one, or see `spanner drives`")
    for work in works:
        if not any(can_write(drive, work) for drive in drives):
            names = ", ".join(drive.name for drive in drives)
            raise DriveError(f"{work.volume_id} needs {wanted(work)}, which {names} cannot burn")
        if orders.simulate and not kinds(work.medium) & SIMULATED:
            names = ", ".join(map(display_name, sorted(SIMULATED)))
            raise DriveError(
                f"{work.volume_id} needs {wanted(work)}: only {names} can be burnt with the laser "
                f"off; leave out --simulate"
            )


def _plan(
    works: Sequence[DiscImage], orders: BurnOptions, library: Library
) -> tuple[list[BurnResult], list[BurnTask]]:
    """What is there already, and what is to be done: first copies of all, then second ones."""
    enough = (VERIFIED,) if orders.verify else (VERIFIED, BURNT)
    there: list[BurnResult] = []
    tasks: list[BurnTask] = []
    for work in works:
        copies = [] if orders.simulate else library.copies.of(work.key)
        done = [each for each in copies if each.state in enough]
        for copy in done[: orders.copies]:
            verified = copy.state == VERIFIED
            there.append(work.written(copy.sha256, copy.drive, copy.number, verified=verified))
        taken = {copy.number for copy in copies if copy.known or copy.lost}
        free = (number for number in count(1) if number not in taken)
        tasks.extend(BurnTask(work, next(free)) for _ in range(orders.copies - len(done)))
    tasks.sort(key=lambda task: (task.copy, task.work.number))
    return there, tasks


def _work(desk: BurnJob, drives: Sequence[Drive]) -> None:
    """A thread for each drive, until all have ended. An interrupt ends what they burn."""
    stations = [DriveWorker(drive.node, desk) for drive in drives]
    for station in stations:
        threading.Thread(target=station.run, daemon=True).start()
    try:
        _wait_for(stations)
    finally:
        desk.stop.set()
        _wait_for(stations)


def _wait_for(stations: Sequence[DriveWorker]) -> None:
    # Not Thread.join: where a signal handler raises in it, it takes the thread for ended.
    for station in stations:
        while not station.ended.wait(_NAP):  # a timeout, so that signals are heard
            pass


@contextmanager
def _alone(library: Library, key: str) -> Iterator[None]:
    """Two jobs must not burn the same discs at once. Ends with the process, however it ends."""
    place = os.path.realpath(library.path)
    name = hashlib.sha256(f"{place}\0{key}".encode("utf-8", "surrogateescape")).hexdigest()
    with socket.socket(socket.AF_UNIX) as mark:
        try:
            mark.bind(f"\0spanner-burn-{name}")
        except OSError as error:
            raise UsageError(
                "another spanner burns these discs at this moment: let it end"
            ) from error
        yield
