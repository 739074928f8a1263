"""`spanner plan`: which file goes on which disc."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.planning import PlanOptions, describe, plan_sources
from spanner.cli.progress import TerminalProgress
from spanner.planning.plan import save


def command(
    sources: o.SourcesArgument,
    media: o.MediaOption,
    pack: o.PackOption = "letters",
    split: o.SplitOption = True,
    replicate: o.ReplicateOption = None,
    title: o.TitleOption = "",
    hashed: o.HashOption = False,
    follow: o.FollowOption = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PLAN.json", help="Write the plan here.")
    ] = "",
    as_json: o.JsonOption = False,
) -> None:
    """Plan which file goes on which disc; nothing is written but the plan."""
    chosen = PlanOptions(sources, media, pack, split, replicate or [], title, hashed, follow)
    plan = plan_sources(chosen, TerminalProgress())
    if output:
        save(plan, output)
    if as_json:
        print_json(plan)
        return
    describe(plan)
    if output:
        print_lines(f"plan written to {output}; next: spanner image {output} --to DIR")
