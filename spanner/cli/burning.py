"""What `burn` and `archive --drive` have in common: from works to discs in drives."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from burners import NoDriveError
from burners.drives import Drive, drives, look
from spanner.burning.blanks import can_write
from spanner.burning.burn_job import BurnOptions
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage
from spanner.burning.drive_job import burn_all
from spanner.cli.output import print_json, print_lines, print_table
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import DriveError, UsageError
from spanner.library import Library
from spanner.model.units import SECTOR, format_size

_WAIT = 60.0  # seconds that nobody at a terminal is waited for

DriveOption = Annotated[
    list[str] | None,
    typer.Option("--drive", metavar="DEV", help="A drive to use, such as /dev/sr0."),
]
CopiesOption = Annotated[int, typer.Option("--copies", min=1, help="Verified discs of each.")]
SimulateOption = Annotated[
    bool, typer.Option("--simulate", help="With the laser off; nothing counts.")
]
SpeedOption = Annotated[
    float | None, typer.Option("--speed", metavar="X", help="Speed, in multiples of the disc's 1×.")
]
VerifyOption = Annotated[
    bool, typer.Option("--verify/--no-verify", help="Read each disc back and compare.")
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
ProgramOption = Annotated[
    str, typer.Option("--program", metavar="NAME", help="growisofs, cdrskin, cdrecord or wodim.")
]
_PROGRAMS = ("", "growisofs", "cdrskin", "cdrecord", "wodim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Burning:
    """What was asked for on the command line."""

    drives: Sequence[str] | None
    copies: int
    simulate: bool
    speed: float | None
    verify: bool
    wait: float | None
    program: str
    scratch: str

    def run(
        self, works: Sequence[DiscImage], library: Library, progress: TerminalProgress
    ) -> list[BurnResult]:
        """Burn the works.

        Raises:
            UsageError: an option makes no sense.
            DriveError: there is no such drive.
        """
        if self.program not in _PROGRAMS:
            raise UsageError(f"--program {self.program!r}: say {', '.join(_PROGRAMS[1:])}")
        if self.speed is not None and not 0 < self.speed < 1000:
            raise UsageError(f"--speed {self.speed:g}: say a multiple of the disc's 1×, such as 4")
        orders = BurnOptions(
            copies=self.copies,
            speed=self.speed,
            simulate=self.simulate,
            verify=self.verify,
            wait=seconds_to_wait(self.wait),
            program=self.program,
            scratch=self.scratch,
        )
        return burn_all(works, self._drives(works), orders, library, progress)

    def _drives(self, works: Sequence[DiscImage]) -> list[Drive]:
        try:
            if self.drives:
                found = [look(node) for node in self.drives]
                return list({drive.node: drive for drive in found}.values())
            return [each for each in drives() if any(can_write(each, work) for work in works)]
        except NoDriveError as error:
            raise DriveError(str(error)) from error


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


def show(written: Sequence[BurnResult], document: dict[str, Any], *, as_json: bool) -> None:
    """Print what was burnt; `document` is what else the JSON says."""
    if as_json:
        print_json({**document, "discs": written})
        return
    print_table(
        ["Disc", "Copy", "Volume ID", " Size", "SHA-256", "Drive", "State"],
        [
            (
                str(each.number),
                str(each.copy),
                each.volume_id,
                format_size(each.sectors * SECTOR),
                each.sha256[:16],
                each.drive,
                _state(each),
            )
            for each in written
        ],
    )
    print_lines("", *_summary(written))


def _summary(written: Sequence[BurnResult]) -> Iterator[str]:
    good = sum(each.verified for each in written)
    simulated = sum(each.simulated for each in written)
    unchecked = len(written) - good - simulated
    if good:
        yield f"{_discs(good)} burnt, read back and compared"
    if unchecked:
        yield f"{_discs(unchecked)} burnt, not checked: `spanner verify DRIVE` checks a disc"
    if simulated:
        yield f"{_discs(simulated)} simulated: nothing was written"


def _discs(count: int) -> str:
    return "1 disc" if count == 1 else f"{count} discs"


def _state(written: BurnResult) -> str:
    if written.simulated:
        return "simulated"
    return "verified" if written.verified else "burnt, not checked"
