"""`spanner import`: sets into the library, from any of their discs."""

from typing import Annotated

import msgspec
import typer

from spanner.catalog.reader import read_catalog
from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import DamagedImageError
from spanner.library import Library, SetSummary, library_file, open_library
from spanner.model.units import format_size
from spanner.reading.discs import ImageDisc, expand, open_disc
from spanner.restoring.report import Remark
from spanner.wording import printable


class _Imported(msgspec.Struct, frozen=True):
    """A set, whether it was not known before, its files on all discs, those with known hashes."""

    set: SetSummary
    new: bool
    on_discs: int
    hashed: int


def command(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE", help="Images, drives, mounted or copied discs."),
    ],
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> int:
    """Take whole sets into the library from any disc of each; further discs bring their hashes."""
    damaged: list[Remark] = []
    sets: dict[str, bool] = {}
    progress = TerminalProgress()
    with open_library(library_file(library)) as opened:
        for path in expand(sources):
            try:
                with progress.task(f"reading {printable(path)}", unit="files"):
                    set_id, new = _import(opened, path)
            except DamagedImageError as error:
                damaged.append(Remark(path, str(error)))
            else:
                sets[set_id] = new or sets.get(set_id, False)
        imported = [_describe(opened, set_id, new) for set_id, new in sets.items()]
    if as_json:
        print_json({"sets": imported, "damaged": damaged})
    else:
        print_lines(*map(_line, imported), *(f"damaged: {each.reason}" for each in damaged))
    return DamagedImageError.exit_code if damaged else 0


def _import(library: Library, path: str) -> tuple[str, bool]:
    """Import a disc; the set's id, and whether the library did not know it."""
    with open_disc(path) as disc:
        sectors = disc.image.total_sectors if isinstance(disc, ImageDisc) else None
        return library.imports.add(read_catalog(disc.read, disc.name), sectors)


def _describe(library: Library, set_id: str, new: bool) -> _Imported:
    discs = library.discs(set_id)
    return _Imported(
        library.find_set(set_id),
        new,
        sum(disc.files for disc in discs),
        sum(disc.hashed for disc in discs),
    )


def _line(imported: _Imported) -> str:
    found = imported.set
    known = "new" if imported.new else "known"
    return (
        f"{printable(found.title)} ({known}, set {found.id[:8]}): discs: {found.discs}, "
        f"{found.files} files, {format_size(found.bytes)}; "
        f"{imported.hashed} of {imported.on_discs} hashes known"
    )
