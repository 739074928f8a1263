"""`spanner list`: the sets in the library."""

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines, print_table
from spanner.library import library_file, open_library
from spanner.model.units import format_size
from spanner.wording import printable


def command(as_json: o.JsonOption = False, library: o.LibraryOption = "") -> None:
    """List the sets in the library."""
    path = library_file(library)
    with open_library(path) as opened:
        sets = opened.sets()
    if as_json:
        print_json({"library": path, "sets": sets})
        return
    if not sets:
        print_lines(f"no sets in {printable(path)} yet")
        return
    print_table(
        ["Set", "Created", " Discs", " Written", " Files", " Size", "Hashes", "Title"],
        [
            (
                each.id[:8],
                each.created[:10],
                str(each.discs),
                str(each.written),
                str(each.files),
                format_size(each.bytes),
                "all" if each.hashed else "in part",
                printable(each.title) + (" (imported)" if each.imported else ""),
            )
            for each in sets
        ],
    )
