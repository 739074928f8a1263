"""The lists of media in a Pro Tools session: trees of volumes and directories, descriptors."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from spanner.sources.formats.protools_blocks import Block, Fields, SessionFile
from spanner.wording import printable

TREE = 0x103A
AUDIO, VIDEO, OTHER = 0x1004, 0x1006, 0x2096  # lists; nobody has seen the last one with files
KINDS = {AUDIO: "audio", VIDEO: "video", OTHER: "other"}
DISK, FOLDER, FILE = 0, 1, 2  # kinds of nodes in a tree
NO_NODE = 0xFFFFFFFF  # the parent of a volume
_AUDIO_FILE, _AUDIO_FORMAT, _AUDIO_REST, _AUDIO_TIMES = 0x1003, 0x1001, 0x1033, 0x2106
_VIDEO_FILE = 0x1005
_DESCRIPTORS = {AUDIO: (_AUDIO_FILE,), VIDEO: (_VIDEO_FILE,), OTHER: ()}
_NODE = 13  # bytes that a node has at least

# Windows reads the five bytes that cp1252 leaves open as control characters.
_CP1252 = {code: bytes((code,)).decode("cp1252", "ignore") or chr(code) for code in range(128, 160)}


class Node(NamedTuple):
    """A volume, directory or file in a tree; `tag` is a volume's id."""

    kind: int
    parent: int
    name: str
    tag: bytes


class ListedFile(NamedTuple):
    """A file, by its index in the tree, and what its descriptor says of it."""

    node: int
    frames: int | None = None
    unique_id: str = ""


class MediaList(NamedTuple):
    """A list of media, of one of the KINDS, and the lengths of its nodes' paths in characters."""

    kind: str
    nodes: list[Node]
    lengths: list[int]
    files: list[ListedFile]


class Remarks:
    """What is noted while a session is read, and what is known of its system by then."""

    def __init__(self) -> None:
        self.mac = True
        self.notes: Counter[str] = Counter()

    def once(self, words: str) -> None:
        """Note something that is not counted."""
        self.notes[words] = 1

    def all(self) -> tuple[str, ...]:
        """Each note once, with how often it came."""
        return tuple(
            note if count == 1 else f"{note} ({count} times)" for note, count in self.notes.items()
        )

    def decode(self, text: bytes) -> str:
        """The text; up to Pro Tools 2018 it can be in the system's own encoding."""
        try:
            return text.decode()
        except UnicodeDecodeError:
            encoding = "MacRoman" if self.mac else "cp1252"
            self.notes[f"a text is not UTF-8 and was read as {encoding}"] += 1
        if self.mac:
            return text.decode("mac_roman")
        return text.decode("latin-1").translate(_CP1252)

    def unknown(self, fields: Fields) -> None:
        """Notes what is left of a block whose beginning is understood."""
        if fields.left:
            self.notes[
                f"a block {fields.block.content_type:#06x} ends with what is not understood"
            ] += 1


