"""The cdrecord family: command lines by dialect, and what the lines in the programs mean."""

import os
import re
import resource
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from burners.cdrecord import Cdrecord, dialect_of, find_dialect, memory_is_limited
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
from burners.programs import BytesWritten, Phase, RecordingRequest, Trouble

CDRSKIN = Cdrecord("cdrskin", "cdrskin")
WODIM = Cdrecord("wodim", "wodim")
SCHILY = Cdrecord("cdrecord", "cdrecord")
DIALECTS = (CDRSKIN, WODIM, SCHILY)

_CDRSKIN_VERSION = """\
cdrskin 1.5.4 : limited cdrecord compatibility wrapper for libburn
Cdrecord 2.01a27 Emulation. Copyright (C) 2006-2021, see libburnia-project.org
System adapter    :  internal GNU/Linux SG_IO adapter sg-linux
libburn interface :  1.5.4
libburn in use    :  1.5.4
cdrskin version   :  1.5.4
Version timestamp :  2021.01.30.103001
Build timestamp   :  -none-given-
"""
_WODIM_VERSION = """\
Cdrecord-yelling-line-to-tell-frontends-to-use-it-like-version 2.01.01a03-dvd 
Wodim 1.1.11
Copyright (C) 2006 Cdrkit suite contributors
Based on works from Joerg Schilling, Copyright (C) 1995-2006, J. Schilling
"""  # noqa: W291
_SCHILY_VERSION = (
    "Cdrecord-ProDVD-ProBD-Clone 3.02a09 (x86_64-unknown-linux-gnu) "
    "Copyright (C) 1995-2016 Joerg Schilling\n"
)


def command(
    program: Cdrecord, medium: str, speed: float | None = None, *, simulate: bool = False
) -> str:
    return " ".join(program.arguments(RecordingRequest("/dev/sr1", medium, 1728, speed, simulate)))


def error_of(line: str, program: Cdrecord = CDRSKIN) -> tuple[type[BurnError], str, bool] | None:
    event = program.parse(line)
    assert event is None or isinstance(event, Trouble)
    return (type(event.error), str(event.error), event.vague) if event else None


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (CDRSKIN, "cdrskin -v dev=/dev/sr1 -sao tsize=1728s -"),
        (WODIM, "wodim -v dev=/dev/sr1 gracetime=2 -sao tsize=1728s -"),
        (SCHILY, "cdrecord -v dev=/dev/sr1 -sao tsize=1728s -"),
        (Cdrecord("cdrecord", "wodim"), "cdrecord -v dev=/dev/sr1 gracetime=2 -sao tsize=1728s -"),
    ],
)
@pytest.mark.parametrize("medium", ["cd-r", "cd-rw", "dvd-r", "dvd+r", "bd-r"])
def test_command_line(program: Cdrecord, medium: str, expected: str) -> None:
    assert command(program, medium) == expected


def test_command_line_of_cdrskin_formats_a_bd_re_where_it_must() -> None:
    expected = "cdrskin -v dev=/dev/sr1 blank=as_needed -sao tsize=1728s -"
    assert command(CDRSKIN, "bd-re") == expected
    assert command(SCHILY, "bd-re") == "cdrecord -v dev=/dev/sr1 -sao tsize=1728s -"


@pytest.mark.parametrize(
    ("speed", "words", "whole"),
    [(8, "8", "8"), (8.0, "8", "8"), (2.4, "2.4", "2"), (0.5, "0.5", "1")],
)
def test_command_line_with_a_speed(speed: float, words: str, whole: str) -> None:
    assert f" speed={words} " in command(CDRSKIN, "cd-r", speed)
    for program in (WODIM, SCHILY):
        assert f" speed={whole} " in command(program, "cd-r", speed)


def test_command_line_to_simulate() -> None:
    for program in DIALECTS:
        assert " -dummy " in command(program, "cd-r", simulate=True)


def test_only_those_that_lock_memory_get_a_small_buffer() -> None:
    for dialect, words in (("wodim", True), ("cdrecord", True), ("cdrskin", False)):
        program = Cdrecord("x", dialect, small_buffer=True)
        assert (" fs=1m " in command(program, "cd-r")) is words


def test_what_they_burn() -> None:
    for program in DIALECTS:
        for kind in ("cd-r", "cd-rw", "dvd-r", "dvd-rw"):
            assert program.can_burn(kind), kind
        for kind in ("hd-dvd-r", "hd-dvd-rw"):
            assert not program.can_burn(kind), kind
    for kind in ("dvd+r", "dvd+rw", "dvd-r-dl", "dvd+r-dl", "bd-r", "bd-re"):
        assert CDRSKIN.can_burn(kind), kind
        assert SCHILY.can_burn(kind), kind
        assert not WODIM.can_burn(kind), kind


