"""Reads FL Studio projects (.flp): the samples that they need, where.

A file is a head and one list of events, whose numbers say how long they are. Image-Line has
published only that form, in the FL Studio SDK; which events hold samples and the version was read
from projects. Before FL Studio 11.5 texts were in the system's own encoding.
"""

import re
from collections.abc import Iterator

from spanner.sources.formats.places import LONGEST, Media, place, refused
from spanner.sources.formats.protools_blocks import read_file
from spanner.sources.session import Reference, Session

__all__ = ["is_fl_studio", "read"]

_SAMPLE, _VERSION = 196, 199
_VALUES = ((64, 1), (128, 2), (192, 4))  # below this number, the value has so many bytes
_MOST_DIGITS = 5  # bytes of a length: seven bits each
_UTF16_FROM = (11, 5)
_LONGEST = 100  # characters of a version
_MOST_EVENTS = 5_000_000  # the largest projects have some 100 000
_OWN_DATA = re.compile(r"%FLStudio(?:Factory|User)Data%", re.IGNORECASE)


def is_fl_studio(head: bytes) -> bool:
    """Whether a file that begins with these bytes (20 or more) is an FL Studio project."""
    return head.startswith(b"FLhd\6\0\0\0") and head[14:18] == b"FLdt"


def read(path: str) -> Session:
    """What the FL Studio project in the file at `path` needs.

    Samples below FL Studio's own folders are of kind "other"; what stands for these folders in the
    project is their volume, as only the system that it came from knew where they were.

    Raises:
        SessionError: it cannot be read, is no such project, or is damaged.
    """
    data = read_file(path)
    if not is_fl_studio(data):
        raise refused(path, "is no FL Studio project")
    end = 22 + int.from_bytes(data[18:22], "little")
    if len(data) < 22 or end > len(data):
        raise refused(path, f"byte {len(data)}: the project is cut short")
    media = Media(path)
    if end < len(data):
        media.note("more follows after the list of events")
    version = ""
    wide = True
    for at, number, value in _events(path, data, 22, end):
        if number == _VERSION:
            version = value[:_LONGEST].decode("ascii", "replace").rstrip("\0")
            wide = _is_wide(version)
        elif number == _SAMPLE:
            text = _text(value, wide).partition("\0")[0]
            if text:  # a channel without a sample
                _add(media, text, f"byte {at}")
    return Session("FL Studio", version, "flp", media.found, notes=tuple(media.notes))


def _events(path: str, data: bytes, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """The events: where each begins, its number and its value."""
    for _ in range(_MOST_EVENTS):
        if at >= end:
            return
        start, number = at, data[at]
        size = next((size for below, size in _VALUES if number < below), None)
        at += 1
        if size is None:
            at, size = _length(path, data, at, end)
        if size > end - at:
            raise refused(path, f"byte {start}: event {number} does not fit into the project")
        yield start, number, data[at : at + size]
        at += size
    raise refused(path, f"byte {at}: more events than a project has")


def _length(path: str, data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the length at `at` ends, and what it is: seven bits a byte, the lowest first."""
    size = 0
    for digit, byte in enumerate(data[at : min(at + _MOST_DIGITS, end)]):
        size |= (byte & 0x7F) << (7 * digit)
        if byte < 0x80:
            return at + digit + 1, size
    raise refused(path, f"byte {at}: a length without end")


def _is_wide(version: str) -> bool:
    """Whether texts are UTF-16 in projects of the version."""
    match = re.match(r"(\d{1,4})\.(\d{1,4})", version, re.ASCII)
    return match is None or (int(match[1]), int(match[2])) >= _UTF16_FROM


def _text(value: bytes, wide: bool) -> str:
    if wide:
        return value.decode("utf-16-le", "replace")
    return value.decode("cp1252", "replace")


def _add(media: Media, text: str, where: str) -> None:
    own = _OWN_DATA.match(text)
    if own is None:
        media.add(lambda: place("", text, otherwise="audio"), where)
        return
    media.add(lambda: _own(text, own[0]), where)
    media.note(f"samples below {own[0]} come with FL Studio or lie in its user folder")


def _own(text: str, volume: str) -> Reference:
    """A sample in one of FL Studio's own folders."""
    if len(text) > LONGEST:
        raise ValueError("is too long for a path")
    *directory, name = [part for part in re.split(r"[\\/]", text[len(volume) :]) if part] or [""]
    if not name or not {".", ".."}.isdisjoint((*directory, name)):
        raise ValueError("names no file")
    return Reference("other", name, volume, tuple(directory), text)
