"""From discs in any order to verified files, going on where an earlier restore stopped."""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from burners.progress import Progress, silent
from spanner.errors import DoesNotFitError, UsageError
from spanner.reading.discs import expand
from spanner.reading.ecc_repair import RepairedCopies
from spanner.restoring.disc_prompt import DiscPrompt
from spanner.restoring.image_repair import ImageRepair
from spanner.restoring.opened_discs import OpenedDisc, open_discs
from spanner.restoring.original_places import original_folders
from spanner.restoring.report import ReportBuilder, RestoreReport
from spanner.restoring.restore_plan import RestorePlan
from spanner.restoring.restore_planner import plan_restore
from spanner.restoring.restore_run import RestoreRun
from spanner.restoring.target import Target
from spanner.wording import printable


def restore(
    sources: Sequence[str],
    to: str,
    progress: Progress = silent,
    *,
    only: Sequence[str] = (),
    set_words: str = "",
    as_of: str = "",
    overwrite: bool = False,
    scratch: str = "",
    original_places: Callable[[Sequence[str]], bool] | None = None,
    repair_to: str = "",
    prompt: DiscPrompt | None = None,
) -> RestoreReport:
    """Restore from images, drives and folders to the folder `to`, as `to`/SESSION/...

    `only`: globs of the paths or names to restore, none: all. Files that differ from those of the
    set are left as they are, unless told to `overwrite` them.

    Of the discs of several sets of a session the newest gives the state, with `as_of` (a date or
    time, UTC) the newest of then; the others give what did not change since. `set_words`, a set's
    id or its title, chooses among sets that have nothing to do with each other.

    With `original_places` media from outside a session go where they were, if it agrees to the
    folders. Images of lost or damaged discs are written to `repair_to`, as far as parity and other
    copies make up for them. With a `prompt`, discs that are needed and are not among the sources
    are asked for. Damaged discs are repaired by their error correction too, on copies in the folder
    `scratch` or where temporary files lie.

    Raises:
        UsageError: the discs are of several sessions, or there are none; nothing matches `only`; or
            `original_places` does not agree.
        DriveError: a drive has no disc, or none came into it.
        DamagedImageError: no disc's catalog can be read.
        DoesNotFitError: the target has no room.
    """
    builder = ReportBuilder()
    with ExitStack() as stack:
        repaired = RepairedCopies(stack, scratch, progress)
        if prompt and not sources:
            opened = prompt.first(stack, set_words, as_of)
        else:
            damaged = builder.report.damaged
            opened = open_discs(stack, expand(sources), set_words, damaged, as_of, repaired)
        plan = _planned(opened, only)
        if original_places:
            places = original_folders(opened, plan, progress)
            if places and not original_places(sorted(set(places.values()))):
                raise UsageError(
                    "nothing was restored: writing outside the target needs a yes, or --yes"
                )
            builder.report.original_places = places
        with _no_room(to):
            elsewhere = builder.report.original_places
            run = RestoreRun(
                opened,
                plan,
                stack.enter_context(Target(to, plan.taken_names, elsewhere)),
                builder,
                progress,
                repaired=repaired,
                prompt=prompt,
                overwrite=overwrite,
                whole=not only,
            )
            run.run()
        if run.made_up_for:
            builder.report.forgive()
        if repair_to:
            repair = ImageRepair(run.rebuilder, repaired, opened, repair_to, progress)
            builder.report.repaired = repair.images(run.to_repair)
    return builder.report


def _planned(opened: Sequence[OpenedDisc], only: Sequence[str]) -> RestorePlan:
    """The plan that the discs' catalogs and manifests make.

    Raises:
        UsageError: nothing in it matches `only`.
        DamagedImageError: no catalog can be read to its end.
    """
    plan = plan_restore([disc.catalog for disc in opened if disc.catalog], only)
    if only and not plan:
        raise UsageError(f"nothing in the set matches {' '.join(map(printable, only))}")
    for disc in opened:
        plan.learn(disc.key, disc.hashes)
    return plan


@contextmanager
def _no_room(folder: str) -> Iterator[None]:
    """A block that writes to the folder: that it is full is a DoesNotFitError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DoesNotFitError(
                f"{printable(folder)} is full: make room and run the same command again"
            ) from error
        raise
