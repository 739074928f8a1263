"""XML that others wrote, as a stream of events: safe, and in little memory whatever its size.

DTDs, entities and external references are refused (by defusedxml); a bare `<!DOCTYPE fcpxml>`, as
FCPXML and xmeml files begin, is none of these. Sizes, depths and names are bounded.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO, NamedTuple, TypeVar
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from spanner.sources.formats.recorded import refused

MOST_TEXT = 200_000_000
"""Bytes of XML, inflated or not, that are read at most."""

CHUNK = 1 << 16

_MOST_DEPTH = 500
_MOST_ELEMENTS = 2_500_000  # large sets of Live have 800 000 in 50 MB
_FEW_ELEMENTS = 100_000  # from here on, elements are as long as a session's:
_LEAST_ELEMENT = 10  # bytes, on average
_MOST_NAMES = 20_000  # the parser keeps every name that it saw
_MOST_RUN = 2_000_000  # bytes in one token: a tag with its attributes, a comment
_MOST_HELD = 65_536  # characters of an element's text that are kept
_MOST_DIRECTORY = 8_000_000  # bytes of a zip's directory: over 100 000 members
# Deflate packs 1032 to 1 at best, and session files about 20 to 1; past a few megabytes, what
# packs far better than those is a bomb.
_BOMB_SIZE = 2_000_000
_BOMB_RATIO = 200

_WRONG_XML = (ParseError, ExpatError, DefusedXmlException, ValueError, LookupError)
_WRONG_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    OSError,
)

_Read = TypeVar("_Read")


class Event(NamedTuple):
    """An element's start or end.

    `tag` and the attributes' names are without namespaces; `above` counts the elements around it.
    `text` is there at the end of an element that holds no others, up to 65 536 characters of it.
    """

    starts: bool
    tag: str
    attributes: dict[str, str]
    text: str
    line: int
    above: int


class _Parser(DefusedXMLParser):
    """Lets a document type's name pass, but nothing that it could declare or fetch."""

    def defused_start_doctype_decl(
        self, name: str, sysid: str | None, pubid: str | None, has_internal_subset: bool
    ) -> None:
        if sysid or pubid or has_internal_subset:
            super().defused_start_doctype_decl(name, sysid, pubid, has_internal_subset)


class _Target:
    """Collects the events of one chunk after another."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.quiet = 0
        self._fed = self._elements = 0
        self._open: list[tuple[str, dict[str, str]]] = []
        self._text: list[str] = []
        self._held = 0
        parser: Any = _Parser(target=self, forbid_dtd=True)
        self.finish: Callable[[], None] = parser.close
        self._feed: Callable[[bytes], None] = parser.feed
        self._expat: Any = parser.parser
        # ElementTree's own handlers would take as long again as all else here.
        self._expat.ordered_attributes = False
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data

    @property
    def line(self) -> int:
        """Where the parser is, or where it failed."""
        line: int = self._expat.CurrentLineNumber
        return line

    def feed(self, chunk: bytes) -> None:
        self.quiet += len(chunk)
        self._feed(chunk)
        if self.quiet > _MOST_RUN:
            raise ValueError("a tag or comment without end")
        self._fed += len(chunk)
        if self._elements > _FEW_ELEMENTS and (
            self._elements > _MOST_ELEMENTS or self._elements * _LEAST_ELEMENT > self._fed
        ):
            raise ValueError("more elements than a session has")
        if len(self._expat.intern) > _MOST_NAMES:
            raise ValueError("more different names than a session has")

    def taken(self) -> list[Event]:
        events, self.events = self.events, []
        return events

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.quiet = 0
        self._elements += 1
        above = len(self._open)
        if above >= _MOST_DEPTH:
            raise ValueError("elements are nested too deep")
        if "}" in tag:
            tag = _local(tag)
        if attributes and "}" in "".join(attributes):
            attributes = {_local(name): value for name, value in attributes.items()}
        line = self._expat.CurrentLineNumber
        self.events.append(Event(True, tag, attributes, "", line, above))
        self._open.append((tag, attributes))
        self._text, self._held = [], 0

    def _data(self, text: str) -> None:
        self.quiet = 0
        if self._held < _MOST_HELD:
            self._text.append(text)
            self._held += len(text)

    def _end(self, _tag: str) -> None:
        self.quiet = 0
        tag, attributes = self._open.pop()
        text = "".join(self._text)[:_MOST_HELD]
        line = self._expat.CurrentLineNumber
        self.events.append(Event(False, tag, attributes, text, line, len(self._open)))
        # What follows is the text of an element that holds others: layout only.
        self._text, self._held = [], _MOST_HELD

    def close(self) -> None:
        """The parser asks for it at the end."""


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def events(path: str, chunks: Iterator[bytes]) -> Iterator[Event]:
    """The elements' starts and ends in the XML that the chunks make up.

    Raises:
        SessionError: it is not well-formed, too large, or holds what is not safe; with the line.
    """
    target = _Target()
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > MOST_TEXT:
            raise refused(path, f"more than {MOST_TEXT // 10**6} MB of XML", target.line)
        yield from _parsed(path, target, partial(target.feed, chunk))
    yield from _parsed(path, target, target.finish)


def nested(path: str, chunks: Iterator[bytes]) -> Iterator[tuple[Event, list[str]]]:
    """Each event, and the tags that it lies in, its own last; the list changes with the next one.

    Raises:
        SessionError: as `events` does.
    """
    tags: list[str] = []
    for event in events(path, chunks):
        if event.starts:
            tags.append(event.tag)
        yield event, tags
        if not event.starts:
            tags.pop()


def _parsed(path: str, target: _Target, step: Callable[[], None]) -> list[Event]:
    try:
        step()
    except DefusedXmlException as error:
        what = f"declares what no session needs and is not safe to read ({type(error).__name__})"
        raise refused(path, what, target.line) from error
    except _WRONG_XML as error:
        raise refused(path, f"is not the XML that it should be ({error})", target.line) from error
    return target.taken()


def root(head: bytes) -> Event | None:
    """The start of the outermost element in a file that begins with `head`; None if no XML."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return None
    target = _Target()
    with suppress(*_WRONG_XML):  # what comes after the first element does not matter
        target.feed(head)
    return next(iter(target.events), None)


