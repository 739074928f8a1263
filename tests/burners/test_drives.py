"""Drives and discs are found and described, in emulated drives."""

import contextlib
import errno
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pyudev

from burners import BusyError, NoDriveError, drives, look, mmc, tray
from burners.drives import _by_udev, _formatted_size
from burners.mmc import FormatCapacities, SenseError
from support.rig import SECTOR, Rig

Serve = Callable[..., Rig]
NODE = "/dev/sr0"
HEAD = """
import dataclasses, fcntl, json, os, sys, time
import burners
from burners import mmc, tray
"""


@pytest.fixture
def serve(serve: Serve) -> Serve:
    """Emulated drives whose discs can be changed at once: they are there before they listen."""

    def start(*discs: str, **options: Any) -> Rig:
        rig = serve(*discs, **options)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as link:
                link.connect(rig.env["VIRTUAL_BURNER"])
                break
            time.sleep(0.01)
        return rig

    return start


def ask(rig: Rig, script: str) -> Any:
    """What a script with the drives prints, as JSON."""
    done = rig.run(sys.executable, "-c", HEAD + script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def seen(rig: Rig, node: str = NODE) -> dict[str, Any]:
    """The drive at a node."""
    found: dict[str, Any] = ask(
        rig, f"print(json.dumps(dataclasses.asdict(burners.look({node!r})), default=sorted))"
    )
    return found


def medium(rig: Rig) -> dict[str, Any]:
    drive = seen(rig)
    assert drive["state"] == "loaded"
    found: dict[str, Any] = drive["medium"]
    return found


def commands(log: Path) -> list[str]:
    lines = (json.loads(line) for line in log.read_text().splitlines())
    return [line["command"] for line in lines if "command" in line]


def put(rig: Rig, disc: str, content: bytes = b"") -> None:
    (rig.folder / "next.img").write_bytes(content)
    rig.insert(disc)


def image(label: bytes = b"ALBUM_01OF02", sectors: int = 40) -> bytes:
    descriptor = (b"\x01CD001\x01\0" + b" " * 32 + label.ljust(32)).ljust(SECTOR, b"\0")
    return bytes(16 * SECTOR) + descriptor + b"x" * ((sectors - 17) * SECTOR)


@contextlib.contextmanager
def running(rig: Rig, script: str) -> Iterator["subprocess.Popen[str]"]:
    """A script that runs beside the test; it ends at the end of its input."""
    with subprocess.Popen(
        [sys.executable, "-c", HEAD + script],
        env=rig.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(20)


def heard(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout
    return json.loads(process.stdout.readline())


BLANK = {
    "cd-r": ("cd-r", 359_849, False),
    "cd-r:20000": ("cd-r", 20_000, False),
    "cd-rw": ("cd-rw", 359_849, True),
    "dvd-r": ("dvd-r", 2_298_496, False),
    "dvd-rw": ("dvd-rw", 2_298_496, True),
    "dvd-rw-ro:4096": ("dvd-rw", 4096, True),
    "dvd+r": ("dvd+r", 2_295_104, False),
    "dvd+r:4100": ("dvd+r", 4100, False),
    "dvd+rw": ("dvd+rw", 2_295_104, True),
    "dvd+r-dl": ("dvd+r-dl", 4_173_824, False),
    "dvd-r-dl": ("dvd-r-dl", 4_171_712, False),
    "bd-r": ("bd-r", 12_219_392, False),
    "bd-r-xl": ("bd-r", 48_878_592, False),
    "bd-re": ("bd-re", 12_219_392 - 131_072, True),
}


def test_blank_discs(serve: Serve) -> None:
    rig = serve()
    for disc, (kind, free, rewritable) in BLANK.items():
        put(rig, disc)
        assert medium(rig) == {
            "kind": kind,
            "state": "blank",
            "rewritable": rewritable,
            "label": "",
            "free_sectors": free,
        }, disc


FULL = [
    ("cd-r:complete", "complete", 0),
    ("cd-rw:complete", "complete", 0),
    ("cd-rom:complete", "complete", 0),
    ("dvd-r:complete", "complete", 0),
    ("dvd-r:appendable", "appendable", 0),
    ("dvd-rw:complete", "complete", 0),
    ("dvd+r:complete", "complete", 0),
    ("dvd+rw:complete", "complete", 4096),
    ("dvd-r-dl:complete", "complete", 0),
    ("bd-rom:complete", "complete", 0),
    ("bd-r:complete", "complete", 0),
    ("bd-r:appendable", "appendable", 0),
    ("bd-re:complete", "complete", 4096),
]


def test_full_discs_have_a_label(serve: Serve) -> None:
    rig = serve()
    for words, state, free in FULL:
        kind, burnt = words.split(":")
        put(rig, f"{kind}:4096:{burnt}", image())
        assert medium(rig) == {
            "kind": kind,
            "state": state,
            "rewritable": kind in ("cd-rw", "dvd-rw", "dvd+rw", "bd-re"),
            "label": "ALBUM_01OF02",
            "free_sectors": free,
        }, words


def test_a_disc_of_zeros_is_blank_where_it_can_be_overwritten(serve: Serve) -> None:
    rig = serve()
    for disc in ("bd-re", "dvd+rw", "dvd-rw-ro"):
        put(rig, f"{disc}:4096:complete")
        assert (medium(rig)["state"], medium(rig)["free_sectors"]) == ("blank", 4096)
        put(rig, f"{disc}:4096:complete", bytes(32 * SECTOR - 1) + b"x")
        assert medium(rig)["state"] == "complete"
    put(rig, "bd-r:4096:complete", bytes(64 * SECTOR))
    assert medium(rig)["state"] == "complete"
    put(rig, "bd-re:4096:complete")
    rig.fault("read", "03/11/00")
    assert medium(rig)["state"] == "complete"  # nobody knows


@pytest.mark.parametrize(
    ("kind", "capacities", "free"),
    [
        ("bd-re", FormatCapacities(90, False, ((70, 0x30), (80, 0x30), (90, 0x31))), 80),
        ("bd-re", FormatCapacities(75, True, ((70, 0x30), (80, 0x30), (90, 0x31))), 75),
        ("bd-re", FormatCapacities(90, False, ((95, 0x31),)), 90),
        ("dvd+rw", FormatCapacities(90, False, ((70, 0x00), (80, 0x26))), 80),
        ("dvd-ram", FormatCapacities(90, False, ((70, 0x00), (80, 0x01))), 90),
    ],
)
def test_the_size_that_a_disc_is_formatted_to(
    monkeypatch: pytest.MonkeyPatch, kind: str, capacities: FormatCapacities, free: int
) -> None:
    monkeypatch.setattr(mmc, "format_capacities", lambda fd: capacities)
    assert _formatted_size(0, kind) == free


def test_labels(serve: Serve) -> None:
    rig = serve()
    put(rig, "dvd+r:4096:complete", image(b"A  B"))
    assert medium(rig)["label"] == "A  B"
    put(rig, "dvd+r:4096:complete", b"x" * 40 * SECTOR)
    assert medium(rig)["label"] == ""
    put(rig, "dvd+r:4096:complete", image())
    rig.fault("read", "03/11/00")
    assert (medium(rig)["label"], medium(rig)["state"]) == ("", "complete")


BURN = """
with open("image", "wb") as file:
    for sector in range(SECTORS):
        file.write(sector.to_bytes(4, "big") * 512)
try:
    burnt = burners.burn(burners.image_file("image"), burners.look("/dev/sr0"), program="growisofs")
    print(json.dumps(burnt.sectors))
except burners.BurnError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


@pytest.mark.parametrize(("disc", "free"), [("bd-re:4096", 4032), ("dvd+rw:2055", 2055)])
def test_a_blank_disc_takes_just_what_is_free(
    serve: Serve, tmp_path: Path, disc: str, free: int
) -> None:
    log = tmp_path / "log"
    rig = serve(disc, options=["--log", str(log)])
    assert medium(rig)["free_sectors"] == free
    fits = free // 16 * 16
    refused = ask(rig, BURN.replace("SECTORS", str(fits + 16)))
    assert refused[0] == "TooSmallError"
    assert f"{free:,} sectors free, {fits + 16:,} are needed" in refused[1]
    assert not {"WRITE(10)", "WRITE(12)", "FORMAT UNIT", "BLANK"} & set(commands(log))
    assert ask(rig, BURN.replace("SECTORS", str(fits))) == fits
    disc_now, image_now = tmp_path / "disc.img", tmp_path / "image"
    assert disc_now.read_bytes()[: fits * SECTOR] == image_now.read_bytes()
    assert medium(rig)["state"] == "complete"


def test_drives_are_sorted_and_links_are_followed(serve: Serve) -> None:
    rig = serve("dvd+r:4096", "1=bd-r:5000", drives=11)
    found = json.loads(rig.run(sys.executable, "-m", "spanner", "drives", "--json").stdout)
    assert [drive["node"] for drive in found["drives"]] == [f"/dev/sr{n}" for n in range(11)]
    first, second, third = found["drives"][:3]
    assert first == {
        "node": NODE,
        "vendor": "VIRTUAL",
        "model": "BD-RE BURNER",
        "writes": [
            *("bd-r", "bd-re", "cd-r", "cd-rw", "dvd+r", "dvd+r-dl", "dvd+rw"),
            *("dvd-r", "dvd-r-dl", "dvd-ram", "dvd-rw"),
        ],
        "closes_tray": True,
        "state": "loaded",
        "medium": {
            "type": "dvd+r",
            "state": "blank",
            "rewritable": False,
            "label": "",
            "free_sectors": 4096,
        },
    }
    assert second["medium"]["type"] == "bd-r"
    assert (third["state"], third["medium"]) == ("empty", None)
    assert seen(rig, "/dev/cdrom")["node"] == NODE


def test_what_a_drive_writes_it_says_itself(serve: Serve) -> None:
    """Udev's words come with it, but what only udev knows is not lost while the drive is held."""
    rig = serve()
    writes = ask(
        rig,
        "from burners.drives import _writes\n"
        "properties = {'ID_CDROM_HDDVD_R': '1', 'ID_CDROM_DVD': '1', 'ID_CDROM_MEDIA_BD_R': '1'}\n"
        "print(json.dumps([sorted(_writes('/dev/sr0', properties, busy=busy))"
        " for busy in (True, False)]))",
    )
    assert writes[0] == ["hd-dvd-r"]
    assert {"hd-dvd-r", "bd-re", "dvd+r-dl", "cd-rw"} < set(writes[1])
    assert "dvd-rom" not in writes[1]


def test_the_table(serve: Serve) -> None:
    rig = serve("dvd+r-dl:4096", drives=2)
    rig.ask("eject", "sr1")
    lines = rig.run(sys.executable, "-m", "spanner", "drives").stdout.splitlines()
    assert [" ".join(line.split()) for line in lines if "/dev" in line] == [
        "/dev/sr0 VIRTUAL BD-RE BURNER CD DVD BD DVD+R DL blank 8.39 MB",
        "/dev/sr1 VIRTUAL BD-RE BURNER CD DVD BD - tray open -",
    ]


def test_no_drive_at_all(serve: Serve) -> None:
    rig = serve(drives=0)
    done = rig.run(sys.executable, "-m", "spanner", "drives")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "no optical drive found: is it connected, and shown by `lsblk`?"
    ]
    done = rig.run(sys.executable, "-m", "spanner", "drives", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"drives": []})


FORBIDDEN = """
import runpy
real = os.open
def refuse(path, *rest, **more):
    if path in REFUSED:
        raise PermissionError(13, "Permission denied")
    return real(path, *rest, **more)
os.open = refuse
sys.argv = ["spanner", "drives", "--json"]
runpy.run_module("spanner", run_name="__main__")
"""


def test_a_drive_that_may_not_be_used_is_not_called_missing(serve: Serve) -> None:
    rig = serve(drives=2)
    both = FORBIDDEN.replace("REFUSED", "('/dev/sr0', '/dev/sr1')")
    done = rig.run(sys.executable, "-c", HEAD + both)
    assert done.returncode not in (0, -1)
    assert "become a member of the group cdrom" in done.stderr
    assert "Traceback" not in done.stderr
    one = FORBIDDEN.replace("REFUSED", "('/dev/sr0',)")
    assert [drive["node"] for drive in ask(rig, one)["drives"]] == ["/dev/sr1"]


@pytest.mark.parametrize("what", ["/dev/null", "missing", "folder", "file"])
def test_other_things_are_no_drive(tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    node = str(tmp_path / what)  # an absolute name stays what it is
    with pytest.raises(NoDriveError, match=f"^{node} is no optical drive: see `spanner drives`$"):
        look(node)


def test_a_mounted_hard_disk_is_no_busy_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(properties={"ID_TYPE": "disk"}, sys_name="sda", device_node="/dev/sda")
    monkeypatch.setattr(pyudev.Devices, "from_device_file", lambda context, node: disk)
    monkeypatch.setattr(tray, "in_use", lambda node: True)
    with pytest.raises(NoDriveError, match="/dev/sda is no optical drive"):
        look("/dev/sda")


def test_no_library_of_udev(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("No library named udev")

    monkeypatch.setattr(pyudev, "Context", missing)
    with pytest.raises(NoDriveError, match="install libudev1"):
        drives()


def test_an_open_tray(serve: Serve) -> None:
    rig = serve("dvd+r:4096")
    wait = (
        "start = time.monotonic()\n"
        "found = tray.wait_ready('/dev/sr0', 20)\n"
        "print(json.dumps([found, time.monotonic() - start < 10]))"
    )
    rig.ask("eject")
    drive = seen(rig)
    assert (drive["state"], drive["medium"]) == ("open", None)
    assert ask(rig, wait) == [False, True]
    rig.ask("insert", disc="none", backing="")
    assert seen(rig)["state"] == "empty"
    assert ask(rig, wait) == [False, True]


def test_a_disc_that_is_being_recognised(serve: Serve) -> None:
    rig = serve(options=["--spin-up", "3"])
    put(rig, "dvd+r:4096")
    drive, early, late, then = ask(
        rig,
        "drive = burners.look('/dev/sr0')\n"
        "waited = [tray.wait_ready('/dev/sr0', seconds) for seconds in (0.1, 20)]\n"
        "then = burners.look('/dev/sr0')\n"
        "print(json.dumps([[drive.state, drive.medium], *waited, then.medium.kind]))",
    )
    assert drive == ["loading", None]
    assert (early, late, then) == (False, True, "dvd+r")


def test_news_of_a_disc_do_not_hide_it(serve: Serve) -> None:
    rig = serve("dvd+r:4096", options=["--attention"])
    assert medium(rig)["kind"] == "dvd+r"
    put(rig, "bd-r:4096")
    assert ask(rig, "print(json.dumps(tray.wait_ready('/dev/sr0', 5)))") is True
    assert medium(rig)["kind"] == "bd-r"


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([None], 1),
        ([SenseError(6, 0x28, 0), SenseError(2, 4, 1), None], 3),
        ([SenseError(3, 0x11, 0)], 1),  # it is there, and reading will say what is wrong
    ],
)
def test_a_disc_is_waited_for_as_long_as_it_is_coming(
    monkeypatch: pytest.MonkeyPatch, answers: list[SenseError | None], asked: int
) -> None:
    left = list(answers)

    def test_unit_ready(fd: int) -> None:
        error = left.pop(0)
        if error:
            raise error

    monkeypatch.setattr(tray, "test_unit_ready", test_unit_ready)
    monkeypatch.setattr(tray, "status", lambda node: "loaded")
    monkeypatch.setattr(tray, "_NAP", 0)
    assert tray.wait_ready("/dev/null", 20)
    assert len(answers) - len(left) == asked


HOLD = """
fd = os.open("/dev/sr0", os.O_RDONLY | os.O_NONBLOCK | os.O_EXCL)
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
print(json.dumps("held"), flush=True)
sys.stdin.read()
"""


def test_a_held_drive_is_left_alone(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    rig = serve("dvd+r:4096", options=["--log", str(log)])
    with running(rig, HOLD) as holder:
        assert heard(holder) == "held"
        before = log.read_text()
        drive = seen(rig)
        table = rig.run(sys.executable, "-m", "spanner", "drives").stdout.splitlines()[-1]
        assert log.read_text() == before
    assert drive["state"] == "busy"
    assert drive["medium"] == {
        "kind": "dvd+r",
        "state": "blank",
        "rewritable": False,
        "label": "",
        "free_sectors": 0,
    }
    assert {"bd-r", "dvd+r-dl"} < set(drive["writes"])
    assert " ".join(table.split()).endswith("BD DVD+R busy -")
    assert medium(rig)["free_sectors"] == 4096
    assert log.read_text() != before


OPENED = """
real, modes = os.open, []
def noted(path, flags, *rest, **more):
    if path == "/dev/sr0":
        modes.append(bool(flags & os.O_EXCL))
    return real(path, flags, *rest, **more)
os.open = noted
print(json.dumps([burners.look("/dev/sr0").state, modes]))
"""


def test_a_held_drive_is_not_even_opened(serve: Serve) -> None:
    """That alone has the kernel send it a command; an open that is refused (O_EXCL) does not."""
    rig = serve("dvd+r:4096")
    with running(rig, HOLD) as holder:
        assert heard(holder) == "held"
        assert ask(rig, OPENED) == ["busy", [True]]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"MEDIA_BD_RE": "1", "MEDIA_STATE": "other"}, ("bd-re", "complete", True)),
        ({"MEDIA_DVD_RW_SEQ": "1", "MEDIA_DVD_RW": "1"}, ("dvd-rw", "complete", True)),
        ({"MEDIA_CD": "1", "BD_R": "1"}, ("cd-rom", "complete", False)),
        ({"MEDIA_BD_R": "1", "MEDIA_STATE": "appendable"}, ("bd-r", "appendable", False)),
    ],
)
def test_what_udev_knows_of_a_held_disc(
    properties: dict[str, str], expected: tuple[str, str, bool]
) -> None:
    named = {f"ID_CDROM_{key}": value for key, value in properties.items()}
    found = _by_udev({"ID_CDROM_MEDIA": "1", "ID_FS_LABEL": "X", **named}, "busy")
    assert found
    assert (found.kind, found.state, found.rewritable) == expected
    assert found.label == "X"
    assert _by_udev(named, "busy") is None
    assert _by_udev({"ID_CDROM_MEDIA": "1", **named}, "open") is None


