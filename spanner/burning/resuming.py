"""Copies that an earlier run burnt and did not read back: the disc may still lie in the drive."""

import hashlib

from burners import Burnt, Image, ReadBackError, StoppedError
from burners.drives import Drive
from spanner.assembly import PreparedImage
from spanner.burning.burn_job import BurnJob
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_burner import check_copy, reload_disc
from spanner.burning.disc_image import DiscImage
from spanner.burning.tasks import BurnTask
from spanner.library import BURNING, BURNT, SPOILT, VERIFIED, Copy, Library
from spanner.reading.verify import verify


def unverified_copies(library: Library, image: DiscImage) -> list[Copy]:
    """Copies of the image that were not read back: the run was killed, or told not to."""
    return [each for each in library.copies.of(image.key) if each.state in (BURNING, BURNT)]


def may_hold(job: BurnJob, drive: Drive, copy: Copy, image: DiscImage) -> bool:
    """Whether the disc in the drive may be that copy: it has its name, and something is on it.

    Discs of one image cannot be told apart, and none may count twice: where another copy was
    verified, only the disc that still lies in the drive that burnt it will do.
    """
    medium = drive.medium
    if medium is None or medium.state == "blank" or medium.label != image.volume_id:
        return False
    others = (each.state for each in job.library.copies.of(image.key))
    return copy.drive == drive.node or VERIFIED not in others


def check_earlier(job: BurnJob, drive: Drive, copy: Copy, task: BurnTask) -> BurnResult:
    """Check the disc in the drive as that copy, and record it.

    Raises:
        ReadBackError: it is not right; recorded as spoilt.
        BurnError: the drive cannot be used.
    """
    image = task.image
    number = copy.number if copy.state == BURNT else task.copy
    with job.lock:
        job.library.copies.renumber(copy.id, number)
    sha256 = copy.sha256 or _known(job, image)
    if sha256:
        prepared = None if image.belongs else image.prepare()
        check_copy(
            job, drive, image, copy.id, Burnt(drive.node, "", image.sectors, sha256), prepared
        )
    else:
        sha256 = _by_its_catalog(job, drive, copy, image)
    return image.result(sha256, drive.node, number, verified=True)


def _known(job: BurnJob, image: DiscImage) -> str:
    """The hash that the image must have; nothing where no disc of it was made yet."""
    if not image.belongs:
        return _hash(image.prepare())
    with job.lock:
        return job.library.image_hash(*image.belongs)


def _by_its_catalog(job: BurnJob, drive: Drive, copy: Copy, image: DiscImage) -> str:
    """Check a disc by its own catalog, and return its hash: the run knew none when it was killed.

    Raises:
        ReadBackError: it is not right, or another disc.
    """
    assert image.belongs
    reload_disc(job, drive, image)
    result = verify(drive.node, _Stoppable(job))
    if not result.is_disc(*image.belongs):
        problem = result.problems[0] if result.problems else "it is another disc"
        job.record_check(copy.id, image, drive.node, problems=(problem,))
        raise ReadBackError(problem)
    with job.lock:
        job.library.add_hashes(*image.belongs, result.hashes())
    job.record_check(copy.id, image, drive.node, result.sha256)
    return result.sha256


class _Stoppable:
    """Shows progress, and ends what it is progress of when the job is to end."""

    def __init__(self, job: BurnJob) -> None:
        self._job = job
        self.task = job.progress.task
        self.note = job.progress.note

    def advance(self, count: int) -> None:
        """Show that it is so much further.

        Raises:
            StoppedError: the job is to end.
        """
        if self._job.stop.is_set():
            raise StoppedError("it was stopped while the disc was read back")
        self._job.progress.advance(count)


def _hash(prepared: PreparedImage) -> str:
    """SHA-256 of an image that lies in a file."""
    assert isinstance(prepared.image, Image)  # of a file; those that are made belong to a set
    whole = hashlib.sha256()
    for block in prepared.image.blocks():
        whole.update(block)
    return whole.hexdigest()


def mark_interrupted(job: BurnJob) -> None:
    """Record as spoilt what was being burnt when a run was killed, and now is in no drive."""
    for copy, _ in job.unverified:
        if copy.state == BURNING:
            job.record_state(copy.id, SPOILT, remark="the run was killed while it was burnt")
