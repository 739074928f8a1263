"""The burn job: all images × copies over all drives, gone on with after any end."""

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
from spanner.burning.blanks import can_write, fitting_blank, kinds
from spanner.burning.burn_job import BurnJob, BurnOptions
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage
from spanner.burning.drive_worker import DriveWorker
from spanner.burning.tasks import BurnTask, TaskQueue
from spanner.errors import DriveError, UsageError
from spanner.library import BURNT, VERIFIED, Library

_NAP = 0.2


def burn_all(
    images: Sequence[DiscImage],
    drives: Sequence[Drive],
    options: BurnOptions,
    library: Library,
    progress: Progress = silent,
) -> list[BurnResult]:
    """Burn as many copies of all images as are asked for and not there yet.

    Raises:
        UsageError: another job burns the same discs.
        DriveError: no drive can do it, all failed, or no disc came in time.
        VerificationError: likewise, after a disc that was not right when it was read back.
        SourceError: a source is missing or changed; discs that were being burnt are done first.
    """
    _check_drives(images, drives, options)
    with ExitStack() as stack:
        for key in sorted({image.belongs[0] if image.belongs else image.key for image in images}):
            stack.enter_context(_alone(library, key))
        results, tasks = _tasks(images, options, library)
        job = BurnJob(
            options=options,
            tasks=TaskQueue(tasks),
            library=library,
            progress=progress,
            results=results,
        )
        if not options.simulate:
            job.unverified = [
                (copy, image)
                for image in images
                for copy in resuming.unverified_copies(library, image)
            ]
        try:
            _run(job, drives)
            if job.tasks.failure:
                raise job.tasks.failure
        except BurnError as error:
            raise DriveError(str(error)) from error
        if job.tasks.left():
            raise job.failure or DriveError("no drive could burn what is left")
        resuming.mark_interrupted(job)
    return sorted(job.results, key=lambda each: (each.number, each.copy))


def _check_drives(
    images: Sequence[DiscImage], drives: Sequence[Drive], options: BurnOptions
) -> None:
    """See that some drive can burn each image, with the laser off where that is asked for.

    Raises:
        DriveError: none can.
    """
    if not drives:
        raise DriveError("there is no drive that can burn: connect one, or see `spanner drives`")
    for image in images:
        needs = f"{image.volume_id} needs {fitting_blank(image)}"
        if not any(can_write(drive, image) for drive in drives):
            names = ", ".join(drive.name for drive in drives)
            raise DriveError(f"{needs}, which {names} cannot burn")
        if options.simulate and not kinds(image.medium) & SIMULATED:
            names = ", ".join(map(display_name, sorted(SIMULATED)))
            raise DriveError(
                f"{needs}: only {names} can be burnt with the laser off; leave out --simulate"
            )


def _tasks(
    images: Sequence[DiscImage], options: BurnOptions, library: Library
) -> tuple[list[BurnResult], list[BurnTask]]:
    """What is there already, and what is to be done: first copies of all, then second ones."""
    enough = (VERIFIED,) if options.verify else (VERIFIED, BURNT)
    there: list[BurnResult] = []
    tasks: list[BurnTask] = []
    for image in images:
        copies = [] if options.simulate else library.copies.of(image.key)
        done = [each for each in copies if each.state in enough]
        for copy in done[: options.copies]:
            verified = copy.state == VERIFIED
            there.append(image.result(copy.sha256, copy.drive, copy.number, verified=verified))
        taken = {copy.number for copy in copies if copy.known or copy.lost}
        free = (number for number in count(1) if number not in taken)
        tasks.extend(BurnTask(image, next(free)) for _ in range(options.copies - len(done)))
    tasks.sort(key=lambda task: (task.copy, task.image.number))
    return there, tasks


def _run(job: BurnJob, drives: Sequence[Drive]) -> None:
    """A thread for each drive, until all have ended. An interrupt ends what they burn."""
    workers = [DriveWorker(drive.node, job) for drive in drives]
    for worker in workers:
        threading.Thread(target=worker.run, daemon=True).start()
    try:
        _wait_for(workers)
    finally:
        job.stop.set()
        _wait_for(workers)


def _wait_for(workers: Sequence[DriveWorker]) -> None:
    # Not Thread.join: where a signal handler raises in it, it takes the thread for ended.
    for worker in workers:
        while not worker.ended.wait(_NAP):  # a timeout, so that signals are heard
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
