"""The cdrecord family: Schily's cdrecord, wodim and cdrskin, alike but for their dialects.

Lines as cdrskin 1.5.4 and wodim 1.1.11 write them; Schily's cdrecord 3.02 has wodim's.
"""

import os
import re
import resource
import shutil
from dataclasses import dataclass

from burners.disc_types import SIMULATED
from burners.errors import (
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
    RecordingRequest,
    trouble,
)
from burners.running import run

NAMES = ("cdrecord", "cdrskin", "wodim")
"""Names on PATH, and names of the dialects, the best first."""

_MIB = 1 << 20
_WODIM_BURNS = frozenset({"cd-r", "cd-rw", "dvd-r", "dvd-rw"})
_PROGRESS = re.compile(r"Track \d+: +(\d+) of +\d+ MB written")
_PHASE = re.compile(r"^(Fixating\.\.\.|Fixating time:|Performing OPC|.*: burning done$)")
_NEXT = "try a slower speed, or a disc of another make"
_BUSY = "another program, or a mount, holds the drive: end or unmount it"
_USED = "the disc carries data: use a blank one"
_NO_DRIVE = "the drive cannot be opened, or is none: see who may use it"
_RULES = (
    LineRule(
        r"SCSI error on write\((?P<n>\d+),\d+\): (?P<why>.+)",
        RecordingError,
        f"the drive could not write at sector {{n:,}} ({{why}}): {_NEXT}",
    ),
    LineRule(
        r"write track (pad data: error|data: error after 0 bytes)",
        RecordingError,
        f"the drive did not begin to write: {_NEXT}",
        vague=True,  # wodim tries it on discs that carry data too, and says so
    ),
    LineRule(
        r"write track data: error after (?P<n>\d+) bytes",
        RecordingError,
        f"the drive could not write after {{n:,}} bytes: {_NEXT}",
    ),
    LineRule(
        r"FAILURE : Failed to (?P<what>.+?)\. SCSI error : (?P<why>.+)",
        RecordingError,
        f"the drive failed to {{what}} ({{why}}): {_NEXT}",
    ),
    LineRule(
        r"session size (?P<n1>\d+)s does not fit on media \((?P<n2>\d+)s\)",
        TooSmallError,
        "the disc has {n2:,} sectors free, {n1:,} are needed: use a larger one",
    ),
    LineRule("cdrskin: Media : no media", NoMediumError, "there is no disc: put a blank one in"),
    LineRule("cdrskin: Media : .*(closed|appendable)", UsedMediumError, _USED),
    LineRule(
        "cdrskin: Media : (?P<what>.+)", MediumError, "the disc ({what}) will not do: use another"
    ),
    LineRule(
        r"Cannot open busy device|resource busy(\)\.\.\. giving up|\. Cannot open)",
        BusyError,
        _BUSY,
    ),
    LineRule(
        "among accessible drive devices|Cannot open (or use )?SCSI driver", NoDriveError, _NO_DRIVE
    ),
    LineRule("No disk / Wrong disk!", NoMediumError, "there is no disc that can be written"),
    LineRule(
        "Data (may|does) not fit on current|Data will not fit on any"
        r"|more than \d.* GB of data|Cannot write more than remaining DVD capacity",
        TooSmallError,
        "the image does not fit on the disc: use a larger one",
    ),
    LineRule("Cannot open new session|we are checking recorded media", UsedMediumError, _USED),
    LineRule("OPC failed", RecordingError, f"the laser could not be adjusted: {_NEXT}"),
    LineRule(
        "Cannot fixate disk|Trouble flushing the cache",
        RecordingError,
        f"the disc could not be closed: {_NEXT}",
    ),
    LineRule(
        "Cannot get mmap for",
        ProgramError,
        "wodim may not lock memory: raise the limit with `ulimit -l unlimited`",
    ),
    LineRule("Bad Option: (?P<what>.+)", ProgramError, "the program does not understand {what}"),
    LineRule(
        r"SCSI error on format_unit\(.*\): (?P<why>.+)",
        RecordingError,
        "the drive could not format the disc ({why}): use another",
    ),
    LineRule(
        "No suitable formatting type", MediumError, "the drive cannot format the disc: use another"
    ),
    LineRule(
        "No suitable media detected", MediumError, "the disc will not do: use another", vague=True
    ),
    LineRule(r"(FATAL|FAILURE|SORRY) : (?P<line>.+)", RecordingError, "{line}", vague=True),
    LineRule(r"(?P<line>.*burning failed)$", RecordingError, "{line}", vague=True),
    LineRule("A write error occur", RecordingError, f"a write error occurred: {_NEXT}", vague=True),
)


