"""Whether a source may be deleted: whether all that it holds now is on enough verified copies.

The files are read and compared by content; sizes and times prove nothing.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from burners.progress import Progress
from spanner.assessing.counting import Count
from spanner.assessing.set_status import counts_of_all
from spanner.catalog.escaping import escape
from spanner.errors import SourceError
from spanner.library import Library
from spanner.library.archived_sessions import of_source, plan_of, sessions
from spanner.library.staging import head
from spanner.model.plan import DiscKey, Plan
from spanner.model.tree import UNREADABLE, Tree, origin
from spanner.sources.collect import CollectOptions, collect
from spanner.sources.hashing import Division, hash_file
from spanner.sources.resolver import MISSING
from spanner.wording import printable

_Hashes = dict[Division, tuple[str, ...]]


class ScarceFile(msgspec.Struct, frozen=True):
    """A file that is on fewer verified copies than wanted."""

    path: str
    copies: int


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A source as it is now, beside what verified copies hold.

    `safe`: all is on at least the wanted number of verified copies; `reasons` say why not. `new`:
    files whose content and path no set has; `changed`: their path is in a set, their content in
    none; `scarce`: archived, on too few copies; `unread`: files that could not be read or changed
    meanwhile. `unarchived`: links and empty folders that no set has; `missing`: media that its
    sessions need and that are neither here nor in a set. `sets`: ids of the sets that have it.
    """

    path: str
    safe: bool
    reasons: tuple[str, ...]
    files: int
    bytes: int
    copies: int
    sets: tuple[str, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    scarce: tuple[ScarceFile, ...]
    unread: tuple[str, ...]
    unarchived: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def examine(
    library: Library,
    source: str,
    options: CollectOptions,
    wanted: int,
    progress: Progress,
) -> SourceStatus:
    """Read all of a source, media of its sessions from elsewhere too, and look it up.

    `options` say what is to be taken, as when it was archived: with `allow_missing`, media that are
    neither here nor in a set are no reason.

    Raises:
        UsageError, SourceError: as `collect`.
    """
    tree = collect([source], replace(options, allow_missing=True), progress)
    sets: dict[str, None] = {}
    known = sessions(library.db)
    for root in tree.roots:
        sets.update(dict.fromkeys(of_source(known, root.path, root.name)))
    plans = [plan for plan in (plan_of(library.db, each) for each in sets) if plan]
    archived = _ArchivedContents(library.db, list(sets), counts_of_all(library))
    found, unread = _read(tree, archived.cuts, progress)
    copies = archived.copies(found)
    new: list[str] = []
    changed: list[str] = []
    scarce: list[ScarceFile] = []
    for file in tree.files:
        if file.path not in found:
            continue
        number = copies[file.path]
        for name in (file.path, *file.links):
            if number is None:
                (changed if escape(name) in archived.paths else new).append(name)
            elif number < wanted:
                scarce.append(ScarceFile(name, number))
    unarchived = _unarchived(tree, plans)
    missing = _missing(tree, plans)
    lost = [] if options.allow_missing else missing
    numbers = [number or 0 for number in copies.values()]
    reasons = _reasons(new, changed, scarce, unread, unarchived, lost, wanted)
    if not tree.files and not unarchived:
        reasons.append("it holds no files")
    return SourceStatus(
        path=tree.roots[0].path,
        safe=not reasons,
        reasons=tuple(reasons),
        files=len(tree.files),
        bytes=sum(file.size for file in tree.files),
        copies=min(numbers, default=0),
        sets=tuple(sets),
        new=tuple(new),
        changed=tuple(changed),
        scarce=tuple(scarce),
        unread=tuple(unread),
        unarchived=tuple(unarchived),
        missing=tuple(missing),
        notes=tuple(_notes(tree, plans)),
    )


class _ArchivedContents:
    """What sets hold, by content. `cuts`: by a file's size, how files of that size are divided."""

    def __init__(
        self, db: sqlite3.Connection, sets: Sequence[str], counts: Mapping[DiscKey, Count]
    ) -> None:
        self._db = db
        self._counts = counts
        self.paths: set[str] = set()
        self.cuts: dict[int, set[Division]] = defaultdict(set)
        # By set and path: part → its size, hash and the discs that it is on.
        self._divided: dict[tuple[str, str], dict[int, tuple[int, str, set[int]]]] = {}
        for set_id in sets:
            self._learn(set_id)

    def _learn(self, set_id: str) -> None:
        rows = self._db.execute(
            "SELECT path, disc, part, parts, size, sha256 FROM files WHERE set_id = ?", (set_id,)
        )
        divided: dict[str, dict[int, tuple[int, str, set[int]]]] = defaultdict(dict)
        complete: dict[str, int] = {}
        for path, disc, part, parts, size, sha256 in rows:
            self.paths.add(path)
            if parts > 1:
                complete[path] = parts
                known = divided[path].setdefault(part, (size, sha256 or "", set()))
                known[2].add(disc)
        for path, found in divided.items():
            if len(found) == complete[path]:
                self._divided[set_id, path] = found
                cut = tuple(found[part][0] for part in sorted(found))
                self.cuts[sum(cut)].add(cut)

    def copies(self, found: Mapping[str, _Hashes]) -> dict[str, int | None]:
        """The verified copies of each file's content; None where it was never archived."""
        wholes = {path: _whole(hashes) for path, hashes in found.items()}
        whole = self._whole(set(wholes.values()))
        divided = self._by_parts()
        result: dict[str, int | None] = {}
        for path, hashes in found.items():
            by_set = dict(whole.get(wholes[path], {}))
            for parts in hashes.values():
                for set_id, number in divided.get(parts, {}).items():
                    by_set[set_id] = max(number, by_set.get(set_id, 0))
            result[path] = sum(by_set.values()) if by_set else None
        return result

    def _whole(self, hashes: Iterable[str]) -> dict[str, dict[str, int]]:
        """By hash and set: the copies of discs on which an undivided file is."""
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS asked (sha256 TEXT PRIMARY KEY, head INTEGER)"
        )
        with self._db:
            self._db.execute("DELETE FROM asked")
            self._db.executemany(
                "INSERT INTO asked VALUES (?, ?)", ((each, head(each)) for each in hashes)
            )
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        rows = self._db.execute(
            "SELECT DISTINCT asked.sha256, folders.set_id, entries.disc FROM asked"
            " CROSS JOIN hashes USING (head) CROSS JOIN entries USING (folder, name)"
            " CROSS JOIN folders ON folders.id = entries.folder"
            " WHERE entries.parts = 1 AND lower(hex(entries.sha256)) = asked.sha256"
        )
        for sha256, set_id, disc in rows:
            found[sha256][set_id] += self._copies(set_id, disc)
        return found

    def _by_parts(self) -> dict[tuple[str, ...], dict[str, int]]:
        """By the hashes of all parts, and set: the copies of that part of which there are least."""
        found: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for (set_id, _), parts in self._divided.items():
            ordered = [parts[number] for number in sorted(parts)]
            hashes = tuple(sha256 for _, sha256, _ in ordered)
            number = min(
                sum(self._copies(set_id, disc) for disc in discs) for _, _, discs in ordered
            )
            found[hashes][set_id] = max(number, found[hashes].get(set_id, 0))
        return found

    def _copies(self, set_id: str, disc: int) -> int:
        known = self._counts.get(DiscKey(set_id, disc))
        return known.copies if known else 0


