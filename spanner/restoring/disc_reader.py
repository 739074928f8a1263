"""Copies from a disc to the target what waits for that disc, each part checked by its hash."""

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, field

from burners.progress import Progress
from spanner.errors import DamagedImageError
from spanner.model.plan import DiscKey
from spanner.restoring.opened_discs import OpenedDisc
from spanner.restoring.partial_file import PartialFile
from spanner.restoring.publisher import Publisher
from spanner.restoring.report import ReportBuilder
from spanner.restoring.restore_plan import FilePart, PlannedFile, RestorePlan
from spanner.restoring.target import Target
from spanner.restoring.target_scan import TargetScan
from spanner.wording import printable


@dataclass(frozen=True, slots=True)
class DiscReading:
    """Which files were read from a disc, and what was found bad on it."""

    paths: list[str]
    problems: list[str] = field(default_factory=list)


class DiscReader:
    """Reads the discs of one restore, one after another.

    `damage` says what was wrong, by path and part, where no other disc made up for it so far;
    `damaged_discs` are those on which anything was.
    """

    def __init__(
        self,
        plan: RestorePlan,
        target: Target,
        scan: TargetScan,
        publisher: Publisher,
        builder: ReportBuilder,
        progress: Progress,
    ) -> None:
        self.damage: dict[tuple[str, int], str] = {}
        self.damaged_discs: set[DiscKey] = set()
        self._plan = plan
        self._target = target
        self._scan = scan
        self._publisher = publisher
        self._builder = builder
        self._progress = progress

    def read(self, disc: OpenedDisc, *, at_hand: bool = True) -> DiscReading:
        """Write what waits for this disc, in the order of its data.

        What is wrong on a disc that is not `at_hand`, but made from others, is not held against it.

        Raises:
            OSError: the target has no room.
        """
        mine = [
            (file, number)
            for file in self._plan.files.values()
            for number in sorted(self._scan.waiting.get(file.path, ()))
            if disc.key in file.parts[number].places
        ]
        reading = DiscReading([file.path for file, _ in mine])
        total = sum(file.parts[number].size for file, number in mine)
        known = self._plan.discs[disc.key]
        what = f"restoring {known.volume_id} ({known.number} of {known.count})"
        with self._progress.task(what, total):
            for file, number in mine:
                with self._builder.guarded(file.path):
                    try:
                        self._write(disc, file, number)
                    except DamagedImageError as error:
                        reading.problems.append(str(error))
                        if at_hand:
                            self.damaged_discs.add(disc.key)
                            self.damage[file.path, number] = str(error)
            self._publisher.finish()
        return reading

    def _write(self, disc: OpenedDisc, file: PlannedFile, number: int) -> None:
        """Write a part of the file; with its last, the file gets its name.

        Raises:
            DamagedImageError: the part cannot be read, or is not what its hash says.
        """
        waiting = self._scan.waiting[file.path]
        with ExitStack() as stack:
            partial = stack.enter_context(
                self._target.partial(file.path, fresh=len(waiting) == file.count)
            )
            self._copy(disc, file.parts[number], partial)
            damage = self.damage.pop((file.path, number), "")
            if damage:
                self._progress.note(f"{damage}; {disc.source.name} had it whole")
            left = waiting - {number}
            if left:
                written = file.parts.keys() - left
                hashes = {index: file.parts[index].sha256 for index in sorted(written)}
                partial.note(file.size, self._plan.set_id, hashes)
                waiting.discard(number)
                return
            del self._scan.waiting[file.path]
            self._publisher.publish(file, partial, stack.pop_all())

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
