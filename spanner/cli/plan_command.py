"""`spanner plan`: which file goes on which disc."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.plan_view import describe
from spanner.cli.planning import plan_sources
from spanner.cli.terminal_progress import TerminalProgress
from spanner.incremental import IncrementalOptions
from spanner.model.media_types import parse_media
from spanner.planning.plan_file import save
from spanner.planning.planner import PlanOptions
from spanner.sources.collect import CollectOptions


def command(
    sources: o.SourcesArgument,
    media: o.MediaOption,
    pack: o.PackOption = "letters",
    keep: o.KeepOption = "none",
    fill: o.FillOption = "even",
    reserve: o.ReserveOption = "",
    ecc: o.EccOption = "",
    split: o.SplitOption = True,
    replicate: o.ReplicateOption = None,
    title: o.TitleOption = "",
    parity: o.ParityOption = 0,
    hashed: o.HashOption = False,
    new_only: o.NewOnlyOption = False,
    by_hash: o.ByHashOption = False,
    skip_archived: o.SkipArchivedOption = False,
    include_library: o.IncludeLibraryOption = False,
    follow: o.FollowOption = False,
    search: o.SearchOption = None,
    folder_only: o.FolderOnlyOption = False,
    used_only: o.UsedOnlyOption = False,
    skip_regenerable: o.SkipRegenerableOption = False,
    allow_missing: o.AllowMissingOption = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PLAN.json", help="Write the plan here.")
    ] = "",
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Plan which file goes on which disc; nothing is written but the plan."""
    replicated = tuple(replicate or ())
    offered = parse_media(media)
    wishes = PlanOptions(
        media=offered,
        pack=pack,
        split=split,
        replicate=replicated,
        hash=hashed,
        title=title,
        keep=keep,
        fill=fill,
        reserve=reserve,
        parity=parity,
        ecc=o.ecc_percent(ecc),
    )
    collecting = CollectOptions(
        search=tuple(search or ()),
        folder_only=folder_only,
        used_only=used_only,
        skip_regenerable=skip_regenerable,
        allow_missing=allow_missing,
        follow=follow,
    )
    comparing = IncrementalOptions(
        new_only=new_only,
        by_hash=by_hash,
        skip_archived=skip_archived,
        hash=hashed,
        replicate=replicated,
        include_library=include_library,
    )
    file = o.library_file(library)
    plan = plan_sources(sources, collecting, wishes, comparing, file, TerminalProgress())
    if output:
        save(plan, output)
    if as_json:
        print_json(plan)
        return
    describe(plan)
    if output:
        print_lines(
            f"plan written to {output}; next: spanner burn {output}, "
            f"or spanner image {output} --to DIR"
        )
