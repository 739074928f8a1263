"""What real programs wrote, well and badly, is understood; support/record.py makes it anew."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from burners.cdrecord import Cdrecord
from burners.errors import (
    BurnError,
    BusyError,
    MediumError,
    NoMediumError,
    ProgramError,
    RecordingError,
    TooSmallError,
    UsedMediumError,
)
from burners.growisofs import Growisofs
from burners.programs import BytesWritten, Phase, Program, Trouble

RECORDINGS = Path(__file__).parent / "recordings"
SIZE = 1728 * 2048
_TITLE = re.compile(r"# (\S+) (\S+) (\S+) code (\d+)")

_MESSAGES: dict[str, tuple[type[BurnError], str]] = {
    "growisofs-*-write-error": (RecordingError, r"at sector 592 \(SK=3h/WRITE ERROR\): try"),
    "growisofs-*-too-small": (TooSmallError, r"1,024 sectors free, 1,728 are needed"),
    "growisofs-*-no-disc": (NoMediumError, r"no disc in the drive"),
    "growisofs-*-used": (UsedMediumError, r"carries data: use a blank one"),
    "growisofs-*-busy": (BusyError, r"holds the drive"),
    "growisofs-*-close": (
        RecordingError,
        r"^CLOSE TRACK failed in the drive \(SK=3h/POWER CALIBRATION AREA ERROR\)",
    ),
    "growisofs-*-flush": (RecordingError, r"^FLUSH CACHE failed .*WRITE ERROR"),
    "growisofs-*-ejected": (RecordingError, r"at sector [\d,]+ \(.*TRAY OPEN"),
    "growisofs-*-opc": (RecordingError, r"laser could not be adjusted \(SK=3h/POWER CAL"),
    "growisofs-dvd-r-dl-half-empty": (MediumError, r"too small for a disc of two layers"),
    "cdrskin-cd-r-write-error": (RecordingError, r"at sector 592 \(\[3 0C 00\] Medium error"),
    "cdrskin-bd-r-write-error": (RecordingError, r"at sector 576 \(\[3 0C 00\] Medium error"),
    "cdrskin-*-too-small": (TooSmallError, r"1,024 sectors free, 1,728 are needed"),
    "cdrskin-*-no-disc": (NoMediumError, r"no disc"),
    "cdrskin-*-used": (UsedMediumError, r"carries data: use a blank one"),
    "cdrskin-*-busy": (BusyError, r"holds the drive"),
    "cdrskin-*-close": (RecordingError, r"failed to close track \(1\) \(\[3 73 03\]"),
    "cdrskin-*-flush": (RecordingError, r"failed to synchronize drive cache \(\[3 0C 00\]"),
    "cdrskin-*-ejected": (RecordingError, r"at sector [\d,]+ \(.*tray open\): try"),
    "cdrskin-bd-re-unformattable": (MediumError, r"cannot format the disc: use another"),
    "wodim-*-write-error": (RecordingError, r"could not write after 1,206,272 bytes"),
    "wodim-*-too-small": (TooSmallError, r"does not fit on the disc"),
    "wodim-*-no-disc": (NoMediumError, r"no disc"),
    "wodim-*-used": (UsedMediumError, r"carries data: use a blank one"),
    "wodim-*-busy": (BusyError, r"holds the drive"),
    "wodim-*-flush": (RecordingError, r"could not be closed"),
    "wodim-*-ejected": (RecordingError, r"could not write after [\d,]+ bytes"),
    "wodim-*-opc": (RecordingError, r"laser could not be adjusted"),
    "wodim-cd-r-limited": (ProgramError, r"ulimit -l unlimited"),
}
_DISCS = {"growisofs": ("dvd+r", "bd-r"), "cdrskin": ("cd-r", "bd-r"), "wodim": ("cd-r", "dvd-r")}
_OTHER_DISCS = {"growisofs-*-opc": ("dvd-r",), "cdrskin-*-close": ("bd-r",)}
BAD = {
    pattern.replace("*", disc): expected
    for pattern, expected in _MESSAGES.items()
    for disc in _OTHER_DISCS.get(pattern, _DISCS[pattern.partition("-")[0]])
}
GOOD = {
    *(f"growisofs-{kind}-good" for kind in ("dvd-r", "dvd-rw", "dvd+r", "dvd+rw", "bd-r", "bd-re")),
    *(f"growisofs-{kind}-good" for kind in ("dvd+r-dl", "dvd-r-dl")),
    *(f"cdrskin-{kind}-good" for kind in ("cd-r", "cd-rw", "dvd-r", "dvd-rw", "dvd+r", "dvd+rw")),
    *(f"cdrskin-{kind}-good" for kind in ("dvd+r-dl", "bd-r")),
    *(f"wodim-{kind}-good" for kind in ("cd-r", "cd-rw", "dvd-r", "dvd-rw", "dvd+r")),
    *("growisofs-dvd+r-slow", "growisofs-dvd-r-simulated", "growisofs-dvd+r-dl-half-empty"),
    *("cdrskin-bd-r-slow", "cdrskin-bd-re-formatted"),
    *(f"{name}-{kind}-simulated" for name in ("cdrskin", "wodim") for kind in ("cd-r", "dvd-r")),
    "wodim-cd-r-limited-small-buffer",
}


@dataclass
class Heard:
    """What a program said, as `burners.disc_recording` hears it."""

    program: Program
    kind: str
    code: int
    troubles: list[Trouble] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    written: list[int] = field(default_factory=list)

    @property
    def error(self) -> BurnError | None:
        """The first trouble that is not vague, else the first vague one."""
        certain = [trouble for trouble in self.troubles if not trouble.vague]
        return next((trouble.error for trouble in [*certain, *self.troubles]), None)


def lines(name: str) -> list[str]:
    data = (RECORDINGS / f"{name}.txt").read_bytes()
    return [line.decode().strip() for line in re.split(rb"[\r\n]", data) if line.strip()]


def hear(name: str) -> Heard:
    title, *said = lines(name)
    match = _TITLE.fullmatch(title)
    assert match, title
    program, kind, what, code = match.groups()
    assert name == f"{program}-{kind}-{what}"
    adapter = Growisofs() if program == "growisofs" else Cdrecord(program, program)
    heard = Heard(adapter, kind, int(code))
    for line in said:
        event = adapter.parse(line)
        if isinstance(event, Trouble):
            heard.troubles.append(event)
        elif isinstance(event, Phase):
            heard.phases.append(event.words)
        elif isinstance(event, BytesWritten):
            heard.written.append(event.bytes)
    return heard


@pytest.mark.parametrize("name", sorted(GOOD))
def test_good_recordings_have_no_trouble_and_end_with_the_last_phase(name: str) -> None:
    heard = hear(name)
    assert heard.code == 0
    assert not heard.troubles
    assert heard.program.last_phase(heard.kind) in heard.phases
    assert heard.written == sorted(heard.written)
    if not name.startswith("growisofs"):
        assert 1 << 20 <= heard.written[-1] <= SIZE


def test_progress_of_growisofs() -> None:
    written = hear("growisofs-dvd+r-slow").written
    assert len(written) >= 3
    assert SIZE // 2 < written[-1] <= SIZE


@pytest.mark.parametrize("name", sorted(BAD))
def test_faults_are_told_apart(name: str) -> None:
    error = hear(name).error
    expected, message = BAD[name]
    assert type(error) is expected
    assert re.search(message, str(error))


# Of a busy drive one stream tells all, in this order.
@pytest.mark.parametrize("name", sorted(name for name in BAD if not name.endswith("-busy")))
def test_errors_are_found_whichever_stream_is_heard_first(name: str) -> None:
    heard = hear(name)
    heard.troubles.reverse()
    assert type(heard.error) is BAD[name][0]


def test_exit_codes_hide_failures() -> None:
    assert hear("wodim-cd-r-flush").code == 0


@pytest.mark.parametrize("kind", ["dvd+r", "bd-r"])
def test_growisofs_says_the_last_phase_of_failures_too(kind: str) -> None:
    heard = hear(f"growisofs-{kind}-write-error")
    assert heard.program.last_phase(kind) in heard.phases


def test_each_recording_has_an_expectation_and_each_expectation_a_recording() -> None:
    assert {path.stem for path in RECORDINGS.iterdir()} == GOOD | BAD.keys()
    assert not GOOD & BAD.keys()


def test_recordings_are_small_and_name_no_folder_of_the_machine() -> None:
    for path in RECORDINGS.iterdir():
        data = path.read_bytes()
        assert len(data) < 6100, path
        assert not re.search(rb"/(tmp|home|work|root|usr|var)/", data), path