def test_a_locked_tray_opens_and_closes(serve: Serve) -> None:
    rig = serve("dvd+r:4096")
    lock = (
        "fd = os.open('/dev/sr0', os.O_RDONLY | os.O_NONBLOCK)\n"
        "fcntl.ioctl(fd, 0x5329, 1)\n"
        "try: fcntl.ioctl(fd, 0x5309); print('null')\n"
        "except OSError as error: print(error.errno)\n"
    )
    assert ask(rig, lock) == errno.EBUSY
    ask(rig, "tray.unlock('/dev/sr0'); print('null')")
    assert not rig.ask("state")["locked"]
    assert ask(rig, lock) == errno.EBUSY
    assert rig.ask("state")["locked"]
    assert ask(rig, "tray.eject('/dev/sr0'); print(json.dumps(tray.status('/dev/sr0')))") == "open"
    assert rig.ask("state")["tray_open"]
    assert (
        ask(rig, "tray.close('/dev/sr0'); print(json.dumps(tray.status('/dev/sr0')))") == "loaded"
    )
    assert not rig.ask("state")["tray_open"]
    assert ask(rig, "print(json.dumps(tray.can_close('/dev/sr0')))") is True


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[int, int]], list[int]]:
    """Has the kernel answer ioctls: what is negative is an error."""

    def plan(answers: dict[int, int]) -> list[int]:
        asked: list[int] = []

        def ioctl(fd: int, request: int, argument: int = 0) -> int:
            asked.append(request)
            answer = answers.get(request, 0)
            if answer < 0:
                raise OSError(-answer, os.strerror(-answer))
            return answer

        monkeypatch.setattr(tray.fcntl, "ioctl", ioctl)
        return asked

    return plan


