"""Optical drives and the discs in them, found through udev, asked themselves for the rest."""

import contextlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pyudev

from burners import mmc, tray
from burners.disc_types import (
    RECORDABLE,
    RESTRICTED_OVERWRITE,
    REWRITABLE,
    kind_by_udev,
    kind_of,
)
from burners.errors import BurnError, NoDriveError
from burners.image import DESCRIPTOR, volume_name

_STATES = ("blank", "appendable", "complete", "complete")
_OVERWRITTEN = frozenset({"dvd+rw", "dvd+rw-dl", "dvd-ram", "bd-re", "hd-dvd-ram"})
# What growisofs formats to; of several such formats it takes the one with the most room.
_FORMATS = {"dvd+rw": 0x26, "dvd+rw-dl": 0x26, "bd-re": 0x30}
_PROBED = 32  # sectors that are zero where no file system is
_POLL = 1.0


@dataclass(frozen=True, slots=True)
class LoadedMedium:
    """The disc in a drive: its type, such as "dvd+r", and "blank", "appendable" or "complete".

    `free_sectors`: of 2,048 bytes, that a new image can take by the drive's own answers; none on a
    disc that carries data and cannot simply be overwritten.
    """

    kind: str
    state: str
    rewritable: bool
    label: str
    free_sectors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """A drive as it was when it was looked at.

    `writes` are the types of discs that it can write. `state`: "open", "empty", "loading",
    "loaded", or "busy" while another program has it: then only udev is asked, and `closes_tray` is
    not known, so False.
    """

    node: str
    vendor: str
    model: str
    writes: frozenset[str]
    closes_tray: bool
    state: str
    medium: LoadedMedium | None

    @property
    def name(self) -> str:
        """What messages call it: vendor, model and node."""
        words = " ".join(filter(None, (self.vendor, self.model)))
        return f"{words} ({self.node})" if words else self.node


def drives() -> list[Drive]:
    """All optical drives, by their nodes.

    Raises:
        NoDriveError: udev cannot be asked, or there are only drives that may not be used.
    """
    found = []
    forbidden = None
    for device in filter(_is_optical, _context().list_devices(subsystem="block")):
        try:
            found.append(_look(device))
        except NoDriveError as error:
            if isinstance(error.__cause__, PermissionError):
                forbidden = error
    if forbidden and not found:
        raise forbidden
    return sorted(found, key=lambda drive: (len(drive.node), drive.node))


def look(node: str) -> Drive:
    """The drive at a node, or at a link to one, as it is now.

    Raises:
        NoDriveError: there is no optical drive, or it may not be used.
    """
    try:
        device = pyudev.Devices.from_device_file(_context(), os.path.realpath(node))
    except (pyudev.DeviceNotFoundError, OSError, ValueError) as error:
        raise NoDriveError(f"{node} is no optical drive") from error
    if not _is_optical(device):
        raise NoDriveError(f"{node} is no optical drive")
    return _look(device)


