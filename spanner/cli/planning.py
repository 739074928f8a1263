"""What `plan` and `archive` have in common: from the sources to the plan."""

import os
from collections.abc import Iterator, Sequence

from burners import Progress
from spanner.planning.plan import Plan
from spanner.planning.planner import Wishes, make_plan
from spanner.sources.collect import Collecting, collect
from spanner.sources.gather import OUTSIDE
from spanner.sources.hashing import with_hashes
from spanner.sources.tree import LeftOut, Tree
from spanner.units import printable

_SHOWN = 20  # lines of a kind; the plan has all


def plan_sources(
    sources: Sequence[str], collecting: Collecting, wishes: Wishes, progress: Progress
) -> Plan:
    """Collect, plan, and hash if asked; say what comes from outside, and what was left out."""
    tree = collect(sources, collecting, progress)
    for line in (*_outside(tree), *_left_out(tree.left_out)):
        progress.note(line)
    with progress.task("planning", unit="files"):
        plan = make_plan(tree, wishes, note=progress.note)
    return with_hashes(plan, progress) if wishes.hashed else plan


def _outside(tree: Tree) -> Iterator[str]:
    """What is archived from outside the sources, each file: nobody may learn of it too late."""
    sources = tuple(os.path.join(root.path, "") for root in tree.roots)
    places = {need.place for need in tree.needs if need.status == OUTSIDE}
    for place in sorted(places):
        if not place.startswith(sources):
            yield f"from outside: {printable(place)}"


def _left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for each in left_out:
        by_reason.setdefault(each.reason, []).append(each.path)
    for reason, paths in by_reason.items():
        for path in paths[:_SHOWN]:
            yield f"left out: {printable(path)} ({reason})"
        if len(paths) > _SHOWN:
            yield f"left out: {len(paths) - _SHOWN} more ({reason}), the plan has all"
