"""`spanner show`: one set's discs and where their images are."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines, print_table
from spanner.library import open_library
from spanner.units import SECTOR, format_size, printable


def command(
    words: Annotated[
        str, typer.Argument(metavar="SET", help="Its id, or the beginning; its title.")
    ],
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Show a set's discs, where their images are, and when they were checked last."""
    with open_library(o.library_file(library)) as opened:
        found = opened.find_set(words)
        discs = opened.discs(found.id)
    if as_json:
        print_json({"set": found, "discs": discs})
        return
    print_lines(
        printable(found.title),
        f"set {found.id}, made {found.created}: {found.files} files, {format_size(found.bytes)}",
        "",
    )
    print_table(
        ["Disc", "Volume ID", "Medium", " Files", " Image", "Images at", "Last check", "Title"],
        [
            (
                str(disc.number),
                disc.volume_id,
                disc.medium,
                str(disc.files),
                format_size(disc.sectors * SECTOR),
                ", ".join(map(printable, disc.places)) or "not written",
                disc.last_check or "-",
                printable(disc.title),
            )
            for disc in discs
        ],
    )
