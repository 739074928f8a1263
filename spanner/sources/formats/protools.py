"""Reads sessions of Pro Tools 5.1 to 2024.10 (.pts .pt5 .ptf .ptx): which media they need, where.

The media lie in lists, each with a tree of volumes, directories and files and a descriptor for each
file. Avid has published nothing of it; what is here was read from sessions of these versions. What
does not fit is refused: a list that is read in part would be archived in part.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from spanner.sources.formats.protools_blocks import (
    MAGIC,
    SCHEME_5,
    Block,
    Fields,
    SessionFile,
)
from spanner.sources.session import Reference, Session
from spanner.units import printable

__all__ = ["is_fade", "is_protools", "mac_mount", "read"]

_VERSION, _SESSION, _TREE = 0x0003, 0x1028, 0x103A
_AUDIO, _VIDEO, _OTHER = 0x1004, 0x1006, 0x2096  # lists; nobody has seen the last one with files
_VOLUMES, _VOLUME = 0x0F3D, 0x0F3C
_AUDIO_FILE, _AUDIO_FORMAT, _AUDIO_REST, _AUDIO_TIMES = 0x1003, 0x1001, 0x1033, 0x2106
_VIDEO_FILE = 0x1005
_KINDS = {_AUDIO: "audio", _VIDEO: "video", _OTHER: "other"}
_DESCRIPTORS = {_AUDIO: (_AUDIO_FILE,), _VIDEO: (_VIDEO_FILE,), _OTHER: ()}
_NEEDED = (_VERSION, _SESSION, _AUDIO, _VIDEO)
_WANTED = {*_NEEDED, _OTHER, _VOLUMES}

_DISK, _FOLDER, _FILE = 0, 1, 2  # kinds of nodes in a tree
_NONE = 0xFFFFFFFF  # the parent of a volume
_NODE = 13  # bytes that a node has at least
_MAC, _WINDOWS = 0, 1
_DRIVE = re.compile(r"([A-Za-z]):\\?")

# Windows reads the five bytes that cp1252 leaves open as control characters.
_CP1252 = {code: bytes((code,)).decode("cp1252", "ignore") or chr(code) for code in range(128, 160)}


class _Node(NamedTuple):
    """A volume, directory or file in a tree; `tag` is a volume's id."""

    kind: int
    parent: int
    name: str
    tag: bytes


class _Medium(NamedTuple):
    """A file, by its index in the tree, and what its descriptor says of it."""

    node: int
    frames: int | None = None
    unique_id: str = ""


class _List(NamedTuple):
    """A list of media, of one of the KINDS, and the lengths of its nodes' paths in characters."""

    kind: str
    nodes: list[_Node]
    lengths: list[int]
    media: list[_Medium]


_Volume = tuple[bytes, str]  # id and name
_Mounts = dict[tuple[bytes, str | None], set[str]]  # by id and label, id and path, id alone


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
    if boot:
        return "/"
    return f"/Volumes/{name}" if name else ""


def is_fade(directory: tuple[str, ...]) -> bool:
    """Whether the directory is one for fades that Pro Tools up to 9 rendered."""
    return bool(directory) and directory[-1].casefold() == "fade files"


