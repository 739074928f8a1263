"""`spanner verify`: discs against their own catalogs."""

from typing import Annotated

import typer

from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import UsageError, VerificationError
from spanner.library import VERIFY, Library, RecordedCheck, open_library
from spanner.library.recording import record
from spanner.reading.discs import expand
from spanner.reading.prognosis import Repairability, prognosis
from spanner.reading.verify import VerifyResult, verify
from spanner.wording import printable

_SHOWN = 3


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
    paths = expand(targets)
    if copy and len(paths) > 1:
        raise UsageError("--copy says which disc one target is: check one at a time")
    progress = TerminalProgress()
    verdicts = []
    with open_library(o.library_file(library)) as opened:
        for path in paths:
            verdict = verify(path, progress)
            _compare_with(opened, verdict)
            recorded = _record(opened, path, verdict, copy)
            outlook = prognosis(path, scratch, progress) if verdict.problems else None
            verdicts.append((verdict, recorded, outlook))
            if not as_json:
                print_lines(*_lines(verdict, outlook), *_remarks(recorded))
    if as_json:
        print_json({"discs": [_document(*each) for each in verdicts]})
    bad = any(verdict.problems for verdict, _, _ in verdicts)
    return VerificationError.exit_code if bad else 0


def _compare_with(library: Library, verdict: VerifyResult) -> None:
    """A disc that the library knows must have the hashes that it was written with."""
    if not verdict.catalog or verdict.problems:
        return
    belongs = verdict.catalog.set.id, verdict.catalog.number
    known = library.image_hash(*belongs)
    if known and verdict.sha256 and known != verdict.sha256:
        verdict.problems.append(f"its SHA-256 is not the library's {known}")
        return
    hashes = {(path, part): sha256 for path, part, sha256 in verdict.hashes()}
    differing = library.checks.differing(*belongs, hashes)
    verdict.problems += [
        f"{printable(path)}: not what the library has" for path in differing[:_SHOWN]
    ]
    if len(differing) > _SHOWN:
        verdict.problems.append(f"{len(differing) - _SHOWN} more are not what the library has")


def _record(library: Library, path: str, verdict: VerifyResult, copy: int) -> RecordedCheck | None:
    catalog, good = verdict.catalog, not verdict.problems
    belongs = (catalog.set.id, catalog.number) if catalog else None
    if good and belongs and library.has_disc(*belongs):
        library.add_hashes(*belongs, verdict.hashes())
    sha256 = verdict.sha256 if good else ""
    return record(library, path, VERIFY, belongs, tuple(verdict.problems), sha256, copy)


def _lines(verdict: VerifyResult, outlook: Repairability | None) -> list[str]:
    if verdict.problems:
        lines = [f"{verdict.name}: BAD", *(f"  {problem}" for problem in verdict.problems)]
        return [*lines, f"  {outlook.words}"] if outlook else lines
    assert verdict.catalog
    disc = verdict.catalog.disc
    which = f"disc {disc.number} of {len(verdict.catalog.set.discs)}, {printable(disc.title)}"
    return [f"{verdict.name}: good ({which}, {verdict.files} files)"]


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


def _document(
    verdict: VerifyResult, recorded: RecordedCheck | None, outlook: Repairability | None
) -> dict[str, object]:
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
        "recorded": recorded is not None,
        "copy": recorded.copy or None if recorded else None,
        "new_copy": recorded.new if recorded else False,
        "repairable": outlook.good if outlook else None,
    }
