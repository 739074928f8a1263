"""`spanner scan`: the media that sessions need, and where each of them lies."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.progress import TerminalProgress
from spanner.errors import SourceError, UsageError
from spanner.sources.formats.detect import looks_like_session, read_session
from spanner.sources.gather import MISSING, OUTSIDE, Found, Gatherer
from spanner.sources.session import Session
from spanner.units import printable


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
    gatherer = Gatherer(search or ())
    documents: list[dict[str, Any]] = []
    missing = 0
    for file in _files(sessions):
        session = read_session(file)
        found = gatherer.gather(session, file)
        unused = gatherer.unused(file, found)
        missing += sum(each.status == MISSING for each in found)
        documents.append(_document(file, session, found, unused))
        if not as_json:
            print_lines(*_lines(file, session, found, unused), "")
    if as_json:
        print_json({"sessions": documents})
    if missing:
        progress.note(f"{missing} missing: name folders to look in with --search")
    return SourceError.exit_code if missing else 0


def _files(targets: Sequence[str]) -> Iterator[str]:
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
        found = [
            path
            for folder, below, names in os.walk(target)
            for path in (os.path.join(folder, name) for name in sorted([*below, *names]))
            if looks_like_session(path)
        ]
        if not found:
            raise UsageError(f"no session file in {printable(target)}")
        yield from sorted(found)


def _document(
    file: str, session: Session, found: Sequence[Found], unused: Sequence[str]
) -> dict[str, Any]:
    return {
        "file": file,
        "application": session.application,
        "version": session.version,
        "format": session.format,
        "sample_rate": session.sample_rate,
        "media": found,
        "unused": unused,
        "notes": session.notes,
    }


def _lines(
    file: str, session: Session, found: Sequence[Found], unused: Sequence[str]
) -> Iterator[str]:
    program = " ".join(filter(None, (session.application, session.version)))
    yield f"{printable(file)}  ({program}, {session.format})"
    counts = Counter(each.status for each in found)
    yield "  " + (", ".join(f"{counts[key]} {key}" for key in sorted(counts)) or "no media")
    for each in found:
        if each.status == MISSING:
            yield f"  missing  {printable(each.recorded)}"
        elif each.status == OUTSIDE:
            yield f"  outside  {printable(each.path or '')}  ({each.found_by})"
    for path in unused:
        yield f"  not used {printable(path)}"
    for note in session.notes:
        yield f"  note: {note}"
