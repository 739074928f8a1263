"""The restore: from discs in any order to verified files, going on where an earlier run stopped."""

import errno
import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from burners.progress import Progress
from spanner.catalog import bag
from spanner.errors import DamagedImageError, DoesNotFitError, UsageError
from spanner.model.plan import DiscKey
from spanner.model.units import format_size
from spanner.reading.discs import expand
from spanner.reading.ecc_repair import RepairedCopies
from spanner.restoring import original_places
from spanner.restoring.disc_prompt import DiscPrompt, fewest
from spanner.restoring.image_repair import ImageRepair
from spanner.restoring.links import LinkMaker
from spanner.restoring.opened import OpenedDisc, hashes_of, open_discs
from spanner.restoring.partial_file import PartialFile
from spanner.restoring.rebuilding import Rebuilder
from spanner.restoring.report import DiscRead, Remark, ReportBuilder, RestoreReport
from spanner.restoring.restore_plan import FilePart, PlannedFile, RestorePlan, wanted_from
from spanner.restoring.target import Target, room
from spanner.restoring.target_scan import TargetScan
from spanner.restoring.unrestored import Unrestored
from spanner.wording import printable

_FLUSHERS = 8  # threads: many small files flushed one after another would take minutes
_MOST_FLUSHED = 32  # files at once


def restore(
    paths: Sequence[str],
    folder: str,
    progress: Progress,
    *,
    only: Sequence[str] = (),
    set_words: str = "",
    as_of: str = "",
    overwrite: bool = False,
    scratch: str = "",
    allow_elsewhere: Callable[[Sequence[str]], bool] | None = None,
    repair_to: str = "",
    asking: DiscPrompt | None = None,
) -> RestoreReport:
    """Restore from images, drives and folders to `folder`/SESSION/...

    Of the discs of several sets of a session the newest gives the state, with `as_of` (a date or
    time, UTC) the newest of then; the others give what did not change since.

    With `allow_elsewhere` media from outside a session go where they were, if it agrees to the
    folders. Images of lost or damaged discs are written to `repair_to`, as far as parity and other
    copies make up for them. With `asking`, discs that are needed and were not given are asked for.
    Damaged discs are repaired by their error correction too, on copies in the folder `scratch` or
    where temporary files lie.

    Raises:
        UsageError: the discs are of several sessions, or there are none.
        DamagedImageError: no disc's catalog can be read.
        DoesNotFitError: the target has no room.
    """
    outcome = ReportBuilder()
    with ExitStack() as stack:
        repairs = RepairedCopies(stack, scratch, progress)
        if asking and not paths:
            given = asking.first(stack, set_words, as_of)
        else:
            given = open_discs(
                stack, expand(paths), set_words, outcome.report.damaged, as_of, repairs
            )
        wanted = wanted_from([disc.catalog for disc in given if disc.catalog], only)
        if only and not wanted:
            raise UsageError(f"nothing in the set matches {' '.join(map(printable, only))}")
        for disc in given:
            wanted.learn(disc.key, disc.hashes)
        elsewhere: dict[str, str] = {}
        if allow_elsewhere:
            elsewhere = original_places.original_folders(given, wanted, progress)
            if elsewhere and not allow_elsewhere(sorted(set(elsewhere.values()))):
                raise UsageError(
                    "nothing was restored: writing outside the target needs a yes, or --yes"
                )
            outcome.report.original_places = elsewhere
        with _no_room(folder):
            target = stack.enter_context(Target(folder, wanted.names, elsewhere))
            survey = TargetScan(target, wanted, outcome, progress, overwrite)
            run = _Restore(
                target, given, wanted, outcome, progress, survey, repairs, asking, whole=not only
            )
            run.run()
        if run.made_up_for:
            outcome.report.forgive()
        if repair_to:
            repair = ImageRepair(run.rebuilder, repairs, given, repair_to, progress)
            outcome.report.repaired = repair.images(run.hit | run.absent)
    return outcome.report


