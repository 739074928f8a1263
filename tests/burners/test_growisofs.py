"""growisofs: its command lines, and what the lines in its program mean."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
from burners.growisofs import Growisofs
from burners.programs import BytesWritten, Phase, RecordingRequest, Trouble

GROWISOFS = Growisofs()


def command(medium: str, speed: float | None = None, *, simulate: bool = False) -> str:
    order = RecordingRequest("/dev/sr1", medium, 1728, speed, simulate)
    return " ".join(GROWISOFS.arguments(order))


def error_of(line: str) -> tuple[type[BurnError], str, bool] | None:
    event = GROWISOFS.parse(line)
    assert event is None or isinstance(event, Trouble)
    return (type(event.error), str(event.error), event.vague) if event else None


@pytest.mark.parametrize("medium", ["dvd-r", "dvd-rw", "dvd+r", "dvd+rw", "dvd+r-dl", "bd-re"])
def test_command_line(medium: str) -> None:
    expected = "growisofs -dvd-compat -use-the-force-luke=notray -Z /dev/sr1=/dev/fd/0"
    assert command(medium) == expected


def test_command_line_for_bd_r_reserves_no_spare_sectors() -> None:
    expected = "growisofs -dvd-compat -use-the-force-luke=notray,spare:none -Z /dev/sr1=/dev/fd/0"
    assert command("bd-r") == expected


@pytest.mark.parametrize(("speed", "words"), [(4, "4"), (4.0, "4"), (2.4, "2.4"), (16, "16")])
def test_command_line_with_a_speed(speed: float, words: str) -> None:
    expected = f"growisofs -dvd-compat -use-the-force-luke=notray -speed={words} -Z "
    assert command("dvd+r", speed) == f"{expected}/dev/sr1=/dev/fd/0"


def test_command_line_to_simulate() -> None:
    expected = "growisofs -dvd-compat -use-the-force-luke=notray,dummy -Z /dev/sr1=/dev/fd/0"
    assert command("dvd-r", simulate=True) == expected


def test_what_it_burns() -> None:
    for kind in ("dvd-r", "dvd-rw", "dvd+r", "dvd+rw", "dvd-r-dl", "dvd+r-dl", "bd-r", "bd-re"):
        assert GROWISOFS.can_burn(kind), kind
    for kind in ("cd-r", "cd-rw", "hd-dvd-r", "hd-dvd-rw"):
        assert not GROWISOFS.can_burn(kind), kind


def test_what_it_simulates() -> None:
    assert GROWISOFS.can_simulate("dvd-r")
    for kind in ("cd-r", "dvd-rw", "dvd-r-dl", "dvd+r", "dvd+rw", "dvd+r-dl", "bd-r", "bd-re"):
        assert not GROWISOFS.can_simulate(kind), kind


@pytest.mark.parametrize(
    ("kind", "phase"),
    [
        *(("dvd+r", "closing disc"), ("dvd+r-dl", "closing disc"), ("bd-r", "closing session")),
        *(("dvd-r", "flushing cache"), ("dvd-r-dl", "flushing cache"), ("bd-re", "flushing cache")),
        *(("dvd-rw", "flushing cache"), ("dvd+rw", "flushing cache")),
    ],
)
def test_last_phase(kind: str, phase: str) -> None:
    assert GROWISOFS.last_phase(kind) == phase


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("1966080/3538944 (55.6%) @0.2x, remaining 0:05 RBU   4.7% UBU  96.9%", 1966080),
        ("          0/25025314816 ( 0.0%) @0x, remaining ??:?? RBU   0.1% UBU   0.0%", 0),
        ("25025314816/25025314816 (100.0%) @5.9x, remaining 0:00 RBU 0.0% UBU 90.2%", 25025314816),
    ],
)
def test_progress(line: str, done: int) -> None:
    assert GROWISOFS.parse(line) == BytesWritten(done)


@pytest.mark.parametrize(
    "words",
    [
        *("flushing cache", "updating RMA", "writing lead-out", "stopping de-icing"),
        *("closing track", "closing disc", "closing session", "pre-formatting blank BD-RE"),
    ],
)
def test_phases(words: str) -> None:
    assert GROWISOFS.parse(f"/dev/sr0: {words}") == Phase(words)


@pytest.mark.parametrize(
    "line",
    [
        "Executing 'builtin_dd if=/dev/fd/0 of=/dev/sr0 obs=32k seek=0'",
        '/dev/sr0: "Current Write Speed" is 16.4x1352KBps.',
        "/dev/sr0: reserving 1728 blocks",
        "/dev/sr0: engaging DVD-R DAO upon user request...",
        "/dev/sr0: splitting layers at 864 blocks",
        ":-( falling down to SET CD SPEED",
        ":-? Failed to change write speed: 11080->22160",
        ":-[ GET PERFORMANCE failed with SK=5h/INVALID FIELD IN CDB]: Input/output error",
        ":-( GET PERFORMANCE: insane Performance Data Length",
        ":-[ PERFORM OPC failed with SK=5h/INVALID COMMAND OPERATION CODE]: No such device",
        ":-[ FLUSH CACHE failed with SK=5h/INVALID FIELD IN CDB]: Input/output error",
        ":-[ RESTART FORMAT failed with SK=5h/INVALID FIELD IN CDB]: Input/output error",
        ":-[ CLOSE SESSION (but try to continue) failed with SK=2h/ASC=04h/ACQ=07h]: x",
        ':-( "Current Write Speed" descriptor is not present, faking 1x...',
        ":-( can't control writing velocity, -speed option is ignored",
        ":-( unable to reload tray",
        ":-? more than 50% of space will be *wasted*!",
        ":-? L0 Data Zone Capacity is set already",
        ":-? the LUN appears to be stuck writing LBA=10h, keep retrying in 40ms",
        ":-! the LUN is still in process of becoming ready, retrying in 5 secs...",
        ":-! WARNING: Power Calibration Area is almost full",
        ":-( attempt to re-run with -dvd-compat -dvd-compat to engage DAO or apply full ...",
    ],
)
def test_harmless_lines(line: str) -> None:
    assert GROWISOFS.parse(line) is None


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        (
            ":-[ WRITE@LBA=1fa40h failed with SK=3h/WRITE ERROR]: Input/output error",
            RecordingError,
            r"at sector 129,600 \(SK=3h/WRITE ERROR\): try a slower speed",
        ),
        (
            ":-[ WRITE@LBA=0h failed with SK=3h/ASC=0Ch/ACQ=09h]: Input/output error",
            RecordingError,
            r"at sector 0 \(SK=3h/ASC=0Ch/ACQ=09h\)",
        ),
        (
            ":-[ PERFORM OPC failed with SK=3h/ASC=73h/ACQ=03h]: x",
            RecordingError,
            "the laser could",
        ),
        (
            ":-[ PERFORM OPC failed with SK=3h/POWER CALIBRATION AREA ERROR]: x",
            RecordingError,
            "laser",
        ),
        (":-[ FLUSH CACHE failed with SK=3h/WRITE ERROR]: x", RecordingError, "^FLUSH CACHE"),
        (
            ":-[ SYNCHRONOUS FLUSH CACHE failed with SK=5h/INVALID FIELD IN CDB]: x",
            RecordingError,
            "^SYNCHRONOUS FLUSH CACHE",
        ),
        (":-( Failed to change write speed: 11080->22160", BurnError, "does not take this speed"),
        (
            ":-[ WRITE@LBA=0h failed with SK=5h/INCOMPATIBLE MEDIUM INSTALLED]: Wrong medium type",
            MediumError,
            "cannot write on this disc",
        ),
        (
            ':-( unable to open64("/dev/sr0",O_RDONLY): No medium found',
            NoMediumError,
            "no disc",
        ),
        (
            ':-( "/dev/sr7=/dev/fd/0": unexpected errno:No such file or directory',
            NoDriveError,
            "cannot be opened",
        ),
        (":-[ CLOSE SESSION failed with SK=5h/ASC=72h/ACQ=03h]: x", RecordingError, "^CLOSE SESS"),
        (
            ":-( /dev/sr0: 12219392 blocks are free, 12219393 to be written!",
            TooSmallError,
            "has 12,219,392 sectors free, 12,219,393 are needed",
        ),
        ("FATAL: /dev/sr0 already carries isofs!", UsedMediumError, "carries data"),
        (":-( media is not appendable", UsedMediumError, "carries data"),
        (":-( media must be full already", UsedMediumError, "carries data"),
        (":-( last session is not empty", UsedMediumError, "carries data"),
        (":-( /dev/sr0: media is not recognized as recordable DVD: 0", NoMediumError, "no disc"),
        (":-( /dev/sr0: media is not recognized as recordable DVD: FFFF", NoMediumError, "no disc"),
        (
            ":-( /dev/sr0: media is not recognized as recordable DVD: 10",
            MediumError,
            "cannot write",
        ),
        (
            ":-( /dev/sr0: mounted media doesn't appear to be DVD-RW, DVD+R or Blu-ray Disc",
            MediumError,
            "cannot write",
        ),
        (":-( mounted media[8] is not supported", MediumError, "cannot write"),
        (":-( media is not formatted or unsupported.", MediumError, "cannot write"),
        (":-( more than 50% of space will be *wasted*!", MediumError, "one of one layer"),
        (
            ":-( unable to O_EXCL /dev/sr0: someone was in time to remount?",
            BusyError,
            "holds the drive",
        ),
        (":-( unable to umount /dev/sr0: x", BusyError, "holds the drive"),
        ("unable to unmount: Invalid argument", BusyError, "holds the drive"),
        (
            ':-( unable to open64("/dev/sr0",O_RDWR): Device or resource busy',
            BusyError,
            "holds the drive",
        ),
        (
            ":-( unable to anonymously mmap 33554432: Resource temporarily unavailable",
            ProgramError,
            "ulimit -l unlimited",
        ),
        (":-( unable to allocate 65536 bytes: x", ProgramError, "no memory"),
        (
            ':-( unable to open64("/dev/sr0",O_RDONLY): Permission denied',
            NoDriveError,
            "see who may use it",
        ),
        (":-( not an MMC unit!", NoDriveError, "no optical drive"),
        (":-( non-MMC unit?", NoDriveError, "no optical drive"),
    ],
)
def test_troubles(line: str, error: type[BurnError], message: str) -> None:
    found = error_of(line)
    assert found
    assert found[0] is error
    assert re.search(message, found[1])
    assert not found[2]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (":-( write failed: Input/output error", "write failed: Input/output error"),
        (":-( LUN is impossible to bear with...", "LUN is impossible to bear with"),
        ("FATAL: something", "something"),
    ],
)
def test_vague_troubles(line: str, words: str) -> None:
    assert error_of(line) == (RecordingError, words, True)


@given(
    st.text() | st.from_regex(r":-[(\[] .*failed with SK=.*\]") | st.from_regex("LBA=[0-9a-f]*h")
)
@example(":-[ WRITE@LBA=123456789h failed with SK=3h/x]")
@example(":-( {0} {line}")
def test_parse_takes_any_text(line: str) -> None:
    GROWISOFS.parse(line)


@pytest.mark.parametrize("kind", ["dvd-r", "dvd+r", "bd-r"])
def test_a_line_cut_short_is_not_the_last_phase(kind: str) -> None:
    last = GROWISOFS.last_phase(kind)
    line = f"/dev/sr0: {last}"
    assert GROWISOFS.parse(line) == Phase(last)
    for length in range(len(line)):
        assert GROWISOFS.parse(line[:length]) != Phase(last)
