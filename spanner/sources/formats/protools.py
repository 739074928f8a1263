"""Reads sessions of Pro Tools 5.1 to 2024.10 (.pts .pt5 .ptf .ptx): which media they refer to.

The media lie in lists, each with a tree of volumes, directories and files and a descriptor for each
file. Avid has published nothing of it; what is here was read from sessions of these versions. What
does not fit is refused: a list that is read in part would be archived in part.
"""

import re
from collections.abc import Iterator

from spanner.model.session import MediaReference, Session
from spanner.sources.formats.protools_blocks import (
    MAGIC,
    SCHEME_5,
    Block,
    Fields,
    SessionFile,
)
from spanner.sources.formats.protools_lists import (
    AUDIO,
    DISK,
    FOLDER,
    KINDS,
    NO_NODE,
    OTHER,
    TREE,
    VIDEO,
    ListReader,
    MediaList,
    Node,
    Remarks,
)
from spanner.wording import printable

__all__ = ["is_fade", "is_protools", "mac_mount", "read"]

_VERSION, _SESSION = 0x0003, 0x1028
_VOLUMES, _VOLUME = 0x0F3D, 0x0F3C
_NEEDED = (_VERSION, _SESSION, AUDIO, VIDEO)
_WANTED = {*_NEEDED, OTHER, _VOLUMES}
_MAC, _WINDOWS = 0, 1
_DRIVE = re.compile(r"([A-Za-z]):\\?")

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
    return _ProToolsReader(SessionFile(path)).session()


def mac_mount(name: str, boot: bool) -> str:
    """Where a Mac mounts the volume of that name, which is the one it started from, or another."""
    if boot:
        return "/"
    return f"/Volumes/{name}" if name else ""


def is_fade(directory: tuple[str, ...]) -> bool:
    """Whether the directory is one for fades that Pro Tools up to 9 rendered."""
    return bool(directory) and directory[-1].casefold() == "fade files"


