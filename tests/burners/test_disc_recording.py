"""Which program is taken, what it gets, and what is made of what it says: stand-ins on PATH."""

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from burners import (
    BurnError,
    BusyError,
    Drive,
    FolderDrive,
    Image,
    LoadedMedium,
    MediumError,
    NoMediumError,
    ProgramError,
    RecordingError,
    StoppedError,
    TooSmallError,
    UsedMediumError,
    burn,
    disc_recording,
)
from burners.disc_recording import check_medium
from burners.disc_types import RECORDABLE
from burners.program_choice import choose_program

DATA = os.urandom(3 << 20)
SECTORS = len(DATA) // 2048
IMAGE = Image("VOL", SECTORS, lambda: iter([memoryview(DATA)]))
GROWISOFS = """
print("Executing 'builtin_dd if=/dev/fd/0 of=/dev/sr0 obs=32k seek=0'")
print("/dev/sr0: flushing cache", file=sys.stderr)
print("/dev/sr0: closing track", file=sys.stderr)
print("/dev/sr0: closing disc", file=sys.stderr)
"""
CDRSKIN = """
print("cdrskin: burning done")
"""
WODIM = """
print("Fixating...")
print("Fixating time:    0.001s")
"""


class Stands:
    """Programs on PATH, and what they were given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, says: str, code: int = 0, version: str = "") -> None:
        """A program that takes its input, logs both, says something and ends."""
        log = self.folder / f"{name}.log"
        path = self.folder / name
        path.write_text(
            f"#!{sys.executable}\n"
            f"import hashlib, sys\n"
            f"if sys.argv[1:] == ['--version']:\n"
            f"    print({version!r})\n"
            f"    sys.exit()\n"
            f"data = sys.stdin.buffer.read()\n"
            f"with open({str(log)!r}, 'w') as file:\n"
            f"    print(*sys.argv[1:], file=file)\n"
            f"    print(hashlib.sha256(data).hexdigest(), file=file)\n"
            f"{says}\n"
            f"sys.exit({code})\n"
        )
        path.chmod(0o755)

    def log(self, name: str) -> list[str]:
        """The arguments, and the SHA-256 of the input."""
        return (self.folder / f"{name}.log").read_text().splitlines()


@pytest.fixture
def stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stands:
    """A PATH with nothing on it yet."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Stands(tmp_path / "bin")


def drive(kind: str = "dvd+r", state: str = "blank", free: int = 1 << 20) -> Drive:
    medium = LoadedMedium(kind, state, rewritable=False, label="OLD", free_sectors=free)
    return Drive(
        node="/dev/sr0",
        vendor="ACME",
        model="Burner",
        writes=RECORDABLE,
        closes_tray=True,
        state="loaded",
        medium=medium,
    )


@pytest.fixture
def put_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Drive]:
    """Says what lies in the drive before a program ran, and after it."""
    unlocked: list[str] = []
    monkeypatch.setattr(disc_recording, "unlock", unlocked.append)
    monkeypatch.setattr(disc_recording, "wait_ready", lambda node, seconds: True)

    def put(kind: str = "dvd+r", after: str = "complete") -> Drive:
        states = iter([drive(kind), drive(kind, after), drive(kind, after)])
        monkeypatch.setattr(disc_recording, "look", lambda node: next(states))
        return drive(kind)

    put.unlocked = unlocked  # type: ignore[attr-defined]
    return put


