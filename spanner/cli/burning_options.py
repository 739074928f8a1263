"""The options of `burn` and `archive --drive`, and how long to wait for a disc."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from burners.drives import drives
from spanner.burning.burn_job import BurnOptions
from spanner.cli.options import ScratchOption
from spanner.errors import DriveError

_WAIT = 60.0  # seconds that nobody at a terminal is waited for

DriveOption = Annotated[
    list[str] | None,
    typer.Option("--drive", metavar="DEV", help="A drive to use, such as /dev/sr0."),
]
WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0,
        help="How long to wait for a disc; without it, at a terminal, for ever.",
        show_default=f"{_WAIT:.0f} without a terminal",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnGroup:
    """How discs are burnt."""

    drive: DriveOption = None
    copies: Annotated[int, typer.Option("--copies", min=1, help="Verified discs of each.")] = 1
    simulate: Annotated[
        bool, typer.Option("--simulate", help="With the laser off; nothing counts.")
    ] = False
    speed: Annotated[
        float | None,
        typer.Option("--speed", metavar="X", help="Speed, in multiples of the disc's 1×."),
    ] = None
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Read each disc back and compare.")
    ] = True
    wait: WaitOption = None
    program: Annotated[
        str,
        typer.Option("--program", metavar="NAME", help="growisofs, cdrskin, cdrecord or wodim."),
    ] = ""
    scratch: ScratchOption = ""

    @property
    def options(self) -> BurnOptions:
        """The same, for the burn job."""
        return BurnOptions(
            copies=self.copies,
            speed=self.speed,
            simulate=self.simulate,
            verify=self.verify,
            wait=seconds_to_wait(self.wait),
            program=self.program,
            scratch=self.scratch,
        )


def seconds_to_wait(option: float | None) -> float | None:
    """How long to wait for a disc: as asked for, at a terminal for ever (None), else a while."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return option if option is not None or at_terminal else _WAIT


def drive_nodes(option: Sequence[str] | None) -> list[str]:
    """The drives that were asked for, or all that there are.

    Raises:
        DriveError: there is none.
    """
    nodes = list(option or (drive.node for drive in drives()))
    if not nodes:
        raise DriveError("there is no drive to ask at: connect one, or name images or folders")
    return nodes
