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


def attempt(desk: BurnJob, drive: Drive, work: DiscImage, number: int) -> BurnResult:
    """Burn the work as its copy of that number on the disc in the drive.

    Raises:
        MediumError, BusyError, ProgramError: nothing was written.
        RecordingError: it failed; recorded as spoilt unless the disc is still blank.
        ReadBackError: what is on it is not right; recorded as spoilt.
        SourceError: a source is missing or changed; recorded as spoilt.
        StoppedError: the job is to end.
    """
    orders = desk.orders
    with desk.lock, desk.progress.task(f"laying out {work.words}", unit="files"):
        prepared = work.prepare()
    if orders.simulate:
        burnt = _burn(desk, drive, work, prepared)
        return work.written(burnt.sha256, burnt.place, number, verified=False, simulated=True)
    copy = _begin(desk, drive, work, number)
    try:
        burnt = _burn(desk, drive, work, prepared)
        _compare_with_others(desk, work, burnt)
    except BaseException as error:
        if _nothing_written(drive, error):
            with desk.lock:
                desk.library.copies.forget(copy)
        else:
            desk.settle(copy, SPOILT, remark=str(error) or type(error).__name__)
        raise
    if work.belongs:
        with desk.lock:
            desk.library.add_hashes(*work.belongs, prepared.hashes())
    desk.settle(copy, BURNT, burnt.sha256)
    if orders.verify:
        check(desk, drive, work, copy, burnt, prepared)
    return work.written(burnt.sha256, burnt.place, number, verified=orders.verify)


def check(
    desk: BurnJob,
    drive: Drive,
    work: DiscImage,
    copy: int,
    burnt: Burnt,
    prepared: PreparedImage | None = None,
) -> None:
    """Read a copy back, and record the verdict; `prepared` lets it name the files that are hit.

    Raises:
        ReadBackError: it is spoilt.
        BurnError: the drive cannot be used; the copy waits for its check.
        StoppedError: the job is to end; likewise.
    """
    load_again(desk, drive, work)
    try:
        with desk.progress.task(
            f"reading back {work.words} in {drive.node}", burnt.sectors * SECTOR
        ):
            read_back(burnt, drive, desk.progress, desk.stop)
    except ReadBackError as error:
        names = hit(prepared, error.ranges) if prepared else []
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        shown = ", ".join(map(printable, names[:_NAMED]))
        words = f"{error}; hit: {shown}{more}" if names else str(error)
        desk.judge(copy, work, drive.node, problems=(words,))
        raise ReadBackError(words, error.ranges) from error
    desk.judge(copy, work, drive.node, burnt.sha256)


def _burn(desk: BurnJob, drive: Drive, work: DiscImage, prepared: PreparedImage) -> Burnt:
    orders = desk.orders
    what = f"{'simulating' if orders.simulate else 'burning'} {work.words} in {drive.node}"
    with desk.progress.task(what, work.sectors * SECTOR):
        return burn(
            prepared.image,
            drive,
            desk.progress,
            speed=orders.speed,
            simulate=orders.simulate,
            program=orders.program,
            scratch=orders.scratch,
            stop=desk.stop,
        )


def _begin(desk: BurnJob, drive: Drive, work: DiscImage, number: int) -> int:
    medium = drive.medium.kind if drive.medium else ""
    with desk.lock:
        return desk.library.copies.begin(
            work.key, work.belongs, work.volume_id, work.sectors, drive.node, medium, number
        )


def _compare_with_others(desk: BurnJob, work: DiscImage, burnt: Burnt) -> None:
    """All copies of a disc are the same bytes, or a source changed unnoticed."""
    if not work.belongs:
        return
    with desk.lock:
        known = desk.library.image_hash(*work.belongs)
    if known and known != burnt.sha256:
        raise SourceChangedError(work.volume_id, "its image is not the one that was written before")


def _nothing_written(drive: Drive, error: BaseException) -> bool:
    if isinstance(error, RecordingError):
        return error.blank
    if isinstance(error, (MediumError, BusyError, ProgramError)):
        return True
    with contextlib.suppress(BurnError, OSError):
        medium = look(drive.node).medium
        return medium is not None and medium.state == "blank"
    return False


def load_again(desk: BurnJob, drive: Drive, work: DiscImage) -> None:
    """Have the drive see the disc anew, with the help of whoever is there.

    Raises:
        ReadBackError: it does not recognise the disc.
        BurnError: nobody closed the tray, or the drive cannot be used.
        StoppedError: the job is to end.
    """
    reload(drive, lambda: _closed_by_hand(desk, drive, work))


def _closed_by_hand(desk: BurnJob, drive: Drive, work: DiscImage) -> None:
    desk.progress.note(f"{drive.name}: push the tray in again, {work.volume_id} is to be read back")
    asked = time.monotonic()
    while tray.status(drive.node) in ("open", "empty"):
        wait = desk.orders.wait
        if desk.stop.is_set():
            raise StoppedError("it was stopped before the disc was read back")
        if wait is not None and time.monotonic() - asked > wait:
            raise BurnError(
                f"the tray of {drive.name} was not closed: close it with {work.volume_id} in it "
                f"and run the same command again"
            )
        time.sleep(_NAP)
