"""`spanner verify`: discs against their own catalogs."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.progress import TerminalProgress
from spanner.errors import VerificationError
from spanner.library import Library, image_key, open_library
from spanner.restoring.discs import expand
from spanner.restoring.verify import Verdict, verify
from spanner.units import printable


def command(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET", help="Images, drives, mounted folders.")
    ],
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> int:
    """Check discs against their own catalogs, every file and every sector; record it."""
    progress = TerminalProgress()
    verdicts = []
    with open_library(o.library_file(library)) as opened:
        for path in expand(targets):
            verdict = verify(path, progress)
            _compare_with(opened, verdict)
            _record(opened, path, verdict)
            verdicts.append(verdict)
            if not as_json:
                print_lines(*_lines(verdict))
    if as_json:
        print_json({"discs": [_document(verdict) for verdict in verdicts]})
    bad = sum(bool(verdict.problems) for verdict in verdicts)
    return VerificationError.exit_code if bad else 0


def _compare_with(library: Library, verdict: Verdict) -> None:
    """An image that the library knows must have the hash that it was written with."""
    if verdict.catalog and verdict.sha256 and not verdict.problems:
        known = library.image_hash(verdict.catalog.set.id, verdict.catalog.number)
        if known and known != verdict.sha256:
            verdict.problems.append(f"its SHA-256 is not the library's {known}")


def _record(library: Library, path: str, verdict: Verdict) -> None:
    if verdict.catalog:
        remark = "; ".join(verdict.problems[:3])
        good = not verdict.problems
        set_id, number = verdict.catalog.set.id, verdict.catalog.number
        library.add_check(set_id, number, path, good, remark)
        if good and verdict.sha256:
            library.copies.confirm(image_key(set_id, number), verdict.sha256)


def _lines(verdict: Verdict) -> list[str]:
    if verdict.problems:
        return [f"{verdict.name}: BAD", *(f"  {problem}" for problem in verdict.problems)]
    assert verdict.catalog
    disc = verdict.catalog.disc
    which = f"disc {disc.number} of {len(verdict.catalog.set.discs)}, {printable(disc.title)}"
    return [f"{verdict.name}: good ({which}, {verdict.files} files)"]


def _document(verdict: Verdict) -> dict[str, object]:
    catalog = verdict.catalog
    return {
        "target": verdict.name,
        "set": catalog.set.id if catalog else None,
        "number": catalog.number if catalog else None,
        "volume_id": catalog.disc.volume_id if catalog else None,
        "files": verdict.files,
        "sha256": verdict.sha256 or None,
        "verified": not verdict.problems,
        "problems": verdict.problems,
    }
