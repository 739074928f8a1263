"""Reads session files: which there are, where their media are, and which cannot be read."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spanner.errors import UsageError
from spanner.model.session import Session, SessionError
from spanner.model.tree import MISSING
from spanner.sources.folders import Folders
from spanner.sources.formats.detect import looks_like_session, read_session
from spanner.sources.resolver import MediaResolver, ResolvedReference, is_backup
from spanner.wording import printable


@dataclass(frozen=True, slots=True)
class ScannedSession:
    """A session file and its media references, resolved.

    `session` is None where it cannot be read; `error` says why. `top` is the session that was asked
    for: this one, or one that has this one among its media.
    """

    file: str
    top: str
    session: Session | None
    references: tuple[ResolvedReference, ...] = ()
    error: SessionError | None = None

    @property
    def backup(self) -> bool:
        """Whether it, or the session that it is a part of, is a backup of another."""
        return is_backup(self.top)


def session_files(paths: Iterable[str]) -> list[str]:
    """Those of the paths that are sessions, sorted; not what lies inside one that is a folder."""
    found: list[str] = []
    for path in sorted(filter(looks_like_session, paths)):
        if not (found and path.startswith(os.path.join(found[-1], ""))):
            found.append(path)
    return found


def scan_sessions(files: Iterable[str], resolver: MediaResolver) -> Iterator[ScannedSession]:
    """Read sessions and resolve their references; projects that are media of others come later."""
    pending = [(file, file) for file in files]
    seen = {os.path.realpath(file) for file, _ in pending}
    while pending:
        file, top = pending.pop(0)
        session = _scan(file, top, resolver)
        yield session
        for each in session.references:
            if each.kind == "project" and each.path and looks_like_session(each.path):
                place = os.path.realpath(each.path)
                if place not in seen:
                    seen.add(place)
                    pending.append((each.path, top))


def _scan(file: str, top: str, resolver: MediaResolver) -> ScannedSession:
    try:
        session = read_session(file)
    except SessionError as error:
        return ScannedSession(file, top, None, error=error)
    return ScannedSession(file, top, session, tuple(resolver.resolve(session, file)))


@dataclass(frozen=True, slots=True)
class SessionScan:
    """A session file with its media, and the files beside it that it does not use."""

    scanned: ScannedSession
    unused: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many of its media are nowhere to be found; those of a backup do not count."""
        if self.scanned.backup:
            return 0
        return sum(each.status == MISSING for each in self.scanned.references)


def scan_media(targets: Iterable[str], search: Iterable[str] = ()) -> Iterator[SessionScan]:
    """Read the sessions that are named or lie in folders that are, and find their media.

    `search` are folders to look for media in.

    Raises:
        UsageError: there is no such file, or no session in a folder.
    """
    folders = Folders()
    resolver = MediaResolver(search, folders)
    for each in scan_sessions(_named(targets, folders), resolver):
        usable = each.session is not None and not each.backup
        yield SessionScan(
            each, tuple(resolver.unused(each.file, each.references)) if usable else ()
        )


def _named(targets: Iterable[str], folders: Folders) -> Iterator[str]:
    for target in targets:
        if not os.path.exists(target):
            raise UsageError(f"there is no {printable(target)}")
        if not os.path.isdir(target) or looks_like_session(target):
            yield target
            continue
        found = session_files(folders.entries(target))
        if not found:
            raise UsageError(f"no session file in {printable(target)}")
        yield from found
