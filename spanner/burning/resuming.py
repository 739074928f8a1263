"""Copies that an earlier run burnt without a verdict: the disc may still lie in the drive."""

import hashlib

from burners import Burnt, Image, ReadBackError, StoppedError
from burners.drives import Drive
from spanner.assembly import PreparedImage
from spanner.burning.attempt import check, load_again
from spanner.burning.burn_job import BurnJob
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage
from spanner.burning.tasks import BurnTask
from spanner.library import BURNING, BURNT, SPOILT, VERIFIED, Copy, Library
from spanner.reading.verify import verify


def unsettled(library: Library, work: DiscImage) -> list[Copy]:
    """Copies of the work without a verdict: the run was killed, or told not to read back."""
    return [each for each in library.copies.of(work.key) if each.state in (BURNING, BURNT)]


def may_be(desk: BurnJob, drive: Drive, copy: Copy, work: DiscImage) -> bool:
    """The disc in the drive may be that copy: it has its name, and something is on it.

    Discs of one image cannot be told apart, and none may count twice: where another copy was
    verified, only the disc that still lies in the drive that burnt it will do.
    """
    medium = drive.medium
    if medium is None or medium.state == "blank" or medium.label != work.volume_id:
        return False
    others = (each.state for each in desk.library.copies.of(work.key))
    return copy.drive == drive.node or VERIFIED not in others


def settle(desk: BurnJob, drive: Drive, copy: Copy, task: BurnTask) -> BurnResult:
    """Check the disc in the drive as that copy, and record it.

    Raises:
        ReadBackError: it is not right; recorded as spoilt.
        BurnError: the drive cannot be used.
    """
    work = task.work
    number = copy.number if copy.state == BURNT else task.copy
    with desk.lock:
        desk.library.copies.renumber(copy.id, number)
    sha256 = copy.sha256 or _known(desk, work)
    if sha256:
        prepared = None if work.belongs else work.prepare()
        check(desk, drive, work, copy.id, Burnt(drive.node, "", work.sectors, sha256), prepared)
    else:
        sha256 = _by_its_catalog(desk, drive, copy, work)
    return work.written(sha256, drive.node, number, verified=True)


def _known(desk: BurnJob, work: DiscImage) -> str:
    """The hash that the image must have; nothing where no disc of it was made yet."""
    if not work.belongs:
        return _hash(work.prepare())
    with desk.lock:
        return desk.library.image_hash(*work.belongs)


def _by_its_catalog(desk: BurnJob, drive: Drive, copy: Copy, work: DiscImage) -> str:
    """The run was killed before it knew the image's hash: the disc's own catalog tells."""
    assert work.belongs
    load_again(desk, drive, work)
    verdict = verify(drive.node, _Stoppable(desk))
    if not verdict.is_disc(*work.belongs):
        problem = verdict.problems[0] if verdict.problems else "it is another disc"
        desk.judge(copy.id, work, drive.node, problems=(problem,))
        raise ReadBackError(problem)
    with desk.lock:
        desk.library.add_hashes(*work.belongs, verdict.hashes())
    desk.judge(copy.id, work, drive.node, verdict.sha256)
    return verdict.sha256


class _Stoppable:
    """Shows progress, and ends what it is progress of when the job is to end."""

    def __init__(self, desk: BurnJob) -> None:
        self._desk = desk
        self.task = desk.progress.task
        self.note = desk.progress.note

    def advance(self, count: int) -> None:
        """So much further; StoppedError when the job is to end."""
        if self._desk.stop.is_set():
            raise StoppedError("it was stopped while the disc was read back")
        self._desk.progress.advance(count)


def _hash(prepared: PreparedImage) -> str:
    assert isinstance(prepared.image, Image)  # of a file; those that are made belong to a set
    whole = hashlib.sha256()
    for block in prepared.image.blocks():
        whole.update(block)
    return whole.hexdigest()


def broken_off(desk: BurnJob) -> None:
    """What was being burnt when a run was killed, and is in no drive, is lost."""
    for copy, _ in desk.unsettled:
        if copy.state == BURNING:
            desk.settle(copy.id, SPOILT, remark="the run was killed while it was burnt")