class _Reader:
    """Puts the session together from its blocks."""

    def __init__(self, file: SessionFile) -> None:
        self._file = file
        self._mac = True
        self._notes: Counter[str] = Counter()
        self._room = 8 * len(file.data) + (1 << 18)  # characters that all paths may have

    def session(self) -> Session:
        """All that the file says."""
        blocks = self._blocks()
        program, version, name = self._version(Fields(self._file, blocks[_VERSION]))
        rate = self._rate(Fields(self._file, blocks[_SESSION]))
        mounts = self._mounts(blocks.get(_VOLUMES))
        lists = [
            found
            for block in blocks.values()
            if block.content_type in _KINDS
            for found in self._lists(block)
        ]
        boot = set() if mounts or not self._mac else self._boot_volumes(lists)
        media = tuple(
            reference for found in lists for reference in self._references(found, mounts, boot)
        )
        notes = tuple(
            note if count == 1 else f"{note} ({count} times)" for note, count in self._notes.items()
        )
        return Session(program, version, name, media, rate, notes=notes)

    def _blocks(self) -> dict[int, Block]:
        """The blocks that are of use, by type, in their order; each must be there once."""
        found: dict[int, Block] = {}
        for block in self._file:
            if block.content_type not in _WANTED:
                continue
            if block.content_type in found:
                raise self._file.error(
                    block.offset, block.content_type, "this is the second block of its type"
                )
            found[block.content_type] = block
        for content_type in _NEEDED:
            if content_type not in found:
                raise self._file.error(
                    len(self._file.data), content_type, "there is no block of this type"
                )
        return found

    def _version(self, fields: Fields) -> tuple[str, str, str]:
        """The program's name, its version and the format's name; sets the system."""
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

    def _mounts(self, block: Block | None) -> _Mounts:
        """Where the volumes were mounted; Pro Tools lists it from version 12 on."""
        mounts: _Mounts = {}
        if block is None:
            return mounts
        fields = Fields(self._file, block)
        for _ in range(fields.count(9)):
            volume = fields.inner(_VOLUME)
            label = self._decode(volume.text())
            tag = volume.take(4)
            path = self._decode(volume.text())
            for name in (label, path, None):
                mounts.setdefault((tag, name), set()).add(path)
            self._unknown(volume)
        self._unknown(fields)
        return mounts

    def _lists(self, block: Block) -> Iterator[_List]:
        """The list in a block, and the second one that Pro Tools 2024.10 adds."""
        fields = Fields(self._file, block)
        yield self._list(fields, first=True)
        if fields.left:
            second = self._list(fields, first=False)
            if second.media:
                self._notes[
                    f"block {block.content_type:#06x} has a second list, whose use is not known; "
                    f"its media are taken as those of the first"
                ] += 1
            yield second
        self._unknown(fields)

    def _list(self, fields: Fields, *, first: bool) -> _List:
        """The list that begins here: the number of files, the tree, descriptors in its order."""
        kind = fields.block.content_type
        count = fields.number(4)
        tree = fields.inner(_TREE)
        nodes = self._tree(tree)
        lengths = self._lengths(tree, nodes)
        files = [index for index, node in enumerate(nodes) if node.kind == _FILE]
        if len(files) != count:
            raise fields.error(f"there should be {count} files, the tree has {len(files)}")
        if kind == _OTHER and files:
            self._notes[f"block {kind:#06x} lists files, and what for is not known"] += 1
        if not first and not fields.left:  # it has not been seen with files
            return _List(_KINDS[kind], nodes, lengths, [_Medium(file) for file in files])
        media = [self._medium(fields.inner(*_DESCRIPTORS[kind]), file) for file in files]
        return _List(_KINDS[kind], nodes, lengths, media)

    def _tree(self, fields: Fields) -> list[_Node]:
        """The nodes of a tree, which fill the block."""
        nodes = []
        for _ in range(fields.count(_NODE)):
            kind, parent = fields.number(1), fields.number(4)
            name = self._decode(fields.text())
            if kind not in {_DISK, _FOLDER, _FILE}:
                raise fields.error(f"a node has the kind {kind}, which is not known")
            if kind == _DISK and parent != _NONE:
                raise fields.error("a volume lies in another node")
            if kind != _DISK and name in {"", ".", ".."}:
                raise fields.error(f"{name!r} is no name of a file or directory")
            nodes.append(_Node(kind, parent, name, fields.take(4)))
            if kind != _DISK:
                if parent == _NONE:
                    self._notes["a path is recorded without its volume"] += 1
                if "/" in name or ":" in name or ("\\" in name and not self._mac):
                    self._notes[
                        f'a name holds "/", ":" or "\\", and what it is on disk is not known: '
                        f"{printable(name)}"
                    ] += 1
        if fields.left:
            raise fields.error(f"{fields.left} bytes follow the tree's {len(nodes)} nodes")
        return nodes

    def _lengths(self, fields: Fields, nodes: list[_Node]) -> list[int]:
        """How many characters the path of each node has; finds parents that cannot be."""
        lengths = [0] * len(nodes)  # 0: not known, -1: on the way up
        for index in range(len(nodes)):
            way = []
            at = index
            while at != _NONE and lengths[at] <= 0:
                if lengths[at]:
                    raise fields.error(f"node {at} lies in itself")
                lengths[at] = -1
                way.append(at)
                at = nodes[at].parent
                if at != _NONE and (at >= len(nodes) or nodes[at].kind == _FILE):
                    raise fields.error(f"node {way[-1]} lies in node {at}, which is no directory")
            length = 0 if at == _NONE else lengths[at]
            for at in reversed(way):
                length += len(nodes[at].name) + 1
                lengths[at] = length
        return lengths

    def _medium(self, fields: Fields, index: int) -> _Medium:
        """What the descriptor says of the file that is the tree's node of that index."""
        if fields.block.content_type not in {_AUDIO_FILE, _VIDEO_FILE}:
            return _Medium(index)
        described = fields.number(4)
        if described != index:
            raise fields.error(f"this describes node {described} instead of {index}")
        if fields.block.content_type == _VIDEO_FILE:
            return _Medium(index)
        form = fields.inner(_AUDIO_FORMAT)
        form.take(6)  # sample rate, channels, bits
        frames = form.number(8)
        form.take(5)  # WAV or AIFF, 0
        unique_id = form.take(12) if form.left >= 12 else b""  # shorter ids are not those of umid
        if unique_id:
            self._unknown(form)
        for expected in (_AUDIO_REST, _AUDIO_TIMES):  # the second from Pro Tools 6 on
            if fields.left and fields.inner().block.content_type != expected:
                self._notes["a descriptor holds a block that is not known"] += 1
        if fields.left > 4:  # four more bytes are in all sessions from Pro Tools 6 on
            self._unknown(fields)
        return _Medium(index, frames, unique_id.hex() if any(unique_id) else "")

    def _boot_volumes(self, lists: list[_List]) -> set[_Volume]:
        """The volumes that hold a folder Users, which is what tells a Mac's boot volume."""
        boot = set()
        for found in lists:
            for node in found.nodes:
                if node.kind == _FOLDER and node.name == "Users" and node.parent != _NONE:
                    above = found.nodes[node.parent]
                    if above.kind == _DISK:
                        boot.add((above.tag, above.name))
        return boot

    def _references(self, found: _List, mounts: _Mounts, boot: set[_Volume]) -> Iterator[Reference]:
        """The list's media, with their paths."""
        self._room -= sum(found.lengths[medium.node] for medium in found.media)
        if self._room < 0:  # a small tree of long names can hold paths for all of the memory
            raise self._file.error(
                len(self._file.data), _TREE, "the paths are longer than those of any session"
            )
        places: dict[int, tuple[str, tuple[str, ...], str]] = {}
        for medium in found.media:
            node = found.nodes[medium.node]
            if node.parent not in places:
                places[node.parent] = self._place(found.nodes, node.parent, mounts, boot)
            volume, directory, above = places[node.parent]
            kind = "fade" if found.kind == "audio" and is_fade(directory) else found.kind
            yield Reference(
                kind=kind,
                name=node.name,
                volume=volume,
                directory=directory,
                recorded=above + node.name,
                unique_id=medium.unique_id,
                frames=medium.frames,
            )

    def _place(
        self, nodes: list[_Node], at: int, mounts: _Mounts, boot: set[_Volume]
    ) -> tuple[str, tuple[str, ...], str]:
        """Volume and directory of what lies in the node, and the text that its path begins with."""
        names: list[str] = []
        while at != _NONE and nodes[at].kind != _DISK:
            names.append(nodes[at].name)
            at = nodes[at].parent
        directory = tuple(reversed(names))
        volume, top = "", directory
        if at != _NONE:
            disk = nodes[at]
            volume = self._mounted(disk, mounts) or self._named(disk, boot)
            drive = _DRIVE.fullmatch(disk.name)
            name = disk.name if self._mac else disk.name.rstrip("\\")
            top = (f"{drive[1].upper()}:" if drive else name, *directory)
        between = ":" if self._mac else "\\"
        return volume, directory, "".join(name + between for name in top)

    def _mounted(self, disk: _Node, mounts: _Mounts) -> str:
        """Where the session says that the volume was mounted; empty if it does not."""
        paths = mounts.get((disk.tag, disk.name)) or mounts.get((disk.tag, None), set())
        path = next(iter(paths)) if len(paths) == 1 else ""
        if mounts and not path:
            self._notes[f"the volume {printable(disk.name)} is not in the list of volumes"] = 1
        drive = _DRIVE.fullmatch(path)
        if drive:
            return f"{drive[1].upper()}:"
        return path.rstrip("/" if self._mac else "\\") or path[:1]

    def _named(self, disk: _Node, boot: set[_Volume]) -> str:
        """Where the volume was, by its name: up to Pro Tools 11 there is nothing else."""
        if self._mac:
            is_boot = (disk.tag, disk.name) in boot
            if is_boot:
                self._notes[
                    f"{printable(disk.name)} is taken for the boot volume, as it holds Users"
                ] = 1
            return mac_mount(disk.name, is_boot)
        drive = _DRIVE.fullmatch(disk.name)
        if drive:
            return f"{drive[1].upper()}:"
        self._notes[f"the volume {printable(disk.name)} is recorded without its drive letter"] = 1
        return disk.name

    def _decode(self, text: bytes) -> str:
        """The text; up to Pro Tools 2018 it can be in the system's own encoding."""
        try:
            return text.decode()
        except UnicodeDecodeError:
            encoding = "MacRoman" if self._mac else "cp1252"
            self._notes[f"a text is not UTF-8 and was read as {encoding}"] += 1
        if self._mac:
            return text.decode("mac_roman")
        return text.decode("latin-1").translate(_CP1252)

    def _unknown(self, fields: Fields) -> None:
        """Notes what is left of a block whose beginning is understood."""
        if fields.left:
            self._notes[
                f"a block {fields.block.content_type:#06x} ends with what is not understood"
            ] += 1
