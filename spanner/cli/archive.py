"""`spanner archive`: plan, write, verify, record."""

from spanner.cli import options as o
from spanner.cli.planning import plan_sources
from spanner.cli.progress import TerminalProgress
from spanner.cli.writing import write_set
from spanner.media import parse_media
from spanner.planning.planner import Wishes


def command(
    sources: o.SourcesArgument,
    media: o.MediaOption,
    to: o.ToFolderOption,
    pack: o.PackOption = "letters",
    keep: o.KeepOption = "none",
    fill: o.FillOption = "even",
    reserve: o.ReserveOption = "",
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
    replicated = tuple(replicate or ())
    offered = parse_media(media)
    wishes = Wishes(offered, pack, split, replicated, hashed, title, keep, fill, reserve)
    plan = plan_sources(sources, wishes, progress, follow=follow)
    write_set(plan, to, library, progress, yes=yes, as_json=as_json, adopt=True)