def opened(path: str) -> BinaryIO:
    """The session's file, open to read.

    Raises:
        SessionError: it cannot be opened.
    """
    try:
        return open(path, "rb")
    except OSError as error:
        raise refused(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:  # what is no name on disk
        raise refused(path, "cannot be read (no such name)") from error


def plain(path: str) -> Iterator[bytes]:
    """The file's bytes in chunks.

    Raises:
        SessionError: it cannot be read.
    """
    with opened(path) as file:
        while chunk := _guarded(path, lambda: file.read(CHUNK)):
            yield chunk


def gunzipped(path: str) -> Iterator[bytes]:
    """What the file holds that gzip packed (RFC 1952), in chunks; only its first member.

    Raises:
        SessionError: it cannot be read, is no gzip, is cut short, or grows beyond all bounds.
    """
    inflater = zlib.decompressobj(wbits=31)
    size = packed = 0
    for chunk in plain(path):
        packed += len(chunk)
        data = chunk
        while data and not inflater.eof:
            try:
                inflated = inflater.decompress(data, CHUNK)
            except zlib.error as error:
                raise refused(path, f"byte {packed}: damaged gzip data ({error})") from error
            data = inflater.unconsumed_tail
            size += len(inflated)
            _check_size(path, size, packed - len(data))
            if inflated:
                yield inflated
        if inflater.eof:
            return
    # All input is in; what the inflater still holds back is less than a chunk.
    while not inflater.eof:
        try:
            inflated = inflater.decompress(inflater.unconsumed_tail, CHUNK)
        except zlib.error as error:
            raise refused(path, f"byte {packed}: damaged gzip data ({error})") from error
        if not (inflated or inflater.eof):
            raise refused(path, f"byte {packed}: the gzip data is cut short")
        size += len(inflated)
        _check_size(path, size, packed)
        yield inflated


def members(path: str) -> dict[str, int]:
    """The members of the zip file and their sizes.

    Raises:
        SessionError: it cannot be read or is no zip file.
    """
    with opened(path) as file:
        archive = _guarded(path, lambda: zipfile.ZipFile(_Bounded(file)))
        return {info.filename: info.file_size for info in archive.infolist()}


def zipped(path: str, member: str) -> Iterator[bytes]:
    """A member of the zip file, inflated in chunks.

    Raises:
        SessionError: the file cannot be read, has no such member, or that grows beyond all bounds.
    """
    with opened(path) as file:
        archive = _guarded(path, lambda: zipfile.ZipFile(_Bounded(file)))
        try:
            info = archive.getinfo(member)
        except KeyError:
            raise refused(path, f"holds no {member}") from None
        # Others, such as LZMA, can demand gigabytes to unpack; no program uses them here.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused(path, f"{member} is packed by method {info.compress_type}")
        source = _guarded(path, lambda: archive.open(info))
        size = 0
        while chunk := _guarded(path, lambda: source.read(CHUNK)):
            size += len(chunk)
            _check_size(path, size, info.compress_size)
            yield chunk


class _Bounded:
    """A file for zipfile, which reads a directory of any claimed size at once: not from here."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.close = file.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > _MOST_DIRECTORY:
            raise ValueError("its directory is larger than a session's")
        return self._file.read(size)


def _guarded(path: str, step: Callable[[], _Read]) -> _Read:
    try:
        return step()
    except OSError as error:
        raise refused(path, f"cannot be read ({error.strerror or error})") from error
    except _WRONG_ZIP as error:
        raise refused(path, f"is a damaged zip file ({error})") from error


def _check_size(path: str, size: int, packed: int) -> None:
    if size > MOST_TEXT or (size > _BOMB_SIZE and size > _BOMB_RATIO * packed):
        raise refused(path, f"unpacks to {size} bytes or more, which no session does")
