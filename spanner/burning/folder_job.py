"""Makes a set's images in a folder, one after another, reads each back, records what is right."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from burners import BurnError, FolderDrive, GrownImage, Image, Progress, TargetFullError, silent
from spanner.assembly import assemble
from spanner.burning.burn_result import BurnResult
from spanner.ecc import dvdisaster
from spanner.errors import DoesNotFitError, DriveError, UsageError, VerificationError
from spanner.library import FILE, WRITE, CheckResult, Library
from spanner.model.plan import Disc, Plan
from spanner.model.units import SECTOR
from spanner.reading.verify import verify
from spanner.wording import printable


@dataclass(frozen=True, slots=True)
class FolderJob:
    """Where images go and who hears of it. `confirm` is asked before a file is replaced."""

    drive: FolderDrive
    library: Library
    confirm: Callable[[str], bool]
    progress: Progress = silent

    def run(self, plan: Plan) -> list[BurnResult]:
        """Write all discs of the plan that are not there yet.

        Raises:
            DoesNotFitError: the folder has no room.
            SourceError: a source is missing or changed.
            VerificationError: what was read back is not what was written.
            DriveError: the drive refused.
            UsageError: another file is in the way and may not be replaced, or a program is missing.
        """
        if plan.ecc:
            dvdisaster.need()
        done: dict[int, BurnResult] = {}
        try:
            for disc in plan.discs:
                there = self._already_there(plan, disc)
                if there:
                    done[disc.number] = there
            missing = [disc for disc in plan.discs if disc.number not in done]
            self.drive.check_room(sum(disc.image_sectors for disc in missing) * SECTOR)
            for disc in missing:
                done[disc.number] = self._write(plan, disc)
        except TargetFullError as error:
            raise DoesNotFitError(str(error)) from error
        except BurnError as error:
            raise DriveError(str(error)) from error
        return [done[disc.number] for disc in plan.discs]

    def _already_there(self, plan: Plan, disc: Disc) -> BurnResult | None:
        """The disc's image as an earlier run left it, if it still is what was written then."""
        image = Image(disc.volume_id, disc.image_sectors, lambda: iter(()))
        path = self.drive.find(image)
        if path is None:
            return None
        known = self.library.image_hash(plan.set.id, disc.number)
        if known:
            right = self._read_back(image, plan, disc) == known
            hashes: Iterable[tuple[str, int, str]] = ()
        else:  # stopped between its name and its record
            result = verify(path, self.progress)
            right = result.is_disc(plan.set.id, disc.number)
            known, hashes = result.sha256, result.hashes()
        if right:
            self.progress.note(f"{disc.volume_id}: already there and right")
            self.library.add_image(plan.set.id, disc.number, path, known, hashes)
            return _result(disc, known, path)
        self._found_bad(plan, disc, path, "it is not this disc")
        if not self.confirm(f"{printable(path)} exists and is not this disc. Replace it?"):
            raise UsageError(
                f"{printable(path)} exists and is not this disc: "
                f"choose another folder, or replace it with --yes"
            )
        return None

    def _write(self, plan: Plan, disc: Disc) -> BurnResult:
        what = f"{disc.volume_id} ({disc.number} of {len(plan.discs)})"
        with self.progress.task(f"laying out {what}", unit="files"):
            prepared = assemble(plan, disc)
        image = prepared.image
        with self.progress.task(f"writing {what}", image.sectors * SECTOR):
            burnt = self.drive.burn(image, self.progress)
        if self._read_back(image, plan, disc) != burnt.sha256:
            self.drive.reject(image)
            self._found_bad(plan, disc, burnt.place, "what was read back is not what was written")
            raise VerificationError(
                f"{printable(burnt.place)}: what was read back is not what was written; "
                f"it is now called .bad. Check the drive and run the same command again"
            )
        self.library.add_image(
            plan.set.id, disc.number, burnt.place, burnt.sha256, prepared.hashes()
        )
        return _result(disc, burnt.sha256, burnt.place)

    def _found_bad(self, plan: Plan, disc: Disc, path: str, problem: str) -> None:
        self.library.checks.add(
            CheckResult(
                set_id=plan.set.id,
                disc=disc.number,
                place=path,
                kind=FILE,
                how=WRITE,
                problems=(problem,),
            )
        )

    def _read_back(self, image: Image | GrownImage, plan: Plan, disc: Disc) -> str:
        what = f"reading back {disc.volume_id} ({disc.number} of {len(plan.discs)})"
        with self.progress.task(what, image.sectors * SECTOR):
            return self.drive.read_back(image, self.progress)


def _result(disc: Disc, sha256: str, file: str) -> BurnResult:
    return BurnResult(
        number=disc.number,
        volume_id=disc.volume_id,
        sha256=sha256,
        sectors=disc.image_sectors,
        verified=True,
        file=file,
    )
