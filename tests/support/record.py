"""Records what the real programs write when they burn in the virtual burner, well and badly.

    SPANNER_RIG=... python tests/support/record.py [WORD ...]

makes tests/burners/recordings/*.txt anew (with words only those that have one in their names): a
line that says what happened, then standard output, then standard error, byte by byte. It takes five
minutes; two cases need root.
"""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from burners.cdrecord import Cdrecord, find_dialect  # noqa: E402
from burners.growisofs import Growisofs  # noqa: E402
from burners.programs import Program, RecordingRequest  # noqa: E402
from support.rig import SECTOR, Rig, need_rig, virtual_burner  # noqa: E402

RECORDINGS = PROJECT / "tests" / "burners" / "recordings"
SECTORS = 1728
NOBODY = 65534
_LIMIT = 6000  # bytes of a recording
_ROOM = {"dvd+r-dl": 3000, "dvd-r-dl": 3000}  # the image has to fill more than half
_HOLD = """
import fcntl, os, sys
fd = os.open("/dev/sr0", os.O_RDWR | os.O_NONBLOCK)
fcntl.flock(fd, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A program, the disc in the drive, and what befalls them: the name of the recording.

    `fault` is OP:SENSE[:LBA] as the virtual burner takes it; `rate` in kB/s; `eject` after so many
    seconds; `limited` to 8 MiB of locked memory, as users other than root are.
    """

    program: str
    kind: str
    what: str
    disc: str = ""
    speed: float | None = None
    fault: str = ""
    rate: int = 0
    eject: float = 0
    busy: bool = False
    simulate: bool = False
    limited: bool = False
    small_buffer: bool = False

    @property
    def name(self) -> str:
        """What its file is called, but for .txt."""
        return f"{self.program}-{self.kind}-{self.what}"

    @property
    def spec(self) -> str:
        """The disc, as the virtual burner is told."""
        return self.disc or f"{self.kind}:{_ROOM.get(self.kind, 4096)}"

    def arguments(self) -> list[str]:
        """The command line that the adapter makes."""
        order = RecordingRequest("/dev/sr0", self.kind, SECTORS, self.speed, simulate=self.simulate)
        return _program(self).arguments(order)


def _program(case: Case) -> Program:
    if case.program == "growisofs":
        return Growisofs()
    return Cdrecord(case.program, find_dialect(case.program), case.small_buffer)


def cases() -> Iterator[Case]:
    """All that are recorded."""
    good = {
        "growisofs": "dvd-r dvd-rw dvd+r dvd+rw dvd+r-dl dvd-r-dl bd-r bd-re",
        "cdrskin": "cd-r cd-rw dvd-r dvd-rw dvd+r dvd+rw dvd+r-dl bd-r",
        "wodim": "cd-r cd-rw dvd-r dvd-rw dvd+r",
    }
    for program, kinds in good.items():
        for kind in kinds.split():
            yield Case(program, kind, "good")
    yield Case("cdrskin", "bd-re", "formatted", disc="bd-re:4096:complete")
    # The emulated drive does not offer the format type 00h, which libburn insists on.
    yield Case("cdrskin", "bd-re", "unformattable")
    for kind in ("dvd+r-dl", "dvd-r-dl"):
        yield Case("growisofs", kind, "half-empty", disc=f"{kind}:8000")
    yield Case("growisofs", "dvd+r", "slow", speed=4, rate=220)
    yield Case("cdrskin", "bd-r", "slow", speed=4, rate=500)
    yield Case("growisofs", "dvd-r", "opc", fault="opc:03/73/03")
    yield Case("growisofs", "dvd-r", "simulated", simulate=True)
    for program in ("cdrskin", "wodim"):
        for kind in ("cd-r", "dvd-r"):
            yield Case(program, kind, "simulated", simulate=True)
    for program, kind in (
        *(("growisofs", "dvd+r"), ("growisofs", "bd-r")),
        *(("cdrskin", "cd-r"), ("cdrskin", "bd-r")),
        *(("wodim", "cd-r"), ("wodim", "dvd-r")),
    ):
        yield from _bad(program, kind)
    yield Case("wodim", "cd-r", "limited", limited=True)
    yield Case("wodim", "cd-r", "limited-small-buffer", limited=True, small_buffer=True)


