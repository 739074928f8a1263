"""`spanner locate`: where copies are kept."""

import os
from typing import Annotated

import typer

from spanner.assessing.copy_status import CopyStatus, CopyStatuses
from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines, print_table
from spanner.errors import UsageError
from spanner.library import Library, library_file, open_library
from spanner.wording import printable


def command(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="DISC",
            help="A volume ID, SET:NUMBER, a whole SET; or images: a file, or a folder of them.",
        ),
    ],
    at: Annotated[
        str, typer.Option("--at", metavar="PLACE", help="It is kept there from now on.")
    ] = "",
    copy: Annotated[
        int,
        typer.Option(
            "--copy", metavar="N", min=0, help="Which disc of several alike, by its number."
        ),
    ] = 0,
    lost: Annotated[
        bool, typer.Option("--lost", help="It was lost or thrown away, and is no copy any more.")
    ] = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Show where the copies of discs are; with --at say where one is kept.

    Without --copy that is the first that has no place yet.
    """
    place = at.strip()
    if (at and not place) or (at and lost):
        raise UsageError("--at names a place, such as 'bank vault'; --lost goes without")
    with open_library(library_file(library)) as opened:
        found: list[CopyStatus] = []
        for each in words:
            found += _locate(opened, each, place, copy, lost=lost)
    if as_json:
        print_json({"copies": found})
    elif not found:
        print_lines("no copies")
    else:
        show(found)


def show(holdings: list[CopyStatus]) -> None:
    """Print copies, one a line."""
    print_table(
        ["Disc", "Copy", "Medium", "State", "Last good check", "Place"],
        [
            (
                each.volume_id,
                str(each.number or "-"),
                each.medium,
                _state(each),
                each.verified[:10] or "-",
                where(each),
            )
            for each in holdings
        ],
    )


def where(holding: CopyStatus) -> str:
    """The place of a copy in words, and where in it a file lies."""
    place, path = printable(holding.place), printable(holding.path)
    if not path:
        return place or "not known"
    return path if os.path.dirname(path) == place or path == place else f"{place}: {path}"


def _state(holding: CopyStatus) -> str:
    return holding.state if holding.seen or not holding.counts else f"{holding.state}, not seen"


def _locate(library: Library, words: str, place: str, copy: int, *, lost: bool) -> list[CopyStatus]:
    places = library.places
    images = places.images(words) if os.sep in words or os.path.exists(words) else []
    if images:
        discs = places.discs_of_images(images)
        if copy:
            raise UsageError("--copy is the number of a burnt disc: images go by their paths")
        if lost:
            places.give_up_images(images)
        elif place:
            places.keep_images(images, place)
    else:
        discs = places.discs(words)
        for disc in discs:
            if lost:
                places.give_up(disc, copy)
            elif place:
                places.put(disc, place, copy)
    wanted = set(discs)
    sets = {set_id for set_id, _ in discs}
    copies = [
        each for each in CopyStatuses(library.db).of(sets) if (each.set_id, each.disc) in wanted
    ]
    return sorted(copies, key=lambda each: (each.set_id, each.disc))
