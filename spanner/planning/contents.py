"""Turns what a scan found into what is placed: items with their place on disc, in units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from spanner.errors import DoesNotFitError
from spanner.imaging.names import DiscNames
from spanner.planning.costs import item_cost, overhead
from spanner.planning.plan import Item, Link
from spanner.sources.tree import Directory, File, Tree
from spanner.units import SECTOR, format_size, printable

# fmt: off
DOCUMENTS = frozenset({
    ".aaf", ".als", ".ardour", ".aup3", ".bwproject", ".cpr", ".dawproject", ".edl", ".fcpxml",
    ".flp", ".npr", ".omf", ".otio", ".pt5", ".ptf", ".pts", ".ptx", ".rpp", ".song", ".xml",
})
# fmt: on
"""Extensions of session documents: without theirs, a session's media are just files."""

_DOCUMENT_SHARE = 20
"""Documents are on every disc by themselves while they take at most 1/20 of it."""

_UNKNOWN_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Unit:
    """Items that stay together on one disc; `cost` in bytes, never less than they take there."""

    items: tuple[Item, ...]
    cost: int

    @property
    def path(self) -> str:
        """The path that it is sorted by."""
        return self.items[0].path


@dataclass(frozen=True, slots=True)
class Contents:
    """What the discs are to hold. `everywhere` goes on each; `large` documents could not."""

    units: tuple[Unit, ...]
    everywhere: tuple[Item, ...]
    directories: tuple[Directory, ...]
    large: tuple[str, ...]


def contents(
    tree: Tree, room: int, *, split: bool, replicate: Sequence[str], hashed: bool
) -> Contents:
    """Place the tree's files for discs with `room` bytes each; a larger file is cut into parts.

    `hashed`: the items get a placeholder for their hash.

    Raises:
        DoesNotFitError: a file is larger than the room and may not be split.
    """
    chosen, large = _everywhere(tree.files, room, replicate)
    names = DiscNames()
    directories = tuple(
        _placed(directory, names.directory(directory.path)) for directory in tree.directories
    )
    items: dict[str, list[Item]] = {}
    for file in tree.files:
        parts = 1 if file.path in chosen else _parts(file, room, split)
        items[file.path] = _items(file, parts, room, names, hashed)
    everywhere = tuple(
        msgspec.structs.replace(item, replicated=True)
        for path in chosen
        for item in items.pop(path)
    )
    return Contents(tuple(_units(items)), everywhere, directories, tuple(large))


def _everywhere(
    files: Iterable[File], room: int, replicate: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Which files go on every disc, and which documents are too large for that."""
    wanted = {
        file.path: file.size
        for file in files
        if any(
            fnmatchcase(file.path, glob) or fnmatchcase(file.path.rpartition("/")[2], glob)
            for glob in replicate
        )
    }
    if sum(wanted.values()) * 2 > room:
        raise DoesNotFitError(
            f"--replicate names {format_size(sum(wanted.values()))} for every disc, which is more "
            f"than half of one ({format_size(max(room, 0))}): name less or choose larger discs"
        )
    documents = sorted(
        (
            file
            for file in files
            if file.path.count("/") <= 1
            and _extension(file.path) in DOCUMENTS
            and file.path not in wanted
        ),
        key=lambda file: (file.size, file.path),
    )
    large = []
    left = room // _DOCUMENT_SHARE
    for file in documents:
        left -= file.size
        if left >= 0:
            wanted[file.path] = file.size
        else:
            large.append(file.path)
    return sorted(wanted), large


def _extension(path: str) -> str:
    name = path.rpartition("/")[2]
    if name.startswith("._"):
        return ""
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if stem and dot else ""


def _parts(file: File, room: int, split: bool) -> int:
    size = _part_size(file, room)
    if file.size <= size:
        return 1
    if not split or size <= 0:
        reason = "and --no-split is given" if size > 0 else "and no part of it does"
        raise DoesNotFitError(
            f"{printable(file.path)} ({format_size(file.size)}) does not fit on a disc with room "
            f"for {format_size(max(size, 0))}, {reason}: choose larger discs"
        )
    return -(-file.size // size)


def _part_size(file: File, room: int) -> int:
    """Bytes of the file that one disc takes, whole sectors."""
    return (room - overhead((file.path, *file.links), room)) // SECTOR * SECTOR


def _items(file: File, parts: int, room: int, names: DiscNames, hashed: bool) -> list[Item]:
    place = _differing(names.file(file.path, parts), file.path)
    links = tuple(
        Link(link, _differing(names.file(link, parts), link)) for link in sorted(file.links)
    )
    size = _part_size(file, room) if parts > 1 else file.size
    return [
        Item(
            path=file.path,
            size=min(size, file.size - part * size) if size else 0,
            mtime_ns=file.mtime_ns,
            mode=file.mode,
            disc_path=place,
            part=part + 1,
            parts=parts,
            offset=part * size,
            file_size=file.size if parts > 1 else -1,
            sha256=_UNKNOWN_HASH if hashed else "",
            links=links,
        )
        for part in range(parts)
    ]


def _units(items: dict[str, list[Item]]) -> Iterable[Unit]:
    """Each item alone, but an AppleDouble file `._NAME` with its NAME (its first part)."""
    doubles: dict[str, list[Item]] = {}
    for path, parts in items.items():
        head, _, name = path.rpartition("/")
        owner = f"{head}/{name[2:]}" if head else name[2:]
        if name.startswith("._") and owner in items and len(parts) == 1:
            doubles[owner] = parts
    beside = {each[0].path for each in doubles.values()}
    for path, parts in items.items():
        if path in beside:
            continue
        first = (parts[0], *doubles.get(path, ()))
        for together in (first, *((part,) for part in parts[1:])):
            yield Unit(together, sum(item_cost(item) for item in together))


def _placed(directory: Directory, place: str) -> Directory:
    return msgspec.structs.replace(directory, disc_path=_differing(place, directory.path))


def _differing(place: str, path: str) -> str:
    return "" if place == f"data/{path}" else place
