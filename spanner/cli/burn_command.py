"""`spanner burn`: a plan's discs, or images in files, onto discs in drives."""

from typing import Annotated, Any

import typer

from spanner.burning.disc_image import images_in_files, images_of_plan
from spanner.cli import burning as b
from spanner.cli import options as o
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import UsageError
from spanner.library import open_library
from spanner.planning.plan_file import load
from spanner.reading.discs import expand
from spanner.wording import printable


def command(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="PLAN.json|IMAGE.iso...", help="A plan, or images; DIR: all in it."),
    ],
    drive: b.DriveOption = None,
    copies: b.CopiesOption = 1,
    simulate: b.SimulateOption = False,
    speed: b.SpeedOption = None,
    verify: b.VerifyOption = True,
    wait: b.WaitOption = None,
    program: b.ProgramOption = "",
    scratch: o.ScratchOption = "",
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Burn discs, read them back and record them; run again, it goes on where it stopped."""
    progress = TerminalProgress()
    burning = b.Burning(
        drives=drive,
        copies=copies,
        simulate=simulate,
        speed=speed,
        verify=verify,
        wait=wait,
        program=program,
        scratch=scratch,
    )
    document: dict[str, Any] = {}
    with open_library(o.library_file(library)) as opened:
        if _is_plan(targets[0]):
            if len(targets) > 1:
                raise UsageError("one plan at a time: burn the other when this one is done")
            plan = load(targets[0])
            opened.add(plan)
            document = {"set": plan.set}
            works = images_of_plan(plan)
        else:
            works = images_in_files(expand(targets), opened)
        written = burning.run(works, opened, progress)
    b.show(written, document, as_json=as_json)


def _is_plan(path: str) -> bool:
    """A plan is a JSON object, whatever its name."""
    try:
        with open(path, "rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except IsADirectoryError:
        return False
    except OSError as error:
        raise UsageError(f"{printable(path)}: {error.strerror}") from error
