"""`spanner verify`: discs against their own catalogs."""

from typing import Annotated

import typer

from spanner.checking import CheckedDisc, check_discs
from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import VerificationError
from spanner.library import RecordedCheck, library_file, open_library
from spanner.reading.verify import Repairability, VerifyResult
from spanner.wording import printable


def command(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET", help="Images, drives, mounted folders.")
    ],
    copy: Annotated[
        int,
        typer.Option(
            "--copy", metavar="N", min=0, help="Which of several discs alike it is, by its number."
        ),
    ] = 0,
    scratch: o.ScratchOption = "",
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> int:
    """Check discs against their own catalogs, every file and every sector; record it.

    Of a damaged one it is tried out on a copy whether its error correction repairs it.
    """
    checked: list[CheckedDisc] = []
    with open_library(library_file(library)) as opened:
        for each in check_discs(targets, opened, TerminalProgress(), copy=copy, scratch=scratch):
            checked.append(each)
            if not as_json:
                print_lines(*_lines(each.result, each.repairable), *_remarks(each.recorded))
    if as_json:
        print_json({"discs": [_document(each) for each in checked]})
    bad = any(each.result.problems for each in checked)
    return VerificationError.exit_code if bad else 0


def _lines(result: VerifyResult, repairable: Repairability | None) -> list[str]:
    if result.problems:
        lines = [f"{result.name}: BAD", *(f"  {problem}" for problem in result.problems)]
        return [*lines, f"  {repairable.words}"] if repairable else lines
    assert result.catalog
    disc = result.catalog.disc
    which = f"disc {disc.number} of {len(result.catalog.set.discs)}, {printable(disc.title)}"
    return [f"{result.name}: good ({which}, {result.files} files)"]


def _remarks(recorded: RecordedCheck | None) -> list[str]:
    """What the library made of it, where that is not plain."""
    if not recorded:
        return ["  not recorded: the library does not know this disc"]
    if recorded.new:
        words = f"disc, copy {recorded.copy}" if recorded.copy else "copy"
        return [f"  recorded as a further {words}"]
    if recorded.alike > 1 and not recorded.copy:
        return [f"  one of {recorded.alike} discs alike: --copy N says which, so that it counts"]
    return []


def _document(checked: CheckedDisc) -> dict[str, object]:
    result, recorded, repairable = checked.result, checked.recorded, checked.repairable
    catalog = result.catalog
    return {
        "target": result.name,
        "set": catalog.set.id if catalog else None,
        "number": catalog.number if catalog else None,
        "volume_id": catalog.disc.volume_id if catalog else None,
        "files": result.files,
        "sha256": result.sha256 or None,
        "verified": not result.problems,
        "problems": result.problems,
        "recorded": recorded is not None,
        "copy": recorded.copy or None if recorded else None,
        "new_copy": recorded.new if recorded else False,
        "repairable": repairable.good if repairable else None,
    }
