"""Everything to archive: the sources' folders, and the media of their sessions from elsewhere."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from burners.progress import Progress, silent
from spanner.errors import MissingMediaError, UnreadableSourcesError, UsageError
from spanner.model.paths import is_bytes
from spanner.model.session import SessionError, UnlistedError
from spanner.model.tree import (
    INSIDE,
    MISSING,
    OUTSIDE,
    REGENERABLE,
    UNREADABLE,
    ReferenceRecord,
    Tree,
    origin,
)
from spanner.sources.external import ExternalMedia
from spanner.sources.formats.detect import looks_like_session
from spanner.sources.regenerable import Regenerable
from spanner.sources.resolver import MediaResolver, home_of, is_backup, last_seen
from spanner.sources.selection import without
from spanner.sources.session_scan import ScannedSession, scan_sessions, session_files
from spanner.sources.walk import walk
from spanner.wording import printable

_SHOWN = 20  # lines of a kind that are told


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOptions:
    """What of the sources is archived, and what from elsewhere.

    `search`: folders to look for media in. `folder_only`: read no session, take the sources as they
    are. `used_only`: only sessions and what they refer to. `skip_regenerable`: not what programs
    make again by themselves. `allow_missing`: media that are not found are no error. `follow`: what
    symbolic links point to, instead of the links.
    """

    search: tuple[str, ...] = ()
    folder_only: bool = False
    used_only: bool = False
    skip_regenerable: bool = False
    allow_missing: bool = False
    follow: bool = False


def collect(sources: Sequence[str], options: CollectOptions, progress: Progress = silent) -> Tree:
    """Walk the sources, read their sessions, and add all media that lie elsewhere.

    A source that is a session file stands for its folder; of the sessions in it that one is read.

    Raises:
        UsageError: as `walk`; or it is not known what --used-only would leave out.
        SourceError: as `walk`; UnreadableSourcesError: media files that cannot be opened.
        MissingMediaError: media that were not found.
    """
    chosen = _chosen(sources)
    tree = walk(list(chosen), follow=options.follow, progress=progress)
    sessions: list[ScannedSession] = []
    if not options.folder_only:
        files = _files_of_sessions(tree, list(chosen.values()))
        if options.used_only:
            files = [file for file in files if not is_backup(file)]
        resolver = MediaResolver(options.search)
        with progress.task("reading sessions", len(files), unit="sessions"):
            for each in scan_sessions(files, resolver):
                sessions.append(each)
                progress.advance(1)
        _check(sessions, options, progress)
    external = ExternalMedia(tree)
    if sessions:
        tree = _with_media(external, sessions)
    if options.used_only:
        tree = _used(tree, external, sessions)
    return _without_regenerable(tree, sessions) if options.skip_regenerable else tree


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


def _files_of_sessions(tree: Tree, chosen: Sequence[list[str] | None]) -> list[str]:
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


def _check(sessions: Sequence[ScannedSession], options: CollectOptions, progress: Progress) -> None:
    """Say what is wrong with the sessions; raise where that may not be."""
    if options.used_only:
        _check_readable(sessions)
    for remark in _remarks(sessions):
        progress.note(remark)
    missing = [line for each in sessions if not each.backup for line in _missing(each)]
    if missing and not options.allow_missing:
        raise MissingMediaError(missing)
    for line in missing[:_SHOWN]:
        progress.note(f"missing: {line}")
    if len(missing) > _SHOWN:
        progress.note(f"missing: {len(missing) - _SHOWN} more, all in the catalog")


def _check_readable(sessions: Sequence[ScannedSession]) -> None:
    """Raise where a session cannot be read: what it refers to must not be taken for unused."""
    errors = "; ".join(str(each.error) for each in sessions if each.error)
    if errors:
        raise UsageError(f"--used-only would leave out what this session may need: {errors}")
    if not sessions:
        raise UsageError("--used-only goes by what sessions refer to, and there is none")


def _missing(session: ScannedSession) -> list[str]:
    """The session's media that were not found: a line each."""
    name = printable(os.path.basename(session.file))
    missing = (each for each in session.references if each.status == MISSING)
    return [f"{printable(last_seen(each))}  ({name})" for each in missing]


def _remarks(sessions: Sequence[ScannedSession]) -> Iterator[str]:
    """Lines on what is to be known, but no reason to stop."""
    for each in sessions:
        if isinstance(each.error, UnlistedError):
            yield str(each.error)
        elif each.error:
            yield f"{each.error}; what it needs from outside its folder is not known, nor archived"
    lost = sum(len(_missing(each)) for each in sessions if each.backup)
    if lost:
        yield f"{lost} media are missing that only backups of sessions name"


def _with_media(external: ExternalMedia, sessions: Sequence[ScannedSession]) -> Tree:
    """The tree with all media, and the records of where each was and where it is in the set."""
    records: list[ReferenceRecord] = []
    known: set[tuple[str, str, str]] = set()  # home, recorded and path of those that are recorded
    for each in sessions:
        top = external.path_of(each.top)
        home = external.path_of(home_of(each.top)) or top
        session = external.path_of(each.file) or printable(each.file)
        if each.error:
            records.append(_unreadable(session, each.file, each.error))
        for reference in each.references:
            if not (reference.path or reference.status in (MISSING, REGENERABLE)):
                continue  # it is in the session itself
            path = external.place(reference, home) if reference.path else ""
            status = reference.status
            if path:
                status = OUTSIDE if external.is_placed(path) else INSIDE
            mapped = home, reference.recorded, path
            if not (each.backup and (mapped in known or not path)):
                records.append(
                    ReferenceRecord(
                        session=session,
                        kind=reference.kind,
                        status=status,
                        recorded=_storable(reference.recorded or last_seen(reference)),
                        path=path,
                        place=reference.path or "",
                    )
                )
            known.add(mapped)
    if external.failures:
        raise UnreadableSourcesError(external.failures)
    return replace(external.tree(), references=tuple(records))


def _unreadable(session: str, file: str, error: SessionError) -> ReferenceRecord:
    """The record of a session that cannot be read, in place of those of its references."""
    return ReferenceRecord(
        session=session,
        kind="project",
        status=UNREADABLE,
        recorded=printable(str(error)),
        path=session,
        place=file,
    )


def _storable(text: str) -> str:
    """The text, in a form that a catalog can hold."""
    return text if is_bytes(text) else printable(text)


def _used(tree: Tree, external: ExternalMedia, sessions: Sequence[ScannedSession]) -> Tree:
    """The tree with nothing but the sessions and what they refer to."""
    own = {external.path_of(each.file) for each in sessions}
    used = {each.path for each in tree.references if each.path} | own

    def why(path: str) -> str:
        head, slash, name = path.rpartition("/")
        single = f"{head}{slash}{name.removeprefix('._')}"
        folders = path.split("/")
        inside = any("/".join(folders[:depth]) in own for depth in range(1, len(folders)))
        return "" if inside or used & {path, single} else "no session refers to it"

    return without(tree, why, bare=True)


def _without_regenerable(tree: Tree, sessions: Sequence[ScannedSession]) -> Tree:
    """The tree without what programs make again, unless a session refers to it."""
    regenerable = Regenerable(sessions)
    places = tree.places
    used = {each.path for each in tree.references}
    return without(tree, lambda path: "" if path in used else regenerable.why(origin(places, path)))