@contextmanager
def _no_room(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DoesNotFitError(
                f"{printable(folder)} is full: make room and run the same command again"
            ) from error
        raise


class _Restore:
    """One run."""

    def __init__(
        self,
        target: Target,
        given: Sequence[OpenedDisc],
        wanted: RestorePlan,
        outcome: ReportBuilder,
        progress: Progress,
        survey: TargetScan,
        repairs: RepairedCopies,
        asking: DiscPrompt | None,
        *,
        whole: bool,
    ) -> None:
        self._target = target
        self._given = given
        self._discs = {disc.key for disc in given}
        self._wanted = wanted
        self._outcome = outcome
        self._report = outcome.report
        self._progress = progress
        self._survey = survey
        self._repairs = repairs
        self._asking = asking
        self._whole = whole  # all of the set is wanted
        self._bad: list[str] = []  # what was wrong on the disc that is read
        self._damage: dict[tuple[str, int], str] = {}  # path and part → what was wrong with it
        self._flushed: deque[tuple[str, Future[None]]] = deque()
        self.rebuilder = Rebuilder(given)
        self.hit: set[DiscKey] = set()
        """Discs on which something was damaged."""

    @property
    def made_up_for(self) -> bool:
        """All that is wanted is there, in a set whose parity makes up for damaged discs."""
        lost = self._survey.waiting or self._survey.unknown or self._wanted.damaged
        return not lost and any(disc.parity for disc in self._wanted.discs.values())

    @property
    def absent(self) -> set[DiscKey]:
        """Discs of the set with files that were not given."""
        own = self._wanted.set_id
        data = {
            key for key, disc in self._wanted.discs.items() if key.set_id == own and not disc.parity
        }
        return data - self._discs

    def run(self) -> None:
        """Do it all."""
        for path, reason in self._wanted.refused.items():
            self._outcome.fail(path, reason)
        for reason in self._wanted.damaged:
            self._report.damaged.append(Remark(bag.FILES, reason))
        for row in self._wanted.directories:
            with self._outcome.guarded(row.original):
                self._target.make_directory(row.original)
        self._survey.run()
        self._check_room()
        with ThreadPoolExecutor(_FLUSHERS) as pool:
            for disc in self._given:
                self._judge(disc, self._read(disc, pool))
            if self._asking:
                self._ask(self._asking, pool)
            self._read_repaired(pool)
            self._rebuild(pool)
        unlinked = LinkMaker(self._target, self._wanted, self._outcome, self._survey).run()
        rest = Unrestored(self._wanted, self._outcome, self._survey, self._discs)
        rest.report(self._damage, unlinked)
        for row in sorted(self._wanted.directories, key=lambda row: -row.original.count("/")):
            with self._outcome.guarded(row.original):
                self._target.finish_directory(row.original, row.mode, row.mtime_ns)

    def _check_room(self) -> None:
        sizes: dict[str, int] = {}
        for path, numbers in self._survey.waiting.items():
            parts = (self._wanted.files[path].parts[number] for number in numbers)
            size = sum(
                part.size for part in parts if self._asking or self._discs & part.places.keys()
            )
            folder = self._target.folder_of(path)
            sizes[folder] = sizes.get(folder, 0) + size
        needed: dict[int, int] = {}
        for folder, size in sizes.items():
            device, free = room(folder)
            needed[device] = needed.get(device, 0) + size
            if needed[device] > free:
                raise DoesNotFitError(
                    f"{printable(folder)} has {format_size(free)} free, "
                    f"{format_size(needed[device])} are needed: make room or choose another folder"
                )

    def _read_repaired(self, pool: ThreadPoolExecutor) -> None:
        """Write what is damaged on all discs as the error correction of one has it."""
        files = self._wanted.files
        for disc in self._given:
            if any(disc.key in files[path].parts[part].places for path, part in self._damage):
                mended = self._repairs.of(disc.source.path)
                if mended and mended is not disc.source and not disc.merged:
                    self._read(replace(disc, source=mended), pool)

    def _read(self, disc: OpenedDisc, pool: ThreadPoolExecutor) -> list[str]:
        """Write what waits for this disc, in the order of its data; the files that were read."""
        self._bad = []
        mine = [
            (file, number)
            for file in self._wanted.files.values()
            for number in sorted(self._survey.waiting.get(file.path, ()))
            if disc.key in file.parts[number].places
        ]
        total = sum(file.parts[number].size for file, number in mine)
        known = self._wanted.discs[disc.key]
        what = f"restoring {known.volume_id} ({known.number} of {known.count})"
        with self._progress.task(what, total):
            for file, number in mine:
                with self._outcome.guarded(file.path):
                    self._write(disc, file, number, pool)
                self._settle(_MOST_FLUSHED)
            self._settle(0)
        return [file.path for file, _ in mine]

    def _judge(self, disc: OpenedDisc, read: Sequence[str]) -> None:
        """Note what reading these files showed of the disc; several as one show nothing of each."""
        if disc.merged or not read:
            return
        own = sum(
            disc.key in part.places
            for file in self._wanted.files.values()
            if not file.link_to
            for part in file.parts.values()
        )
        whole = self._whole and own == len(read) and not self._wanted.refused
        if self._bad or (whole and not any(map(self._outcome.has_failed, read))):
            seen = DiscRead(disc.source.path, *disc.key, tuple(self._bad))
            self._report.read.append(seen)

    def _ask(self, asking: DiscPrompt, pool: ThreadPoolExecutor) -> None:
        """Read discs that were not given as they come into the drives."""
        asking.release(self._given)
        for disc in asking.discs(self._wanted.discs, self._needed):
            self._discs.add(disc.key)
            self._wanted.learn(disc.key, hashes_of(disc.source))
            self._survey.look_again()
            self._judge(disc, self._read(disc, pool))

    def _needed(self) -> list[DiscKey]:
        """Discs, as few as can be, that have all that waits or cannot be compared yet."""
        files = self._wanted.files
        waiting = [
            set(files[path].parts[number].places)
            for path, numbers in self._survey.waiting.items()
            if not self._outcome.has_failed(path)
            for number in numbers
        ]
        unknown = [
            set(part.places)
            for path in self._survey.unknown
            for part in files[path].parts.values()
            if not part.sha256
        ]
        return fewest([*waiting, *unknown])

    def _rebuild(self, pool: ThreadPoolExecutor) -> None:
        """Read what still waits from discs that parity makes up for."""
        for key in sorted(self._waited_for()):
            name = self._wanted.discs[key].volume_id
            for source in self.rebuilder.discs(key):
                if key not in self._waited_for():
                    break
                self._progress.note(f"{name}: rebuilding what is lost or damaged from parity")
                self._read(OpenedDisc(source=source, key=key), pool)

    def _waited_for(self) -> set[DiscKey]:
        """The discs on which parts lie that are still to be written."""
        return {
            disc
            for path, numbers in self._survey.waiting.items()
            if not self._outcome.has_failed(path)
            for number in numbers
            for disc in self._wanted.files[path].parts[number].places
        }

    def _write(
        self, disc: OpenedDisc, file: PlannedFile, number: int, pool: ThreadPoolExecutor
    ) -> None:
        """Write a part of the file; with its last, the file gets its name."""
        waiting = self._survey.waiting[file.path]
        with ExitStack() as stack:
            partial = stack.enter_context(
                self._target.partial(file.path, fresh=len(waiting) == file.count)
            )
            try:
                self._copy(disc, file.parts[number], partial)
            except DamagedImageError as error:
                if disc.key in self._discs:
                    self.hit.add(disc.key)
                    self._damage[file.path, number] = str(error)
                self._bad.append(str(error))
                return
            damage = self._damage.pop((file.path, number), "")
            if damage:
                self._progress.note(f"{damage}; {disc.source.name} had it whole")
            left = waiting - {number}
            if left:
                written = file.parts.keys() - left
                hashes = {index: file.parts[index].sha256 for index in sorted(written)}
                partial.note(file.size, self._wanted.set_id, hashes)
                waiting.discard(number)
                return
            del self._survey.waiting[file.path]
            publish = pool.submit(_publish, stack.pop_all(), partial, file)
            self._flushed.append((file.path, publish))

    def _copy(self, disc: OpenedDisc, part: FilePart, partial: PartialFile) -> None:
        digest = hashlib.sha256()
        position = part.offset
        for chunk in disc.source.chunks(part.places[disc.key], part.size):
            digest.update(chunk)
            partial.write(chunk, position)
            position += len(chunk)
            self._progress.advance(len(chunk))
        if digest.hexdigest() != part.sha256:
            path = printable(part.places[disc.key])
            what = "is damaged" if part.sha256 else "cannot be checked, its hash is lost"
            raise DamagedImageError(f"{disc.source.name}: {path} {what}")

    def _settle(self, most: int) -> None:
        """Wait until at most so many files are being flushed."""
        while len(self._flushed) > most:
            path, publish = self._flushed.popleft()
            with self._outcome.guarded(path):
                publish.result()
                self._report.restored.append(path)
                self._survey.there.add(path)


def _publish(held: ExitStack, partial: PartialFile, file: PlannedFile) -> None:
    with held:
        partial.publish(file.size, file.mode, file.mtime_ns)