class _ProToolsReader:
    """Puts the session together from its blocks."""

    def __init__(self, file: SessionFile) -> None:
        self._file = file
        self._remarks = Remarks()
        self._room = 8 * len(file.data) + (1 << 18)  # characters that all paths may have

    def session(self) -> Session:
        """All that the file says."""
        blocks = self._blocks()
        program, version, name = self._version(Fields(self._file, blocks[_VERSION]))
        rate = self._rate(Fields(self._file, blocks[_SESSION]))
        mounts = self._mounts(blocks.get(_VOLUMES))
        reader = ListReader(self._file, self._remarks)
        lists = [
            found
            for block in blocks.values()
            if block.content_type in KINDS
            for found in reader.lists(block)
        ]
        boot = set() if mounts or not self._remarks.mac else self._boot_volumes(lists)
        media = tuple(
            reference for found in lists for reference in self._references(found, mounts, boot)
        )
        return Session(
            application=program,
            version=version,
            format=name,
            media=media,
            sample_rate=rate,
            notes=self._remarks.all(),
        )

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
        self._remarks.mac = system == _MAC
        fields.text()  # the system's name
        name = "ptx" if self._file.scheme == SCHEME_5 else "pts" if kind == 1 else "ptf"
        return self._remarks.decode(product), self._remarks.decode(version), name

    def _rate(self, fields: Fields) -> int | None:
        """Samples per second; None, which is noted, where the session has none."""
        fields.take(2)
        rate = fields.number(4)
        if not rate:
            self._remarks.notes["the session has no sample rate"] += 1
        return rate or None

    def _mounts(self, block: Block | None) -> _Mounts:
        """Where the volumes were mounted; Pro Tools lists it from version 12 on."""
        mounts: _Mounts = {}
        if block is None:
            return mounts
        fields = Fields(self._file, block)
        for _ in range(fields.count(9)):
            volume = fields.inner(_VOLUME)
            label = self._remarks.decode(volume.text())
            tag = volume.take(4)
            path = self._remarks.decode(volume.text())
            for name in (label, path, None):
                mounts.setdefault((tag, name), set()).add(path)
            self._remarks.unknown(volume)
        self._remarks.unknown(fields)
        return mounts

    def _boot_volumes(self, lists: list[MediaList]) -> set[_Volume]:
        """The volumes that hold a folder Users, which is what tells a Mac's boot volume."""
        boot = set()
        for found in lists:
            for node in found.nodes:
                if node.kind == FOLDER and node.name == "Users" and node.parent != NO_NODE:
                    above = found.nodes[node.parent]
                    if above.kind == DISK:
                        boot.add((above.tag, above.name))
        return boot

    def _references(
        self, found: MediaList, mounts: _Mounts, boot: set[_Volume]
    ) -> Iterator[MediaReference]:
        """The media references that a list makes up."""
        self._room -= sum(found.lengths[file.node] for file in found.files)
        if self._room < 0:  # a small tree of long names can hold paths for all of the memory
            raise self._file.error(
                len(self._file.data), TREE, "the paths are longer than those of any session"
            )
        places: dict[int, tuple[str, tuple[str, ...], str]] = {}
        for file in found.files:
            node = found.nodes[file.node]
            if node.parent not in places:
                places[node.parent] = self._place(found.nodes, node.parent, mounts, boot)
            volume, directory, above = places[node.parent]
            kind = "fade" if found.kind == "audio" and is_fade(directory) else found.kind
            yield MediaReference(
                kind=kind,
                name=node.name,
                volume=volume,
                directory=directory,
                recorded=above + node.name,
                unique_id=file.unique_id,
                frames=file.frames,
            )

    def _place(
        self, nodes: list[Node], at: int, mounts: _Mounts, boot: set[_Volume]
    ) -> tuple[str, tuple[str, ...], str]:
        """Volume and directory of what lies in the node, and the text that its path begins with."""
        names: list[str] = []
        while at != NO_NODE and nodes[at].kind != DISK:
            names.append(nodes[at].name)
            at = nodes[at].parent
        directory = tuple(reversed(names))
        volume, top = "", directory
        if at != NO_NODE:
            disk = nodes[at]
            volume = self._mounted(disk, mounts) or self._named(disk, boot)
            drive = _DRIVE.fullmatch(disk.name)
            name = disk.name if self._remarks.mac else disk.name.rstrip("\\")
            top = (f"{drive[1].upper()}:" if drive else name, *directory)
        between = ":" if self._remarks.mac else "\\"
        return volume, directory, "".join(name + between for name in top)

    def _mounted(self, disk: Node, mounts: _Mounts) -> str:
        """Where the session says that the volume was mounted; empty if it does not."""
        paths = mounts.get((disk.tag, disk.name)) or mounts.get((disk.tag, None), set())
        path = next(iter(paths)) if len(paths) == 1 else ""
        if mounts and not path:
            self._remarks.notes[
                f"the volume {printable(disk.name)} is not in the list of volumes"
            ] = 1
        drive = _DRIVE.fullmatch(path)
        if drive:
            return f"{drive[1].upper()}:"
        return path.rstrip("/" if self._remarks.mac else "\\") or path[:1]

    def _named(self, disk: Node, boot: set[_Volume]) -> str:
        """Where the volume was, by its name: up to Pro Tools 11 there is nothing else."""
        if self._remarks.mac:
            is_boot = (disk.tag, disk.name) in boot
            if is_boot:
                self._remarks.once(
                    f"{printable(disk.name)} is taken for the boot volume, as it holds Users"
                )
            return mac_mount(disk.name, is_boot)
        drive = _DRIVE.fullmatch(disk.name)
        if drive:
            return f"{drive[1].upper()}:"
        self._remarks.notes[
            f"the volume {printable(disk.name)} is recorded without its drive letter"
        ] = 1
        return disk.name
