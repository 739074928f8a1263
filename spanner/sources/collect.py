"""Everything to archive: the sources' folders, and what their sessions need from elsewhere."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from burners.progress import Progress, silent
from spanner.errors import MissingMediaError, UnreadableSourcesError, UsageError
from spanner.model.paths import is_bytes
from spanner.model.session import UnlistedError
from spanner.model.tree import UNREADABLE, ReferenceRecord, Tree, origin
from spanner.sources.external import ExternalMedia
from spanner.sources.formats.detect import looks_like_session
from spanner.sources.regenerable import Regenerable
from spanner.sources.resolver import (
    INSIDE,
    MISSING,
    OUTSIDE,
    REGENERABLE,
    MediaResolver,
    home_of,
    is_backup,
    last_seen,
)
from spanner.sources.selection import without
from spanner.sources.session_scan import ScannedSession, scan_sessions, session_files
from spanner.sources.walk import walk
from spanner.wording import printable

_SHOWN = 20  # lines of a kind that are told


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOptions:
    """What to take. `search`: folders to look for media in.

    `folder_only`: read no session, take the sources as they are. `used_only`: only sessions and
    what they refer to. `follow`: what symbolic links point to, instead of the links.
    """

    search: tuple[str, ...] = ()
    folder_only: bool = False
    used_only: bool = False
    skip_regenerable: bool = False
    allow_missing: bool = False
    follow: bool = False


def collect(sources: Sequence[str], wishes: CollectOptions, progress: Progress = silent) -> Tree:
    """Walk the sources, read their sessions, and add all media that lie elsewhere.

    A source that is a session file stands for its folder; of the sessions in it that one is read.

    Raises:
        UsageError: as `walk`; or what is wished cannot be.
        SourceError: as `walk`; UnreadableError: media that cannot be read.
        MissingMediaError: media that were not found.
    """
    chosen = _chosen(sources)
    tree = walk(list(chosen), follow=wishes.follow, progress=progress)
    scanned: list[ScannedSession] = []
    if not wishes.folder_only:
        files = _sessions(tree, list(chosen.values()))
        if wishes.used_only:
            files = [file for file in files if not is_backup(file)]
        gatherer = MediaResolver(wishes.search)
        with progress.task("reading sessions", len(files), unit="sessions"):
            for each in scan_sessions(files, gatherer):
                scanned.append(each)
                progress.advance(1)
        _check(scanned, wishes, progress)
    external = ExternalMedia(tree)
    if scanned:
        tree = _gathered(external, scanned)
    if wishes.used_only:
        tree = _used(tree, external, scanned)
    return _lasting(tree, scanned) if wishes.skip_regenerable else tree


def _chosen(sources: Sequence[str]) -> dict[str, list[str] | None]:
    """The folders and files to walk, and which sessions of each are read; None: all."""
    chosen: dict[str, list[str] | None] = {}
    for source in sources:
        if not (os.path.isfile(source) and looks_like_session(source)):
            chosen[source] = None
            continue
        folder = home_of(source)
        files = chosen.setdefault(folder, [])
        if files is not None:
            files.append(os.path.relpath(source, folder))
    return chosen


def _sessions(tree: Tree, chosen: Sequence[list[str] | None]) -> list[str]:
    """Where the sessions lie that are to be read."""
    roots = {root.name: root.path for root in tree.roots}
    below: dict[str, list[str]] = {root.name: [] for root in tree.roots}
    for path in (*(file.path for file in tree.files), *(each.path for each in tree.directories)):
        below[path.partition("/")[0]].append(origin(roots, path))
    found: list[str] = []
    for root, named in zip(tree.roots, chosen, strict=True):
        if named is None:
            found += session_files(below[root.name])
        else:
            found += [os.path.join(root.path, name) for name in named]
    return found


def _check(scanned: Sequence[ScannedSession], wishes: CollectOptions, progress: Progress) -> None:
    """Stop where media are missing; what does not stop is told."""
    if wishes.used_only:
        _check_readable(scanned)
    for remark in _remarks(scanned):
        progress.note(remark)
    missing = [line for each in scanned if not each.backup for line in _missing(each)]
    if missing and not wishes.allow_missing:
        raise MissingMediaError(missing)
    for line in missing[:_SHOWN]:
        progress.note(f"missing: {line}")
    if len(missing) > _SHOWN:
        progress.note(f"missing: {len(missing) - _SHOWN} more, all in the catalog")


def _check_readable(scanned: Sequence[ScannedSession]) -> None:
    """What a session that cannot be read refers to must not be taken for unused."""
    errors = "; ".join(str(each.error) for each in scanned if each.error)
    if errors:
        raise UsageError(f"--used-only would leave out what this session may need: {errors}")
    if not scanned:
        raise UsageError("--used-only goes by what sessions refer to, and there is none")


def _missing(scanned: ScannedSession) -> list[str]:
    """What of a session's media cannot be archived: a line each."""
    name = printable(os.path.basename(scanned.file))
    lost = (found for found in scanned.found if found.status == MISSING)
    return [f"{printable(last_seen(found))}  ({name})" for found in lost]


