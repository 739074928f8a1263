"""growisofs, for DVD and Blu-ray (dvd+rw-tools 7.1): its command line and what its lines mean."""

import re
import shutil

from burners.errors import (
    BurnError,
    BusyError,
    MediumError,
    NoDriveError,
    NoMediumError,
    ProgramError,
    RecordingError,
    TooSmallError,
    UsedMediumError,
)
from burners.programs import (
    BytesWritten,
    Event,
    Family,
    LineRule,
    Phase,
    Program,
    RecordingRequest,
    trouble,
)

_PROGRESS = re.compile(r"(\d+)/\d+ +\( ?\d+\.\d+%\) +@")
_PHASE = re.compile(
    r": (flushing cache|updating RMA|writing lead-out|stopping de-icing"
    r"|closing track|closing disc|closing session|pre-formatting blank \S+)"
)
_LAST = {"dvd+r": "closing disc", "dvd+r-dl": "closing disc", "bd-r": "closing session"}
_NEXT = "try a slower speed, or a disc of another make"
_BUSY = "another program, or a mount, holds the drive: end or unmount it"
_ONE_LAYER = "the image is too small for a disc of two layers: use one of one layer"
_UNKNOWN = "growisofs cannot write on this disc: use another"
_RULES = (
    LineRule(
        "falling down to SET CD SPEED|faking 1x|unable to reload tray"
        "|can't control writing velocity|attempt to re-run with|but try to continue",
        None,
    ),
    # It goes on after these; where it does not, or not for long, its code or a later line says so.
    LineRule(r":-[(\[] (GET PERFORMANCE|RESTART FORMAT|QUICK GROW|RESERVE TRACK)\b", None),
    LineRule(r":-\[ FLUSH CACHE failed with SK=5h", None),  # flushes again, as all know
    LineRule(r":-\[ PERFORM OPC failed with SK=5h", None),  # not known to all drives
    LineRule(
        r":-\( Failed to change write speed",
        BurnError,
        "the drive does not take this speed: choose another, or none",
    ),
    LineRule(
        r":-\[ WRITE@LBA=0h failed with SK=5h/(INCOMPATIBLE MEDIUM|CANNOT WRITE|ASC=30h)",
        MediumError,
        _UNKNOWN,
    ),
    LineRule(
        r":-\[ WRITE@LBA=(?P<x>[0-9a-f]{1,8})h failed with (?P<why>SK=[^]]+)\]",
        RecordingError,
        f"the drive could not write at sector {{x:,}} ({{why}}): {_NEXT}",
    ),
    LineRule(
        r":-\[ .*\bOPC failed with (?P<why>SK=[^]]+)\]",
        RecordingError,
        f"the laser could not be adjusted ({{why}}): {_NEXT}",
    ),
    LineRule(
        r":-\[ (?P<what>.+?) failed with (?P<why>SK=[^]]+)\]",
        RecordingError,
        f"{{what}} failed in the drive ({{why}}): {_NEXT}",
    ),
    LineRule(
        r":-\( .*: (?P<n1>\d+) blocks are free, (?P<n2>\d+) to be written",
        TooSmallError,
        "the disc has {n1:,} sectors free, {n2:,} are needed: use a larger one",
    ),
    LineRule(
        "already carries isofs|not appendable|must be full already|last session is not empty",
        UsedMediumError,
        "the disc carries data: use a blank one",
    ),
    LineRule(
        r":-\( .*(recordable DVD: (0|F+)$|unable to open64.*No medium found)",
        NoMediumError,
        "there is no disc in the drive: put a blank one in",
    ),
    LineRule("recordable DVD|mounted media|not formatted or unsupported", MediumError, _UNKNOWN),
    LineRule(r":-\( .*\*wasted\*", MediumError, _ONE_LAYER),  # a DVD+R DL is burnt all the same
    LineRule("unable to O_EXCL|unable to umount|unable to unmount|resource busy", BusyError, _BUSY),
    LineRule(
        "unable to anonymously mmap",
        ProgramError,
        "growisofs may not lock memory: raise the limit with `ulimit -l unlimited`",
    ),
    LineRule("unable to allocate", ProgramError, "growisofs gets no memory: end other programs"),
    LineRule(
        "unable to open64|unexpected errno",
        NoDriveError,
        "the drive cannot be opened: see who may use it",
    ),
    LineRule("non-MMC unit|not an MMC unit", NoDriveError, "this is no optical drive"),
    LineRule(r"(:-\(|:-\[|FATAL:) *(?P<line>.+)", RecordingError, "{line}", vague=True),
)


class Growisofs:
    """The program; the image comes through a pipe."""

    name = "growisofs"

    def can_simulate(self, kind: str) -> bool:
        """Whether it obeys `dummy` on such discs; others, even some DVD-RW, it burns regardless."""
        return kind == "dvd-r"

    def can_burn(self, kind: str) -> bool:
        """Whether it writes on discs of this type: on all but CDs and HD DVDs."""
        return kind.startswith(("dvd", "bd"))

    def takes(self, kind: str, sectors: int, free: int) -> bool:
        """Whether the image is of 64 KiB or more, and leaves no more than half of a DVD-R DL."""
        return sectors >= 32 and not (kind == "dvd-r-dl" and sectors * 2 < free)

    def arguments(self, request: RecordingRequest) -> list[str]:
        """The command line.

        Without notray it ends with the exit code of the reloading tray; without spare:none it
        formats a BD-R to half the speed and less room.
        """
        luke = ["notray"]
        if request.medium == "bd-r":
            luke.append("spare:none")
        if request.simulate:
            luke.append("dummy")
        speed = [] if request.speed is None else [f"-speed={request.speed:g}"]
        return [
            self.name,
            "-dvd-compat",
            f"-use-the-force-luke={','.join(luke)}",
            *speed,
            "-Z",
            f"{request.node}=/dev/fd/0",
        ]

    def last_phase(self, kind: str) -> str:
        """The phase that ends a recording: it always flushes, but does not close every DVD-R."""
        return _LAST.get(kind, "flushing cache")

    def parse(self, line: str) -> Event | None:
        """What a line of its output says; None: nothing of use."""
        progress = _PROGRESS.search(line)
        if progress:
            return BytesWritten(int(progress[1]))
        phase = _PHASE.search(line)
        return Phase(phase[1]) if phase else trouble(_RULES, line)


def _installed() -> tuple[Program, ...]:
    return (Growisofs(),) if shutil.which(Growisofs.name) else ()


PROGRAMS = Family((Growisofs(),), _installed)
