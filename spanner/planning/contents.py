"""Turns what a scan found into what is placed: items with their places on disc, in pack items."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from spanner.errors import DoesNotFitError, UsageError
from spanner.imaging.names import DiscNames
from spanner.model.plan import UNKNOWN_HASH, Duplicate, Item, Link
from spanner.model.session_types import DOCUMENT_EXTENSIONS
from spanner.model.tree import Directory, File, Tree
from spanner.model.units import SECTOR, format_size, sectors
from spanner.planning.costs import item_cost, overhead
from spanner.wording import printable

_DOCUMENT_SHARE = 20
"""Documents are on every disc by themselves while they take at most 1/20 of it."""

_LEAST_ROW = 64  # bytes that a file or part takes in every disc's catalog, and more


@dataclass(frozen=True, slots=True)
class PackItem:
    """Items that stay together on one disc.

    `cost` in bytes is never less than they take there. They lie directly in `folders` (on disc).
    """

    items: tuple[Item, ...]
    cost: int
    folders: frozenset[str]

    @property
    def path(self) -> str:
        """The path that it is sorted by."""
        return self.items[0].path

    @property
    def name(self) -> str:
        """What it is called in a disc's title: its file's name, `.001` behind it for a part."""
        item = self.items[0]
        name = printable(item.path.rpartition("/")[2])
        return name if item.parts == 1 else f"{name}.{item.part:03}"


@dataclass(frozen=True, slots=True)
class ReplicatedFiles:
    """Paths of files that go on every disc; `large` are documents that are too large for that."""

    paths: frozenset[str]
    large: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What the discs are to hold; the `replicated` items are on each of them."""

    pack_items: tuple[PackItem, ...]
    replicated: tuple[Item, ...]
    directories: tuple[Directory, ...]


def replicated_files(
    files: Sequence[File], capacity: int, replicate: Sequence[str]
) -> ReplicatedFiles:
    """Which files go on every disc of so many bytes: what the globs name, and session documents.

    An AppleDouble file goes with its file.

    Raises:
        DoesNotFitError: the globs name more than half a disc, and one disc cannot hold all files.
        UsageError: a glob names no file.
    """
    doubles = doubles_of(files)
    wanted: dict[str, int] = {}
    for glob in replicate:
        named = [file for file in files if matches(file, glob)]
        if not named:
            raise UsageError(f"--replicate {printable(glob)} names no file of the sources")
        for file in named:
            wanted |= _with_double(file, doubles)
    total = sum(wanted.values())
    if total * 2 > capacity and sum(map(_cost, files)) > capacity:
        raise DoesNotFitError(
            f"--replicate names {format_size(total)} for every disc, which is more than half of "
            f"one ({format_size(capacity)}): name less or choose larger discs"
        )
    documents = [file for file in files if is_document(file) and file.path not in wanted]
    large = []
    left = capacity // _DOCUMENT_SHARE
    for file in sorted(documents, key=lambda file: (file.size, file.path)):
        both = _with_double(file, doubles)
        left -= sum(both.values())
        if left >= 0:
            wanted |= both
        else:
            large.append(file.path)
    return ReplicatedFiles(frozenset(wanted), tuple(sorted(large)))


def place_files(
    tree: Tree, chosen: ReplicatedFiles, capacity: int, *, split: bool, hashed: bool
) -> Contents:
    """Place the tree's files for discs of this capacity in bytes; a larger file is cut into parts.

    No pack item, with the folders that it lies in, takes more than the capacity; `chosen` files are
    in none. `hashed`: the items get a placeholder for their hash.

    Raises:
        DoesNotFitError: a file is larger than the capacity and may not be split.
    """
    names = DiscNames()
    directories = tuple(
        msgspec.structs.replace(
            directory, disc_path=_differing(names.directory(directory.path), directory.path)
        )
        for directory in tree.directories
    )
    items: dict[str, list[Item]] = {}
    common: list[Item] = []
    for file in tree.files:
        if file.path in chosen.paths:
            (item,) = _items(file, 1, file.size, names, hashed)
            common.append(msgspec.structs.replace(item, replicated=True))
        else:
            size = _part_size(file, capacity, names)
            parts = _parts(file, size, capacity, split)
            items[file.path] = _items(file, parts, size if parts > 1 else file.size, names, hashed)
    doubles = doubles_of([file for file in tree.files if file.path in items])
    return Contents(tuple(_pack_items(items, doubles, capacity)), tuple(common), directories)


def matches(file: File, glob: str) -> bool:
    """A glob names a file by one of its names, with its folders or without."""
    return any(
        fnmatchcase(path, glob) or fnmatchcase(path.rpartition("/")[2], glob) for path in file.names
    )


