"""What lies on one disc: its directories and files, in the order in which their data is written."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from spanner.model.paths import parents
from spanner.model.plan import Disc, Item, Plan
from spanner.model.tree import origin

LIBRARY = "catalog/library.sqlite"
"""Where the copy of the library lies on a disc."""


@dataclass(slots=True)
class Digests:
    """SHA-256 as hexadecimal text, filled while the image is written.

    `structure` has those of the sectors that belong to no file: (digest, first sector, sectors).
    """

    files: dict[str, str] = field(default_factory=dict)
    structure: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes `offset` to `offset` + size of a source file, which must be as the plan saw it.

    `duplicates` are other sources of the same content and size, with their times: so must they be.
    """

    source: str
    offset: int
    file_size: int
    mtime_ns: int
    sha256: str
    duplicates: tuple[tuple[str, int], ...] = ()


Text = Callable[[Digests], Iterable[bytes]]
"""A text that is made while the image is written; its length does not depend on the digests."""


class FurtherName(NamedTuple):
    """A name of another file with the same data."""

    path: str
    mtime_ns: int
    mode: int


@dataclass(frozen=True, slots=True)
class Computed:
    """Bytes that are computed as they are written.

    `write` hands them to what it is given, and returns the SHA-256 of files on other discs that it
    came to know, by their paths there.
    """

    path: str
    size: int
    write: Callable[[Callable[[memoryview], None]], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A file on the disc. `also` are further paths with the same data, time and mode.

    `duplicates` are those of the same data alone.
    """

    path: str
    size: int
    mtime_ns: int
    mode: int
    content: Piece | Text | Computed
    also: tuple[str, ...] = ()
    duplicates: tuple[FurtherName, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths of its data on the disc, its own first."""
        return (self.path, *self.also, *(duplicate.path for duplicate in self.duplicates))

    def names(self) -> Iterator[FurtherName]:
        """All paths of its data, in the same order, each with its time and mode."""
        for path in (self.path, *self.also):
            yield FurtherName(path, self.mtime_ns, self.mode)
        yield from self.duplicates


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A directory on the disc: its path there, its time, and its permission bits."""

    path: str
    mtime_ns: int
    mode: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A disc's directories, parents first, and its files in the order of their data."""

    volume_id: str
    set_id: str
    created_ns: int
    directories: tuple[DirectoryEntry, ...]
    files: tuple[FileEntry, ...]


def lay_out(
    plan: Plan,
    disc: Disc,
    texts: Iterable[tuple[str, Text]],
    computed: Iterable[Computed] = (),
) -> Layout:
    """The disc's layout: the plan's items for it, what is computed, then the texts.

    Of texts there are the path on disc, and how to make it.
    """
    created = int(datetime.fromisoformat(plan.set.created).timestamp()) * 10**9
    roots = plan.roots
    files = [_item_entry(item, roots) for item in disc.items]
    files += [
        FileEntry(path=each.path, size=each.size, mtime_ns=created, mode=0o644, content=each)
        for each in computed
    ]
    if plan.library:
        copy = plan.library
        piece = Piece(
            source=copy.path,
            offset=0,
            file_size=copy.size,
            mtime_ns=copy.mtime_ns,
            sha256=copy.sha256,
        )
        files.append(
            FileEntry(path=LIBRARY, size=copy.size, mtime_ns=created, mode=0o644, content=piece)
        )
    empty = Digests()
    for path, text in texts:
        size = sum(map(len, text(empty)))
        mode = 0o755 if path == "restore.py" else 0o644
        files.append(FileEntry(path=path, size=size, mtime_ns=created, mode=mode, content=text))
    return Layout(
        disc.volume_id,
        plan.set.id,
        created,
        tuple(_directories(plan, disc, files, created)),
        tuple(files),
    )


def digest_of(digests: Digests, path: str) -> str:
    """The file's SHA-256, or as many zeros as long as it is not known."""
    return digests.files.get(path) or "0" * hashlib.sha256().digest_size * 2


def _item_entry(item: Item, roots: dict[str, str]) -> FileEntry:
    """The file on the disc that an item of a plan becomes."""
    source = origin(roots, item.path)
    sources = tuple(
        (origin(roots, duplicate.path), duplicate.mtime_ns) for duplicate in item.duplicates
    )
    piece = Piece(
        source=source,
        offset=item.offset,
        file_size=item.whole_size,
        mtime_ns=item.mtime_ns,
        sha256=item.sha256,
        duplicates=sources,
    )
    also = tuple(item.link_on_disc(link) for link in item.links)
    duplicates = tuple(FurtherName(*name[1:4]) for name in item.names())[1 + len(also) :]
    return FileEntry(
        path=item.on_disc,
        size=item.size,
        mtime_ns=item.mtime_ns,
        mode=item.mode,
        content=piece,
        also=also,
        duplicates=duplicates,
    )


def _directories(
    plan: Plan, disc: Disc, files: Iterable[FileEntry], created: int
) -> Iterable[DirectoryEntry]:
    """Those that hold something on this disc; on the first disc those too that hold nothing.

    What holds files of earlier sets does not hold nothing.
    """
    needed = parents(path for entry in files for path in entry.paths)
    known = {
        directory.disc_path or f"data/{directory.path}": directory for directory in plan.directories
    }
    if disc.number == 1:
        held = parents(path for each in plan.discs for path in each.places())
        elsewhere = parents(x for each in plan.base_files for x in (each.path, *each.links))
        empty = {
            place
            for place, directory in known.items()
            if place not in held and directory.path not in elsewhere
        }
        needed |= empty | parents(empty)
    needed.add("data")
    for path in sorted(needed):
        directory = known.get(path)
        if directory:
            yield DirectoryEntry(path, directory.mtime_ns, directory.mode)
        else:
            yield DirectoryEntry(path, created, 0o755)
