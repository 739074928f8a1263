"""Reads session files: which there are, where their media are, and which cannot be read."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spanner.model.session import Session, SessionError
from spanner.sources.formats.detect import looks_like_session, read_session
from spanner.sources.resolver import MediaResolver, ResolvedReference, is_backup


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
        """It belongs to an earlier state of a session."""
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