def is_document(file: File) -> bool:
    """A name of it lies at the top of a source and has the extension of a session document."""
    return any(map(_is_document, file.names))


def _is_document(path: str) -> bool:
    """Whether a file with this name is one; no AppleDouble file is."""
    name = path.rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    return (
        extension.lower() in DOCUMENT_EXTENSIONS
        and bool(stem)
        and path.count("/") <= 1
        and not name.startswith("._")
    )


def doubles_of(files: Iterable[File]) -> dict[str, list[File]]:
    """The AppleDouble files `._NAME` of each file that has one beside a name of it, by its path."""
    names = {path: file.path for file in files for path in file.names}
    doubles: dict[str, list[File]] = {}
    for file in files:
        head, slash, name = file.path.rpartition("/")
        owner = names.get(f"{head}{slash}{name[2:]}", file.path)
        # What is itself one has none, lest a chain of them hangs on what is beside another.
        if name.startswith("._") and not name.startswith("._._") and owner != file.path:
            doubles.setdefault(owner, []).append(file)
    return doubles


def _with_double(file: File, doubles: dict[str, list[File]]) -> dict[str, int]:
    """Paths and bytes of the file and of its AppleDouble files."""
    return {each.path: _cost(each) for each in (file, *doubles.get(file.path, ()))}


def _cost(file: File) -> int:
    """About the bytes that the file takes."""
    return sectors(file.size) * SECTOR + overhead([""] * len(file.names), file.size)


def _part_size(file: File, capacity: int, names: DiscNames) -> int:
    """Bytes of the file that one disc takes, whole sectors."""
    folders = [names.directory(path.rpartition("/")[0]) for path in file.names]
    return (capacity - overhead(folders, file.size)) // SECTOR * SECTOR


def _parts(file: File, size: int, capacity: int, split: bool) -> int:
    if file.size <= size:
        return 1
    if split and size > 0 and file.size // size * _LEAST_ROW < capacity:
        return -(-file.size // size)
    beside = (
        f", with its folders and names {format_size(capacity - size)} more" if size <= 0 else ""
    )
    hint = "allow parts or choose larger discs" if not split and size > 0 else "choose larger discs"
    raise DoesNotFitError(
        f"{printable(file.path)} ({format_size(file.size)}{beside}) does not fit on a disc, which "
        f"has room for {format_size(max(capacity, 0))}: {hint}"
    )


def _items(file: File, parts: int, size: int, names: DiscNames, hashed: bool) -> list[Item]:
    """The file, or so many parts of this size of it."""

    def place(path: str) -> str:
        return _differing(names.file(path, parts), path)

    def links(of: File) -> tuple[Link, ...]:
        return tuple(Link(link, place(link)) for link in sorted(of.links))

    own, own_links = place(file.path), links(file)
    duplicates = tuple(
        Duplicate(
            duplicate.path,
            duplicate.mtime_ns,
            duplicate.mode,
            place(duplicate.path),
            links(duplicate),
        )
        for duplicate in file.duplicates
    )
    # What stands for several files must be what it was when they were found to be equal.
    known = (parts == 1 and file.sha256) or (UNKNOWN_HASH if hashed or duplicates else "")
    return [
        Item(
            path=file.path,
            size=min(size, file.size - part * size),
            mtime_ns=file.mtime_ns,
            mode=file.mode,
            disc_path=own,
            part=part + 1,
            parts=parts,
            offset=part * size,
            file_size=file.size if parts > 1 else -1,
            sha256=known,
            links=own_links,
            duplicates=duplicates,
        )
        for part in range(parts)
    ]


def _pack_items(
    items: dict[str, list[Item]], doubles: dict[str, list[File]], capacity: int
) -> Iterator[PackItem]:
    """Each item alone, but an AppleDouble file with its file (its last part), if both fit."""
    beside: dict[str, PackItem] = {}
    apart = set(items)
    for owner, found in doubles.items():
        for double in found:
            so_far = beside[owner].items if owner in beside else (items[owner][-1],)
            both = _pack_item(*so_far, items[double.path][0])
            if len(items[double.path]) == 1 and both.cost + overhead(both.folders, 0) <= capacity:
                beside[owner] = both
                apart.remove(double.path)
    for path, parts in items.items():
        if path in apart:
            for part in parts[:-1]:
                yield _pack_item(part)
            yield beside.get(path) or _pack_item(parts[-1])


def _pack_item(*items: Item) -> PackItem:
    folders = frozenset(place.rpartition("/")[0] for item in items for place in item.places())
    return PackItem(items, sum(map(item_cost, items)), folders)


def _differing(place: str, path: str) -> str:
    return "" if place == f"data/{path}" else place
