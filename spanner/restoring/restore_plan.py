"""What is to be restored, and on which discs each part of it lies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spanner.catalog.reader import SetCatalog
from spanner.catalog.tables import CatalogRow
from spanner.model.base_set import BaseSet
from spanner.model.plan import DiscKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDisc:
    """A disc that holds something, `number` of `count` of the set with the title `set`.

    `parity`: which one it holds, 0: none.
    """

    set: str
    created: str
    number: int
    count: int
    volume_id: str
    title: str
    parity: int


@dataclass(slots=True)
class FilePart:
    """A part of a file: bytes `offset` to `offset` + `size`; `places`: disc → path on it."""

    offset: int
    size: int
    sha256: str = ""
    places: dict[DiscKey, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class PlannedFile:
    """A file to restore, in `count` parts. `link_to`: it is a further name of that file."""

    path: str
    mtime_ns: int
    mode: int
    count: int
    link_to: str = ""
    parts: dict[int, FilePart] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the whole file, all its parts together."""
        return sum(part.size for part in self.parts.values())

    @property
    def hashes_known(self) -> bool:
        """Whether the hash of every part is known."""
        return all(part.sha256 for part in self.parts.values())


@dataclass(slots=True, kw_only=True)
class RestorePlan:
    """All that is to be restored, files in the order in which they lie on the discs.

    It is the state that the set `set_id` describes; `discs` are its own and those of earlier sets.

    `refused` has paths and reasons, `damaged` what is wrong with catalogs. `taken_names` are all
    paths of the set, to be restored or not, that end as those of unfinished files do.
    """

    set_id: str
    discs: dict[DiscKey, SourceDisc] = field(default_factory=dict)
    directories: list[CatalogRow] = field(default_factory=list)
    files: dict[str, PlannedFile] = field(default_factory=dict)
    symlinks: list[CatalogRow] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    taken_names: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.directories or self.files or self.symlinks or self.refused)

    def learn(self, disc: DiscKey, hashes: Mapping[str, str]) -> None:
        """Take the hashes of a disc's files, by path on it, where no catalog has them."""
        for file in self.files.values():
            for part in file.parts.values():
                if disc in part.places and not part.sha256:
                    part.sha256 = hashes.get(part.places[disc], "")


def discs_of(known: SetCatalog) -> dict[DiscKey, SourceDisc]:
    """All discs of a set, and those of earlier sets that hold files for it."""
    found: dict[DiscKey, SourceDisc] = {}
    sets: tuple[SetCatalog | BaseSet, ...] = (known, *known.base_sets)
    for each in sets:
        for disc in each.discs:
            found[DiscKey(each.id, disc.number)] = SourceDisc(
                set=each.title,
                created=each.created,
                number=disc.number,
                count=len(each.discs),
                volume_id=disc.volume_id,
                title=disc.title,
                parity=disc.parity,
            )
    return found
