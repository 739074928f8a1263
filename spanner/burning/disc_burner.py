"""One disc: burnt, recorded, read back. Whatever happens, the library knows."""

import contextlib
import time

from burners import (
    BurnError,
    Burnt,
    BusyError,
    MediumError,
    ProgramError,
    ReadBackError,
    RecordingError,
    StoppedError,
    burn,
    read_back,
    reload,
    tray,
)
from burners.drives import Drive, look
from spanner.assembly import PreparedImage
from spanner.burning.burn_job import BurnJob
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage, hit
from spanner.errors import SourceChangedError
from spanner.library import BURNT, SPOILT
from spanner.model.units import SECTOR
from spanner.wording import printable

_NAMED = 5  # files of a spoilt disc that are named
_NAP = 0.2


def burn_copy(job: BurnJob, drive: Drive, image: DiscImage, number: int) -> BurnResult:
    """Burn the image's copy of that number on the disc in the drive, and read it back.

    Raises:
        MediumError, BusyError, ProgramError: nothing was written.
        RecordingError: it failed; recorded as spoilt unless the disc is still blank.
        ReadBackError: what is on it is not right; recorded as spoilt.
        SourceError: a source is missing or changed; recorded as spoilt.
        StoppedError: the job is to end.
    """
    options = job.options
    with job.lock, job.progress.task(f"laying out {image.words}", unit="files"):
        prepared = image.prepare()
    if options.simulate:
        burnt = _burn(job, drive, image, prepared)
        return image.result(burnt.sha256, burnt.place, number, verified=False, simulated=True)
    copy = _begin(job, drive, image, number)
    try:
        burnt = _burn(job, drive, image, prepared)
        _compare_with_others(job, image, burnt)
    except BaseException as error:
        if _nothing_written(drive, error):
            with job.lock:
                job.library.copies.forget(copy)
        else:
            job.record_state(copy, SPOILT, remark=str(error) or type(error).__name__)
        raise
    if image.belongs:
        with job.lock:
            job.library.add_hashes(*image.belongs, prepared.hashes())
    job.record_state(copy, BURNT, burnt.sha256)
    if options.verify:
        check_copy(job, drive, image, copy, burnt, prepared)
    return image.result(burnt.sha256, burnt.place, number, verified=options.verify)


def check_copy(
    job: BurnJob,
    drive: Drive,
    image: DiscImage,
    copy: int,
    burnt: Burnt,
    prepared: PreparedImage | None = None,
) -> None:
    """Read a copy back, compare, and record the result; `prepared` lets it name files that are hit.

    Raises:
        ReadBackError: it is spoilt.
        BurnError: the drive cannot be used; the copy waits for its check.
        StoppedError: the job is to end; likewise.
    """
    reload_disc(job, drive, image)
    try:
        with job.progress.task(
            f"reading back {image.words} in {drive.node}", burnt.sectors * SECTOR
        ):
            read_back(burnt, drive, job.progress, job.stop)
    except ReadBackError as error:
        names = hit(prepared, error.ranges) if prepared else []
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        shown = ", ".join(map(printable, names[:_NAMED]))
        words = f"{error}; hit: {shown}{more}" if names else str(error)
        job.record_check(copy, image, drive.node, problems=(words,))
        raise ReadBackError(words, error.ranges) from error
    job.record_check(copy, image, drive.node, burnt.sha256)


def _burn(job: BurnJob, drive: Drive, image: DiscImage, prepared: PreparedImage) -> Burnt:
    """Burn the image with the job's options, and show how far it is."""
    options = job.options
    what = f"{'simulating' if options.simulate else 'burning'} {image.words} in {drive.node}"
    with job.progress.task(what, image.sectors * SECTOR):
        return burn(
            prepared.image,
            drive,
            job.progress,
            speed=options.speed,
            simulate=options.simulate,
            program=options.program,
            scratch=options.scratch,
            stop=job.stop,
        )


def _begin(job: BurnJob, drive: Drive, image: DiscImage, number: int) -> int:
    """Record that a copy is being burnt; return its id."""
    medium = drive.medium.kind if drive.medium else ""
    with job.lock:
        return job.library.copies.begin(
            image.key, image.belongs, image.volume_id, image.sectors, drive.node, medium, number
        )


def _compare_with_others(job: BurnJob, image: DiscImage, burnt: Burnt) -> None:
    """See that all copies of a disc are the same bytes.

    Raises:
        SourceChangedError: they are not, so a source changed unnoticed.
    """
    if not image.belongs:
        return
    with job.lock:
        known = job.library.image_hash(*image.belongs)
    if known and known != burnt.sha256:
        raise SourceChangedError(
            image.volume_id, "its image is not the one that was written before"
        )


def _nothing_written(drive: Drive, error: BaseException) -> bool:
    """Whether the disc is certain to be as it was, after that error."""
    if isinstance(error, RecordingError):
        return error.blank
    if isinstance(error, (MediumError, BusyError, ProgramError)):
        return True
    with contextlib.suppress(BurnError, OSError):
        medium = look(drive.node).medium
        return medium is not None and medium.state == "blank"
    return False


def reload_disc(job: BurnJob, drive: Drive, image: DiscImage) -> None:
    """Have the drive see the disc anew, with the help of whoever is there.

    Raises:
        ReadBackError: it does not recognise the disc.
        BurnError: nobody closed the tray, or the drive cannot be used.
        StoppedError: the job is to end.
    """
    reload(drive, lambda: _closed_by_hand(job, drive, image))


def _closed_by_hand(job: BurnJob, drive: Drive, image: DiscImage) -> None:
    """Ask for the tray to be closed, and return when somebody did."""
    job.progress.note(f"{drive.name}: push the tray in again, {image.volume_id} is to be read back")
    asked = time.monotonic()
    while tray.status(drive.node) in ("open", "empty"):
        wait = job.options.wait
        if job.stop.is_set():
            raise StoppedError("it was stopped before the disc was read back")
        if wait is not None and time.monotonic() - asked > wait:
            raise BurnError(
                f"the tray of {drive.name} was not closed: close it with {image.volume_id} in it "
                f"and run the same command again"
            )
        time.sleep(_NAP)
