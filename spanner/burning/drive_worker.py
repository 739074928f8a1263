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
from spanner.burning.blanks import can_write, fitting_blank, refusal
from spanner.burning.burn_job import BurnJob
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_burner import burn_copy
from spanner.burning.disc_image import DiscImage
from spanner.burning.tasks import BurnTask
from spanner.errors import DriveError, SpannerError, VerificationError
from spanner.library import Copy

_LOOK = 2.0  # seconds after which a drive is looked at, should no event have come
_FAILURES = 2  # in a row: then it is the drive, or the whole spindle

_EarlierCopy = tuple[Copy, BurnTask]


class DriveWorker:
    """One drive, and what it does of a job, in a thread of its own."""

    def __init__(self, node: str, job: BurnJob) -> None:
        self._node = node
        self._job = job
        self._drive = look(node)
        self._said = ""
        self._failures = 0
        self._earlier = self._find_earlier()
        self.ended = threading.Event()

    def run(self) -> None:
        """Burn until nothing is left that this drive can do, or it failed twice in a row."""
        job = self._job
        try:
            with Monitor(self._node) as monitor:
                while job.tasks.expected(self._can) and not job.stop.is_set():
                    if not self._step():
                        monitor.wait(_LOOK)
        except StoppedError:
            pass
        except (NoDriveError, ProgramError) as error:
            self._give_up(error)
        except Exception as error:  # raised again by the job
            job.tasks.fail(error)
        finally:
            job.tasks.stop_asking(self._node)
            self.ended.set()

    def _can(self, task: BurnTask) -> bool:
        return can_write(self._drive, task.image)

    def _step(self) -> bool:
        """Do what there is to do with the disc in the drive; False: look again later."""
        tasks = self._job.tasks
        drive = self._drive = look(self._node)
        if drive.state == "loaded":
            earlier, self._earlier = self._earlier or self._find_earlier(), None
            if earlier:
                self._check_earlier(*earlier)
                return True
            task = tasks.take(lambda task: self._can(task) and not refusal(drive, task.image))
            if task:
                tasks.stop_asking(self._node)
                return self._do(task)
        asked = tasks.ask(self._node, self._can)
        if asked:
            self._ask(drive, asked.image)
        return False

    def _ask(self, drive: Drive, image: DiscImage) -> None:
        """Say, once, what is wanted, and why what is there will not do."""
        request = f"{drive.name}: insert {fitting_blank(image)}, {image.words}"
        if drive.state in ("loaded", "busy"):
            if self._say(refusal(drive, image)) and drive.state == "loaded":
                self._job.tasks.stir()
                self._hand_out()
        elif drive.state != "loading":
            self._say(request)
        self._be_patient(request)

    def _say(self, words: str) -> bool:
        """Tell people, unless it is what they were told last; whether it was told."""
        new = words != self._said
        if new:
            self._said = words
            self._job.progress.note(words)
        return new

    def _be_patient(self, request: str) -> None:
        """Return while there is time left for somebody to do what is asked for.

        Raises:
            SpannerError: there is none.
        """
        job, wait = self._job, self._job.options.wait
        if wait is not None and job.tasks.idle() > wait:
            raise _no_disc_came(job.failure, request, wait)

    def _do(self, task: BurnTask) -> bool:
        """Burn the copy that a task is for; False: look again later."""
        job, image = self._job, task.image
        try:
            result = burn_copy(job, self._drive, image, task.copy)
        except BusyError as error:
            job.tasks.give_back(task)
            self._say(f"{self._drive.name}: {error}")
            self._be_patient(str(error))
            return False
        except (MediumError, RecordingError, ReadBackError) as error:
            job.tasks.give_back(task)
            self._failed(image, error)
            return True
        except BaseException:
            job.tasks.give_back(task)
            raise
        self._done(task, result)
        return True

    def _find_earlier(self) -> _EarlierCopy | None:
        """A copy that an earlier run burnt, not read back, and the task that it would do."""
        job = self._job
        with job.lock:
            for copy, image in job.unverified:
                if resuming.may_hold(job, self._drive, copy, image):
                    task = job.tasks.take(partial(_is_for, image))
                    if task:
                        job.unverified.remove((copy, image))
                        return copy, task
        return None

    def _check_earlier(self, copy: Copy, task: BurnTask) -> None:
        """Read back the copy that lies in the drive, for the task that it would do."""
        job, image = self._job, task.image
        job.progress.note(
            f"{image.volume_id} lies in {self._drive.name}, burnt before: it is read back"
        )
        try:
            result = resuming.check_earlier(job, self._drive, copy, task)
        except ReadBackError as error:
            job.tasks.give_back(task)
            self._failed(image, error)
            return
        except BaseException:
            job.tasks.give_back(task)
            raise
        self._done(task, result)

    def _done(self, task: BurnTask, result: BurnResult) -> None:
        """Note that a task is done, and let its disc out."""
        image = task.image
        self._failures = 0
        self._said = ""
        self._job.results.append(result)
        self._job.tasks.done(task)
        if result.simulated:
            self._job.progress.note(f"{image.volume_id}: the test run in {self._node} went well")
            return
        how = "burnt and read back" if result.verified else "burnt, not checked"
        self._hand_out()
        self._job.progress.note(f"{image.volume_id} is {how}: take it out of {self._drive.name}")

    def _failed(self, image: DiscImage, error: BurnError) -> None:
        """A disc is lost: its image is to be burnt on the next one, perhaps in another drive."""
        job, name = self._job, self._drive.name
        self._failures += 1
        self._said = ""
        job.tasks.stir()
        job.progress.note(f"{image.words} failed in {name}: {error}")
        kind = VerificationError if isinstance(error, ReadBackError) else DriveError
        job.failure = kind(
            f"{image.words} failed in {name}: {error}; "
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
        """Say that this drive does no more; the others go on."""
        job = self._job
        job.progress.note(f"{self._drive.name} is given up: {error}")
        job.failure = job.failure or DriveError(f"{self._drive.name}: {error}")


def _is_for(image: DiscImage, task: BurnTask) -> bool:
    return task.image == image


def _no_disc_came(failure: Exception | None, request: str, wait: float) -> SpannerError:
    words = f"no disc came within {wait:.0f} s ({request}); run the same command again to go on"
    if failure is None:
        return DriveError(words)
    kind = VerificationError if isinstance(failure, VerificationError) else DriveError
    return kind(f"{failure}; {words}")
