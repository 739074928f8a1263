"""`spanner plan`: which file goes on which disc."""

from typing import Annotated

import typer

from spanner.archiving import plan_sources
from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.plan_view import describe
from spanner.cli.planning_options import CollectGroup, PlanGroup, SourcesArgument
from spanner.cli.terminal_progress import TerminalProgress
from spanner.library import library_file
from spanner.planning.plan_file import save


@o.grouped
def command(
    sources: SourcesArgument,
    planning: PlanGroup,
    collecting: CollectGroup,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PLAN.json", help="Write the plan here.")
    ] = "",
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Plan which file goes on which disc; nothing is written but the plan."""
    plan = plan_sources(
        sources,
        planning.options,
        collecting=collecting.options,
        incremental=planning.incremental,
        library=library_file(library),
        progress=TerminalProgress(),
    )
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
