"""`spanner scan`: the media that sessions need, and where each of them lies."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import SourceError, UsageError
from spanner.model.session import Session
from spanner.sources.folders import Folders
from spanner.sources.formats.detect import looks_like_session
from spanner.sources.resolver import MISSING, OUTSIDE, MediaResolver, last_seen
from spanner.sources.session_scan import ScannedSession, scan_sessions, session_files
from spanner.wording import printable


def command(
    sessions: Annotated[
        list[str],
        typer.Argument(metavar="SESSION", help="Session files, or folders with some in them."),
    ],
    search: Annotated[
        list[str] | None,
        typer.Option("--search", metavar="DIR", help="Look for missing media below this folder."),
    ] = None,
    as_json: o.JsonOption = False,
) -> int:
    """Show the media that sessions need: what lies outside, what is missing, what is not used."""
    progress = TerminalProgress()
    folders = Folders()
    resolver = MediaResolver(search or (), folders)
    documents: list[dict[str, Any]] = []
    unreadable: list[dict[str, str]] = []
    missing = 0
    for each in scan_sessions(_files(sessions, folders), resolver):
        if each.session is None:
            unreadable.append({"file": each.file, "reason": str(each.error)})
            progress.note(str(each.error))
            continue
        unused = [] if each.backup else resolver.unused(each.file, each.references)
        if not each.backup:
            missing += sum(found.status == MISSING for found in each.references)
        documents.append(_document(each, each.session, unused))
        if not as_json:
            print_lines(*_lines(each, each.session, unused), "")
    if as_json:
        print_json({"sessions": documents, "unreadable": unreadable})
    if missing:
        progress.note(f"{missing} missing: name folders to look in with --search")
    return SourceError.exit_code if missing or unreadable else 0


def _files(targets: Sequence[str], folders: Folders) -> Iterator[str]:
    """The session files that were named, and those in the folders that were.

    Raises:
        UsageError: there is none.
    """
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


def _document(scanned: ScannedSession, session: Session, unused: Sequence[str]) -> dict[str, Any]:
    return {
        "file": scanned.file,
        "backup": scanned.backup,
        "application": session.application,
        "version": session.version,
        "format": session.format,
        "sample_rate": session.sample_rate,
        "media": scanned.references,
        "unused": unused,
        "notes": session.notes,
    }


def _lines(scanned: ScannedSession, session: Session, unused: Sequence[str]) -> Iterator[str]:
    program = " ".join(filter(None, (session.application, session.version)))
    what = f"backup of {program}" if scanned.backup else program
    yield f"{printable(scanned.file)}  ({what}, {session.format})"
    counts = Counter(each.status for each in scanned.references)
    yield "  " + (", ".join(f"{counts[key]} {key}" for key in sorted(counts)) or "no media")
    for each in scanned.references:
        if each.status == MISSING:
            yield f"  missing  {printable(each.recorded or last_seen(each))}"
        elif each.status == OUTSIDE:
            yield f"  outside  {printable(each.path or '')}  ({each.found_by})"
    for path in unused:
        yield f"  not used {printable(path)}"
    for note in session.notes:
        yield f"  note: {note}"
