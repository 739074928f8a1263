"""Ardour sessions (.ardour): XML, with the media in Session/Sources.

After Ardour's own parser (libs/ardour: session_state.cc, session_directory.cc, file_source.cc) and
sessions of Ardour 2 to 8. Since version 3 a source's name is its file's alone, and the file is
looked for in the session's folders, then in its search paths; both go to `search`. MIDI sources
that hold nothing so far have no file.
"""

import os
import re
from itertools import islice

from spanner.model.session import Session
from spanner.sources.formats.opening import plain, refused
from spanner.sources.formats.recorded import MOST_FOLDERS, folder, place
from spanner.sources.formats.references import References
from spanner.sources.formats.xml import Event, nested, root

_SEARCH_PATHS = ("audio-search-path", "midi-search-path")
_BELOW_SESSION = ("interchange/{}/audiofiles", "interchange/{}/midifiles")
_OLD_FOLDER = "sounds"  # until version 2
_VIDEO_FOLDER = "videofiles"
_YES = {"1", "yes", "true", "y", "on"}
_WINDOWS_PATH = re.compile(r"(^|;)[A-Za-z]:[\\/]")


def is_ardour(head: bytes) -> bool:
    """Whether a file that begins so is an Ardour session."""
    first = root(head)
    if first is None or first.tag != "Session":
        return False
    return "version" in first.attributes and not first.attributes.keys().isdisjoint(
        ("sample-rate", "id-counter", "event-counter")
    )


def read(path: str) -> Session:
    """The Ardour session at `path`.

    Raises:
        SessionError: it cannot be read, or is no sound Ardour session; with the line.
    """
    parser = _ArdourParser(path)
    for event, above in nested(path, plain(path)):
        if event.starts:
            parser.start(event, above)
        else:
            parser.end(event, above)
    return Session(
        application=parser.application,
        version=parser.version,
        format="ardour",
        media=parser.references.all(),
        sample_rate=parser.sample_rate,
        search=parser.search(),
        notes=tuple(parser.references.notes),
    )


class _ArdourParser:
    """The state of reading one session."""

    def __init__(self, path: str) -> None:
        self.references = References(path)
        self.application = "Ardour"
        self.version = ""
        self.sample_rate: int | None = None
        self._path = path
        # The folder below `interchange` has the session's name, or that of the session's folder.
        home = os.path.dirname(os.path.abspath(path))
        self._names = [os.path.basename(home), *_only_folder(os.path.join(home, "interchange"))]
        self._folders: list[str] = []
        self._searched: list[str] = []

    def start(self, event: Event, above: list[str]) -> None:
        if event.above == 0:
            self._session(event)
        elif event.tag == "ProgramVersion":
            self._program(event)
        elif event.tag == "Source" and above == ["Session", "Sources", "Source"]:
            self._source(event)
        elif event.tag == "Option" and event.attributes.get("name") in _SEARCH_PATHS:
            self._searched += self._paths(event.attributes.get("value", ""), event)
        elif event.tag == "Videotimeline":
            self._video(event)

    def end(self, event: Event, above: list[str]) -> None:
        # Folders on other disks, which Ardour records to in turn, besides the session's own.
        if above == ["Session", "Path"]:
            self._folders += self._paths(event.text.strip(), event)

    def search(self) -> tuple[str, ...]:
        names = list(dict.fromkeys(name for name in self._names if name))
        found = []
        for start in ["", *(f"{one.rstrip('/')}/" for one in self._folders)]:
            found += [start + below.format(name) for name in names for below in _BELOW_SESSION]
            found.append(start + _OLD_FOLDER)
        return tuple(dict.fromkeys([*found, *self._searched]))

    def _session(self, event: Event) -> None:
        if event.tag != "Session":
            raise refused(self._path, f"is no Ardour session but <{event.tag}>", event.line)
        self.version = event.attributes.get("version", "")
        name = event.attributes.get("name", "")
        self._names.insert(0, re.sub(r"[/\\]", "_", name))  # as Ardour's legalize_for_path
        rate = event.attributes.get("sample-rate", "")
        if rate:
            if not (rate.isascii() and rate.isdecimal() and len(rate) < 10):
                raise refused(self._path, f"Session: sample-rate {rate!r:.20}", event.line)
            self.sample_rate = int(rate) or None

    def _program(self, event: Event) -> None:
        written = event.attributes.get("modified-with") or event.attributes.get("created-with", "")
        program, _, version = written.strip().rpartition(" ")
        if program:
            self.application, self.version = program, version

    def _source(self, event: Event) -> None:
        if "playlist" in event.attributes:  # a region of regions: it has no file of its own
            return
        name = event.attributes.get("name", "")
        kind = event.attributes.get("type") or "audio"
        if kind == "midi" and "Empty" in event.attributes.get("flags", "").split(","):
            return
        kind = kind if kind in ("audio", "midi") else ""
        self.references.add(lambda: place(kind, name), f"line {event.line}, Source")

    def _video(self, event: Event) -> None:
        name = event.attributes.get("Filename", "")
        if not name:
            return
        where = f"line {event.line}, Videotimeline"
        inside = event.attributes.get("LocalFile", "").lower() in _YES
        if inside and not _WINDOWS_PATH.match(name) and not name.startswith(("/", "\\")):
            # Local names are below the session's folder of videos.
            name = f"{_VIDEO_FOLDER}/{name}"
        self.references.add(lambda: place("video", name), where)

    def _paths(self, text: str, event: Event) -> list[str]:
        """The folders of a search path: apart by `;` on Windows, else by `:`."""
        separator = ";" if _WINDOWS_PATH.search(text) else ":"
        parts = [part for part in text.split(separator) if part]
        if len(parts) + len(self._folders) + len(self._searched) > MOST_FOLDERS:
            raise refused(self._path, f"{event.tag}: more folders than a session has", event.line)
        try:
            return [folder(part) for part in parts]
        except ValueError as error:
            raise refused(self._path, f"{event.tag}: a folder {error}", event.line) from None


def _only_folder(interchange: str) -> list[str]:
    """The folder below `interchange`, which Ardour uses whatever its name if it is the only one."""
    try:
        with os.scandir(interchange) as entries:
            found = [entry.name for entry in islice(entries, MOST_FOLDERS) if entry.is_dir()]
    except OSError:
        return []
    return found if len(found) == 1 else []
