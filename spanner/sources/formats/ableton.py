"""Ableton Live sets (.als), also clips and racks: gzipped XML, with the media in SampleRef/FileRef.

After sets of Live 8 to 11; Ableton publishes no description. Max devices, and the files that were
dropped into these, have FileRefs of their own. FileRefs elsewhere tell where a preset or a sample
once came from, and are not needed to play the set. Live 11 and later record whole paths; Live up
to 10 a list of folders, and a Windows path or a Mac alias record (`Data`).
"""

import os
import struct
import zlib

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.opening import CHUNK, gunzipped, opened, plain, refused
from spanner.sources.formats.recorded import LONGEST, MOST_FOLDERS, folder, place
from spanner.sources.formats.references import References
from spanner.sources.formats.xml import Event, nested, root

_GZIP = b"\x1f\x8b"
_PROJECT_FOLDER = "Ableton Project Info"  # what makes a folder a project's
_MOST_UP = 4  # folders between a project's and that of one of its sets

_IN_PROJECT = "3"
_BESIDE = ("1", _IN_PROJECT)  # RelativePathType: relative to the project's folder
_IN_PACK = "5"

_NEEDED = (["SampleRef", "FileRef"], ["MxDPatchRef", "FileRef"])
_DROPPED = ["MxDFullFileDrop", "FileRef", "FileRef"]

_ALIAS_TAGS = {2: 150, 3: 58}  # an alias record's version: where its tagged values begin
_ALIAS_PATH, _ALIAS_VOLUME = 18, 19


def is_ableton(head: bytes) -> bool:
    """Whether a file that begins so is a Live set, packed as Live writes it or not."""
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, CHUNK)
        except zlib.error:
            return False
    first = root(head)
    return first is not None and first.tag == "Ableton"


def read(path: str) -> Session:
    """The Live set at `path`.

    Raises:
        SessionError: it cannot be read, or is no sound Live set; with the line or byte.
    """
    with opened(path) as file:
        packed = file.read(2) == _GZIP
    parser = _AbletonParser(path)
    for event, above in nested(path, gunzipped(path) if packed else plain(path)):
        if event.starts:
            parser.start(event, above)
        else:
            parser.end(event)
    return Session(
        application="Ableton Live",
        version=parser.version,
        format="als",
        media=parser.references.all(),
        search=tuple(parser.search),
        notes=tuple(parser.references.notes),
    )


class _FileRef:
    """What one FileRef holds: `values` by tag, `folders` below the project, `hint` from the top."""

    def __init__(self, owner: str, line: int, above: int) -> None:
        self.owner = owner
        self.line = line
        self.above = above
        self.values: dict[str, str] = {}
        self.folders: list[str] = []
        self.hint: list[str] = []
        self.data = ""

    @property
    def where(self) -> str:
        return f"line {self.line}, {self.owner}/FileRef"


