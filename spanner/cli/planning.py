"""What `plan` and `archive` have in common: from the sources to the plan, and how it looks."""

from dataclasses import dataclass

from burners import Progress
from spanner.cli.output import print_lines, print_table
from spanner.media import parse_media
from spanner.planning.plan import Plan
from spanner.planning.planner import Wishes, make_plan
from spanner.sources import scan
from spanner.sources.hashing import with_hashes
from spanner.units import SECTOR, format_size, printable


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The options of a plan as they were given."""

    sources: list[str]
    media: str
    pack: str
    split: bool
    replicate: list[str]
    title: str
    hashed: bool
    follow: bool


def plan_sources(options: PlanOptions, progress: Progress) -> Plan:
    """Scan, plan, and hash if asked; say what was left out."""
    media = parse_media(options.media)
    tree = scan(options.sources, follow=options.follow, progress=progress)
    for left in tree.left_out:
        progress.note(f"left out: {printable(left.path)} ({left.reason})")
    wishes = Wishes(
        media,
        options.pack,
        options.split,
        tuple(options.replicate),
        options.hashed,
        options.title,
    )
    with progress.task("planning", unit="files"):
        plan = make_plan(tree, wishes, note=progress.note)
    return with_hashes(plan, progress) if options.hashed else plan


def describe(plan: Plan) -> None:
    """Print the discs of a plan."""
    print_lines(f"{plan.set.title}  (set {plan.set.id[:8]})", "")
    rows = []
    for disc in plan.discs:
        files, size = disc.payload
        fill = f"{disc.image_sectors / disc.capacity_sectors:.1%}"
        rows.append(
            (
                str(disc.number),
                disc.volume_id,
                disc.medium,
                str(files),
                format_size(size),
                fill,
                printable(disc.title),
            )
        )
    print_table(["Disc", "Volume ID", "Medium", " Files", " Size", " Full", "Title"], rows)
    total = sum(disc.image_sectors for disc in plan.discs) * SECTOR
    count = len(plan.discs)
    discs = "1 disc" if count == 1 else f"{count} discs"
    if plan.proven:
        claim = "fewer cannot hold it"
    else:
        claim = f"at least {plan.lower_bound} are needed by any division"
    print_lines("", f"{discs}, {format_size(total)}; {claim}")
