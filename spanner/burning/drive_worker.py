"""One drive at work: sees discs come, burns what they suit, asks for the next, gives up in time."""

import contextlib
import threading
from functools import partial

from burners import (
    BurnError,
    BusyError,
    MediumError,
    NoDriveError,
    ProgramError,
    ReadBackError,
    RecordingError,
    StoppedError,
    tray,
)
from burners.drives import Drive, Monitor, look
from burners.mounted_discs import unmount
from spanner.burning import resuming
from spanner.burning.attempt import attempt
from spanner.burning.blanks import can_write, refusal, wanted
from spanner.burning.burn_job import BurnJob
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage
from spanner.burning.tasks import BurnTask
from spanner.errors import DriveError, SpannerError, VerificationError
from spanner.library import Copy

_LOOK = 2.0  # seconds after which a drive is looked at, should no event have come
_FAILURES = 2  # in a row: then it is the drive, or the whole spindle


BaseFile = tuple[Copy, BurnTask]


class DriveWorker:
    """One drive and its part of a job."""

    def __init__(self, node: str, desk: BurnJob) -> None:
        self._node = node
        self._desk = desk
        self._drive = look(node)
        self._said = ""
        self._failures = 0
        self._earlier = self._find_earlier()
        self.ended = threading.Event()

    def run(self) -> None:
        """Until there is nothing left that this drive can do, or it failed twice in a row."""
        desk = self._desk
        try:
            with Monitor(self._node) as monitor:
                while desk.tasks.expected(self._can) and not desk.stop.is_set():
                    if not self._step():
                        monitor.wait(_LOOK)
        except StoppedError:
            pass
        except (NoDriveError, ProgramError) as error:
            self._give_up(error)
        except Exception as error:  # raised again by the job
            desk.tasks.fail(error)
        finally:
            desk.tasks.stop_asking(self._node)
            self.ended.set()

    def _can(self, task: BurnTask) -> bool:
        return can_write(self._drive, task.work)

    def _step(self) -> bool:
        """Do what there is to do with the disc in the drive; False: look again later."""
        tasks = self._desk.tasks
        drive = self._drive = look(self._node)
        if drive.state == "loaded":
            earlier, self._earlier = self._earlier or self._find_earlier(), None
            if earlier:
                self._settle(*earlier)
                return True
            task = tasks.take(lambda task: self._can(task) and not refusal(drive, task.work))
            if task:
                tasks.stop_asking(self._node)
                return self._do(task)
        asked = tasks.ask(self._node, self._can)
        if asked:
            self._ask(drive, asked.work)
        return False

    def _ask(self, drive: Drive, work: DiscImage) -> None:
        """Say, once, what is wanted, and why what is there will not do."""
        request = f"{drive.name}: insert {wanted(work)}, {work.words}"
        if drive.state in ("loaded", "busy"):
            if self._say(refusal(drive, work)) and drive.state == "loaded":
                self._desk.tasks.stir()
                self._hand_out()
        elif drive.state != "loading":
            self._say(request)
        self._be_patient(request)

    def _say(self, words: str) -> bool:
        """Say it, unless it was said last."""
        new = words != self._said
        if new:
            self._said = words
            self._desk.progress.note(words)
        return new

    def _be_patient(self, request: str) -> None:
        """Return while there is time left for somebody to do what is asked for.

        Raises:
            SpannerError: there is none.
        """
        desk, wait = self._desk, self._desk.orders.wait
        if wait is not None and desk.tasks.idle() > wait:
            raise _waited_in_vain(desk.failure, request, wait)

    def _do(self, task: BurnTask) -> bool:
        """Burn a task; False: look again later."""
        desk, work = self._desk, task.work
        try:
            written = attempt(desk, self._drive, work, task.copy)
        except BusyError as error:
            desk.tasks.give_back(task)
            self._say(f"{self._drive.name}: {error}")
            self._be_patient(str(error))
            return False
        except (MediumError, RecordingError, ReadBackError) as error:
            desk.tasks.give_back(task)
            self._failed(work, error)
            return True
        except BaseException:
            desk.tasks.give_back(task)
            raise
        self._done(task, written)
        return True

    def _find_earlier(self) -> BaseFile | None:
        """A copy that an earlier run burnt, not read back, and the task that it would settle."""
        desk = self._desk
        with desk.lock:
            for copy, work in desk.unsettled:
                if resuming.may_be(desk, self._drive, copy, work):
                    task = desk.tasks.take(partial(_is_for, work))
                    if task:
                        desk.unsettled.remove((copy, work))
                        return copy, task
        return None

    def _settle(self, copy: Copy, task: BurnTask) -> None:
        desk, work = self._desk, task.work
        desk.progress.note(
            f"{work.volume_id} lies in {self._drive.name}, burnt before: it is read back"
        )
        try:
            written = resuming.settle(desk, self._drive, copy, task)
        except ReadBackError as error:
            desk.tasks.give_back(task)
            self._failed(work, error)
            return
        except BaseException:
            desk.tasks.give_back(task)
            raise
        self._done(task, written)

    def _done(self, task: BurnTask, written: BurnResult) -> None:
        work = task.work
        self._failures = 0
        self._said = ""
        self._desk.written.append(written)
        self._desk.tasks.done(task)
        if written.simulated:
            self._desk.progress.note(f"{work.volume_id}: the test run in {self._node} went well")
            return
        how = "burnt and read back" if written.verified else "burnt, not checked"
        self._hand_out()
        self._desk.progress.note(f"{work.volume_id} is {how}: take it out of {self._drive.name}")

    def _failed(self, work: DiscImage, error: BurnError) -> None:
        """A disc is lost: its work is to be done again, on the next disc, perhaps elsewhere."""
        desk, name = self._desk, self._drive.name
        self._failures += 1
        self._said = ""
        desk.tasks.stir()
        desk.progress.note(f"{work.words} failed in {name}: {error}")
        kind = VerificationError if isinstance(error, ReadBackError) else DriveError
        desk.failure = kind(
            f"{work.words} failed in {name}: {error}; "
            f"try other discs, a slower --speed, another drive, and the same command goes on"
        )
        self._hand_out()
        if self._failures >= _FAILURES:
            raise ProgramError(f"{_FAILURES} discs in a row failed in it")

    def _hand_out(self) -> None:
        """Open the tray over a disc that was burnt or is of no use."""
        with contextlib.suppress(BurnError):
            unmount(self._node)
            tray.eject(self._node)

    def _give_up(self, error: BurnError) -> None:
        desk = self._desk
        desk.progress.note(f"{self._drive.name} is given up: {error}")
        desk.failure = desk.failure or DriveError(f"{self._drive.name}: {error}")


def _is_for(work: DiscImage, task: BurnTask) -> bool:
    return task.work == work


def _waited_in_vain(failure: Exception | None, request: str, wait: float) -> SpannerError:
    words = f"no disc came within {wait:.0f} s ({request}); run the same command again to go on"
    if failure is None:
        return DriveError(words)
    kind = VerificationError if isinstance(failure, VerificationError) else DriveError
    return kind(f"{failure}; {words}")
