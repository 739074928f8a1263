"""A drive's tray and lock, through the kernel's CD-ROM ioctls (<linux/cdrom.h>)."""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator

from burners.errors import BusyError, NoDriveError
from burners.mmc import SenseError, test_unit_ready
from burners.running import starting

_EJECT, _CLOSE, _STATUS, _LOCK, _CAPABILITY = 0x5309, 0x5319, 0x5326, 0x5329, 0x5331
_CLOSES = 0x1  # CDC_CLOSE_TRAY
_THE_CURRENT_SLOT = 0x7FFFFFFF  # CDSL_CURRENT
_STATES = {0: "loaded", 1: "empty", 2: "open", 3: "loading", 4: "loaded"}
_NAP = 0.25
_PATIENCE = 10.0  # seconds


def status(node: str) -> str:
    """What the drive says: "open", "empty", "loading" or "loaded".

    Raises:
        NoDriveError: it cannot be asked.
    """
    with _drive(node) as fd:
        found = fcntl.ioctl(fd, _STATUS, _THE_CURRENT_SLOT)
        return _STATES.get(found, "empty")


def can_close(node: str) -> bool:
    """Whether the tray closes by itself; those of slim drives do not.

    Raises:
        NoDriveError: the drive cannot be asked.
    """
    with _drive(node) as fd:
        return bool(fcntl.ioctl(fd, _CAPABILITY) & _CLOSES)


def unlock(node: str) -> None:
    """Let the button open the tray again: a program that was killed leaves it locked.

    Raises:
        NoDriveError: the drive cannot be used.
    """
    with _drive(node) as fd:
        fcntl.ioctl(fd, _LOCK, 0)


def eject(node: str) -> None:
    """Open the tray, whoever locked it. Who only looks at the disc, as udev does, is waited for.

    Raises:
        BusyError: something holds the drive.
        NoDriveError: it cannot be used.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with _drive(node) as fd:
                with contextlib.suppress(OSError):  # some have no lock
                    fcntl.ioctl(fd, _LOCK, 0)
                fcntl.ioctl(fd, _EJECT)
        except BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_NAP)
        else:
            return


def close(node: str) -> None:
    """Close the tray, where the drive can.

    Raises:
        NoDriveError: it cannot be used.
    """
    with _drive(node) as fd:
        fcntl.ioctl(fd, _CLOSE)


def in_use(node: str) -> bool:
    """Whether another program has the drive for itself, or its disc is mounted."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with starting:
            os.close(os.open(node, flags | os.O_EXCL))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def wait_ready(node: str, seconds: float) -> bool:
    """Wait until the disc can be read; False: there is none, or it was not recognised in time.

    Raises:
        NoDriveError: the drive cannot be asked.
    """
    deadline = time.monotonic() + seconds
    while True:
        state = status(node)
        if state in ("open", "empty"):
            return False
        if state == "loaded" and _is_ready(node):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_NAP)


def _is_ready(node: str) -> bool:
    with _drive(node) as fd:
        try:
            test_unit_ready(fd)
        except SenseError as error:
            return not error.becoming_ready
    return True


@contextlib.contextmanager
def _drive(node: str) -> Iterator[int]:
    """The drive, open for its ioctls whatever is in it; what it refuses is a sentence."""
    try:
        fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)
    except OSError as error:
        raise refusal(node, error) from error


def refusal(node: str, error: OSError) -> NoDriveError | BusyError:
    """The error that says what the kernel's refusal to use a drive means."""
    if error.errno == errno.EBUSY:
        return BusyError(f"{node} is held by something: unmount its disc, or let that end")
    if error.errno in (errno.EACCES, errno.EPERM):
        return NoDriveError(f"{node} may not be used: become a member of the group cdrom")
    if error.errno in (errno.ENOTTY, errno.EINVAL, errno.ENOTDIR, errno.EISDIR):
        return NoDriveError(f"{node} is no optical drive")
    return NoDriveError(f"{node} cannot be used: {error.strerror}")
