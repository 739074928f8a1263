"""Rock Ridge: names, permissions and times in directory records' system use fields.

The fields are those of the System Use Sharing Protocol 1.12 (IEEE P1281), what is in them those of
the Rock Ridge Interchange Protocol 1.09 and 1.12 (IEEE P1282), which differ in PX's length alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spanner.model.units import SECTOR
from spanner.reading.iso_fields import RecordError, both_endian, seconds

_MOST_CONTINUATIONS = 32  # as many as Linux follows
_MOST_CONTINUED = 1 << 16  # bytes
_LONGEST_NAME = 1024  # bytes; 255 characters of UTF-8 fit
_CONTINUE = 1  # of NM's flags, the only one that an entry's own name has
_MODIFY, _LONG_FORM = 2, 0x80  # of TF's flags


@dataclass(slots=True, kw_only=True)
class Attributes:
    """What Rock Ridge says of one entry; None is what it does not say.

    `mode` is POSIX's st_mode, with the kind of file. `child` is the sector of the directory whose
    place this is (CL); a `relocated` directory has its place elsewhere (RE).
    """

    name: bytes | None = None
    mode: int | None = None
    mtime: int | None = None
    child: int | None = None
    relocated: bool = False
    link: bool = False
    name_goes_on: bool = False


class RockRidge:
    """Reads the system use fields of one image of `total` sectors; `read` gives (offset, size)."""

    def __init__(self, read: Callable[[int, int], bytes], total: int, skip: int) -> None:
        self._read = read
        self._total = total
        self._skip = skip  # bytes before the first entry of each field

    def attributes(self, system_use: bytes) -> Attributes:
        """What the field says.

        Raises:
            RecordError: it is damaged.
        """
        found = Attributes()
        for signature, data in self._entries(system_use[self._skip :]):
            handle = _HANDLERS.get(signature)
            if handle:
                handle(found, data)
        if found.name_goes_on:
            raise RecordError("its name breaks off")
        return found

    def check(self, system_use: bytes) -> None:
        """Raise RecordError where the field's entries are damaged, whatever they say."""
        for _ in self._entries(system_use[self._skip :]):
            pass

    def _entries(self, area: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Each entry's signature and what is behind its header, with those of continuations."""
        room = _MOST_CONTINUED
        for _ in range(1 + _MOST_CONTINUATIONS):
            continuation = b""
            position, end = 0, len(area)
            while end - position >= 4:
                length = area[position + 2]
                if length < 4 or position + length > end:
                    raise RecordError("a system use entry runs over its field")
                signature = area[position : position + 2]
                data = area[position + 4 : position + length]
                position += length
                if signature == b"CE":
                    continuation = data
                elif signature == b"ST":
                    break
                else:
                    yield signature, data
            if not continuation:
                return
            sector, offset, size = (both_endian(continuation[at : at + 8]) for at in (0, 8, 16))
            room -= size
            if room < 0:
                break
            if sector * SECTOR + offset + size > self._total * SECTOR:
                raise RecordError(f"a continuation in sector {sector} is outside the volume")
            area = self._read(sector * SECTOR + offset, size)
        raise RecordError("its continuations have no end")


def skipped_bytes(system_use: bytes) -> int | None:
    """What the root directory's own record (its field here) says is to be skipped in all others.

    None: the image has no Rock Ridge.

    Raises:
        RecordError: it is damaged.
    """
    if not system_use.startswith(b"SP") and b"PX" not in system_use:
        return None
    if len(system_use) < 7 or system_use[:3] != b"SP\7" or system_use[4:6] != b"\xbe\xef":
        raise RecordError("the root's system use indicator is none")
    return system_use[6]


def _name(found: Attributes, data: bytes) -> None:
    if not data or data[0] & ~_CONTINUE or (found.name is not None and not found.name_goes_on):
        raise RecordError("its Rock Ridge name is none")
    found.name = (found.name or b"") + data[1:]
    found.name_goes_on = bool(data[0] & _CONTINUE)
    if len(found.name) > _LONGEST_NAME:
        raise RecordError(f"its name has over {_LONGEST_NAME} bytes")


def _mode(found: Attributes, data: bytes) -> None:
    found.mode = both_endian(data[:8])


def _times(found: Attributes, data: bytes) -> None:
    flags = data[0] if data else 0
    if flags & _MODIFY:
        size = 17 if flags & _LONG_FORM else 7
        start = 1 + size * (flags & 1)  # behind the time of creation
        stamp = data[start : start + size]
        if len(stamp) < size:
            raise RecordError("its times break off")
        found.mtime = seconds(stamp)


def _link(found: Attributes, _: bytes) -> None:
    found.link = True


def _child(found: Attributes, data: bytes) -> None:
    found.child = both_endian(data[:8])


def _relocated(found: Attributes, _: bytes) -> None:
    found.relocated = True


def _compressed(_: Attributes, __: bytes) -> None:
    raise RecordError("its data is compressed or sparse, which is not supported")


_HANDLERS: dict[bytes, Callable[[Attributes, bytes], None]] = {
    b"NM": _name,
    b"PX": _mode,
    b"TF": _times,
    b"SL": _link,
    b"CL": _child,
    b"RE": _relocated,
    b"ZF": _compressed,
    b"SF": _compressed,
}
