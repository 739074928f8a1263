"""Burns an image on the disc in a drive, and tells from all that its program says whether it did.

Exit codes are not the truth: growisofs and wodim end with 0 after failures. What a program says of
itself, its code and, later, the read-back count together.
"""

import contextlib
import threading

from burners.disc_types import display_name, is_recordable
from burners.drives import Drive, look
from burners.errors import (
    BurnError,
    BusyError,
    MediumError,
    NoMediumError,
    ProgramError,
    RecordingError,
    TooSmallError,
    UsedMediumError,
)
from burners.folder import FolderDrive
from burners.growing import GrownImage
from burners.image import SECTOR, Burnt, Checksums, Image, measured
from burners.program_choice import choose_program
from burners.programs import BytesWritten, Phase, Program, RecordingRequest, Trouble
from burners.progress import Progress, silent
from burners.running import Ended, run
from burners.tray import unlock, wait_ready

_BLOCK = 16  # sectors of an error correction block: DVD and BD are written in whole ones
_READY = 120.0  # seconds that a disc may take to be recognised
_CLOSING = ("flushing cache", "Fixating...")


def burn(
    image: Image | GrownImage,
    drive: Drive | FolderDrive,
    progress: Progress = silent,
    *,
    speed: float | None = None,
    simulate: bool = False,
    program: str = "",
    scratch: str = "",
    stop: threading.Event | None = None,
) -> Burnt:
    """Record the image; for a drive on the disc in it, which is closed and was not read back yet.

    `program` names the one to use, else the best that is installed for the disc is taken. What
    making the image's blocks raises ends the recording and is raised again. For a drive an image
    that grows is made in a file in the folder `scratch` first, or where temporary files lie.

    Raises:
        MediumError: the disc in the drive cannot take the image; it is as it was.
        BusyError: something else uses the drive.
        ProgramError: no program can do it.
        RecordingError: it failed; the disc is worthless unless the error says that it is blank.
        StoppedError: `stop` was set.
        BurnError: something else failed, such as the image's length.
    """
    if isinstance(drive, FolderDrive):
        drive.check_room(image.sectors * SECTOR)
        return drive.burn(image, progress)
    wait_ready(drive.node, _READY)
    now = look(drive.node)
    check_medium(now, image.sectors)
    assert now.medium
    chosen = choose_program(now, image.sectors, simulate=simulate, only=program)
    if isinstance(image, GrownImage):
        with image.whole(scratch, progress, stop) as whole:  # the disc may be another after it
            return burn(
                whole, drive, progress, speed=speed, simulate=simulate, program=program, stop=stop
            )
    request = RecordingRequest(now.node, now.medium.kind, image.sectors, speed, simulate)
    return _record(image, now, chosen, request, progress, stop)


def check_medium(drive: Drive, sectors: int) -> None:
    """See that the disc in the drive can take an image of `sectors` sectors.

    Raises:
        NoMediumError, UsedMediumError, TooSmallError, MediumError: it cannot, and why.
        BusyError: something else uses the drive.
    """
    if drive.state == "busy":
        raise BusyError(
            f"{drive.name} is in use: wait for the program that uses it, or unmount its disc"
        )
    medium = drive.medium
    if drive.state == "open":
        raise NoMediumError(f"the tray of {drive.name} is open: put a blank disc in")
    if medium is None:
        raise NoMediumError(f"there is no disc in {drive.name}: put a blank one in")
    name = display_name(medium.kind)
    if not is_recordable(medium.kind) or medium.kind not in drive.writes:
        raise MediumError(f"{drive.name} cannot write on the {name} in it: use another disc")
    if medium.state != "blank":
        label = f" ({medium.label})" if medium.label else ""
        raise UsedMediumError(f"the {name} in {drive.name} is not blank{label}: use a blank disc")
    needed = -(-sectors // _BLOCK) * _BLOCK if not medium.kind.startswith("cd") else sectors
    if needed > medium.free_sectors:
        raise TooSmallError(
            f"the {name} in {drive.name} has {medium.free_sectors:,} sectors free, "
            f"{needed:,} are needed: use a larger disc"
        )


def _record(
    image: Image,
    drive: Drive,
    program: Program,
    request: RecordingRequest,
    progress: Progress,
    stop: threading.Event | None,
) -> Burnt:
    checksums = Checksums()
    listener = _Listener(program, drive, image.sectors * SECTOR, progress)
    try:
        ended = run(program.arguments(request), measured(image, checksums), listener.hear, stop)
        listener.check(ended, request)
    except ProgramError:
        raise
    except RecordingError as error:
        blank = _free(drive)
        words = "; the disc is still blank" if blank else "; the disc is spoilt"
        raise RecordingError(f"{error}{words}", blank=blank) from error
    except BaseException:
        _free(drive)
        raise
    return Burnt(drive.node, program.name, image.sectors, checksums.sha256, checksums.clusters)


class _Listener:
    """Hears a program, shows how far it is, and knows in the end whether it failed."""

    def __init__(self, program: Program, drive: Drive, size: int, progress: Progress) -> None:
        self._program = program
        self._drive = drive
        self._size = size
        self._progress = progress
        self._shown = 0
        self._troubles: list[Trouble] = []
        self._phases: list[str] = []

    def hear(self, line: str) -> None:
        """Take a line of its output."""
        event = self._program.parse(line)
        if isinstance(event, BytesWritten):
            self._show(event.bytes)
        elif isinstance(event, Phase):
            if event.words in _CLOSING and event.words not in self._phases:
                self._progress.note(f"closing the disc in {self._drive.name}")
            self._phases.append(event.words)
        elif isinstance(event, Trouble):
            self._troubles.append(event)

    def _show(self, done: int) -> None:
        more = min(done, self._size) - self._shown
        if more > 0:
            self._progress.advance(more)
            self._shown += more

    def check(self, ended: Ended, request: RecordingRequest) -> None:
        """See that the program did not fail and closed the disc, by all that is known of it.

        Raises:
            BurnError: what went wrong.
        """
        certain = [trouble.error for trouble in self._troubles if not trouble.vague]
        if certain:
            raise certain[0]
        closed = self._program.last_phase(request.medium) in self._phases
        if closed and not ended.code:
            self._show(self._size)
            return
        if self._troubles:
            raise self._troubles[0].error
        last = ended.tail[-1] if ended.tail else "it said nothing"
        if ended.code:
            raise RecordingError(f"{self._program.name} ended with code {ended.code}: {last}")
        raise RecordingError(f"{self._program.name} ended without having closed the disc: {last}")


def _free(drive: Drive) -> bool:
    """Unlock the drive that a program left; tell whether the disc in it is blank."""
    with contextlib.suppress(BurnError, OSError):
        unlock(drive.node)
        if wait_ready(drive.node, _READY):
            medium = look(drive.node).medium
            return medium is not None and medium.state == "blank"
    return False
