"""Reads the lists of files in what Pro Tools exports as text ("Export Session Info as Text").

Such a text tells where a session's media were when the session itself is lost or of an unknown
kind. It has a head, `SESSION NAME:<TAB>...` and so on, and sections with spaced-out headings; those
of files have a row for each file: `NAME<spaces><TAB>Volume:directory:directory:`.
"""

import codecs
import re
from collections.abc import Iterator

from spanner.model.session import MediaReference, Session, SessionError
from spanner.sources.formats.opening import read_file
from spanner.sources.formats.protools import is_fade, mac_mount
from spanner.wording import printable

__all__ = ["is_text_export", "read_text"]

_BEGINNING = "SESSION NAME:\t"
_ONLINE = "O N L I N E  F I L E S  I N  S E S S I O N"
_OFFLINE = "O F F L I N E  F I L E S  I N  S E S S I O N"
_FILES = "F I L E S  I N  S E S S I O N"  # before the files that are missing had their own section
_HEADING = re.compile(r"\S(?: {1,2}\S)+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_RATE = re.compile(r"(\d{1,9})(?:\.\d*)?", re.ASCII)
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_VIDEO = (".mov", ".mp4", ".m4v", ".avi", ".mpg", ".wmv", ".dv")

_MOST = 20_000_000  # bytes: a session of 100 000 clips
_FIRST, _LEAST = 100_000, 24  # lines that are not counted; bytes for each of the others

_Row = tuple[int, str, str]  # line, name, location


def is_text_export(head: bytes) -> bool:
    """Whether a file that begins with these bytes (32 or more) is such a text."""
    for mark, encoding in _ENCODINGS:
        if head.startswith(mark):
            return head[len(mark) :].startswith(_BEGINNING.encode(encoding))
    return head.startswith(_BEGINNING.encode())


def read_text(path: str) -> Session:
    """What the text in the file at `path` says of its session.

    Raises:
        SessionError: it cannot be read, is no such text, or a line of it is not understood.
    """
    data = read_file(path, _MOST)
    if not is_text_export(data):
        raise SessionError(f"{printable(path)} is no session info of Pro Tools")
    if data.count(b"\n") + data.count(b"\r") > _FIRST + len(data) // _LEAST:
        raise _damaged(path, "there are more lines than in any session")
    notes: list[str] = []
    lines = _LINE_END.split(_decode(path, data, notes))
    sections = list(_sections(path, lines))
    if not sections:
        notes.append("the text was exported without its lists of files")
    offline = sum(len(rows) for heading, rows in sections if heading == _OFFLINE)
    if offline:
        notes.append(f"files that were missing when the text was exported: {offline}")
    rows = [row for _, rows in sections for row in rows]
    media = tuple(_references(path, rows, notes))
    return Session(
        application="Pro Tools",
        version="",
        format="txt",
        media=media,
        sample_rate=_rate(path, lines),
        notes=tuple(notes),
    )


def _decode(path: str, data: bytes, notes: list[str]) -> str:
    """The text; without a mark, and if not UTF-8, it is that of older Macs."""
    text = _text(path, data, notes)
    if "\0" in text:
        raise _damaged(path, "the text holds a NUL")
    return text


def _text(path: str, data: bytes, notes: list[str]) -> str:
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                at = error.start + len(mark)
                raise _damaged(path, f"at {at:#x}: this is not {encoding.upper()}") from None
    try:
        return data.decode()
    except UnicodeDecodeError:
        notes.append("the text is not UTF-8 and was read as MacRoman")
        return data.decode("mac_roman")


def _rate(path: str, lines: list[str]) -> int | None:
    """Samples per second, which the head tells; it ends with an empty line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            break
        name, _, value = line.partition("\t")
        if name == "SAMPLE RATE:":
            match = _RATE.fullmatch(value.strip())
            if not match:
                raise _damaged(path, f"in line {number}: there is no sample rate {value!r}")
            return int(match[1]) or None
    return None


def _sections(path: str, lines: list[str]) -> Iterator[tuple[str, list[_Row]]]:
    """The sections of files, with their rows; a section ends with an empty line."""
    rows: list[_Row] | None = None
    columns = False
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text in {_ONLINE, _OFFLINE, _FILES}:
            rows, columns = [], False
            yield text, rows
        elif rows is None or ("\t" not in line and _HEADING.fullmatch(text)):
            rows = None
        elif not text:
            if columns:
                rows = None
        elif not columns:
            if [cell.strip() for cell in line.split("\t")] != ["Filename", "Location"]:
                raise _damaged(path, f"in line {number}: the columns have other names")
            columns = True
        else:
            name, tab, location = line.partition("\t")
            if not tab or "\t" in location or name.strip() in {"", ".", ".."}:
                raise _damaged(path, f"in line {number}: this is no file and its location")
            rows.append((number, name.rstrip(" "), location.strip(" ")))


def _references(path: str, rows: list[_Row], notes: list[str]) -> Iterator[MediaReference]:
    """The media references that the rows make up."""
    tops = (location.split(":", 2) for _, _, location in rows)
    boot = {top[0] for top in tops if len(top) == 3 and top[1] == "Users"}
    notes.extend(
        f"{printable(volume)} is taken for the boot volume, as it holds Users"
        for volume in sorted(boot)
    )
    unplaced = sum(not location for _, _, location in rows)
    if unplaced:
        notes.append(f"files without a location: {unplaced}")
    for number, name, location in rows:
        try:
            volume, directory = _place(location, boot)
        except ValueError as error:
            raise _damaged(path, f"in line {number}: {error}") from None
        if is_fade(directory):
            kind = "fade"
        else:
            kind = "video" if name.casefold().endswith(_VIDEO) else "audio"
        yield MediaReference(
            kind=kind, name=name, volume=volume, directory=directory, recorded=location + name
        )


def _place(location: str, boot: set[str]) -> tuple[str, tuple[str, ...]]:
    """The volume and the directories of a location, which can be empty."""
    if not location:
        return "", ()
    drive = location[0].upper() if re.match(r"[A-Za-z]:\\", location) else ""
    top, *directory = location.split("\\" if drive else ":")
    if not directory or directory.pop() or not top:
        raise ValueError(f"{location!r} is no location of a file")
    if not {"", ".", ".."}.isdisjoint(directory):
        raise ValueError(f"{location!r} holds what is no directory")
    return f"{drive}:" if drive else mac_mount(top, top in boot), tuple(directory)


def _damaged(path: str, what: str) -> SessionError:
    return SessionError(f"{printable(path)} is damaged or of an unknown kind: {what}")
