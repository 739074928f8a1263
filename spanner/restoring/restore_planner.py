"""Plans a restore: puts together what the discs' catalogs say, and refuses what cannot be."""

import re
from collections.abc import Container, Iterable, Sequence
from fnmatch import translate

from spanner.catalog.reader import DiscCatalog
from spanner.catalog.tables import CatalogRow
from spanner.errors import DamagedImageError
from spanner.model.paths import is_safe
from spanner.model.plan import DiscKey
from spanner.restoring.partial_file import SUFFIX
from spanner.restoring.restore_plan import FilePart, PlannedFile, RestorePlan, discs_of

_LARGEST = (1 << 63) - 1  # bytes of a file, for any system


def plan_restore(catalogs: Sequence[DiscCatalog], only: Iterable[str] = ()) -> RestorePlan:
    """Plan to restore what the catalogs of one set's discs hold; `only`: what a glob matches.

    A glob is compared with paths and with names; a folder stands for all that is in it. Every disc
    has all rows, but the hashes of its own files for certain.

    Raises:
        DamagedImageError: no catalog can be read to its end.
    """
    builder = _PlanBuilder(RestorePlan(set_id=catalogs[0].set.id), _PathFilter(only))
    whole = False
    for catalog in catalogs:
        discs = discs_of(catalog.set)
        builder.plan.discs = discs | builder.plan.discs
        try:
            # A parity disc has all hashes, of others their own rows are enough.
            every = not whole or catalog.disc.parity
            for row in catalog.rows() if every else catalog.own_rows():
                builder.add(row, catalog.set.id, discs)
            for set_id, row in () if whole else catalog.base_rows():
                builder.add(row, set_id, discs)
            whole = True
        except DamagedImageError as error:
            builder.plan.damaged.append(str(error))
    if not whole:
        raise DamagedImageError("; ".join(builder.plan.damaged))
    return builder.finish()


class _PathFilter:
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


class _PlanBuilder:
    """Makes a plan of the rows of catalogs, taken one after another."""

    def __init__(self, plan: RestorePlan, only: _PathFilter) -> None:
        self.plan = plan
        self._only = only
        self._directories: dict[str, CatalogRow] = {}
        self._symlinks: dict[str, CatalogRow] = {}
        self._picked: set[str] = set()  # directories

    def add(self, row: CatalogRow, set_id: str, discs: Container[DiscKey]) -> None:
        """Take a row of a catalog that knows these discs; what it says is on one of that set."""
        path = row.original
        if path.endswith(SUFFIX):
            self.plan.taken_names.add(path)
        picked = path in self._only
        if not (picked or row.kind == "dir"):
            return
        problem = self._problem(row, set_id, discs)
        if problem:
            if picked:
                self.plan.refused[path] = problem
        elif row.kind == "dir":
            self._directories[path] = row
            if picked:
                self._picked.add(path)
        elif row.kind == "symlink":
            self._symlinks[path] = row
        else:
            self._add_file(row, set_id)

    def finish(self) -> RestorePlan:
        """The plan that all rows make: whole files only, and the folders above what is chosen."""
        plan = self.plan
        for file in plan.files.values():
            problem = _incomplete(file)
            if problem:
                plan.refused.setdefault(file.path, problem)
        for path in plan.refused:
            plan.files.pop(path, None)
        _link_to_firsts(plan.files)
        for path in (*plan.files, *self._symlinks, *self._picked):
            above = path.rpartition("/")[0]
            while above and above not in self._picked:
                self._picked.add(above)
                above = above.rpartition("/")[0]
        plan.directories = [row for path, row in self._directories.items() if path in self._picked]
        plan.symlinks = list(self._symlinks.values())
        return plan

    def _problem(self, row: CatalogRow, set_id: str, discs: Container[DiscKey]) -> str:
        """Why what a row says cannot be restored; nothing where it can."""
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
        file = self.plan.files.get(row.original)
        if file is None:
            target = row.target if row.kind == "hardlink" else ""
            file = PlannedFile(
                path=row.original,
                mtime_ns=row.mtime_ns,
                mode=row.mode,
                count=row.parts,
                link_to=target,
            )
            self.plan.files[row.original] = file
        part = file.parts.setdefault(row.part, FilePart(row.offset, row.size))
        known = part.sha256 or row.sha256
        if (file.count, part.offset, part.size, known) != (
            row.parts,
            row.offset,
            row.size,
            row.sha256 or known,
        ):
            self.plan.refused[file.path] = "the catalogs contradict each other about it"
        part.sha256 = known
        part.places[DiscKey(set_id, row.disc)] = row.path


def _incomplete(file: PlannedFile) -> str:
    """Why the parts are not the whole file; nothing where they are."""
    offset = 0
    for number in range(1, file.count + 1):
        part = file.parts.get(number)
        if part is None or part.offset != offset:
            return "the catalog does not have all parts of it"
        offset += part.size
    if not file.parts or len(file.parts) != file.count:
        return "the catalog has parts of it that are none"
    return "its size is impossible" if offset > _LARGEST else ""


def _link_to_firsts(files: dict[str, PlannedFile]) -> None:
    """Let each further name lead to the first name of that file that is to be restored."""
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
