"""`spanner find`: any file of any set, by name, place, hash, size or date."""

import sys
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import typer

from spanner.catalog.tables import format_time
from spanner.cli import options as o
from spanner.cli.find_prompt import prompt
from spanner.cli.find_view import lines
from spanner.cli.output import print_json, print_lines
from spanner.errors import UsageError
from spanner.library import FileQuery, SearchResult, library_file, open_library
from spanner.library.search.patterns import is_hash
from spanner.model.units import parse_size
from spanner.wording import printable

_DAY = timedelta(days=1)


def command(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="Part of a name; a glob; part of a path, with a /; a hash. None: as you type.",
        ),
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Show so many files at most.")
    ] = 50,
    set_words: Annotated[str, typer.Option("--set", metavar="SET", help="Of this set only.")] = "",
    sha256: Annotated[
        str,
        typer.Option("--hash", metavar="SHA256", help="Or its beginning, 8 digits or more."),
    ] = "",
    larger: Annotated[str, typer.Option("--larger", metavar="SIZE", help="Larger than that.")] = "",
    smaller: Annotated[
        str, typer.Option("--smaller", metavar="SIZE", help="Smaller than that.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="DATE", help="Changed on this day or later.")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="Changed on this day or before.")
    ] = "",
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Find files in all sets that the library knows, and the discs that they are on."""
    if sha256 and not is_hash(sha256):
        raise UsageError(f"{printable(sha256)!r} is no SHA-256, nor 8 digits or more of one")
    query = FileQuery(
        pattern=pattern,
        sha256=sha256,
        larger=_size(larger),
        smaller=_size(smaller),
        since=_nanoseconds(since),
        before=_nanoseconds(until, _DAY),
        limit=limit,
    )
    typed = query == FileQuery(limit=limit)
    if typed and (as_json or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError("say what to find: spanner find PATTERN, or a hash, size or date")
    with open_library(library_file(library)) as opened:
        if set_words:
            query = msgspec.structs.replace(query, set_id=opened.find_set(set_words).id)
        if typed:
            asked = prompt(opened, query)
            if asked is None:
                return
            query = asked
        found = opened.search.find(query)
    if as_json:
        print_json(_document(found))
    else:
        print_lines(*lines(found))


def _document(found: SearchResult) -> dict[str, object]:
    files = [
        msgspec.to_builtins(file) | {"mtime": format_time(file.mtime_ns)} for file in found.files
    ]
    return {"files": files, "more": found.more}


def _size(text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_size(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _nanoseconds(date: str, later: timedelta = timedelta()) -> int | None:
    """When the day begins here, or that much later."""
    if not date:
        return None
    try:
        moment = datetime.strptime(date, "%Y-%m-%d") + later
        return int(moment.astimezone().timestamp()) * 10**9
    except (ValueError, OverflowError):
        raise UsageError(f"{printable(date)!r} is no date: say 2026-11-23") from None