class Bar:
    """A progress that counts."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.notes: list[str] = []

    def task(
        self, what: str, total: int | None = None, unit: str = "B"
    ) -> AbstractContextManager[object]:
        return nullcontext()

    def advance(self, count: int) -> None:
        self.counts.append(count)

    def note(self, line: str) -> None:
        self.notes.append(line)


def test_the_program_gets_the_image_and_the_order(
    stands: Stands, put_in: Callable[..., Drive]
) -> None:
    stands.put("growisofs", GROWISOFS)
    burnt = burn(IMAGE, put_in(), speed=4)
    arguments, digest = stands.log("growisofs")
    assert arguments == ("-dvd-compat -use-the-force-luke=notray -speed=4 -Z /dev/sr0=/dev/fd/0")
    assert digest == burnt.sha256 == hashlib.sha256(DATA).hexdigest()
    assert (burnt.place, burnt.program, burnt.sectors) == ("/dev/sr0", "growisofs", SECTORS)
    assert len(burnt.clusters) == SECTORS // 32
    assert put_in.unlocked == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "there", "taken"),
    [
        ("cd-r", ["growisofs", "cdrskin", "wodim"], "cdrskin"),
        ("cd-r", ["growisofs", "wodim"], "wodim"),
        ("cd-r", ["growisofs"], ""),
        ("dvd-r", ["cdrskin", "growisofs", "wodim"], "growisofs"),
        ("dvd+r", ["cdrskin", "wodim"], "cdrskin"),
        ("dvd+r", ["wodim"], ""),
        ("dvd+r-dl", ["wodim"], ""),
        ("bd-r", ["wodim", "cdrskin"], "cdrskin"),
        ("bd-r", ["wodim"], ""),
        ("bd-re", ["growisofs", "cdrskin"], "growisofs"),
        ("hd-dvd-r", ["growisofs", "cdrskin", "wodim"], ""),
        ("bd-r", [], ""),
    ],
)
def test_the_best_that_is_there(stands: Stands, kind: str, there: list[str], taken: str) -> None:
    for name in there:
        stands.put(name, "", version=f"{name} 1.5")
    if taken:
        assert choose_program(drive(kind), SECTORS).name == taken
    else:
        with pytest.raises(ProgramError, match="no program here can write this image"):
            choose_program(drive(kind), SECTORS)


def test_a_cdrecord_is_what_it_says_it_is(stands: Stands) -> None:
    stands.put(
        "cdrecord", "", version="Cdrecord-yelling-line-to-tell-frontends-to-use\nWodim 1.1.11"
    )
    stands.put("cdrskin", "", version="cdrskin 1.5.4")
    assert choose_program(drive("cd-r"), SECTORS).name == "cdrskin"
    stands.put("cdrecord", "", version="Cdrecord-ProDVD-ProBD-Clone 3.02a09 Joerg Schilling")
    assert choose_program(drive("cd-r"), SECTORS).name == "cdrecord"


def test_one_program_can_be_asked_for(stands: Stands) -> None:
    for name in ("growisofs", "cdrskin"):
        stands.put(name, "", version=name)
    assert choose_program(drive("bd-r"), SECTORS, only="cdrskin").name == "cdrskin"
    with pytest.raises(ProgramError, match="wodim cannot write this image on a BD-R"):
        choose_program(drive("bd-r"), SECTORS, only="wodim")


def test_growisofs_is_spared_what_it_refuses(stands: Stands) -> None:
    for name in ("growisofs", "cdrskin"):
        stands.put(name, "", version=name)
    assert choose_program(drive("dvd+r"), 31).name == "cdrskin"
    assert choose_program(drive("dvd+r"), 32).name == "growisofs"
    assert choose_program(drive("dvd-r-dl", free=4000), 1999).name == "cdrskin"
    assert choose_program(drive("dvd-r-dl", free=4000), 2000).name == "growisofs"
    assert choose_program(drive("dvd+r-dl", free=4000), 100).name == "growisofs"


@pytest.mark.parametrize(("kind", "able"), [("cd-r", True), ("dvd-r", True), ("dvd+r", False)])
def test_only_what_can_simulate_does(stands: Stands, kind: str, able: bool) -> None:
    for name in ("growisofs", "cdrskin"):
        stands.put(name, "", version=name)
    if able:
        choose_program(drive(kind), SECTORS, simulate=True)
    else:
        with pytest.raises(ProgramError, match="only pretend to write on a DVD\\+R"):
            choose_program(drive(kind), SECTORS, simulate=True)


TOLD = 'print(":-[ WRITE@LBA=250h failed with SK=3h/WRITE ERROR]: Input/output error")\n'


@pytest.mark.parametrize(
    ("kind", "name", "says", "code", "words"),
    [
        ("dvd+r", "growisofs", TOLD + GROWISOFS, 0, "at sector 592"),  # as without notray
        ("dvd+r", "growisofs", "", 0, "ended without having closed the disc: it said nothing"),
        ("dvd+r", "growisofs", GROWISOFS, 5, "ended with code 5: /dev/sr0: closing disc"),
        ("dvd+r", "growisofs", "import os; os.kill(os.getpid(), 9)", 0, "ended with code -9"),
        ("dvd+r", "growisofs", 'print(":-( odd")\n' + TOLD, 5, "at sector 592"),
        ("cd-r", "cdrskin", "print('cdrskin: FATAL : burning failed.')", 10, "burning failed"),
        ("cd-r", "wodim", "print('Trouble flushing the cache')\n" + WODIM, 0, "not be closed"),
        ("cd-r", "wodim", "print('Fixating...')", 0, "ended without having closed the disc"),
    ],
)
def test_what_failed_is_said_whatever_the_exit_code(
    stands: Stands,
    put_in: Callable[..., Drive],
    kind: str,
    name: str,
    says: str,
    code: int,
    words: str,
) -> None:
    stands.put(name, says, code, version=name)
    with pytest.raises(RecordingError, match=f"{words}.*; the disc is spoilt") as caught:
        burn(IMAGE, put_in(kind))
    assert not caught.value.blank
    assert put_in.unlocked == ["/dev/sr0"]  # type: ignore[attr-defined]


def test_a_vague_line_does_not_undo_what_ended_well(
    stands: Stands, put_in: Callable[..., Drive]
) -> None:
    stands.put("growisofs", 'print(":-( odd")\n' + GROWISOFS)
    assert burn(IMAGE, put_in()).sha256
    stands.put("growisofs", 'print(":-( odd")\n' + GROWISOFS, 1)
    with pytest.raises(RecordingError, match="odd"):
        burn(IMAGE, put_in())


def test_a_disc_that_is_still_blank_is_said_to_be(
    stands: Stands, put_in: Callable[..., Drive]
) -> None:
    stands.put("growisofs", 'print(":-[ PERFORM OPC failed with SK=3h/PCA]: I/O error")', 133)
    with pytest.raises(RecordingError, match=r"could not be adjusted.*still blank") as caught:
        burn(IMAGE, put_in(after="blank"))
    assert caught.value.blank


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (":-( /dev/sr0: 1024 blocks are free, 1717 to be written!", TooSmallError),
        (":-( unable to O_EXCL /dev/sr0: someone was in time to remount?", BusyError),
        ("FATAL: /dev/sr0 already carries isofs!", UsedMediumError),
    ],
)
def test_what_it_refuses_is_no_spoilt_disc(
    stands: Stands, put_in: Callable[..., Drive], line: str, kind: type[BurnError]
) -> None:
    stands.put("growisofs", f"print({line!r})", 144)
    with pytest.raises(kind):
        burn(IMAGE, put_in(after="blank"))


def test_progress_is_the_programs_own_count(stands: Stands, put_in: Callable[..., Drive]) -> None:
    says = """
