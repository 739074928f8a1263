"""The plan: which item goes on which disc."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from spanner.model.base_set import BaseFile, BaseSet, ComparedSet
from spanner.model.tree import (
    Directory,
    LibrarySnapshot,
    ReferenceRecord,
    Skipped,
    SourceRoot,
    Symlink,
)

FORMAT = "spanner-plan-1"
UNKNOWN_HASH = "0" * 64
"""What an item has for its hash where that is to be found yet: as long as the hash will be."""


class DiscKey(NamedTuple):
    """Names a disc: the id of its set, and its number there, from 1."""

    set_id: str
    number: int


class SetInfo(msgspec.Struct, frozen=True):
    """The set of discs. `created` is UTC, `2026-11-23T19:08:00Z`."""

    id: str
    title: str
    created: str


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A further name of a file (hard link); `disc_path` as in `Item`."""

    path: str
    disc_path: str = ""


class Duplicate(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another file with an item's content, which is stored once; `disc_path` as in `Item`."""

    path: str
    mtime_ns: int
    mode: int
    disc_path: str = ""
    links: tuple[Link, ...] = ()


class Name(NamedTuple):
    """A name of an item's data: its path, its place on disc, `link_to` if it is a hard link."""

    path: str
    on_disc: str
    mtime_ns: int
    mode: int
    link_to: str = ""


class Item(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A file, or one part of a file, on one disc.

    `size` and `offset` are bytes of this part, `file_size` those of the whole file where it is in
    parts. `disc_path` is where it lies on the disc, where that is not `data/` + path. `replicated`:
    it is on every disc.
    """

    path: str
    size: int
    mtime_ns: int
    mode: int
    disc_path: str = ""
    part: int = 1
    parts: int = 1
    offset: int = 0
    file_size: int = -1
    sha256: str = ""
    replicated: bool = False
    links: tuple[Link, ...] = ()
    duplicates: tuple[Duplicate, ...] = msgspec.field(default=(), name="twins")

    @property
    def whole_size(self) -> int:
        """Bytes of the whole file."""
        return self.size if self.parts == 1 else self.file_size

    @property
    def on_disc(self) -> str:
        """The path at which it lies on its disc, `data/...`; a part ends in its number, `.001`."""
        return self._suffixed(self.disc_path or f"data/{self.path}")

    def link_on_disc(self, link: Link | Duplicate) -> str:
        """The path on its disc at which a further name of it lies."""
        return self._suffixed(link.disc_path or f"data/{link.path}")

    @property
    def count(self) -> int:
        """How many names it has on its disc."""
        return 1 + len(self.links) + sum(1 + len(duplicate.links) for duplicate in self.duplicates)

    def places(self) -> Iterator[str]:
        """The paths on its disc of all its names, its own first."""
        yield self.on_disc
        for link in self.links:
            yield self.link_on_disc(link)
        for duplicate in self.duplicates:
            yield self.link_on_disc(duplicate)
            for link in duplicate.links:
                yield self.link_on_disc(link)

    def names(self) -> Iterator[Name]:
        """All its names, in the order of `places`."""
        files: tuple[Item | Duplicate, ...] = (self, *self.duplicates)
        for file in files:
            place = self._suffixed(file.disc_path or f"data/{file.path}")
            yield Name(file.path, place, file.mtime_ns, file.mode)
            for link in file.links:
                place = self.link_on_disc(link)
                yield Name(link.path, place, file.mtime_ns, file.mode, file.path)

    def _suffixed(self, path: str) -> str:
        return path if self.parts == 1 else f"{path}.{self.part:03}"


class Disc(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One disc. `image_sectors` is exact: its image has just that many.

    `parity`: which parity it holds instead of items, from 1; 0 where it holds items. `ecc_sectors`
    of the image, the last, are error correction.
    """

    number: int
    volume_id: str
    title: str
    medium: str
    capacity_sectors: int
    image_sectors: int
    items: tuple[Item, ...]
    parity: int = 0
    ecc_sectors: int = 0

    @property
    def volume_sectors(self) -> int:
        """Sectors of the image without error correction."""
        return self.image_sectors - self.ecc_sectors

    def places(self) -> Iterator[str]:
        """The paths of all files below `data/`; further names come behind the first."""
        for item in self.items:
            yield from item.places()

    @property
    def payload(self) -> tuple[int, int]:
        """The number of files below `data/` (each name is one), and their bytes (Payload-Oxum)."""
        names = [item.count for item in self.items]
        return sum(names), sum(
            item.size * count for item, count in zip(self.items, names, strict=True)
        )


class DividedFolder(msgspec.Struct, frozen=True):
    """A folder whose files are on several discs; its path, and the discs' numbers."""

    path: str
    discs: tuple[int, ...]


class Saving(msgspec.Struct, frozen=True):
    """What a plan would save: money (0 where not all media have prices) and discs.

    Discs can be below 0 where fewer dear ones are replaced by more cheap ones.
    """

    price: float
    discs: int


class Supply(msgspec.Struct, frozen=True):
    """A medium that was offered, with what it costs and how many there are, if that was said.

    `used`: discs of it in the plan. `one_more`: what one disc more in stock would save, where the
    stock is used up.
    """

    medium: str
    price: float | None
    stock: int | None
    used: int
    one_more: Saving | None = None

    @property
    def left(self) -> int | None:
        """How many discs of the stock are left; None where it has no end."""
        return None if self.stock is None else self.stock - self.used


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All discs of one set.

    `lower_bound`: no plan for these sources and options has fewer discs. `proven`: none has fewer,
    or where all media have prices, none costs less; `price` is what all discs cost then, and
    `price_bound` what they cost at least. `divided`: folders on several discs; `too_large`: groups
    that no disc takes, which could not be kept whole. `reserve`: what was to be left free on each
    disc, as it was said; `ecc`: percent of error correction that each image has, at least. From
    `outside` to `library` all is as in `Tree`: with `base_files` the set states all that was there,
    though its discs hold only what was new.
    """

    format: str
    set: SetInfo
    strategy: str
    sources: tuple[SourceRoot, ...]
    discs: tuple[Disc, ...]
    directories: tuple[Directory, ...]
    symlinks: tuple[Symlink, ...]
    skipped: tuple[Skipped, ...] = msgspec.field(name="left_out")
    lower_bound: int
    proven: bool
    price: float | None = None
    price_bound: float | None = None
    media: tuple[Supply, ...] = ()
    keep: str = "none"
    fill: str = "even"
    reserve: str = ""
    divided: tuple[DividedFolder, ...] = ()
    too_large: tuple[str, ...] = ()
    outside: tuple[SourceRoot, ...] = ()
    references: tuple[ReferenceRecord, ...] = msgspec.field(default=(), name="needs")
    base_files: tuple[BaseFile, ...] = msgspec.field(default=(), name="earlier")
    base_sets: tuple[BaseSet, ...] = msgspec.field(default=(), name="earlier_sets")
    compared_sets: tuple[ComparedSet, ...] = msgspec.field(default=(), name="since")
    library: LibrarySnapshot | None = None
    ecc: float = 0

    @property
    def data_discs(self) -> tuple[Disc, ...]:
        """The discs that hold items; all others, behind them, hold parities."""
        return tuple(disc for disc in self.discs if not disc.parity)

    @property
    def parities(self) -> int:
        """How many discs may be lost."""
        return len(self.discs) - len(self.data_discs)

    @property
    def longest(self) -> int:
        """Sectors of the longest image that holds items, and of each parity."""
        return max(disc.volume_sectors for disc in self.data_discs)

    @property
    def roots(self) -> dict[str, str]:
        """Where each source and folder outside lies, by its name: for `origin`."""
        return {root.name: root.path for root in (*self.sources, *self.outside)}