def dialect_of(version: str) -> str:
    """Whose program it is, by what it prints for --version."""
    if "cdrskin" in version:
        return "cdrskin"
    return "wodim" if "wodim" in version.lower() else "cdrecord"


def find_dialect(name: str) -> str:
    """The dialect of the program of that name on PATH: a cdrecord may be a link to another.

    Raises:
        ProgramError: it does not run.
    """
    return dialect_of("\n".join(run([name, "--version"]).tail))


def memory_is_limited() -> bool:
    """The user may not lock as much memory as wodim wants, which then ends with 11."""
    return os.geteuid() != 0 and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != -1


@dataclass(frozen=True, slots=True)
class Cdrecord:
    """One of the family, by its name on PATH and its dialect; the image comes by a pipe.

    `small_buffer` makes it do with 1 MB.
    """

    name: str
    dialect: str
    small_buffer: bool = False

    def can_burn(self, kind: str) -> bool:
        """Wodim knows no Blu-ray, misjudges discs of two layers and leaves a DVD+R open."""
        if self.dialect == "wodim":
            return kind in _WODIM_BURNS
        return kind.startswith(("cd", "dvd", "bd"))

    def can_simulate(self, kind: str) -> bool:
        """Where drives can; only cdrskin knows the DVD-RW on which they cannot."""
        if kind == "dvd-rw" and self.dialect != "cdrskin":
            return False
        return self.can_burn(kind) and kind in SIMULATED

    def takes(self, kind: str, sectors: int, free: int) -> bool:
        """An image of any length."""
        del kind, sectors, free
        return True

    def arguments(self, request: RecordingRequest) -> list[str]:
        """The command line: one session at once, closed; TAO would add two unreadable sectors."""
        words = [self.name, "-v", f"dev={request.node}"]
        if request.simulate:
            words.append("-dummy")
        if request.speed is not None:
            whole = self.dialect != "cdrskin"  # others take 2.4 for a bad option
            words.append(f"speed={max(1, int(request.speed)) if whole else request.speed:g}")
        if self.dialect == "wodim":
            words.append("gracetime=2")  # its least
        if self.dialect != "cdrskin" and self.small_buffer:
            words.append("fs=1m")
        if self.dialect == "cdrskin" and request.medium == "bd-re":
            words.append("blank=as_needed")  # formats it
        return [*words, "-sao", f"tsize={request.sectors}s", "-"]

    def last_phase(self, kind: str) -> str:
        """The phase that ends a recording, the same for all types of discs."""
        del kind
        return "burning done" if self.dialect == "cdrskin" else "Fixating time:"

    def parse(self, line: str) -> Event | None:
        """What a line of its output says; None: nothing of use."""
        progress = _PROGRESS.search(line)
        if progress:
            return BytesWritten(int(progress[1]) * _MIB)
        phase = _PHASE.search(line)
        return Phase(phase[1].rpartition(": ")[2]) if phase else trouble(_RULES, line)


def _installed() -> "list[Cdrecord]":
    """Those on PATH; a name may stand for a program of another dialect, which then counts."""
    found = [
        Cdrecord(name, find_dialect(name), memory_is_limited())
        for name in NAMES
        if shutil.which(name)
    ]
    return sorted(found, key=lambda program: NAMES.index(program.dialect))


PROGRAMS = Family(tuple(Cdrecord(name, name) for name in NAMES), _installed)
