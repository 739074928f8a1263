"""What `plan` and `archive` have in common: from the sources to the plan."""

from collections.abc import Sequence

from burners import Progress
from spanner.planning.plan import Plan
from spanner.planning.planner import Wishes, make_plan
from spanner.sources import scan
from spanner.sources.hashing import with_hashes
from spanner.units import printable


def plan_sources(
    sources: Sequence[str], wishes: Wishes, progress: Progress, *, follow: bool
) -> Plan:
    """Scan, plan, and hash if asked; say what was left out."""
    tree = scan(sources, follow=follow, progress=progress)
    for left in tree.left_out:
        progress.note(f"left out: {printable(left.path)} ({left.reason})")
    with progress.task("planning", unit="files"):
        plan = make_plan(tree, wishes, note=progress.note)
    return with_hashes(plan, progress) if wishes.hashed else plan
