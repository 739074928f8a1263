"""XML that others wrote, as a stream of events: safe, and in little memory whatever its size.

DTDs, entities and external references are refused (by defusedxml); a bare `<!DOCTYPE fcpxml>`, as
FCPXML and xmeml files begin, is none of these. Sizes, depths and names are bounded.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from spanner.sources.formats.opening import MOST_TEXT, Chunks, refused

_MOST_DEPTH = 500
_MOST_ELEMENTS = 2_500_000  # large sets of Live have 800 000 in 50 MB
_FEW_ELEMENTS = 100_000  # from here on, elements are as long as a session's:
_LEAST_ELEMENT = 10  # bytes, on average
_MOST_NAMES = 20_000  # the parser keeps every name that it saw
_MOST_RUN = 2_000_000  # bytes in one token: a tag with its attributes, a comment
_MOST_HELD = 65_536  # characters of an element's text that are kept

_WRONG_XML = (ParseError, ExpatError, DefusedXmlException, ValueError, LookupError)


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
        """Parse a chunk; raises ValueError where a bound is passed."""
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
        """The events since the last call."""
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


def events(path: str, chunks: Chunks) -> Iterator[Event]:
    """The elements' starts and ends in the XML that the chunks make up.

    Raises:
        SessionError: it is not well-formed, too large, or holds what is not safe; with the line.
    """
    target = _Target()
    total = 0
    with closing(chunks):  # the parser's errors refer to themselves, and so would keep it open
        for chunk in chunks:
            total += len(chunk)
            if total > MOST_TEXT:
                raise refused(path, f"more than {MOST_TEXT // 10**6} MB of XML", target.line)
            yield from _parsed(path, target, partial(target.feed, chunk))
    yield from _parsed(path, target, target.finish)


def nested(path: str, chunks: Chunks) -> Iterator[tuple[Event, list[str]]]:
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
