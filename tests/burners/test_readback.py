"""Discs are read back and compared, in emulated drives."""

import json
import os
import sys
import threading
import zlib
from array import array
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from burners import (
    BurnError,
    Burnt,
    BusyError,
    Drive,
    NoDriveError,
    ReadBackError,
    StoppedError,
    read_back,
    readback,
    reload,
    tray,
)
from burners.mmc import SenseError
from support.rig import SECTOR, Rig

Serve = Callable[..., Rig]
SECTORS = 1000
IMAGE = os.urandom(SECTORS * SECTOR)


READ = """
import json, sys, threading, time
import burners
from burners import readback, tray
from burners.image import Burnt, Checksums

with open("image", "rb") as file:
    content = file.read()
sums = Checksums()
sums.update(memoryview(content))
sums.finish()
burnt = Burnt("/dev/sr0", "test", len(content) // 2048, sums.sha256, sums.clusters)
stop = threading.Event()

class Counted:
    done = calls = 0
    def advance(self, count):
        self.done += count
        self.calls += 1
        if self.calls == STOP:
            stop.set()

progress = Counted()
"""
COMPARE = """
try:
    readback.read_back(burnt, burners.look("/dev/sr0"), progress, stop)
    print(json.dumps(["", "", [], progress.done]))
except burners.BurnError as error:
    found = getattr(error, "ranges", [])
    print(json.dumps([type(error).__name__, str(error), found, progress.done]))
"""


