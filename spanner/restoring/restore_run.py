"""One run of a restore: what is there, then disc after disc, repaired and rebuilt ones at last."""

from collections.abc import Sequence
from dataclasses import replace

from burners.progress import Progress
from spanner.catalog import bag
from spanner.model.plan import DiscKey
from spanner.reading.ecc_repair import RepairedCopies
from spanner.restoring.disc_prompt import DiscPrompt
from spanner.restoring.disc_reader import DiscReader, DiscReading
from spanner.restoring.fewest_discs import fewest_discs
from spanner.restoring.links import LinkMaker
from spanner.restoring.opened_discs import OpenedDisc, hashes_of
from spanner.restoring.publisher import Publisher
from spanner.restoring.rebuilding import Rebuilder
from spanner.restoring.report import DiscRead, Remark, ReportBuilder
from spanner.restoring.restore_plan import RestorePlan
from spanner.restoring.target import Target
from spanner.restoring.target_room import check_room
from spanner.restoring.target_scan import TargetScan
from spanner.restoring.unrestored import report_unrestored


class RestoreRun:
    """From opened discs to files in the target. `whole`: all of the set is to be restored."""

    def __init__(
        self,
        opened: Sequence[OpenedDisc],
        plan: RestorePlan,
        target: Target,
        builder: ReportBuilder,
        progress: Progress,
        *,
        repaired: RepairedCopies,
        prompt: DiscPrompt | None,
        overwrite: bool,
        whole: bool,
    ) -> None:
        self._opened = opened
        self._plan = plan
        self._target = target
        self._builder = builder
        self._progress = progress
        self._repaired = repaired
        self._prompt = prompt
        self._whole = whole
        self._at_hand = {disc.key for disc in opened}  # and those that come into the drives
        self._scan = TargetScan(target, plan, builder, progress, overwrite)
        self._publisher = Publisher(self._scan, builder)
        self._reader = DiscReader(plan, target, self._scan, self._publisher, builder, progress)
        self.rebuilder = Rebuilder(opened)

    @property
    def made_up_for(self) -> bool:
        """All files are there, in a set whose parity makes up for damaged discs."""
        lost = self._scan.waiting or self._scan.unknown or self._plan.damaged
        return not lost and any(disc.parity for disc in self._plan.discs.values())

    @property
    def to_repair(self) -> set[DiscKey]:
        """The discs on which something was damaged, and those of the set that are not there.

        Of the latter only those that hold files.
        """
        own = self._plan.set_id
        data = {
            key for key, disc in self._plan.discs.items() if key.set_id == own and not disc.parity
        }
        return self._reader.damaged_discs | (data - self._at_hand)

    def run(self) -> None:
        """Restore all that can be, and report it, and what cannot be.

        Raises:
            DoesNotFitError: the target has too little room, as far as that is known beforehand.
            OSError: it ran out of room.
        """
        for path, reason in self._plan.refused.items():
            self._builder.fail(path, reason)
        for reason in self._plan.damaged:
            self._builder.report.damaged.append(Remark(bag.FILES, reason))
        for row in self._plan.directories:
            with self._builder.guarded(row.original):
                self._target.make_directory(row.original)
        self._scan.run()
        check_room(self._plan, self._scan, self._target, None if self._prompt else self._at_hand)
        with self._publisher:
            for disc in self._opened:
                self._note_state(disc, self._reader.read(disc))
            if self._prompt:
                self._read_at_drives(self._prompt)
            self._read_repaired()
            self._read_rebuilt()
        unlinked = LinkMaker(self._target, self._plan, self._builder, self._scan).run()
        report_unrestored(
            self._plan, self._scan, self._at_hand, self._reader.damage, unlinked, self._builder
        )
        for row in sorted(self._plan.directories, key=lambda row: -row.original.count("/")):
            with self._builder.guarded(row.original):
                self._target.finish_directory(row.original, row.mode, row.mtime_ns)

    def _note_state(self, disc: OpenedDisc, reading: DiscReading) -> None:
        """Note what a reading showed of the disc; of copies read as one it shows nothing."""
        if disc.merged or not reading.paths:
            return
        own = sum(
            disc.key in part.places
            for file in self._plan.files.values()
            if not file.link_to
            for part in file.parts.values()
        )
        all_read = self._whole and own == len(reading.paths) and not self._plan.refused
        sound = all_read and not any(map(self._builder.has_failed, reading.paths))
        if reading.problems or sound:
            seen = DiscRead(disc.source.path, *disc.key, tuple(reading.problems))
            self._builder.report.read.append(seen)

    def _read_at_drives(self, prompt: DiscPrompt) -> None:
        """Ask for the discs that are still needed, and read each when it comes into a drive."""
        prompt.release(self._opened)
        for disc in prompt.discs(self._plan.discs, self._needed):
            self._at_hand.add(disc.key)
            self._plan.learn(disc.key, hashes_of(disc.source))
            self._scan.look_again()
            self._note_state(disc, self._reader.read(disc))

    def _needed(self) -> list[DiscKey]:
        """Discs, as few as can be, that have all that waits or cannot be compared yet."""
        parts = (*self._scan.waiting_parts(), *self._scan.unknown_parts())
        return fewest_discs([set(part.places) for part in parts])

    def _read_repaired(self) -> None:
        """Write what was damaged on all discs as the error correction of one restores it."""
        files = self._plan.files
        for disc in self._opened:
            damage = self._reader.damage
            if any(disc.key in files[path].parts[number].places for path, number in damage):
                copy = self._repaired.of(disc.source.path)
                if copy and copy is not disc.source and not disc.merged:
                    self._reader.read(replace(disc, source=copy))

    def _read_rebuilt(self) -> None:
        """Write what still waits as parity restores it."""
        for key in sorted(self._waited_for()):
            name = self._plan.discs[key].volume_id
            for source in self.rebuilder.discs(key):
                if key not in self._waited_for():
                    break
                self._progress.note(f"{name}: rebuilding what is lost or damaged from parity")
                rebuilt = OpenedDisc(source=source, key=key)
                self._reader.read(rebuilt, at_hand=key in self._at_hand)

    def _waited_for(self) -> set[DiscKey]:
        """The discs on which parts lie that are still to be written."""
        return {disc for part in self._scan.waiting_parts() for disc in part.places}