def test_what_they_simulate() -> None:
    for program in DIALECTS:
        for kind in ("cd-r", "cd-rw", "dvd-r"):
            assert program.can_simulate(kind), kind
        assert program.can_simulate("dvd-rw") == (program == CDRSKIN)
        for kind in ("dvd+r", "dvd+rw", "dvd-r-dl", "dvd+r-dl", "bd-r", "bd-re"):
            assert not program.can_simulate(kind), kind


def test_last_phase() -> None:
    assert CDRSKIN.last_phase("cd-r") == "burning done"
    assert WODIM.last_phase("cd-r") == SCHILY.last_phase("cd-r") == "Fixating time:"


@pytest.mark.parametrize(
    ("version", "dialect"),
    [(_CDRSKIN_VERSION, "cdrskin"), (_WODIM_VERSION, "wodim"), (_SCHILY_VERSION, "cdrecord")],
)
def test_dialects(version: str, dialect: str) -> None:
    assert dialect_of(version) == dialect


@pytest.mark.parametrize(
    ("version", "dialect"),
    [(_CDRSKIN_VERSION, "cdrskin"), (_WODIM_VERSION, "wodim"), (_SCHILY_VERSION, "cdrecord")],
)
def test_a_program_has_the_dialect_that_it_says(
    version: str, dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's cdrecord is wodim."""
    program = tmp_path / "cdrecord"
    text = version.replace("'", "")
    program.write_text(f"#!/bin/sh\n[ \"$*\" = --version ] && echo '{text}'\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert find_dialect("cdrecord") == dialect


def test_a_missing_program_has_no_dialect() -> None:
    with pytest.raises(ProgramError):
        find_dialect("no-such-program-to-burn")


@pytest.mark.parametrize(
    ("user", "limit", "limited"),
    [
        *((0, 8 << 20, False), (1000, 8 << 20, True)),
        *((0, resource.RLIM_INFINITY, False), (1000, resource.RLIM_INFINITY, False)),
    ],
)
def test_who_may_lock_memory(
    user: int, limit: int, limited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(resource, "getrlimit", lambda what: asked.append(what) or (limit, limit))
    assert memory_is_limited() is limited
    assert set(asked) <= {resource.RLIMIT_MEMLOCK}


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("Track 01:    1 of    3 MB written (fifo 100%) [buf  96%]  201.2x.", 1),
        ("Track 01:    0 of    3 MB written.", 0),
        ("Track 01: 22750 of 23866 MB written (fifo  98%) [buf 100%]   6.1x.", 22750),
    ],
)
def test_progress(line: str, done: int) -> None:
    assert WODIM.parse(line) == CDRSKIN.parse(line) == BytesWritten(done << 20)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Fixating...", "Fixating..."),
        ("Fixating time:    0.001s", "Fixating time:"),
        ("Performing OPC...", "Performing OPC"),
        ("cdrskin: burning done", "burning done"),
    ],
)
def test_phases(line: str, words: str) -> None:
    assert CDRSKIN.parse(line) == Phase(words)


