"""What is to be restored, and where each part of it lies: put together from the discs' catalogs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from spanner.catalog.reading import DiscCatalog
from spanner.catalog.tables import Row
from spanner.errors import DamagedImageError
from spanner.planning.plan import is_safe
from spanner.units import printable


@dataclass(slots=True)
class Part:
    """A part of a file: bytes `offset` to `offset` + `size`; `places`: disc → path on it."""

    offset: int
    size: int
    sha256: str = ""
    places: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class WantedFile:
    """A file to restore. `link_to`: it is a further name of that file."""

    path: str
    mtime_ns: int
    mode: int
    count: int
    link_to: str = ""
    parts: dict[int, Part] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return sum(part.size for part in self.parts.values())

    @property
    def hashes_known(self) -> bool:
        """Some catalog has the hash of every part."""
        return all(part.sha256 for part in self.parts.values())


@dataclass(slots=True)
class Wanted:
    """All that is to be restored, files in the order in which they lie on the discs."""

    directories: list[Row] = field(default_factory=list)
    files: dict[str, WantedFile] = field(default_factory=dict)
    symlinks: list[Row] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def wanted_from(catalogs: Sequence[DiscCatalog], only: Iterable[str] = ()) -> Wanted:
    """What the catalogs of one set's discs hold; with `only` what matches one of the globs.

    Every disc has all rows, but the hashes of its own files for certain.

    Raises:
        DamagedImageError: the rows contradict each other.
    """
    wanted = Wanted()
    globs = tuple(only)
    for index, catalog in enumerate(catalogs):
        for row in catalog.rows():
            if (index and row.disc != catalog.number) or not _matches(row.original, globs):
                continue
            if not is_safe(row.original):
                wanted.refused.append((row.original, "its path leads out of the target"))
            elif row.kind == "dir":
                wanted.directories.append(row)
            elif row.kind == "symlink":
                wanted.symlinks.append(row)
            elif not (is_safe(row.path) and row.path.startswith("data/")):
                wanted.refused.append((row.original, "its path on the disc is impossible"))
            else:
                _add(wanted.files, row)
    for file in wanted.files.values():
        _check(file)
        if file.link_to not in wanted.files or wanted.files[file.link_to].link_to:
            file.link_to = ""  # its first name is not wanted: it is restored by itself
    return wanted


def _matches(path: str, globs: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return not globs or any(fnmatchcase(path, glob) or fnmatchcase(name, glob) for glob in globs)


def _add(files: dict[str, WantedFile], row: Row) -> None:
    file = files.get(row.original)
    if file is None:
        target = row.target if row.kind == "hardlink" else ""
        file = files[row.original] = WantedFile(
            row.original, row.mtime_ns, row.mode, row.parts, target
        )
    part = file.parts.setdefault(row.part, Part(row.offset, row.size))
    known = row.sha256 or part.sha256
    if (file.count, part.offset, part.size) != (row.parts, row.offset, row.size) or (
        part.sha256 or known
    ) != known:
        raise DamagedImageError(f"the catalogs contradict each other about {printable(file.path)}")
    part.sha256 = known
    part.places[row.disc] = row.path


def _check(file: WantedFile) -> None:
    offset = 0
    for number in range(1, file.count + 1):
        part = file.parts.get(number)
        if part is None or part.offset != offset:
            raise DamagedImageError(f"the catalog has no whole {printable(file.path)}")
        offset += part.size
    if len(file.parts) != file.count:
        raise DamagedImageError(f"the catalog has too many parts of {printable(file.path)}")
