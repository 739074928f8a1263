"""`spanner scan`: the media that sessions need, and where each of them lies."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import SourceError
from spanner.model.session import Session
from spanner.model.tree import MISSING, OUTSIDE
from spanner.sources.resolver import last_seen
from spanner.sources.session_scan import ScannedSession, scan_media
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
    documents: list[dict[str, Any]] = []
    unreadable: list[dict[str, str]] = []
    missing = 0
    for each in scan_media(sessions, search or ()):
        scanned = each.scanned
        if scanned.session is None:
            unreadable.append({"file": scanned.file, "reason": str(scanned.error)})
            progress.note(str(scanned.error))
            continue
        missing += each.missing
        documents.append(_document(scanned, scanned.session, each.unused))
        if not as_json:
            print_lines(*_lines(scanned, scanned.session, each.unused), "")
    if as_json:
        print_json({"sessions": documents, "unreadable": unreadable})
    if missing:
        progress.note(f"{missing} missing: name folders to look in with --search")
    return SourceError.exit_code if missing or unreadable else 0


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
