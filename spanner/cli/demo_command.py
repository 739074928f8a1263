"""`spanner demo`: a small session goes onto discs and comes back, and where to look."""

import filecmp
import os
from typing import Annotated

import typer

from spanner.api import archive, restore
from spanner.cli import options as o
from spanner.cli.demo_session import make_session
from spanner.cli.output import print_json, print_lines, print_table
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import UsageError, VerificationError
from spanner.model.media_types import parse_media
from spanner.model.units import SECTOR, format_size
from spanner.planning.planner import PlanOptions
from spanner.wording import printable

_MEDIA = "custom:4MB"


def command(
    folder: Annotated[
        str, typer.Argument(metavar="[DIR]", help="A new folder for all of it.")
    ] = "spanner-demo",
    as_json: o.JsonOption = False,
) -> None:
    """Make a small session, archive it over small discs, restore it, compare."""
    if os.path.lexists(folder):
        raise UsageError(f"{printable(folder)} exists: remove it or name another folder")
    progress = TerminalProgress()
    session = os.path.join(folder, "Demo Session")
    images, back = os.path.join(folder, "images"), os.path.join(folder, "restored")
    library = os.path.join(folder, "library.sqlite")
    make_session(session)
    done = archive(
        sources=[session],
        options=PlanOptions(media=parse_media(_MEDIA)),
        to=images,
        library=library,
        progress=progress,
    )
    plan, written = done.plan, done.discs
    report = restore(
        sources=[each.file for each in reversed(written)],
        to=back,
        library=library,
        progress=progress,
    )
    count = _compare(session, os.path.join(back, "Demo Session"))
    if as_json:
        print_json({"set": plan.set, "discs": written, "restored": report.restored})
        return
    size = format_size(sum(disc.image_sectors for disc in plan.discs) * SECTOR)
    print_lines(f"1. made a session of {count} files: {printable(session)}")
    print_lines(
        f"2. planned and wrote {len(written)} discs of 4 MB, {size}: {printable(images)}", ""
    )
    print_table(
        ["Image", " Size", "Title"],
        [
            [f"{disc.volume_id}.iso", format_size(disc.image_sectors * SECTOR), disc.title]
            for disc in plan.discs
        ],
    )
    print_lines(
        "",
        "3. read each image back and compared it",
        f"4. restored {len(report.restored)} files from them, last disc first: {printable(back)}",
        f"5. compared all {count} files with the session: the same bytes, times and modes",
        "",
        "Look: mount an image, or open it with any archive program; its index.html lists the set.",
        f"Try:  spanner verify {printable(images)}",
        f"      spanner restore {printable(images)} --to {printable(folder)}/again",
    )


def _compare(session: str, back: str) -> int:
    """Compare the trees, times and modes too; return how many files there are.

    Raises:
        VerificationError: they differ.
    """
    count = 0
    for top, _, names in os.walk(session):
        for name in names:
            one = os.path.join(top, name)
            other = os.path.join(back, os.path.relpath(one, session))
            a, b = os.stat(one), os.stat(other)
            same = (a.st_mtime_ns, a.st_mode) == (b.st_mtime_ns, b.st_mode)
            if not (same and filecmp.cmp(one, other, shallow=False)):
                raise VerificationError(f"{printable(other)} is not what {printable(one)} is")
            count += 1
    return count