for done, total in ((1048576, 3145728), (524288, 3145728), (2097152, 3145728), (9999999, 1)):
    print(f"   {done}/{total} (33.3%) @4.1x, remaining 0:00 RBU 100.0% UBU  96.9%")
"""
    stands.put("growisofs", says + GROWISOFS)
    bar = Bar()
    burn(IMAGE, put_in(), bar)
    assert bar.counts == [1 << 20, 1 << 20, 1 << 20]
    assert bar.notes == ["closing the disc in ACME Burner (/dev/sr0)"]


def test_what_the_source_raises_ends_the_program(
    stands: Stands, put_in: Callable[..., Drive]
) -> None:
    stands.put("growisofs", GROWISOFS)

    def blocks() -> Iterator[memoryview]:
        yield memoryview(DATA[:2048])
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="the source is gone"):
        burn(Image("VOL", SECTORS, blocks), put_in())
    assert put_in.unlocked == ["/dev/sr0"]  # type: ignore[attr-defined]
    with pytest.raises(BurnError, match="only 2,048 of its"):
        burn(Image("VOL", SECTORS, lambda: iter([memoryview(DATA[:2048])])), put_in())


def test_it_stops_on_request(stands: Stands, put_in: Callable[..., Drive]) -> None:
    stands.put("growisofs", "import time; time.sleep(60)")
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(StoppedError):
        burn(IMAGE, put_in(), stop=stop)
    assert put_in.unlocked == ["/dev/sr0"]  # type: ignore[attr-defined]


def test_a_folder_is_a_drive_too(tmp_path: Path) -> None:
    burnt = burn(IMAGE, FolderDrive(str(tmp_path / "images")))
    assert burnt.place == str(tmp_path / "images" / "VOL.iso")
    assert Path(burnt.place).read_bytes() == DATA


def other(state: str) -> Drive:
    return Drive(
        node="/dev/sr0",
        vendor="ACME",
        model="Burner",
        writes=RECORDABLE,
        closes_tray=True,
        state=state,
        medium=None,
    )


def test_what_can_take_an_image() -> None:
    check_medium(drive(free=1600), 1600)
    check_medium(drive(free=1600), 1585)
    check_medium(drive("cd-r", free=1585), 1585)
    for refused, sectors, kind, words in (
        (drive(free=1599), 1585, TooSmallError, "1,599 sectors free, 1,600 are needed"),
        (drive("cd-r", free=1584), 1585, TooSmallError, "1,584 sectors free, 1,585"),
        (drive(state="complete"), 1, UsedMediumError, r"DVD\+R in .* not blank \(OLD\)"),
        (drive(state="appendable"), 1, UsedMediumError, "not blank"),
        (drive("dvd-rom", "complete"), 1, MediumError, "cannot write on the DVD-ROM"),
        (other("open"), 1, NoMediumError, "the tray of .* is open"),
        (other("empty"), 1, NoMediumError, "no disc"),
        (other("busy"), 1, BusyError, "in use"),
    ):
        with pytest.raises(kind, match=words):
            check_medium(refused, sectors)


def test_a_drive_that_only_reads_a_type_is_not_asked_to_write_it() -> None:
    reader = Drive(
        node="/dev/sr0",
        vendor="",
        model="",
        writes=frozenset({"cd-r"}),
        closes_tray=True,
        state="loaded",
        medium=drive().medium,
    )
    with pytest.raises(MediumError, match=r"/dev/sr0 cannot write on the DVD\+R"):
        check_medium(reader, 1)