LOCK, EJECT, STATUS, CAPABILITY = 0x5329, 0x5309, 0x5326, 0x5331


def test_a_drive_without_a_lock_is_ejected(kernel: Callable[[dict[int, int]], list[int]]) -> None:
    asked = kernel({LOCK: -errno.EOPNOTSUPP})
    tray.eject("/dev/null")
    assert asked == [LOCK, EJECT]


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EBUSY, BusyError, "/dev/null is held by something: unmount its disc"),
        (errno.EACCES, NoDriveError, "may not be used: become a member of the group cdrom"),
        (errno.ENOTTY, NoDriveError, "is no optical drive: see `spanner drives`"),
        (errno.EIO, NoDriveError, "cannot be used: Input/output error"),
    ],
)
def test_refusals(
    kernel: Callable[[dict[int, int]], list[int]],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
    words: str,
) -> None:
    monkeypatch.setattr(tray, "_PATIENCE", 0.3)
    asked = kernel({EJECT: -number})
    with pytest.raises(kind, match=words):
        tray.eject("/dev/null")
    assert (asked.count(EJECT) > 1) is (kind is BusyError)  # who only looks is soon gone


@pytest.mark.parametrize(
    ("answer", "state"),
    [(0, "loaded"), (1, "empty"), (2, "open"), (3, "loading"), (4, "loaded"), (9, "empty")],
)
def test_states_of_the_tray(
    kernel: Callable[[dict[int, int]], list[int]], answer: int, state: str
) -> None:
    kernel({STATUS: answer})
    assert tray.status("/dev/null") == state


