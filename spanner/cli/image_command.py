"""`spanner image`: the images of a plan, into a folder."""

from typing import Annotated

import typer

from spanner.archiving import carry_out
from spanner.cli import options as o
from spanner.cli.output import confirming
from spanner.cli.results_view import show_written
from spanner.cli.terminal_progress import TerminalProgress
from spanner.library import library_file, open_library
from spanner.planning.plan_file import load


def command(
    plan_file: Annotated[str, typer.Argument(metavar="PLAN.json", help="From `spanner plan -o`.")],
    to: o.ToFolderOption,
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Write the images of a plan into a folder, read back and compared."""
    plan = load(plan_file)
    with open_library(library_file(library)) as opened:
        done = carry_out(plan, opened, TerminalProgress(), to=to, confirm=confirming(yes=yes))
    show_written(done, to, as_json=as_json)
