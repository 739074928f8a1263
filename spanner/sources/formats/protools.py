"""Reads sessions of Pro Tools 5.1 to 2024.10 (.pts .pt5 .ptf .ptx): which media they need, where.

The media lie in lists, each with a tree of volumes, directories and files and a descriptor for each
file. Avid has published nothing of it; what is here was read from sessions of these versions. What
does not fit is refused: a list that is read in part would archive in part.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from spanner.sources.formats.protools_blocks import (
    MAGIC,
    SCHEME_5,
    Block,
    Fields,
    SessionFile,
)
from spanner.sources.session import Reference, Session

__all__ = ["is_protools", "read"]

_VERSION, _SESSION, _TREE = 0x0003, 0x1028, 0x103A
_AUDIO, _VIDEO, _UNUSED = 0x1004, 0x1006, 0x2096
_VOLUMES, _VOLUME = 0x0F3D, 0x0F3C
_AUDIO_DESCRIPTOR, _AUDIO_FORMAT, _AUDIO_REST, _AUDIO_TIMES = 0x1003, 0x1001, 0x1033, 0x2106
_VIDEO_DESCRIPTOR = 0x1005
_KINDS = {_AUDIO: "audio", _VIDEO: "video", _UNUSED: "other"}
_DESCRIPTORS = {_AUDIO: (_AUDIO_DESCRIPTOR,), _VIDEO: (_VIDEO_DESCRIPTOR,), _UNUSED: ()}
_NEEDED = (_VERSION, _SESSION, _AUDIO, _VIDEO)

_DISK, _FOLDER, _FILE = 0, 1, 2  # kinds of nodes in a tree
_NONE = 0xFFFFFFFF  # the parent of a volume
_NODE = 13  # bytes that a node has at least
_MAC, _WINDOWS = 0, 1
_DRIVE = re.compile(r"([A-Za-z]):\\?")

# Windows shows the five bytes that cp1252 leaves open as control characters.
_CP1252 = {code: ord(bytes((code,)).decode("cp1252", "ignore") or chr(code)) for code in range(256)}


class _Node(NamedTuple):
    """A volume, directory or file in a tree; `tag` is a volume's id. `offset`: where it ends."""

    kind: int
    parent: int
    name: str
    tag: bytes
    offset: int


class _Medium(NamedTuple):
    """What a descriptor says of its file."""

    frames: int | None = None
    unique_id: str = ""


class _List(NamedTuple):
    """A list of media: its block, its tree, and for each of the tree's files its descriptor."""

    block: Block
    nodes: list[_Node]
    media: dict[int, _Medium]


class _Mount(NamedTuple):
    """Where a volume was mounted when the session was saved."""

    label: str
    path: str


def is_protools(head: bytes) -> bool:
    """Whether a file that begins with these bytes (20 or more) is a Pro Tools session."""
    return len(head) >= 20 and head.startswith(MAGIC)


def read(path: str) -> Session:
    """The session in the file at `path`.

    Raises:
        SessionError: it cannot be read, is damaged or of an unknown kind.
    """
    return _Reader(SessionFile(path)).session()


def mac_mount(name: str, boot: bool) -> str:
    """Where a Mac mounts the volume of that name, which is the one it started from, or another."""
    return "/" if boot else f"/Volumes/{name}"


class _Reader:
    """Puts the session together from its blocks."""

    def __init__(self, file: SessionFile) -> None:
        self._file = file
        self._mac = True
        self._notes: Counter[str] = Counter()
        self._room = 16 * len(file.data) + (1 << 20)  # characters that all paths may have

    def session(self) -> Session:
        """All that the file says."""
        blocks = self._blocks()
        application, version, kind = self._version(Fields(self._file, blocks[_VERSION]))
        rate = self._rate(Fields(self._file, blocks[_SESSION]))
        lists = [found for block in blocks.values() if block.content_type in _KINDS
                 for found in self._lists(block)]
        mounts = self._mounts(blocks.get(_VOLUMES))
        media = tuple(self._references(lists, mounts))
        notes = tuple(
            note if count == 1 else f"{note} ({count} times)" for note, count in self._notes.items()
        )
        return Session(application, version, kind, media, rate, notes=notes)

    def _blocks(self) -> dict[int, Block]:
        """The blocks that are of use, by type, in their order; each must be there once."""
        found: dict[int, Block] = {}
        for block in self._file:
            if block.content_type in {*_NEEDED, _UNUSED, _VOLUMES}:
                if block.content_type in found:
                    raise self._file.error(
                        block.offset, block.content_type, "the second block of its type"
                    )
                found[block.content_type] = block
        for content_type in _NEEDED:
            if content_type not in found:
                raise self._file.error(
                    len(self._file.data), content_type, "there is no block of this type"
                )
        return found

    def _version(self, fields: Fields) -> tuple[str, str, str]:
        """The program's name, its version and the file's format; sets the system."""
        fields.take(1)
        product = fields.text()
        fields.take(4 * fields.count(4))
        version = fields.text()
        fields.take(1)
        fields.text()  # "Release"
        fields.take(1)
        fields.text()  # "Pro Tools Session File"
        kind = fields.number(1)
        system = fields.number(1)
        if system not in {_MAC, _WINDOWS}:
            raise fields.error(f"system {system} is neither a Mac nor Windows")
        self._mac = system == _MAC
        fields.text()  # the system's name
        name = "ptx" if self._file.scheme == SCHEME_5 else "pts" if kind == 1 else "ptf"
        return self._decode(product), self._decode(version), name

    def _rate(self, fields: Fields) -> int | None:
        """Samples per second."""
        fields.take(2)
        rate = fields.number(4)
        if not rate:
            self._notes["the session has no sample rate"] += 1
        return rate or None

    def _mounts(self, block: Block | None) -> dict[bytes, list[_Mount]]:
        """The volumes that the session lists (from Pro Tools 12 on), by id."""
        mounts: dict[bytes, list[_Mount]] = {}
        if block is None:
            return mounts
        fields = Fields(self._file, block)
        for _ in range(fields.count(9)):
            volume = fields.inner(_VOLUME)
            label = self._decode(volume.text())
            tag = volume.take(4)
            mount = _Mount(label, self._decode(volume.text()))
            mounts.setdefault(tag, []).append(mount)
            self._unknown(volume)
        self._unknown(fields)
        return mounts

    def _lists(self, block: Block) -> Iterator[_List]:
        """The lists in a block: one, and from Pro Tools 2024.10 on a second one."""
        fields = Fields(self._file, block)
        yield self._list(fields)
        while fields.left:
            found = self._list(fields)
            if found.media:
                self._notes[
                    f"block {block.content_type:#06x} has a second list of media, which is not "
                    f"understood; its files are taken as those of the first"
                ] += 1
            yield found

    def _list(self, fields: Fields) -> _List:
        """The list that begins here."""
        kind = fields.block.content_type
        count = fields.number(4)
        nodes = self._tree(fields.inner(_TREE))
        files = [index for index, node in enumerate(nodes) if node.kind == _FILE]
        if len(files) != count:
            raise fields.error(f"{count} files are said to be in a tree of {len(files)}")
        media: dict[int, _Medium] = {}
        second = fields.at
        for file in files:
            if not fields.left and not media and fields.block.start != second:
                break
            descriptor = fields.inner(*_DESCRIPTORS[kind])
            index = descriptor.number(4)
            if index != file:
                raise descriptor.error(f"describes node {index} instead of node {file}")
            media[file] = self._medium(descriptor) if kind == _AUDIO else _Medium()
        return _List(fields.block, nodes, media)