def ask(rig: Rig, script: str = COMPARE, stop: int = -1) -> Any:
    (rig.folder / "image").write_bytes(IMAGE)
    done = rig.run(sys.executable, "-c", READ.replace("STOP", str(stop)) + script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def put(rig: Rig, content: bytes, disc: str = "bd-r:2000:complete") -> None:
    (rig.folder / "next.img").write_bytes(content)
    rig.insert(disc)


def reads(log: Path) -> list[tuple[int, int]]:
    """The sectors that were read, but for those that were looked at to know the disc."""
    lines = (json.loads(line) for line in log.read_text().splitlines())
    return [
        (line["lba"], line["sectors"])
        for line in lines
        if line.get("command", "").startswith("READ(") and (line["lba"], line["sectors"]) != (16, 1)
    ]


def flipped(sector: int) -> bytes:
    at = sector * SECTOR + 77
    return IMAGE[:at] + bytes((IMAGE[at] ^ 1,)) + IMAGE[at + 1 :]


CLUSTERS = [(first, min(32, SECTORS - first)) for first in range(0, SECTORS, 32)]


def test_just_the_image_is_read(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    rig = serve(options=["--log", str(log)])
    put(rig, IMAGE + os.urandom(200 * SECTOR))
    assert ask(rig) == ["", "", [], SECTORS * SECTOR]
    assert reads(log) == CLUSTERS


def test_a_flipped_bit_is_found_where_it_is(serve: Serve) -> None:
    rig = serve()
    for sector, cluster in ((100, [96, 32]), (999, [992, 8]), (0, [0, 32])):
        put(rig, flipped(sector))
        error, words, ranges, _ = ask(rig)
        assert (error, ranges) == ("ReadBackError", [cluster])
        assert words == (
            f"what was read back is not what was written, first at sector {cluster[0]:,}"
        )


def test_a_wrong_disc_is_found_without_checksums_of_clusters(serve: Serve) -> None:
    rig = serve()
    put(rig, flipped(100))
    error, words, ranges, _ = ask(rig, "burnt.clusters[:] = burnt.clusters[:0]\n" + COMPARE)
    assert (error, ranges) == ("ReadBackError", [])
    assert words == "what was read back is not what was written"
    put(rig, IMAGE)
    assert ask(rig, "burnt.clusters[:] = burnt.clusters[:0]\n" + COMPARE)[0] == ""


def test_what_cannot_be_read_is_told_from_its_first_sector(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    rig = serve(options=["--log", str(log)])
    put(rig, flipped(40))
    rig.fault("read", "03/11/00", 500)
    error, words, ranges, done = ask(rig)
    assert error == "ReadBackError"
    assert words == "sectors from 500 on cannot be read (medium error, sense 3/11/00)"
    more = [[first, 32] for first in range(512, 512 + 7 * 32, 32)]
    assert ranges == [[500, 12], *more, [32, 32]]
    assert done == 480 * SECTOR
    assert reads(log) == CLUSTERS[: 15 + 8]  # it gives up


def test_a_disc_that_is_shorter(serve: Serve) -> None:
    rig = serve()
    put(rig, IMAGE[: 990 * SECTOR])
    error, words, ranges, _ = ask(rig)
    assert (error, ranges) == ("ReadBackError", [[960, 32], [992, 8]])
    assert "sectors from 960 on cannot be read (illegal request" in words


def test_no_disc(serve: Serve) -> None:
    rig = serve("none")
    error, words, ranges, _ = ask(rig)
    assert (error, ranges[0]) == ("ReadBackError", [0, 32])
    assert "not ready" in words


def test_stopping(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    rig = serve(options=["--log", str(log)])
    put(rig, IMAGE)
    assert ask(rig, stop=3)[0] == "StoppedError"
    assert reads(log) == CLUSTERS[:3]


RELOAD = """
events = []
for name in ("eject", "close"):
    def noted(node, do=getattr(tray, name), name=name):
        events.append([name, tray.status(node)])
        do(node)
    setattr(tray, name, noted)
readback._READY = PATIENCE
try:
    readback.reload(burners.look("/dev/sr0"), lambda: events.append(["by hand", ""]))
    end = tray.status("/dev/sr0")
except burners.BurnError as error:
    end = str(error)
try:
    readback.read_back(burnt, burners.look("/dev/sr0"))
    read = ""
except burners.BurnError as error:
    read = str(error)
print(json.dumps([events, end, read]))
"""


def test_reloading(serve: Serve) -> None:
    rig = serve(options=["--spin-up", "1", "--attention"])
    put(rig, IMAGE)
    assert ask(rig, "print(json.dumps(tray.wait_ready('/dev/sr0', 20)))")
    events, end, read = ask(rig, RELOAD.replace("PATIENCE", "20"))
    assert events == [["eject", "loaded"], ["close", "open"]]
    assert (end, read) == ("loaded", "")
    _, end, read = ask(rig, RELOAD.replace("PATIENCE", "0.2"))
    assert "BD-RE BURNER (/dev/sr0) does not recognise the disc" in end
    assert read


def drive(*, closes: bool = True, node: str = "/dev/sr9") -> Drive:
    return Drive(
        node=node,
        vendor="ACME",
        model="X1",
        writes=frozenset({"bd-r"}),
        closes_tray=closes,
        state="loaded",
        medium=None,
    )


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Stands in for the tray: what is done to it is listed."""

    def plan(state: str = "loaded", ready: bool = True, **errors: Exception) -> list[str]:
        done: list[str] = []

        def stand_in(name: str, answer: object = None) -> None:
            def call(node: str, *seconds: float) -> object:
                done.append(name)
                if name in errors:
                    raise errors[name]
                return answer

            monkeypatch.setattr(tray, name, call)

        for name, answer in (("eject", None), ("close", None), ("status", state)):
            stand_in(name, answer)
        stand_in("wait_ready", ready)
        return done

    return plan


def test_a_tray_that_closes_needs_no_hand(doors: Callable[..., list[str]]) -> None:
    done = doors()
    reload(drive(), lambda: done.append("by hand"))
    assert done == ["eject", "close", "status", "wait_ready"]


@pytest.mark.parametrize("state", ["open", "empty"])
def test_a_slim_tray_is_closed_by_hand(doors: Callable[..., list[str]], state: str) -> None:
    done = doors(state=state)
    reload(drive(closes=False), lambda: done.append("by hand"))
    assert done == ["eject", "status", "by hand", "wait_ready"]


@pytest.mark.parametrize("errors", [{}, {"close": NoDriveError("/dev/sr9 cannot be used")}])
def test_a_tray_that_only_says_that_it_closes_is_closed_by_hand(
    doors: Callable[..., list[str]], errors: dict[str, Exception]
) -> None:
    done = doors(state="open", **errors)
    reload(drive(), lambda: done.append("by hand"))
    assert done == ["eject", "close", "status", "by hand", "wait_ready"]


def test_a_held_drive_is_not_reloaded(doors: Callable[..., list[str]]) -> None:
    done = doors(eject=BusyError("held"))
    with pytest.raises(BusyError, match="held"):
        reload(drive(), lambda: done.append("by hand"))
    assert done == ["eject"]


def test_a_disc_that_is_not_recognised(doors: Callable[..., list[str]]) -> None:
    doors(ready=False)
    with pytest.raises(ReadBackError, match=r"ACME X1 \(/dev/sr9\) does not recognise the disc"):
        reload(drive(), lambda: None)


def burnt() -> Burnt:
    parts = [IMAGE[at : at + 32 * SECTOR] for at in range(0, len(IMAGE), 32 * SECTOR)]
    sums = array("I", map(zlib.crc32, parts))
    return Burnt("/dev/sr9", "test", SECTORS, sha256(IMAGE).hexdigest(), sums)


@pytest.fixture
def sectors(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[int, Exception]], None]:
    """Stands in for the disc: the image, with errors at the sectors where clusters begin."""

    def plan(errors: dict[int, Exception]) -> None:
        def read(fd: int, lba: int, count: int) -> bytes:
            if lba in errors:
                raise errors[lba]
            return IMAGE[lba * SECTOR : (lba + count) * SECTOR]

        monkeypatch.setattr(readback, "read", read)

    return plan


def ranges_of(node: str = "/dev/null") -> tuple[tuple[int, int], ...]:
    with pytest.raises(ReadBackError) as caught:
        read_back(burnt(), drive(node=node))
    return caught.value.ranges


def test_the_stand_in_is_the_image(sectors: Callable[[dict[int, Exception]], None]) -> None:
    sectors({})
    read_back(burnt(), drive(node="/dev/null"))
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        read_back(burnt(), drive(node="/dev/null"), stop=stop)


@pytest.mark.parametrize(
    ("lba", "expected"),
    [(None, (64, 32)), (64, (64, 32)), (95, (95, 1)), (63, (64, 32)), (96, (64, 32))],
)
def test_drives_tell_the_sector_or_another_or_none(
    sectors: Callable[[dict[int, Exception]], None], lba: int | None, expected: tuple[int, int]
) -> None:
    sectors({64: SenseError(3, 0x11, 0, lba), 992: SenseError(3, 0x11, 0)})
    assert ranges_of() == (expected, (992, 8))


def test_a_drive_that_is_gone_is_asked_no_more(
    sectors: Callable[[dict[int, Exception]], None],
) -> None:
    sectors({64: OSError(19, "No such device")})
    with pytest.raises(ReadBackError, match=r"from 64 on cannot be read \(No such device\)") as got:
        read_back(burnt(), drive(node="/dev/null"))
    assert got.value.ranges == ((64, SECTORS - 64),)


def test_a_drive_that_is_not_there() -> None:
    with pytest.raises(BurnError, match="/dev/no drive cannot be opened: No such file"):
        read_back(burnt(), drive(node="/dev/no drive"))
