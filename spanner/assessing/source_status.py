"""Whether a source may be deleted: whether all that it holds now is on enough verified copies.

The files are read and compared by content; sizes and times prove nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from burners.progress import Progress
from spanner.assessing.archived_contents import ArchivedContents, Hashes
from spanner.assessing.set_status import counts_of_all
from spanner.catalog.escaping import escape
from spanner.errors import SourceError
from spanner.library import Library
from spanner.library.archived_sessions import of_source, plan_of, sessions
from spanner.model.plan import Plan
from spanner.model.tree import MISSING, UNREADABLE, Tree, origin
from spanner.sources.collect import CollectOptions, collect
from spanner.sources.hashing import Division, hash_file
from spanner.wording import printable


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
    """Read all of a source, media of its sessions from elsewhere too, and look each content up.

    A source is safe where each content, link and empty folder of it is archived, on `wanted`
    verified copies or more.

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
    archived = ArchivedContents(library.db, list(sets), counts_of_all(library))
    found, unread = _read(tree, archived.divisions, progress)
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


def _read(
    tree: Tree, divisions: Mapping[int, set[Division]], progress: Progress
) -> tuple[dict[str, Hashes], list[str]]:
    """The hashes of all files, and the paths of those that could not be read as they were."""
    found: dict[str, Hashes] = {}
    unread: list[str] = []
    places = tree.places
    with progress.task("reading the source", sum(file.size for file in tree.files)):
        for file in tree.files:
            place = origin(places, file.path)
            try:
                found[file.path] = hash_file(file, place, divisions.get(file.size, ()), progress)
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
    """How many files, in words."""
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