def _whole(hashes: _Hashes) -> str:
    """The hash of the whole file."""
    return next(parts[0] for parts in hashes.values() if len(parts) == 1)


def _read(
    tree: Tree, cuts: Mapping[int, set[Division]], progress: Progress
) -> tuple[dict[str, _Hashes], list[str]]:
    """The hashes of all files, and the paths of those that could not be read as they were."""
    found: dict[str, _Hashes] = {}
    unread: list[str] = []
    places = tree.places
    with progress.task("reading the source", sum(file.size for file in tree.files)):
        for file in tree.files:
            place = origin(places, file.path)
            try:
                found[file.path] = hash_file(file, place, cuts.get(file.size, ()), progress)
            except SourceError:
                unread.append(file.path)
    return found, unread


def _unarchived(tree: Tree, plans: Iterable[Plan]) -> list[str]:
    """Symbolic links and empty folders that are in no set as they are now."""
    links: set[tuple[str, str]] = set()
    folders: set[str] = set()
    for plan in plans:
        links.update((each.path, each.target) for each in plan.symlinks)
        folders.update(each.path for each in plan.directories)
    names = [
        *(name for file in tree.files for name in (file.path, *file.links)),
        *(each.path for each in tree.symlinks),
        *(each.path for each in tree.directories),
    ]
    full = {name.rpartition("/")[0] for name in names}
    return [
        *(each.path for each in tree.symlinks if (each.path, each.target) not in links),
        *(each.path for each in tree.directories if each.path not in folders | full),
    ]


def _missing(tree: Tree, plans: Iterable[Plan]) -> list[str]:
    """Media that sessions need and that are neither here nor were archived."""
    archived = {
        (need.session, need.recorded) for plan in plans for need in plan.references if need.path
    }
    return [
        need.recorded
        for need in tree.references
        if need.status == MISSING and (need.session, need.recorded) not in archived
    ]


def _reasons(
    new: Sequence[str],
    changed: Sequence[str],
    scarce: Sequence[ScarceFile],
    unread: Sequence[str],
    unarchived: Sequence[str],
    missing: Sequence[str],
    wanted: int,
) -> list[str]:
    """Why the source may not be deleted, a line each."""
    reasons = [
        f"{_files(names)} {what}"
        for names, what in (
            (new, "not archived"),
            (changed, "changed since archived"),
            (unread, "could not be read, or changed meanwhile"),
        )
        if names
    ]
    if scarce:
        least = min(each.copies for each in scarce)
        reasons.append(f"{_files(scarce)} on fewer than {wanted} verified copies (least: {least})")
    if unarchived:
        reasons.append(f"{len(unarchived)} links or empty folders not archived")
    if missing:
        reasons.append(f"{len(missing)} media that its sessions need are neither here nor archived")
    return reasons


def _files(names: Sequence[object]) -> str:
    return "1 file" if len(names) == 1 else f"{len(names)} files"


def _notes(tree: Tree, plans: Sequence[Plan]) -> Iterable[str]:
    for need in tree.references:
        if need.status == UNREADABLE:
            yield (
                f"{printable(need.session)} could not be read: "
                f"what it needs from elsewhere is not known"
            )
    if tree.skipped:
        yield f"{len(tree.skipped)} pipes, devices or things left out as wished were not looked at"
    if not plans:
        yield "no set has a source of this name: its content was looked up in all sets"
