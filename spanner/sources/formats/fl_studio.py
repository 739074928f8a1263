"""Reads FL Studio projects (.flp): the samples that they refer to.

A file is a head and one list of events, whose numbers say how long they are. Image-Line has
published only that form, in the FL Studio SDK; which events hold samples and the version was read
from projects of FL Studio 8 to 2025. Before 11.5 texts were in the system's own encoding.

Image-Line's own plug-ins (FPC, soundfont players, Slicex, DirectWave, Edison and others) keep their
samples in their settings, as texts with a length before them: these are listed. Those of plug-ins
of others are not, as each has a form of its own.
"""

import re
from collections.abc import Iterator

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.opening import read_file, refused
from spanner.sources.formats.recorded import LONGEST, kind_of, place
from spanner.sources.formats.references import References

__all__ = ["is_fl_studio", "read"]

_SAMPLE, _VERSION, _SETTINGS = 196, 199, 213
_VALUES = ((64, 1), (128, 2), (192, 4))  # below this number, the value has so many bytes
_MOST_DIGITS = 5  # bytes of a length: seven bits each
_UTF16_FROM = (11, 5)
_LONGEST = 100  # characters of a version
_MOST = 180 << 20  # bytes: projects can hold recordings
_MOST_EVENTS = 1_500_000  # the largest projects have some 100 000
_OWN_DATA = re.compile(r"%FLStudio\w{0,20}%|%USERPROFILE%", re.ASCII | re.IGNORECASE)
# How paths begin in the settings of plug-ins, in one byte a letter or two.
_STARTS = re.compile(
    rb"%\w{4,24}%[\\/]|[A-Za-z]:[\\/]|\\\\\w|/(?:Users|Volumes|Library)/"
    rb"|%\0(?:\w\0){4,24}%\0[\\/]\0|[A-Za-z]\0:\0[\\/]\0|\\\0\\\0\w\0"
    rb"|/\0(?:U\0s\0e\0r\0s|V\0o\0l\0u\0m\0e\0s|L\0i\0b\0r\0a\0r\0y)\0/\0"
)
_MOST_SETTINGS = 32 << 20  # bytes of settings that are searched: some hold whole recordings
_COST = 200  # bytes of settings that are searched in the time that one find takes
_LONGEST_PATH = 2000  # bytes in the settings of a plug-in
_FONTS = (".sf2", ".sf3", ".sfz", ".dwp")  # of soundfont players and DirectWave


def is_fl_studio(head: bytes) -> bool:
    """Whether a file that begins with these bytes (20 or more) is an FL Studio project."""
    return head.startswith(b"FLhd\6\0\0\0") and head[14:18] == b"FLdt"


def read(path: str) -> Session:
    """The FL Studio project in the file at `path`.

    What stands for FL Studio's own folders in the project is their volume, as only the system that
    it came from knew where they were.

    Raises:
        SessionError: it cannot be read, is no such project, or is damaged.
    """
    data = read_file(path, _MOST)
    if not is_fl_studio(data):
        raise refused(path, "is no FL Studio project")
    end = 22 + int.from_bytes(data[18:22], "little")
    if len(data) < 22 or end > len(data):
        raise refused(path, f"byte {len(data)}: the project is cut short")
    references = References(path)
    if end < len(data):
        references.note("more follows after the list of events")
    version = _read_events(path, data, end, references)
    return Session(
        application="FL Studio",
        version=version,
        format="flp",
        media=references.all(),
        notes=tuple(references.notes),
    )


def _read_events(path: str, data: bytes, end: int, references: References) -> str:
    """The version that the events tell; adds their samples."""
    version = ""
    wide = True
    settings = _Settings()
    for at, number, value in _events(path, data, 22, end):
        if number == _VERSION:
            version = bytes(value[:_LONGEST]).decode("ascii", "replace").rstrip("\0")
            wide = _is_wide(version)
        elif number == _SAMPLE:
            text = _text(value, wide).partition("\0")[0]
            if text:  # a channel without a sample
                _add(references, text, f"byte {at}", "audio")
        elif number == _SETTINGS:
            for text in settings.named(value):
                _add(references, text, f"byte {at}", "other")
    if settings.left < 0:
        references.note("not all settings of plug-ins are searched for samples: they are large")
    return version


def _events(path: str, data: bytes, at: int, end: int) -> Iterator[tuple[int, int, memoryview]]:
    """The events: where each begins, its number and its value."""
    view = memoryview(data)
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
        yield start, number, view[at : at + size]
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


def _text(value: memoryview, wide: bool) -> str:
    return bytes(value).decode("utf-16-le" if wide else "cp1252", "replace")


class _Settings:
    """Finds paths of media in the settings of plug-ins, as long as these are not too large."""

    def __init__(self) -> None:
        self.left = _MOST_SETTINGS

    def named(self, settings: memoryview) -> Iterator[str]:
        """The paths of media in the settings of one plug-in."""
        self.left -= len(settings)
        if self.left < 0:
            return
        for match in _STARTS.finditer(settings):
            self.left -= _COST
            if self.left < 0:
                return
            yield from self._at(settings, match.start(), match.end())

    def _at(self, settings: memoryview, at: int, end: int) -> Iterator[str]:
        """The path that begins here, if the length before it says where it ends."""
        wide = settings[at + 1] == 0
        short = settings[at - 1] * (1 + wide) if at else 0  # counts letters, the other one bytes
        long = int.from_bytes(settings[at - 8 : at], "little") if at >= 8 else 0
        for size in (long, short):
            if end - at < size <= _LONGEST_PATH:
                text = _text(settings[at : at + size], wide)
                if text.isprintable() and _is_media_file(text):
                    yield text
                    return


def _is_media_file(text: str) -> bool:
    is_known = kind_of(text) in {"audio", "midi", "video"} or text.lower().endswith(_FONTS)
    return is_known and ".." not in re.split(r"[\\/]", text)


def _add(references: References, text: str, where: str, otherwise: str) -> None:
    own = _OWN_DATA.match(text)
    if own is None:
        references.add(lambda: place("", text, otherwise=otherwise), where)
        return
    references.add(lambda: _own(text, own[0], otherwise), where)
    references.note(f"samples below {own[0]} come with FL Studio or lie in its user folder")


def _own(text: str, volume: str, otherwise: str) -> MediaReference:
    """A sample in one of FL Studio's own folders."""
    if len(text) > LONGEST:
        raise ValueError("is too long for a path")
    *directory, name = [part for part in re.split(r"[\\/]", text[len(volume) :]) if part] or [""]
    if not name or not {".", ".."}.isdisjoint((*directory, name)):
        raise ValueError("names no file")
    kind = kind_of(name)
    kind = otherwise if kind == "other" else kind
    return MediaReference(
        kind=kind, name=name, volume=volume, directory=tuple(directory), recorded=text
    )