@pytest.mark.parametrize(
    "line",
    [
        "wodim: Operation not permitted. Warning: Cannot raise RLIMIT_MEMLOCK limits.",
        "W: Cannot do mlockall(2). Possibly increased risk for buffer underruns.",
        "wodim: WARNING: Cannot set RR-scheduler",
        "wodim: WARNING: Data may not fit on standard 74min disk.",
        "wodim: WARNING: Total disk size unknown. Data may not fit on disk.",
        "wodim: WARNING: Some drives don't like fixation in dummy mode.",
        "Error trying to open /dev/sr0 exclusively (Device or resource busy)... retrying in 1 s",
        "Errno: 5 (Input/output error), test unit ready scsi sendcmd: no error",
        "Sense Key: 0x2 Not Ready, Segment 0",
        "cdrskin: formatting done",
        "cdrskin: NOTE : No usable drive detected.",
        "cdrskin: NOTE : -dummy mode will prevent actual writing",
        "cdrskin: WARNING : Last session on media is still open.",
        'cdrskin: status 1 burn_disc_blank "The drive holds a blank disc"',
        "Current: BD-R sequential recording",
        "Track 01: Total bytes read/written: 3538944/3538944 (1728 sectors).",
    ],
)
def test_harmless_lines(line: str) -> None:
    assert CDRSKIN.parse(line) is None


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        (
            "cdrskin: FATAL : SCSI error on write(12592,16): [3 0C 00] Medium error. Write error.",
            RecordingError,
            r"at sector 12,592 \(\[3 0C 00\] Medium error. Write error\): try a slower",
        ),
        (
            "write track data: error after 1206272 bytes",
            RecordingError,
            "could not write after 1,206,272 bytes: try a slower speed",
        ),
        (
            "cdrskin: FAILURE : Failed to close disc (6). SCSI error : [3 73 03] Medium error.",
            RecordingError,
            r"failed to close disc \(6\) \(\[3 73 03\] Medium error\): try a slower speed",
        ),
        (
            "cdrskin: FATAL : predicted session size 1728s does not fit on media (1024s)",
            TooSmallError,
            "has 1,024 sectors free, 1,728 are needed",
        ),
        ("wodim: WARNING: Data may not fit on current disk.", TooSmallError, "does not fit"),
        ("wodim: Cannot write more than remaining DVD capacity.", TooSmallError, "does not fit"),
        ("cdrecord: Data does not fit on current disk.", TooSmallError, "does not fit"),
        ("cdrecord: Data will not fit on any disk.", TooSmallError, "does not fit"),
        (
            "wodim: ERROR: Could not manage to find medium size, and more than 8.0 GB of data.",
            TooSmallError,
            "does not fit",
        ),
        (
            "cdrecord: Device or resource busy. Cannot open '/dev/sr0'. Cannot open or use ...",
            BusyError,
            "holds the drive",
        ),
        (
            "cdrecord: Permission denied. Cannot open '/dev/sr0'. Cannot open or use SCSI driver.",
            NoDriveError,
            "who may use it",
        ),
        ("wodim: Bad Option: speed=2.4.", ProgramError, "does not understand speed=2.4$"),
        (
            "cdrskin: FAILURE : SCSI error on format_unit(DVD+RW (fs=0,rs=0)): [3 31 01] Medium.",
            RecordingError,
            r"could not format the disc \(\[3 31 01\] Medium\)",
        ),
        ("cdrskin: Media : no media", NoMediumError, "no disc"),
        ("wodim: No disk / Wrong disk!", NoMediumError, "no disc"),
        ("cdrskin: Media : ** closed ** CD-R", UsedMediumError, "carries data"),
        ("cdrskin: Media : appendable DVD+R", UsedMediumError, "carries data"),
        ("wodim: Cannot open new session.", UsedMediumError, "carries data"),
        (
            "wodim: This means that we are checking recorded media.",
            UsedMediumError,
            "carries data",
        ),
        ("cdrskin: Media : DVD-RAM", MediumError, r"the disc \(DVD-RAM\) will not do"),
        (
            "cdrskin: SORRY : No suitable formatting type offered by drive",
            MediumError,
            "cannot format the disc",
        ),
        ("cdrskin: SORRY : Cannot open busy device '/dev/sr0'", BusyError, "holds the drive"),
        (
            "Error trying to open /dev/sr0 exclusively (Device or resource busy)... giving up.",
            BusyError,
            "holds the drive",
        ),
        (
            "cdrskin: FATAL : cannot find '/dev/sr0' among accessible drive devices.",
            NoDriveError,
            "who may use it",
        ),
        ("Cannot open SCSI driver!", NoDriveError, "who may use it"),
        ("wodim: OPC failed.", RecordingError, "laser"),
        ("wodim: Cannot fixate disk.", RecordingError, "could not be closed"),
        ("Trouble flushing the cache", RecordingError, "could not be closed"),
        (
            "wodim: Resource ... unavailable. Cannot get mmap for 12587008 Bytes on /dev/zero.",
            ProgramError,
            "ulimit -l unlimited",
        ),
    ],
)
def test_troubles(line: str, error: type[BurnError], message: str) -> None:
    found = error_of(line)
    assert found
    assert found[0] is error
    assert re.search(message, found[1])
    assert not found[2]


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("cdrskin: FATAL : No suitable media detected", MediumError, "the disc will not do"),
        ("cdrskin: FATAL : Burn run failed", RecordingError, "Burn run failed"),
        ("cdrskin: FAILURE : Cannot access it", RecordingError, "Cannot access it"),
        ("cdrskin: SORRY : Some thing", RecordingError, "Some thing"),
        ("cdrskin: burning failed", RecordingError, "cdrskin: burning failed"),
        ("wodim: A write error occured.", RecordingError, "a write error occurred"),
        (
            "write track pad data: error after 0 bytes",
            RecordingError,
            "the drive did not begin to write",
        ),
        (
            "write track data: error after 0 bytes",
            RecordingError,
            "the drive did not begin to write",
        ),
    ],
)
def test_vague_troubles(line: str, error: type[BurnError], words: str) -> None:
    found = error_of(line)
    assert found
    assert found[0] is error
    assert found[1].startswith(words)
    assert found[2]


@given(
    st.text()
    | st.from_regex(r"cdrskin: (FATAL|FAILURE|SORRY|Media) : .*")
    | st.from_regex(r"session size \d+s does not fit on media \(\d+s\)")
    | st.from_regex(r"Track \d+: +\d+ of +\d+ MB written")
)
@example("cdrskin: FATAL : {0} {line}")
def test_parse_takes_any_text(line: str) -> None:
    for program in DIALECTS:
        program.parse(line)


@pytest.mark.parametrize(
    ("program", "line"),
    [(CDRSKIN, "cdrskin: burning done"), (WODIM, "Fixating time:"), (SCHILY, "Fixating time:")],
)
def test_a_line_cut_short_is_not_the_last_phase(program: Cdrecord, line: str) -> None:
    last = Phase(program.last_phase("cd-r"))
    assert program.parse(line) == last
    for length in range(len(line)):
        assert program.parse(line[:length]) != last
