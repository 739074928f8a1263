"""`spanner archive`: plan, write, verify, record."""

from spanner.cli import options as o
from spanner.cli.planning import PlanOptions, plan_sources
from spanner.cli.progress import TerminalProgress
from spanner.cli.writing import write_set


def command(
    sources: o.SourcesArgument,
    media: o.MediaOption,
    to: o.ToFolderOption,
    pack: o.PackOption = "letters",
    split: o.SplitOption = True,
    replicate: o.ReplicateOption = None,
    title: o.TitleOption = "",
    hashed: o.HashOption = False,
    follow: o.FollowOption = False,
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Plan, write, read back and record a set; run again, it goes on where it stopped."""
    progress = TerminalProgress()
    chosen = PlanOptions(sources, media, pack, split, replicate or [], title, hashed, follow)
    plan = plan_sources(chosen, progress)
    write_set(plan, to, library, progress, yes=yes, as_json=as_json, adopt=True)
