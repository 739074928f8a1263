"""What `plan` and `archive` have in common: from the sources to the plan."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from burners import Progress
from spanner.errors import UsageError
from spanner.incremental import IncrementalOptions, compare
from spanner.library import open_library
from spanner.library.snapshot import freeze
from spanner.model.plan import Plan
from spanner.model.tree import Skipped, Tree
from spanner.model.units import format_size
from spanner.planning.planner import PlanOptions, make_plan
from spanner.sources.collect import CollectOptions, collect
from spanner.sources.hashing import with_hashes
from spanner.sources.resolver import OUTSIDE
from spanner.wording import printable

_SHOWN = 20  # lines of a kind; the plan has all


def plan_sources(
    sources: Sequence[str],
    collecting: CollectOptions,
    wishes: PlanOptions,
    comparing: IncrementalOptions,
    library: str,
    progress: Progress,
) -> Plan:
    """Collect, compare, plan, and hash if asked; say what comes from outside and what is left out.

    `library` is the file of the library to compare with; it is opened where that is wished.

    Raises:
        NothingNewError: nothing is to be archived.
    """
    if comparing.by_hash and not comparing.new_only:
        raise UsageError("--by-hash says how --new-only compares: say both")
    tree = collect(sources, collecting, progress)
    for line in (*_outside(tree), *_skipped(tree.skipped)):
        progress.note(line)
    if comparing.needs_library or comparing.include_library:
        with open_library(library) as opened:
            archived = opened.complete_sets if comparing.needs_library else None
            tree = compare(tree, archived, comparing, progress)
            if comparing.include_library:
                tree = replace(tree, library=freeze(opened))
        for line in _compared(tree, comparing, library):
            progress.note(line)
    else:
        tree = compare(tree, None, comparing, progress)
    with progress.task("planning", unit="files"):
        plan = make_plan(tree, wishes, note=progress.note)
    return with_hashes(plan, progress, every=wishes.hash)


def _compared(tree: Tree, comparing: IncrementalOptions, library: str) -> Iterator[str]:
    """What comes of the comparison."""
    known = {each.id for each in tree.compared_sets}
    if comparing.new_only and not known:
        yield (
            f"{printable(library)} has no set of these sources with every disc read back: "
            "all of them is new"
        )
    if tree.base_files:
        size = format_size(sum(each.size for each in tree.base_files))
        used = {each.set_id for each in tree.base_files}
        named = [each for each in tree.base_sets if each.id in used]
        sets = ", ".join(f"{each.id[:8]} ({each.created[:10]})" for each in named)
        files = "1 file" if len(tree.base_files) == 1 else f"{len(tree.base_files):,} files"
        yield f"not archived again: {files}, {size}, on discs of set {sets}"


def _outside(tree: Tree) -> Iterator[str]:
    """What is archived from outside the sources, each file: nobody may learn of it too late."""
    sources = tuple(os.path.join(root.path, "") for root in tree.roots)
    places = {need.place for need in tree.references if need.status == OUTSIDE}
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
