"""What is to be restored, and where each part of it lies: put together from the discs' catalogs."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate

from spanner.catalog.reader import DiscCatalog, SetCatalog
from spanner.catalog.tables import CatalogRow
from spanner.errors import DamagedImageError
from spanner.model.base_set import BaseSet
from spanner.model.paths import is_safe
from spanner.model.plan import DiscKey
from spanner.restoring.partial_file import SUFFIX

_LARGEST = (1 << 63) - 1  # bytes of a file, for any system


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
        """Bytes of the whole file."""
        return sum(part.size for part in self.parts.values())

    @property
    def hashes_known(self) -> bool:
        """Some catalog has the hash of every part."""
        return all(part.sha256 for part in self.parts.values())


@dataclass(slots=True, kw_only=True)
class RestorePlan:
    """All that is to be restored, files in the order in which they lie on the discs.

    It is the state that the set `set_id` describes; `discs` are its own and those of earlier sets.

    `refused` has paths and reasons, `damaged` what is wrong with catalogs. `names` are all paths of
    the set, wanted or not, that end as those of unfinished files do.
    """

    set_id: str
    discs: dict[DiscKey, SourceDisc] = field(default_factory=dict)
    directories: list[CatalogRow] = field(default_factory=list)
    files: dict[str, PlannedFile] = field(default_factory=dict)
    symlinks: list[CatalogRow] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.directories or self.files or self.symlinks or self.refused)

    def learn(self, disc: DiscKey, hashes: Mapping[str, str]) -> None:
        """Take the hashes of a disc's files, by path on it, where no catalog has them."""
        for file in self.files.values():
            for part in file.parts.values():
                if disc in part.places and not part.sha256:
                    part.sha256 = hashes.get(part.places[disc], "")


def wanted_from(catalogs: Sequence[DiscCatalog], only: Iterable[str] = ()) -> RestorePlan:
    """What the catalogs of one set's discs hold; with `only` what matches one of the globs.

    A glob is compared with paths and with names; a folder stands for all that is in it. Every disc
    has all rows, but the hashes of its own files for certain.

    Raises:
        DamagedImageError: no catalog can be read to its end.
    """
    reader = _Reader(RestorePlan(set_id=catalogs[0].set.id), _Only(only))
    whole = False
    for catalog in catalogs:
        discs = discs_of(catalog.set)
        reader.wanted.discs = discs | reader.wanted.discs
        try:
            # A parity disc has all hashes, of others their own rows are enough.
            every = not whole or catalog.disc.parity
            for row in catalog.rows() if every else catalog.own_rows():
                reader.add(row, catalog.set.id, discs)
            for set_id, row in () if whole else catalog.earlier_rows():
                reader.add(row, set_id, discs)
            whole = True
        except DamagedImageError as error:
            reader.wanted.damaged.append(str(error))
    if not whole:
        raise DamagedImageError("; ".join(reader.wanted.damaged))
    return reader.finish()


class _Only:
    """The paths that one of the globs matches, or a folder above them."""

    def __init__(self, globs: Iterable[str]) -> None:
        patterns = [translate(glob.rstrip("/")) for glob in globs]
        self._match = re.compile("|".join(patterns)).match if patterns else None
        self._folders: dict[str, bool] = {"": False}

    def __contains__(self, path: str) -> bool:
        return self._match is None or self._matches(path) or self._folder(path.rpartition("/")[0])

    def _matches(self, path: str) -> bool:
        assert self._match
        return bool(self._match(path) or self._match(path.rpartition("/")[2]))

    def _folder(self, path: str) -> bool:
        """Whether the folder or one above it matches."""
        unknown = []
        while path not in self._folders:
            unknown.append(path)
            path = path.rpartition("/")[0]
        found = self._folders[path]
        for folder in reversed(unknown):
            found = self._folders[folder] = found or self._matches(folder)
        return found