class ListReader:
    """Reads the lists in the blocks of a session."""

    def __init__(self, file: SessionFile, remarks: Remarks) -> None:
        self._file = file
        self._remarks = remarks

    def lists(self, block: Block) -> Iterator[MediaList]:
        """The list in a block, and the second one that Pro Tools 2024.10 adds."""
        fields = Fields(self._file, block)
        yield self._list(fields, first=True)
        if fields.left:
            second = self._list(fields, first=False)
            if second.files:
                self._remarks.notes[
                    f"block {block.content_type:#06x} has a second list, whose use is not known; "
                    f"its media are taken as those of the first"
                ] += 1
            yield second
        self._remarks.unknown(fields)

    def _list(self, fields: Fields, *, first: bool) -> MediaList:
        """The list that begins here: the number of files, the tree, descriptors in its order."""
        kind = fields.block.content_type
        count = fields.number(4)
        tree = fields.inner(TREE)
        nodes = self._tree(tree)
        lengths = self._lengths(tree, nodes)
        files = [index for index, node in enumerate(nodes) if node.kind == FILE]
        if len(files) != count:
            raise fields.error(f"there should be {count} files, the tree has {len(files)}")
        if kind == OTHER and files:
            self._remarks.notes[f"block {kind:#06x} lists files, and what for is not known"] += 1
        if not first and not fields.left:  # it has not been seen with files
            return MediaList(KINDS[kind], nodes, lengths, [ListedFile(file) for file in files])
        listed = [self._described(fields.inner(*_DESCRIPTORS[kind]), file) for file in files]
        return MediaList(KINDS[kind], nodes, lengths, listed)

    def _tree(self, fields: Fields) -> list[Node]:
        """The nodes of a tree, which fill the block."""
        nodes = []
        for _ in range(fields.count(_NODE)):
            kind, parent = fields.number(1), fields.number(4)
            name = self._remarks.decode(fields.text())
            if kind not in {DISK, FOLDER, FILE}:
                raise fields.error(f"a node has the kind {kind}, which is not known")
            if kind == DISK and parent != NO_NODE:
                raise fields.error("a volume lies in another node")
            if kind != DISK and name in {"", ".", ".."}:
                raise fields.error(f"{name!r} is no name of a file or directory")
            nodes.append(Node(kind, parent, name, fields.take(4)))
            if kind != DISK:
                if parent == NO_NODE:
                    self._remarks.notes["a path is recorded without its volume"] += 1
                if "/" in name or ":" in name or ("\\" in name and not self._remarks.mac):
                    self._remarks.notes[
                        f'a name holds "/", ":" or "\\", and what it is on disk is not known: '
                        f"{printable(name)}"
                    ] += 1
        if fields.left:
            raise fields.error(f"{fields.left} bytes follow the tree's {len(nodes)} nodes")
        return nodes

    def _lengths(self, fields: Fields, nodes: list[Node]) -> list[int]:
        """How many characters the path of each node has; finds parents that cannot be."""
        lengths = [0] * len(nodes)  # 0: not known, -1: on the way up
        for index in range(len(nodes)):
            way = []
            at = index
            while at != NO_NODE and lengths[at] <= 0:
                if lengths[at]:
                    raise fields.error(f"node {at} lies in itself")
                lengths[at] = -1
                way.append(at)
                at = nodes[at].parent
                if at != NO_NODE and (at >= len(nodes) or nodes[at].kind == FILE):
                    raise fields.error(f"node {way[-1]} lies in node {at}, which is no directory")
            length = 0 if at == NO_NODE else lengths[at]
            for at in reversed(way):
                length += len(nodes[at].name) + 1
                lengths[at] = length
        return lengths

    def _described(self, fields: Fields, index: int) -> ListedFile:
        """What the descriptor says of the file that is the tree's node of that index."""
        if fields.block.content_type not in {_AUDIO_FILE, _VIDEO_FILE}:
            return ListedFile(index)
        described = fields.number(4)
        if described != index:
            raise fields.error(f"this describes node {described} instead of {index}")
        if fields.block.content_type == _VIDEO_FILE:
            return ListedFile(index)
        form = fields.inner(_AUDIO_FORMAT)
        form.take(6)  # sample rate, channels, bits
        frames = form.number(8)
        form.take(5)  # WAV or AIFF, 0
        unique_id = form.take(12) if form.left >= 12 else b""  # shorter ids are not those of umid
        if unique_id:
            self._remarks.unknown(form)
        for expected in (_AUDIO_REST, _AUDIO_TIMES):  # the second from Pro Tools 6 on
            if fields.left and fields.inner().block.content_type != expected:
                self._remarks.notes["a descriptor holds a block that is not known"] += 1
        if fields.left > 4:  # four more bytes are in all sessions from Pro Tools 6 on
            self._remarks.unknown(fields)
        return ListedFile(index, frames, unique_id.hex() if any(unique_id) else "")