def test_the_tray_of_a_slim_drive(kernel: Callable[[dict[int, int]], list[int]]) -> None:
    kernel({CAPABILITY: 0xFFFE})
    assert tray.can_close("/dev/null") is False
    with pytest.raises(NoDriveError, match="cannot be used: No such file"):
        tray.status("/dev/no such drive")


WATCH = """
with burners.Monitor("/dev/cdrom") as monitor:
    print(json.dumps("watching"), flush=True)
    for line in sys.stdin:
        came = monitor.wait(float(line))
        print(json.dumps([came, time.time()]), flush=True)
"""
POLLED = """
import pyudev
def refuse(*arguments):
    raise OSError(1, "Operation not permitted")
pyudev.Monitor.from_netlink = refuse
sys.modules["burners.drives"]._POLL = 0.2
"""


@pytest.mark.parametrize("script", [WATCH, POLLED + WATCH], ids=["told", "polled"])
def test_discs_that_come_and_go_are_heard_of(serve: Serve, script: str) -> None:
    rig = serve("dvd+r:4096", drives=2)
    with running(rig, script) as watcher:
        assert heard(watcher) == "watching"

        def wait(seconds: float) -> None:
            assert watcher.stdin
            watcher.stdin.write(f"{seconds}\n")
            watcher.stdin.flush()

        rig.ask("eject")  # while nobody waits
        wait(20)
        assert heard(watcher)[0]
        wait(0.5)
        rig.ask("eject", "sr1")  # another drive
        asked = time.time()
        came, at = heard(watcher)
        assert not came
        assert at - asked > 0.3
        for change in ("insert", "eject"):
            wait(20)
            time.sleep(0.2)
            asked = time.time()
            if change == "insert":
                rig.insert("bd-r:4096")
            else:
                rig.ask("eject")
            came, at = heard(watcher)
            assert came, change
            assert at - asked < 1
