"""`spanner show`: one set's discs, where their images are and what was burnt."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines, print_table
from spanner.library import (
    BURNING,
    BURNT,
    SPOILT,
    VERIFIED,
    Copy,
    DiscRecord,
    library_file,
    open_library,
)
from spanner.model.units import SECTOR, format_size
from spanner.wording import printable

_STATES = {
    VERIFIED: "verified",
    BURNT: "burnt, not checked",
    SPOILT: "spoilt",
    BURNING: "broken off or being burnt",
}


def command(
    words: Annotated[
        str, typer.Argument(metavar="SET", help="Its id, or the beginning; its title.")
    ],
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Show a set's discs, where their images are, and when they were checked last."""
    with open_library(library_file(library)) as opened:
        found = opened.find_set(words)
        discs = opened.discs(found.id)
    if as_json:
        print_json({"set": found, "discs": discs})
        return
    print_lines(
        printable(found.title),
        f"set {found.id}, made {found.created}: {found.files} files, {format_size(found.bytes)}",
        *(["imported from its discs"] if found.imported else []),
        f"hashes of {_hashed(discs)} files known",
        "",
    )
    print_table(
        ["Disc", "Volume ID", "Medium", " Files", " Image", "Written", "Last check", "Title"],
        [
            (
                str(disc.number),
                disc.volume_id,
                disc.medium,
                str(disc.files),
                format_size(disc.sectors * SECTOR) if disc.sectors else "-",
                ", ".join([*map(printable, disc.places), *_copies(disc.copies)]) or "not written",
                disc.last_check or "-",
                printable(disc.title),
            )
            for disc in discs
        ],
    )


def _hashed(discs: Sequence[DiscRecord]) -> str:
    known, files = (sum(disc.hashed for disc in discs), sum(disc.files for disc in discs))
    return "all" if known == files else f"{known} of {files}"


def _copies(copies: Sequence[Copy]) -> Iterator[str]:
    """How many discs were burnt, by what became of them: "2 discs verified"."""
    for state in (VERIFIED, BURNT, SPOILT, BURNING):
        count = sum(copy.state == state for copy in copies)
        if count:
            yield f"{count} {'disc' if count == 1 else 'discs'} {_STATES[state]}"
