"""Drives are found and described, in emulated drives and without any."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import pyudev

from burners import NoDriveError, drives, look, tray
from burners.drives import _by_udev
from support.drives import HEAD, NODE, ask, heard, medium, running, seen
from support.rig import Rig

Serve = Callable[..., Rig]


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
    with pytest.raises(NoDriveError, match=f"^{node} is no optical drive$"):
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
