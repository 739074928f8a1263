"""`spanner forget`: a set out of the library."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import confirm, print_json, print_lines
from spanner.errors import UsageError
from spanner.library import library_file, open_library
from spanner.wording import printable


def command(
    words: Annotated[
        str, typer.Argument(metavar="SET", help="Its id, or the beginning; its title.")
    ],
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Forget a set: its files, copies and checks; discs and images stay as they are."""
    with open_library(library_file(library)) as opened:
        found = opened.find_set(words)
        what = f"{printable(found.title)} (set {found.id[:8]}, {found.files} files)"
        if not confirm(f"Forget {what}? Its discs stay as they are.", yes=yes):
            raise UsageError(f"{what} was not forgotten: say --yes")
        opened.forget(found.id)
    if as_json:
        print_json({"forgotten": found})
    else:
        print_lines(f"forgot {what}")