class Monitor:
    """Hears of discs that come and go in one drive."""

    def __init__(self, node: str) -> None:
        self._node = os.path.realpath(node)
        self._seen = ""
        self._monitor: Any = None

    def __enter__(self) -> Self:
        with contextlib.suppress(OSError):  # no netlink in some containers: then it polls
            monitor = pyudev.Monitor.from_netlink(_context())
            monitor.filter_by("block")
            monitor.start()
            self._monitor = monitor
        if self._monitor is None:
            self._changed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._monitor = None

    def wait(self, seconds: float) -> bool:
        """Wait until something happens at the drive; False: nothing did in so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._monitor is None:
                time.sleep(min(left, _POLL))
                if self._changed():
                    return True
                continue
            event = self._monitor.poll(timeout=left)
            if event is not None and event.device_node == self._node:
                return True
        return False

    def _changed(self) -> bool:
        before = self._seen
        with contextlib.suppress(BurnError):
            self._seen = tray.status(self._node)
        return before not in ("", self._seen)


def _context() -> Any:
    try:
        return pyudev.Context()
    except ImportError as error:
        raise NoDriveError(f"udev's library is missing ({error}): install libudev1") from error


def _is_optical(device: Any) -> bool:
    return bool(device.properties.get("ID_CDROM") or re.fullmatch(r"sr\d+", device.sys_name))


def _look(device: Any) -> Drive:
    node = device.device_node
    properties = device.properties
    vendor, model = _identity(device)
    busy = tray.in_use(node)
    state = "busy" if busy else tray.status(node)
    closes = False
    if not busy:  # to open the node has the kernel ask the drive for events, even while it burns
        with contextlib.suppress(BurnError):
            closes = tray.can_close(node)
    return Drive(
        node=node,
        vendor=vendor,
        model=model,
        writes=_writes(node, properties, busy=busy),
        closes_tray=closes,
        state=state,
        medium=_medium(node, properties) if state == "loaded" else _by_udev(properties, state),
    )


def _identity(device: Any) -> tuple[str, str]:
    parent = device.find_parent("scsi")
    words = []
    for name in ("vendor", "model"):
        text = ""
        if parent is not None:
            with contextlib.suppress(KeyError, UnicodeDecodeError):
                text = parent.attributes.asstring(name).strip()
        words.append(text or device.properties.get(f"ID_{name.upper()}", "").replace("_", " "))
    return words[0], words[1]


def _writes(node: str, properties: Mapping[str, str], *, busy: bool) -> frozenset[str]:
    kinds = {kind_by_udev(key.removeprefix("ID_CDROM_")) for key in properties}
    if not busy:
        with contextlib.suppress(OSError, mmc.SenseError), _open(node) as fd:
            kinds.update(map(kind_of, mmc.profiles(fd)))
    return frozenset(kinds & RECORDABLE)


def _by_udev(properties: Mapping[str, str], state: str) -> LoadedMedium | None:
    """What udev saw last of a disc that cannot be asked for now."""
    if state != "busy" or not properties.get("ID_CDROM_MEDIA"):
        return None
    kind = _kind_by_udev(properties)
    known = properties.get("ID_CDROM_MEDIA_STATE")
    if known not in _STATES:
        known = "complete"
    label = properties.get("ID_FS_LABEL", "")
    return LoadedMedium(kind, known, kind in REWRITABLE, label, 0)


def _kind_by_udev(properties: Mapping[str, str]) -> str:
    for key in properties:
        kind = kind_by_udev(key.removeprefix("ID_CDROM_MEDIA_"))
        if key.startswith("ID_CDROM_MEDIA_") and kind:
            return kind
    return ""


def _medium(node: str, properties: Mapping[str, str]) -> LoadedMedium | None:
    try:
        with _open(node) as fd:
            with contextlib.suppress(mmc.SenseError):  # it may have to tell of a new disc first
                mmc.test_unit_ready(fd)
            profile = mmc.profile(fd)
            kind = kind_of(profile) or _kind_by_udev(properties)
            if not profile and not kind:
                return None
            return _ask(fd, kind, profile, properties.get("ID_FS_LABEL", ""))
    except (OSError, mmc.SenseError):
        return None


def _ask(fd: int, kind: str, profile: int, label: str) -> LoadedMedium:
    """The disc in a drive, by the drive's own answers.

    Raises:
        SenseError, OSError: it does not answer.
    """
    if kind not in RECORDABLE:
        return LoadedMedium(
            kind, "complete", rewritable=False, label=label or _label(fd), free_sectors=0
        )
    information = mmc.disc_information(fd)
    state = _STATES[information.status]
    free = 0
    if kind in _OVERWRITTEN or profile == RESTRICTED_OVERWRITE:
        free = _formatted_size(fd, kind)
        if state != "blank" and _nothing_on(fd):
            state = "blank"
    elif state == "blank":
        free = _blank_size(fd, kind, information)
    if state != "blank":
        label = label or _label(fd)
    return LoadedMedium(kind, state, information.erasable or kind in REWRITABLE, label, free)


def _blank_size(fd: int, kind: str, information: mmc.DiscInformation) -> int:
    if kind.startswith("cd") and information.lead_out:
        return information.lead_out
    return mmc.track_free(fd, information.last_track)


def _formatted_size(fd: int, kind: str) -> int:
    """The size of a disc that is overwritten, or will be when it is formatted."""
    capacities = mmc.format_capacities(fd)
    sizes = [sectors for sectors, code in capacities.formats if code == _FORMATS.get(kind)]
    return capacities.sectors if capacities.formatted or not sizes else max(sizes)


def _nothing_on(fd: int) -> bool:
    try:
        return not mmc.read(fd, 0, _PROBED).strip(b"\0")
    except (OSError, mmc.SenseError):
        return False


def _label(fd: int) -> str:
    try:
        return volume_name(mmc.read(fd, DESCRIPTOR, 1))
    except (OSError, mmc.SenseError):
        return ""


@contextlib.contextmanager
def _open(node: str) -> Iterator[int]:
    fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
