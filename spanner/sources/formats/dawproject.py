"""DAWproject files (.dawproject): a zip with project.xml and, as a rule, the media too.

After the format's specification (github.com/bitwig/dawproject, version 1.0): a FileReference's path
is one inside the container; with external="true", it is relative to the container or absolute.
"""

import struct

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.opening import members, refused, zipped
from spanner.sources.formats.recorded import place
from spanner.sources.formats.references import References
from spanner.sources.formats.xml import Event, nested

_PROJECT = "project.xml"
_METADATA = "metadata.xml"
_MEMBER = b"PK\x03\x04"
_KINDS = {"Audio": "audio", "Video": "video"}


def is_dawproject(head: bytes) -> bool:
    """Whether a file that begins so is a DAWproject: a zip that begins with its XML."""
    if not head.startswith(_MEMBER):
        return False
    at = 0
    while at >= 0 and at + 30 <= len(head):
        (length,) = struct.unpack_from("<H", head, at + 26)
        if head[at + 30 : at + 30 + length] in (_PROJECT.encode(), _METADATA.encode()):
            return True
        at = head.find(_MEMBER, at + 4)
    return False


def read(path: str) -> Session:
    """The DAWproject at `path`.

    Raises:
        SessionError: it cannot be read, or is no sound DAWproject; with the line in project.xml.
    """
    parser = _DawprojectParser(path, members(path))
    for event, above in nested(path, zipped(path, _PROJECT)):
        if event.starts:
            parser.start(event, above)
    return Session(
        application=parser.application,
        version=parser.version,
        format="dawproject",
        media=parser.references.all(),
        notes=tuple(parser.references.notes),
    )


class _DawprojectParser:
    """The state of reading one project."""

    def __init__(self, path: str, sizes: dict[str, int]) -> None:
        self.references = References(path)
        self.application = "DAWproject"
        self.version = ""
        self._path = path
        self._sizes = sizes

    def start(self, event: Event, above: list[str]) -> None:
        if event.above == 0:
            if event.tag != "Project":
                raise refused(self._path, f"is no DAWproject but <{event.tag}>", event.line)
            self.version = event.attributes.get("version", "")
        elif above == ["Project", "Application"]:
            self.application = event.attributes.get("name") or self.application
            self.version = event.attributes.get("version", "")
        elif event.tag == "File":
            self._file(event, _KINDS.get(above[-2], ""))
        elif event.tag == "State" and _is_external(event):
            # A plug-in's state is in the container but for rare cases, and goes with it.
            self._file(event, "other")

    def _file(self, event: Event, kind: str) -> None:
        recorded = event.attributes.get("path")
        if recorded is None:
            raise refused(self._path, f"{event.tag} without a path", event.line)
        where = f"line {event.line}, {event.tag}"
        external = _is_external(event)
        size = None if external else self._sizes.get(recorded)
        if not external and size is None:
            self.references.note(f"{where}: the container does not hold {recorded}")

        def make() -> MediaReference:
            windows = None if external else False
            return place(kind, recorded, windows=windows, embedded=not external, size=size)

        self.references.add(make, where)


def _is_external(event: Event) -> bool:
    return event.attributes.get("external", "").strip() in ("true", "1")