class _AbletonParser:
    """The state of reading one set."""

    def __init__(self, path: str) -> None:
        self.references = References(path)
        self.version = ""
        self.search: dict[str, None] = dict.fromkeys(_projects(path))
        self._path = path
        self._reference: _FileRef | None = None

    def start(self, event: Event, above: list[str]) -> None:
        if event.above == 0:
            if event.tag != "Ableton":
                raise refused(self._path, f"is no Live set but <{event.tag}>", event.line)
            creator = event.attributes.get("Creator", "")
            self.version = creator.removeprefix("Ableton Live").strip()
        elif event.tag == "FileRef" and (above[-2:] in _NEEDED or above[-3:] == _DROPPED):
            self._add()
            owner = above[-2] if above[-2:] in _NEEDED else above[-3]
            self._reference = _FileRef(owner, event.line, event.above)
        elif self._reference is not None:
            self._inside(self._reference, event, above)

    def _inside(self, reference: _FileRef, event: Event, above: list[str]) -> None:
        """Take what belongs to the FileRef itself, not to another that tells where it came from."""
        deeper = event.above - reference.above
        value = event.attributes.get("Value")
        if deeper == 0 and event.tag == "DefaultDuration":  # beside the FileRef, in the SampleRef
            self._take(reference, event.tag, value)
        elif deeper > 0 and above[reference.above] == "FileRef":
            if event.tag == "RelativePathElement":
                self._folder(reference, event, above[reference.above + 1 : -1])
            elif deeper == 1 or (deeper == 2 and event.tag == "FileSize"):
                self._take(reference, event.tag, value)

    def _take(self, reference: _FileRef, tag: str, value: str | None) -> None:
        if value is not None:
            reference.values.setdefault(tag, value)

    def _folder(self, reference: _FileRef, event: Event, above: list[str]) -> None:
        listed = reference.folders
        if above == ["SearchHint", "PathHint"]:
            listed = reference.hint
        elif above != ["RelativePath"]:
            return
        if len(listed) >= MOST_FOLDERS:
            raise refused(self._path, "FileRef: more folders than a path has", event.line)
        listed.append(event.attributes.get("Dir", ""))

    def end(self, event: Event) -> None:
        reference = self._reference
        if reference is None:
            return
        if event.tag == "Data" and event.above == reference.above + 1:
            reference.data = event.text
        elif event.above < reference.above:  # the SampleRef, which has the length too
            self._add()

    def _add(self) -> None:
        reference, self._reference = self._reference, None
        if reference is None:
            return
        device = reference.owner == "MxDPatchRef"
        if device and reference.values.get("RelativePathType") == _IN_PACK:
            return  # comes with Live, as plug-ins come with their installers
        recorded = self._recorded(reference)
        if not recorded:  # as in an empty slot of a sampler
            return
        size = self._number(reference, "OriginalFileSize") or self._number(reference, "FileSize")
        frames = self._number(reference, "DefaultDuration") or None
        # Relative paths have forward slashes on every system, absolute ones tell by their start.
        windows = None if recorded.startswith(("/", "\\")) or recorded[1:2] == ":" else False

        def make() -> MediaReference:
            return place(
                "other" if device else "",
                recorded,
                windows=windows,
                otherwise="audio",
                frames=frames,
                size=None if device else size or None,  # devices get edited
            )

        self.references.add(make, reference.where)

    def _recorded(self, reference: _FileRef) -> str:
        """The place to record: what is in the project's folder moves with it, else where it was."""
        values = reference.values
        kind = values.get("RelativePathType", "")
        absolute = values.get("Path") or self._old_absolute(reference)
        relative = values.get("RelativePath") or self._old_relative(reference)
        if kind == _IN_PROJECT and relative:
            self._search(reference, absolute, relative)
            return relative
        if absolute:
            return absolute
        if relative and kind not in _BESIDE:
            pack = values.get("LivePackName") or "one of Live's libraries"
            self.references.note(f"line {reference.line}: {relative} lies in {pack}")
        return relative

    def _search(self, reference: _FileRef, absolute: str, relative: str) -> None:
        """Search where the project's folder was: its sets can be elsewhere by now."""
        if absolute.endswith((f"/{relative}", "\\" + relative.replace("/", "\\"))):
            project = absolute[: -len(relative)]
            if len(self.search) < MOST_FOLDERS:
                try:
                    self.search[folder(project)] = None
                except ValueError as error:
                    what = f"{reference.where}: the project's folder {error}"
                    raise refused(self._path, what) from None

    def _old_relative(self, reference: _FileRef) -> str:
        name = reference.values.get("Name", "")
        if not name or reference.values.get("HasRelativePath") == "false":
            return ""
        # Live writes a step up as a folder without a name.
        return "/".join([*(part or ".." for part in reference.folders), name])

    def _old_absolute(self, reference: _FileRef) -> str:
        found = _recorded_data(reference.data)
        if found:
            return found
        name = reference.values.get("Name", "")
        # The hint lacks the drive, and so the whole place on Windows; on a Mac nothing is lacking.
        if name and reference.hint[:1] in (["Users"], ["Volumes"]):
            return "/" + "/".join([*reference.hint, name])
        return ""

    def _number(self, reference: _FileRef, tag: str) -> int:
        text = reference.values.get(tag, "0") or "0"
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise refused(self._path, f"FileRef: {tag} {text!r:.20}", reference.line)
        return int(text)


def _projects(path: str) -> list[str]:
    """The project's folder, if the set lies in a folder below it, such as Backup."""
    here = os.path.dirname(os.path.abspath(path))
    for up in range(_MOST_UP):
        if os.path.isdir(os.path.join(here, _PROJECT_FOLDER)):
            return [here] if up else []
        here = os.path.dirname(here)
    return []


def _recorded_data(text: str) -> str:
    """The path that `Data` holds as hexadecimal text: UTF-16LE of Windows or an alias of a Mac.

    What cannot be understood is left aside: the other values of a FileRef tell the place too.
    """
    try:
        data = bytes.fromhex(text)
        if data[:4] == bytes(4):
            return _alias(data)
        path = data.decode("utf-16-le").partition("\0")[0]
    except (ValueError, struct.error):
        return ""
    is_path = path[1:3] == ":\\" or path.startswith("\\\\")
    return path if is_path and len(path) <= LONGEST else ""


def _alias(data: bytes) -> str:
    """The POSIX path in a Mac alias record: "" if it has none.

    Raises:
        ValueError, struct.error: it is no such record.
    """
    size, version = struct.unpack_from(">4xHH", data)
    at = _ALIAS_TAGS.get(version, size)
    values = {}
    while at + 4 <= min(size, len(data)):
        tag, length = struct.unpack_from(">HH", data, at)
        if tag == 0xFFFF:
            break
        values[tag] = data[at + 4 : at + 4 + length]
        at += 4 + length + length % 2
    path = values.get(_ALIAS_PATH, b"").decode().strip("\0")
    # macOS 10.15 and later leave the start volume's place empty.
    volume = values.get(_ALIAS_VOLUME, b"").decode().strip("\0") or "/"
    if not path or not volume.startswith("/"):
        return ""
    return f"{volume.rstrip('/')}/{path.lstrip('/')}"
