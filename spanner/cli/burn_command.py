"""`spanner burn`: a plan's discs, or images in files, onto discs in drives."""

from typing import Annotated

import typer

from spanner.archiving import burn_files, carry_out
from spanner.cli import options as o
from spanner.cli.burning_options import BurnGroup
from spanner.cli.results_view import show_burnt
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import UsageError
from spanner.library import library_file, open_library
from spanner.planning.plan_file import is_plan, load


@o.grouped
def command(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="PLAN.json|IMAGE.iso...", help="A plan, or images; DIR: all in it."),
    ],
    burning: BurnGroup,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Burn discs, read them back and record them; run again, it goes on where it stopped."""
    progress = TerminalProgress()
    drives, options = burning.drive or (), burning.options
    with open_library(library_file(library)) as opened:
        if not is_plan(targets[0]):
            discs = burn_files(targets, opened, progress, drives=drives, burning=options)
            show_burnt(discs, as_json=as_json)
            return
        if len(targets) > 1:
            raise UsageError("one plan at a time: burn the other when this one is done")
        plan = load(targets[0])
        done = carry_out(plan, opened, progress, drives=drives, burning=options)
    show_burnt(done.discs, plan.set, as_json=as_json)
