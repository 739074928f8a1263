"""Tells sessions apart by what they hold, and reads them: the registry of session formats.

A new format takes a module in this folder, an entry in `_FORMATS` here and a line in the table of
extensions (`spanner.model.session_types`). Its module is imported only for a file that begins as
its sessions do. File names are hints between formats that begin alike, no more: sessions get
renamed, and `.xml` says nothing.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from spanner.model.session import Session, SessionError
from spanner.model.session_types import read_extensions
from spanner.sources.formats.opening import members, refused

__all__ = ["looks_like_session", "read_session"]

_HEAD = 1 << 16
_BOM = b"\xef\xbb\xbf"
_APPLE_DOUBLE = b"\0\5\26\7"  # what `._NAME` begins with, wherever NAME came from a Mac
_XML = (b"<", b"\xff\xfe<\0", b"\xfe\xff\0<")
_ZIP = b"PK\3\4"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    """A session format: which module reads it, and how its files are told from others.

    `title` is its application in the table of session types, which has its extensions. `starts`
    are the first bytes of its files, any of them: what does not begin so is not asked further, and
    the module not imported. `test` and `reader` are functions of the module: `test` says of the
    first bytes of a file (of formats that are folders: of the path) whether it is one, `reader`
    reads the file at a path. `member`: a zip file that has this member is one.
    """

    title: str
    module: str
    test: str
    reader: str = "read"
    starts: tuple[bytes, ...] = ()
    member: str = ""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions that its files have, as a rule."""
        return read_extensions(self.title)

    def recognises(self, what: bytes | str) -> bool:
        """Whether this is such a file, by its first bytes, or such a folder, by its path."""
        return bool(self._function(self.test)(what))

    def read(self, path: str) -> Session:
        """The session at the path."""
        session: Session = self._function(self.reader)(path)
        return session

    def _function(self, name: str) -> Callable[..., Any]:
        module = import_module(f"spanner.sources.formats.{self.module}")
        function: Callable[..., Any] = getattr(module, name)
        return function


_PROTOOLS = _Format(title="Pro Tools", module="protools", test="is_protools", starts=(b"\3",))
_FINAL_CUT = _Format(title="Final Cut", module="final_cut", test="is_final_cut", starts=_XML)
_LOGIC = _Format(title="Logic", module="logic", test="is_logic")
_FORMATS = (
    _PROTOOLS,
    _Format(
        title="Pro Tools text export",
        module="protools_text",
        test="is_text_export",
        reader="read_text",
        starts=(b"SESSION NAME", b"\xff\xfeS\0", b"\xfe\xff\0S"),
    ),
    _Format(title="Reaper", module="reaper", test="is_reaper", starts=(b"<REAPER",)),
    _Format(title="Ardour", module="ardour", test="is_ardour", starts=_XML),
    _Format(title="Ableton Live", module="ableton", test="is_ableton", starts=(_GZIP, *_XML)),
    _FINAL_CUT,
    _Format(title="OpenTimelineIO", module="otio", test="is_otio", starts=(b"{",)),
    _Format(title="AAF", module="aaf", test="is_aaf", starts=(b"\xd0\xcf\x11\xe0",)),
    _Format(title="FL Studio", module="fl_studio", test="is_fl_studio", starts=(b"FLhd",)),
    _Format(
        title="Studio One",
        module="studio_one",
        test="is_studio_one",
        starts=(_ZIP,),
        member="Song/mediapool.xml",
    ),
    _Format(
        title="DAWproject",
        module="dawproject",
        test="is_dawproject",
        starts=(_ZIP,),
        member="project.xml",
    ),
    _Format(title="Cubase", module="cubase", test="is_cubase", starts=(b"RIF",)),
    _LOGIC,
)
_EXTENSIONS = {extension for each in _FORMATS for extension in each.extensions}


def read_session(path: str) -> Session:
    """The session at `path`, whatever program wrote it.

    Raises:
        SessionError: it is of no known kind, damaged, or cannot be read.
    """
    if os.path.isdir(path):
        bundle = _bundle(path)
        if bundle is None:
            raise refused(path, "is a folder, and no project of Logic: name the session in it")
        return bundle.read(path)
    head = _head(path)
    if not head.startswith(_APPLE_DOUBLE):
        found = next(_candidates(path, head), None) or _zipped(path, head)
        if found is not None:
            return found.read(path)
    raise _unknown(path, head)


def looks_like_session(path: str) -> bool:
    """Whether the file or folder at `path` is a session by its name and by how it begins.

    At most 64 kB are read. Files with a name that only Pro Tools gives are sessions even if they
    begin in an unknown way: `read_session` says what is the matter with them.
    """
    extension = _extension(path)
    if extension not in _EXTENSIONS:
        return False
    try:
        if os.path.isdir(path):
            return _bundle(path) is not None
        return _begins_as_session(path, _head(path))
    except SessionError:
        return False


def _begins_as_session(path: str, head: bytes) -> bool:
    extension = _extension(path)
    if head.startswith(_APPLE_DOUBLE):
        return False
    if extension in _PROTOOLS.extensions and extension != "pts":  # .pts are others' files too
        return True
    if head.startswith(_ZIP):  # the member that tells can begin anywhere
        return any(each.member and extension in each.extensions for each in _FORMATS)
    return next(_candidates(path, head), None) is not None


def _bundle(path: str) -> _Format | None:
    """The format of a session that is a folder."""
    if _LOGIC.recognises(path):
        return _LOGIC
    return _FINAL_CUT if os.path.isfile(os.path.join(path, "Info.fcpxml")) else None


def _extension(path: str) -> str:
    return os.path.splitext(path)[1].lower().removeprefix(".")


def _head(path: str) -> bytes:
    """How the file begins."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # to open a pipe would wait
            raise refused(path, "cannot be read (it is no file)")
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise refused(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:  # what is no name on disk
        raise refused(path, "cannot be read (no such name)") from error


def _begins(head: bytes, starts: tuple[bytes, ...]) -> bool:
    return head.startswith(starts) or head.removeprefix(_BOM).lstrip().startswith(starts)


def _candidates(path: str, head: bytes) -> Iterator[_Format]:
    """The formats that the file can be of, first that which its name hints at."""
    extension = _extension(path)
    for each in sorted(_FORMATS, key=lambda each: extension not in each.extensions):
        if _begins(head, each.starts) and each.recognises(head):
            yield each


def _zipped(path: str, head: bytes) -> _Format | None:
    """The format of a zip file, by its members."""
    if not head.startswith(_ZIP):
        return None
    inside = members(path)
    return next((each for each in _FORMATS if each.member and each.member in inside), None)


def _unknown(path: str, head: bytes) -> SessionError:
    """The error for a file that is of no known format."""
    extension = _extension(path)
    if head.startswith(_APPLE_DOUBLE):
        return refused(path, "holds what a Mac keeps beside a file (AppleDouble): no session")
    if not head:
        return refused(
            path,
            "is empty; up to Pro Tools 5.0 sessions lie in the resource fork, which copies lose",
        )
    if extension == "ptxp":
        return refused(
            path,
            "is a cloud project of Pro Tools, whose form is not known: save it as a session (.ptx)",
        )
    if extension in _PROTOOLS.extensions:
        return refused(
            path,
            f"is no session of Pro Tools 5.1 to 2024.10, it begins with {head[:20].hex(' ')}: "
            "damaged, or of a version that is not known",
        )
    known = ", ".join(
        f"{each.title} ({' '.join(f'.{extension}' for extension in each.extensions)})"
        for each in _FORMATS
    )
    return refused(path, f"is no session of a known kind; known are: {known}")
