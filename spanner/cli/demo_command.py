"""`spanner demo`: a small session goes onto discs and comes back, and where to look."""

import filecmp
import os
from typing import Annotated

import typer

from burners import FolderDrive
from spanner.burning.folder_job import FolderJob
from spanner.cli import options as o
from spanner.cli.demo_session import make_session
from spanner.cli.output import print_json, print_lines, print_table
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import UsageError, VerificationError
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.model.units import SECTOR, format_size
from spanner.planning.planner import PlanOptions, make_plan
from spanner.restoring.restore import restore
from spanner.sources import walk
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
    make_session(session)
    plan = make_plan(walk([session]), PlanOptions(media=parse_media(_MEDIA)))
    with open_library(os.path.join(folder, "library.sqlite")) as library:
        job = FolderJob(FolderDrive(images), library, lambda _: False, progress)
        written = job.run(plan)
    report = restore([each.file for each in reversed(written)], back, progress)
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
