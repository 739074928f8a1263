"""`spanner image`: the images of a plan, into a folder."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.terminal_progress import TerminalProgress
from spanner.cli.writing import write_set
from spanner.planning.plan_file import load


def command(
    plan_file: Annotated[str, typer.Argument(metavar="PLAN.json", help="From `spanner plan -o`.")],
    to: o.ToFolderOption,
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Write the images of a plan into a folder, read back and compared."""
    write_set(load(plan_file), to, library, TerminalProgress(), yes=yes, as_json=as_json)