def _bad(program: str, kind: str) -> Iterator[Case]:
    yield Case(program, kind, "write-error", fault="write:03/0c/00:600")
    yield Case(program, kind, "too-small", disc=f"{kind}:1024")
    yield Case(program, kind, "no-disc", disc="none")
    yield Case(program, kind, "used", disc=f"{kind}:4096:complete")
    yield Case(program, kind, "busy", busy=True)
    if kind in ("dvd+r", "bd-r"):  # the others end with the flushing
        yield Case(program, kind, "close", fault="close:03/73/03")
    yield Case(program, kind, "flush", fault="sync:03/0c/00")
    if program == "wodim":
        yield Case(program, kind, "opc", fault="opc:03/73/03")
    yield Case(program, kind, "ejected", rate=500, eject=3.5)


def make_image(folder: Path) -> bytes:
    """A small ISO 9660 image, of random bytes for the most part."""
    (folder / "payload.bin").write_bytes(random.Random(1).randbytes(1553 * SECTOR))
    arguments = ["genisoimage", "-quiet", "-R", "-V", "TEST", "-o", "image.iso", "payload.bin"]
    subprocess.run(arguments, cwd=folder, check=True)
    return (folder / "image.iso").read_bytes().ljust(SECTORS * SECTOR, b"\0")


def record(case: Case, image: bytes) -> tuple[int, bytes]:
    """Run it; its exit code and what it wrote."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        (folder / "disc.img").write_bytes(image)  # of use to a used disc; a blank one empties it
        options = ["--rate", str(case.rate)]
        if case.fault:
            options += ["--fault", case.fault]
        rig = stack.enter_context(virtual_burner(folder, [case.spec], options=options))
        if case.busy:
            stack.enter_context(_holder(rig))
        code, output = _run(case, rig, image)
        for place in _folders(rig):
            output = output.replace(os.fsencode(place), b"FOLDER")
        return code, output


@contextlib.contextmanager
def _holder(rig: Rig) -> Iterator[None]:
    """Something that keeps the drive for itself, as a mounted disc does."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD],
        env=rig.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield
        process.stdin.close()


def _run(case: Case, rig: Rig, image: bytes) -> tuple[int, bytes]:
    arguments = case.arguments()
    env = {**rig.env, "LC_ALL": "C"}
    if case.limited:
        _open_to_all(rig)
        nobody = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        arguments = ["prlimit", "--memlock=8388608:8388608", "setpriv", *nobody, *arguments]
        env["HOME"] = "/tmp"
    with subprocess.Popen(
        arguments,
        env=env,
        cwd=rig.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        timer = threading.Timer(case.eject, rig.ask, ["eject"])
        if case.eject:
            timer.start()
        said, complained = process.communicate(image, timeout=300)
        timer.cancel()
        if said and not said.endswith(b"\n"):
            said += b"\n"  # streams are not heard as one
        return process.returncode, said + complained


def _open_to_all(rig: Rig) -> None:
    owner = f"{NOBODY}:{NOBODY}"
    subprocess.run(["chown", "-R", owner, *_folders(rig)], check=True)


def _folders(rig: Rig) -> set[str]:
    """Where the virtual burner keeps its things: the disc, the nodes, its libraries."""
    libraries = [os.path.dirname(path) for path in rig.env["LD_PRELOAD"].split(":")]
    link = os.path.dirname(rig.env["VIRTUAL_BURNER"])
    return {str(rig.folder), rig.env["UMOCKDEV_DIR"], link, *filter(None, libraries)}


def main(words: list[str]) -> None:
    """Make the recordings that have one of the words in their names, or all."""
    need_rig()
    RECORDINGS.mkdir(exist_ok=True)
    for old in [] if words else RECORDINGS.glob("*.txt"):
        old.unlink()
    with tempfile.TemporaryDirectory() as name:
        image = make_image(Path(name))
    for case in cases():
        if words and not any(word in case.name for word in words):
            continue
        code, output = record(case, image)
        title = f"# {case.program} {case.kind} {case.what} code {code}\n"
        print(title, end="", flush=True)
        assert len(output) < _LIMIT, output
        (RECORDINGS / f"{case.name}.txt").write_bytes(title.encode() + output)


if __name__ == "__main__":
    main(sys.argv[1:])
