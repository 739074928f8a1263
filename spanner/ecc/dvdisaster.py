"""Runs dvdisaster: adds RS03 to an image, and repairs one with it, in place.

Its exit code alone says little: repairing gives 0 where nothing was to be done, 1 where all was
repaired and also where it found no error correction at all, 2 where something is left. So what it
says counts. It never asks. `--debug -n SECTORS` gives it the size, see `rs03`; its settings file is
not read, which could change both.

A sector that could not be read is to be marked. dvdisaster knows its own marker by the text and
takes all else for content: that a data sector is wrong it sees by the checksums, but a wrong one of
checksums or parity counts twice. A file that is too short it fills with such markers itself; one
that is more than two sectors too long it refuses.

With several threads it writes wrong checksums now and then where a layer has no more than the 32
sectors that it takes at once: the last one needs the first one's, which may not be done yet.

One core adds to about 100 MB of image a second and repairs (or only looks through) 21 MB a second.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burners.progress import Progress
from burners.running import run
from spanner.ecc.rs03 import Rs03
from spanner.errors import SpannerError, UsageError
from spanner.model.units import SECTOR

PROGRAM = "dvdisaster"

_ADDED = "Image has been augmented with error correction data."
_DONE = ("Good! All sectors are already present.", "Good! All sectors are repaired.")
_REPAIRED = re.compile(r"Repaired sectors: (\d+) \(")
_LEFT = re.compile(r"Unrepaired sectors: (\d+)")
_UNSOLVED = "Decoder problem"
"""A codeword that it gave up: if no sector of it was known to be bad, it calls the image good."""

_PERCENT = re.compile(r"(Ecc generation|Ecc progress): +(\d+\.\d)%")
_NO_NEWS = re.compile(r"\d+(\.\d+)?%$|^CRC error|^-> |^\d+ repaired sectors|^\* Ecc block|^\*$")
_MOST_LINES = 200  # that are kept: one may come for each bad codeword
_MOST_THREADS = 8
_RACY_LAYER = 1000  # sectors; ten times as long as the longest that could be
_HEAD = (
    b"dvdisaster dead sector marker\n"
    b"This sector could not be read from the image.\n"
    b"Its contents have been substituted by the dvdisaster read routine.\n"
)
_FOOT = b"dvdisaster dead sector end marker\n"
_FIELDS = (
    (0x100, "Dead sector marker version", "1.00"),
    (0x140, "Dead sector number", ""),
    (0x1C0, "Medium fingerprint sector", "16"),
    (0x200, "Volume label (if any)", "none"),
)


@dataclass(frozen=True, slots=True)
class RepairOutcome:
    """How many sectors were repaired, and how many could not be."""

    repaired: int
    left: int


def need() -> None:
    """Check that the program is installed.

    Raises:
        UsageError: it is not.
    """
    if not shutil.which(PROGRAM):
        raise UsageError(
            f"{PROGRAM} is not installed, which error correction needs: install the Debian package "
            f"of that name"
        )


def augment(
    path: str, layout: Rs03, progress: Progress, stop: threading.Event | None = None
) -> None:
    """Put RS03 behind an image in a file.

    Raises:
        SpannerError: it failed, and what the program said; the file is of no use.
        ProgramError, StoppedError: as `burners.running.run` does.
    """
    threads = min(os.cpu_count() or 1, _MOST_THREADS) if layout.layer > _RACY_LAYER else 1
    lines = _run(path, layout, ["-mRS03", "-x", str(threads), "-c"], progress, stop)
    size = os.stat(path).st_size
    if _ADDED not in lines or size != layout.total * SECTOR:
        raise SpannerError(f"{PROGRAM} added no error correction: {_last(lines)}")


def repair(
    path: str, layout: Rs03, progress: Progress, stop: threading.Event | None = None
) -> RepairOutcome:
    """Repair an augmented image in a file, as far as that is possible.

    What it says is what it believes: only hashes tell that more was wrong than it could see.

    Raises:
        SpannerError: it failed, and what the program said.
        ProgramError, StoppedError: as `burners.running.run` does.
    """
    lines = _run(path, layout, ["-f"], progress, stop)
    repaired, left = _count(_REPAIRED, lines), _count(_LEFT, lines)
    left = max(left, sum(line.startswith(_UNSOLVED) for line in lines))
    if not left and not any(line in _DONE for line in lines):
        raise SpannerError(f"{PROGRAM} could not repair the copy: {_last(lines)}")
    return RepairOutcome(repaired, left)


def dead_sector(number: int) -> bytes:
    """What stands in an image's file for a sector that could not be read."""
    sector = bytearray(SECTOR)
    sector[: len(_HEAD)] = _HEAD
    sector[SECTOR - 2 - len(_FOOT) : SECTOR - 2] = _FOOT
    for place, name, value in _FIELDS:
        for start, text in ((place, name), (place + 0x20, value or str(number))):
            sector[start : start + len(text)] = text.encode()
    sector[0x180:0x192] = b"Medium fingerprint"
    sector[0x1B0:0x1B4] = b"none"
    return bytes(sector)


def _run(
    path: str,
    layout: Rs03,
    order: Sequence[str],
    progress: Progress,
    stop: threading.Event | None,
) -> list[str]:
    """Run the program; returns its lines without those that only tell of progress."""
    lines: list[str] = []
    arguments = [PROGRAM, "--resource-file", os.devnull, "--debug", "-n", str(layout.total)]
    run([*arguments, "-i", path, *order], on_line=_listener(lines, layout, progress), stop=stop)
    return lines


def _listener(lines: list[str], layout: Rs03, progress: Progress) -> Callable[[str], None]:
    shown = 0

    def hear(line: str) -> None:
        nonlocal shown
        match = _PERCENT.match(line)
        if match:
            done = int(layout.total * SECTOR * float(match[2]) / 100)
            progress.advance(done - shown)
            shown = done
        elif line.startswith(_UNSOLVED) or not _NO_NEWS.search(line):
            if len(lines) == _MOST_LINES:
                del lines[_MOST_LINES // 2]
            lines.append(line)

    return hear


def _count(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    return sum(int(match[1]) for match in map(pattern.match, lines) if match)


def _last(lines: Sequence[str]) -> str:
    return " ".join(lines[-3:]) or "it said nothing"