class _Reader:
    """Takes the rows of catalogs, one after another."""

    def __init__(self, wanted: RestorePlan, only: _Only) -> None:
        self.wanted = wanted
        self._only = only
        self._directories: dict[str, CatalogRow] = {}
        self._symlinks: dict[str, CatalogRow] = {}
        self._picked: set[str] = set()  # directories

    def add(self, row: CatalogRow, set_id: str, discs: Container[DiscKey]) -> None:
        """Take a row of a catalog that knows these discs; what it says is on one of that set."""
        path = row.original
        if path.endswith(SUFFIX):
            self.wanted.names.add(path)
        picked = path in self._only
        if not (picked or row.kind == "dir"):
            return
        problem = self._problem(row, set_id, discs)
        if problem:
            if picked:
                self.wanted.refused[path] = problem
        elif row.kind == "dir":
            self._directories[path] = row
            if picked:
                self._picked.add(path)
        elif row.kind == "symlink":
            self._symlinks[path] = row
        else:
            self._add_file(row, set_id)

    def finish(self) -> RestorePlan:
        """All that the rows say."""
        wanted = self.wanted
        for file in wanted.files.values():
            problem = _incomplete(file)
            if problem:
                wanted.refused.setdefault(file.path, problem)
        for path in wanted.refused:
            wanted.files.pop(path, None)
        _settle_links(wanted.files)
        for path in (*wanted.files, *self._symlinks, *self._picked):
            above = path.rpartition("/")[0]
            while above and above not in self._picked:
                self._picked.add(above)
                above = above.rpartition("/")[0]
        wanted.directories = [
            row for path, row in self._directories.items() if path in self._picked
        ]
        wanted.symlinks = list(self._symlinks.values())
        return wanted

    def _problem(self, row: CatalogRow, set_id: str, discs: Container[DiscKey]) -> str:
        if not is_safe(row.original):
            return "its path leads out of the target"
        if row.kind == "symlink" and (not row.target or "\0" in row.target):
            return "it is a symbolic link to an impossible path"
        if row.kind in ("file", "hardlink"):
            if not (is_safe(row.path) and row.path.startswith("data/")):
                return "its path on the disc is impossible"
            if (set_id, row.disc) not in discs:
                return f"it lies on disc {row.disc}, which the set does not have"
        return ""

    def _add_file(self, row: CatalogRow, set_id: str) -> None:
        file = self.wanted.files.get(row.original)
        if file is None:
            target = row.target if row.kind == "hardlink" else ""
            file = PlannedFile(
                path=row.original,
                mtime_ns=row.mtime_ns,
                mode=row.mode,
                count=row.parts,
                link_to=target,
            )
            self.wanted.files[row.original] = file
        part = file.parts.setdefault(row.part, FilePart(row.offset, row.size))
        known = part.sha256 or row.sha256
        if (file.count, part.offset, part.size, known) != (
            row.parts,
            row.offset,
            row.size,
            row.sha256 or known,
        ):
            self.wanted.refused[file.path] = "the catalogs contradict each other about it"
        part.sha256 = known
        part.places[DiscKey(set_id, row.disc)] = row.path


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


def _incomplete(file: PlannedFile) -> str:
    """What the parts lack to be the whole file."""
    offset = 0
    for number in range(1, file.count + 1):
        part = file.parts.get(number)
        if part is None or part.offset != offset:
            return "the catalog does not have all parts of it"
        offset += part.size
    if not file.parts or len(file.parts) != file.count:
        return "the catalog has parts of it that are none"
    return "its size is impossible" if offset > _LARGEST else ""


def _settle_links(files: dict[str, PlannedFile]) -> None:
    """Let each further name lead to the first name of that file that is wanted."""
    firsts: dict[str, str] = {}
    for file in files.values():
        if not file.link_to:
            continue
        first = files.get(firsts.get(file.link_to, file.link_to))
        if first and not first.link_to and _same_data(file, first):
            file.link_to = first.path
        else:
            firsts[file.link_to] = file.path
            file.link_to = ""


def _same_data(one: PlannedFile, other: PlannedFile) -> bool:
    return one.parts.keys() == other.parts.keys() and all(
        (part.offset, part.size, part.sha256)
        == (other.parts[number].offset, other.parts[number].size, other.parts[number].sha256)
        for number, part in one.parts.items()
    )