def _remarks(scanned: Sequence[ScannedSession]) -> Iterator[str]:
    """What is to be known, but no reason to stop."""
    for each in scanned:
        if isinstance(each.error, UnlistedError):
            yield str(each.error)
        elif each.error:
            yield f"{each.error}; what it needs from outside its folder is not known, nor archived"
    lost = sum(len(_missing(each)) for each in scanned if each.backup)
    if lost:
        yield f"{lost} media are missing that only backups of sessions name"


def _gathered(external: ExternalMedia, scanned: Sequence[ScannedSession]) -> Tree:
    """The tree with all media, and the map of where they were recorded and where they are now."""
    needs: list[ReferenceRecord] = []
    known: set[tuple[str, str, str]] = set()  # home, recorded and path of what is in the map
    for each in scanned:
        top = external.path_of(each.top)
        home = external.path_of(home_of(each.top)) or top
        session = external.path_of(each.file) or printable(each.file)
        if each.error:
            reason = printable(str(each.error))
            needs.append(
                ReferenceRecord(
                    session=session,
                    kind="project",
                    status=UNREADABLE,
                    recorded=reason,
                    path=session,
                    place=each.file,
                )
            )
        for found in each.found:
            if not (found.path or found.status in (MISSING, REGENERABLE)):
                continue  # it is in the session itself
            path = external.place(found, home) if found.path else ""
            status = found.status
            if path:
                status = OUTSIDE if external.holds(path) else INSIDE
            mapped = home, found.recorded, path
            if not (each.backup and (mapped in known or not path)):
                recorded = _storable(found.recorded or last_seen(found))
                place = found.path or ""
                needs.append(
                    ReferenceRecord(
                        session=session,
                        kind=found.kind,
                        status=status,
                        recorded=recorded,
                        path=path,
                        place=place,
                    )
                )
            known.add(mapped)
    if external.failures:
        raise UnreadableSourcesError(external.failures)
    return replace(external.tree(), references=tuple(needs))


def _storable(text: str) -> str:
    """The text, in a form that a catalog can hold."""
    return text if is_bytes(text) else printable(text)


def _used(tree: Tree, external: ExternalMedia, scanned: Sequence[ScannedSession]) -> Tree:
    """The sessions and what they refer to."""
    sessions = {external.path_of(each.file) for each in scanned}
    used = {need.path for need in tree.references if need.path} | sessions

    def why(path: str) -> str:
        head, slash, name = path.rpartition("/")
        single = f"{head}{slash}{name.removeprefix('._')}"
        folders = path.split("/")
        inside = any("/".join(folders[:depth]) in sessions for depth in range(1, len(folders)))
        return "" if inside or used & {path, single} else "no session refers to it"

    return without(tree, why, bare=True)


def _lasting(tree: Tree, scanned: Sequence[ScannedSession]) -> Tree:
    """The tree without what programs make again, unless a session refers to it."""
    regenerable = Regenerable(scanned)
    places = tree.places
    used = {need.path for need in tree.references}
    return without(tree, lambda path: "" if path in used else regenerable.why(origin(places, path)))
