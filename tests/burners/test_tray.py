"""Trays, locks, discs that take their time, and news of them."""

import errno
import os
import time
from collections.abc import Callable

import pytest

from burners import BusyError, NoDriveError, tray
from burners.mmc import SenseError
from support.drives import ask, heard, medium, put, running, seen
from support.rig import Rig

Serve = Callable[..., Rig]


def test_an_open_tray(serve: Serve) -> None:
    rig = serve("dvd+r:4096")
    wait = (
        "naps = []\n"
        "tray.time.sleep = naps.append\n"
        "found = tray.wait_ready('/dev/sr0', 20)\n"
        "print(json.dumps([found, len(naps)]))"
    )
    rig.ask("eject")
    drive = seen(rig)
    assert (drive["state"], drive["medium"]) == ("open", None)
    assert ask(rig, wait) == [False, 0]
    rig.ask("insert", disc="none", backing="")
    assert seen(rig)["state"] == "empty"
    assert ask(rig, wait) == [False, 0]


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
        (errno.ENOTTY, NoDriveError, "is no optical drive"),
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
        print(json.dumps(came), flush=True)
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
        assert heard(watcher)
        wait(0.5)
        rig.ask("eject", "sr1")  # another drive
        assert not heard(watcher)
        for change in ("insert", "eject"):
            wait(20)
            time.sleep(0.2)
            if change == "insert":
                rig.insert("bd-r:4096")
            else:
                rig.ask("eject")
            assert heard(watcher), change
