"""The way from sources to discs: collect, compare, plan, hash; then write images or burn."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from burners import FolderDrive, NoDriveError
from burners.drives import Drive, drives, look
from burners.program_choice import PROGRAM_NAMES
from burners.progress import Progress
from spanner.burning.blanks import can_write
from spanner.burning.burn_job import BurnOptions
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage, images_in_files, images_of_plan
from spanner.burning.drive_job import burn_all
from spanner.burning.folder_job import FolderJob
from spanner.errors import DriveError, UsageError
from spanner.incremental import IncrementalOptions, compare
from spanner.library import Library, open_library
from spanner.library.snapshot import freeze
from spanner.model.plan import Plan
from spanner.model.tree import OUTSIDE, Skipped, Tree
from spanner.model.units import format_size
from spanner.planning.planner import PlanOptions, make_plan
from spanner.reading.discs import expand
from spanner.sources.collect import CollectOptions, collect
from spanner.sources.hashing import with_hashes
from spanner.wording import printable

_SHOWN = 20  # lines of a kind; the plan has all


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """The plan that was carried out, perhaps of a set that was begun before, and its discs."""

    plan: Plan
    discs: list[BurnResult]


def plan_sources(
    sources: Sequence[str],
    options: PlanOptions,
    *,
    collecting: CollectOptions,
    incremental: IncrementalOptions,
    library: str,
    progress: Progress,
) -> Plan:
    """Plan what the sources hold and their sessions need, with hashes if asked for.

    What comes from outside, is left out or is not archived again is noted. `library` is the file
    of the library to compare with; it is opened where `incremental` needs it.

    Raises:
        NothingNewError: nothing is to be archived.
        UsageError, DoesNotFitError, SourceError: as `collect`, `compare` and `make_plan`.
    """
    if incremental.by_hash and not incremental.new_only:
        raise UsageError("--by-hash says how --new-only compares: say both")
    tree = collect(sources, collecting, progress)
    for line in (*_outside(tree), *_skipped(tree.skipped)):
        progress.note(line)
    return plan_tree(_compared(tree, incremental, library, progress), options, progress)


def plan_tree(tree: Tree, options: PlanOptions, progress: Progress) -> Plan:
    """Plan what was collected; sources are read only where hashes are wanted.

    Raises:
        UsageError, DoesNotFitError: as `make_plan`.
        SourceError: as `with_hashes`.
    """
    with progress.task("planning", unit="files"):
        plan = make_plan(tree, options, note=progress.note)
    return with_hashes(plan, progress, every=options.hash)


def carry_out(
    plan: Plan,
    library: Library,
    progress: Progress,
    *,
    to: str = "",
    drives: Sequence[str] = (),
    burning: BurnOptions | None = None,
    confirm: Callable[[str], bool] = lambda _: False,
    adopt: bool = False,
) -> ArchiveResult:
    """Write the plan's images to the folder `to`, or burn its discs; read back, and record.

    What is there stays, so a run that was stopped goes on. With `adopt` that holds for a plan
    that was made anew: the set that has the same discs takes its place. `confirm` is asked before
    a file is replaced.

    Raises:
        SpannerError: as `FolderJob.run` and `burn_all`.
    """
    if adopt:
        plan = library.adopt(plan)
    else:
        library.add(plan)
    if to:
        discs = FolderJob(FolderDrive(to), library, confirm, progress).run(plan)
    else:
        images = images_of_plan(plan)
        discs = _burn(images, drives, burning or BurnOptions(), library, progress)
    return ArchiveResult(plan, discs)


def burn_files(
    paths: Sequence[str],
    library: Library,
    progress: Progress,
    *,
    drives: Sequence[str] = (),
    burning: BurnOptions | None = None,
) -> list[BurnResult]:
    """Burn images that lie in files, or in folders; read the discs back, and record.

    Raises:
        UsageError: one is no image.
        SpannerError: as `burn_all`.
    """
    images = images_in_files(expand(paths), library)
    return _burn(images, drives, burning or BurnOptions(), library, progress)


def _burn(
    images: Sequence[DiscImage],
    drives: Sequence[str],
    options: BurnOptions,
    library: Library,
    progress: Progress,
) -> list[BurnResult]:
    """Burn the images as often as wanted, on these drives or, without any, on all that can."""
    if options.program not in ("", *PROGRAM_NAMES):
        raise UsageError(f"--program {options.program!r}: say {', '.join(PROGRAM_NAMES)}")
    if options.speed is not None and not 0 < options.speed < 1000:
        raise UsageError(f"--speed {options.speed:g}: say a multiple of the disc's 1×, such as 4")
    return burn_all(images, _chosen_drives(drives, images), options, library, progress)


def _chosen_drives(nodes: Sequence[str], images: Sequence[DiscImage]) -> list[Drive]:
    try:
        if nodes:
            found = [look(node) for node in nodes]
            return list({drive.node: drive for drive in found}.values())
        return [each for each in drives() if any(can_write(each, image) for image in images)]
    except NoDriveError as error:
        raise DriveError(str(error)) from error


def _compared(tree: Tree, options: IncrementalOptions, library: str, progress: Progress) -> Tree:
    """The tree without what need not be archived again, which is noted."""
    if not (options.needs_library or options.include_library):
        return compare(tree, None, options, progress)
    with open_library(library) as opened:
        complete = opened.complete_sets if options.needs_library else None
        tree = compare(tree, complete, options, progress)
        if options.include_library:
            tree = replace(tree, library=freeze(opened))
    for line in _base(tree, options, library):
        progress.note(line)
    return tree


def _base(tree: Tree, options: IncrementalOptions, library: str) -> Iterator[str]:
    """What comes of the comparison."""
    known = {each.id for each in tree.compared_sets}
    if options.new_only and not known:
        yield (
            f"{printable(library)} has no set of these sources with every disc read back: "
            "all of them is new"
        )
    if tree.base_files:
        size = format_size(sum(each.size for each in tree.base_files))
        used = {each.set_id for each in tree.base_files}
        named = [each for each in tree.base_sets if each.id in used]
        sets = ", ".join(f"{each.id[:8]} ({each.created[:10]})" for each in named)
        count = len(tree.base_files)
        files = "1 file" if count == 1 else f"{count:,} files"
        yield f"not archived again: {files}, {size}, on discs of set {sets}"


def _outside(tree: Tree) -> Iterator[str]:
    """What is archived from outside the sources, each file: nobody may learn of it too late."""
    sources = tuple(os.path.join(root.path, "") for root in tree.roots)
    places = {each.place for each in tree.references if each.status == OUTSIDE}
    for place in sorted(places):
        if not place.startswith(sources):
            yield f"from outside: {printable(place)}"


def _skipped(skipped: Sequence[Skipped]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for each in skipped:
        by_reason.setdefault(each.reason, []).append(each.path)
    for reason, paths in by_reason.items():
        for path in paths[:_SHOWN]:
            yield f"left out: {printable(path)} ({reason})"
        if len(paths) > _SHOWN:
            yield f"left out: {len(paths) - _SHOWN} more ({reason}), the plan has all"
