"""Discs that are verified or restored from, and what the library records of them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burners.progress import Progress
from spanner.assessing.copy_status import CopyStatuses
from spanner.errors import SpannerError, UsageError
from spanner.library import RESTORE, VERIFY, Library, RecordedCheck, open_library
from spanner.library.recording import record
from spanner.reading.discs import expand
from spanner.reading.verify import Repairability, VerifyResult, repairability, verify
from spanner.restoring.report import RestoreReport
from spanner.wording import printable

_NAMED = 3  # files that differ from the library and are named


@dataclass(frozen=True, slots=True)
class CheckedDisc:
    """A disc that was verified, what was recorded of it, and if it is bad whether it repairs."""

    path: str
    result: VerifyResult
    recorded: RecordedCheck | None
    repairable: Repairability | None


def check_discs(
    targets: Sequence[str],
    library: Library,
    progress: Progress,
    *,
    copy: int = 0,
    scratch: str = "",
) -> Iterator[CheckedDisc]:
    """Verify images, drives and folders against their catalogs and the library; record each.

    `copy` says which of several discs alike the one target is. Of a damaged one it is tried on a
    copy in `scratch` whether its error correction repairs it.

    Raises:
        UsageError: there is nothing to read, or no such copy.
    """
    paths = expand(targets)
    if copy and len(paths) > 1:
        raise UsageError("--copy says which disc one target is: check one at a time")
    for path in paths:
        result = verify(path, progress)
        _compare_with(library, result)
        recorded = _record(library, path, result, copy)
        repairable = repairability(path, scratch, progress) if result.problems else None
        yield CheckedDisc(path, result, recorded, repairable)


def record_restore(
    report: RestoreReport, sources: Sequence[str], library: str, progress: Progress
) -> None:
    """Record how the discs of a restore were found, where there is a library; a failure is noted.

    The files are back anyway.
    """
    found = [(each.path, (each.set_id, each.number), each.problems) for each in report.read]
    remarks = (*report.damaged, *report.warnings)
    if not (found or remarks) or not os.path.exists(library):
        return
    discs = set(expand(sources))
    unread = [(each.path, None, (each.reason,)) for each in remarks if each.path in discs]
    try:
        with open_library(library) as opened:
            for path, belongs, problems in (*found, *unread):
                record(opened, path, RESTORE, belongs, problems)
    except SpannerError as error:
        progress.note(f"not recorded: {error}")


def where_kept(library: str, set_id: str, number: int) -> str:
    """Where the library says that burnt copies of a disc are kept; empty where it does not."""
    if not os.path.exists(library):
        return ""
    try:
        with open_library(library) as opened:
            copies = [each for each in CopyStatuses(opened.db).of([set_id]) if each.disc == number]
    except SpannerError:
        return ""
    return " or ".join(sorted({each.place for each in copies if each.number and each.place}))


def _compare_with(library: Library, result: VerifyResult) -> None:
    """A disc that the library knows must have the hashes that it was written with."""
    if not result.catalog or result.problems:
        return
    belongs = result.catalog.set.id, result.catalog.number
    known = library.image_hash(*belongs)
    if known and result.sha256 and known != result.sha256:
        result.problems.append(f"its SHA-256 is not the library's {known}")
        return
    hashes = {(path, part): sha256 for path, part, sha256 in result.hashes()}
    differing = library.checks.differing(*belongs, hashes)
    result.problems += [
        f"{printable(path)}: not what the library has" for path in differing[:_NAMED]
    ]
    if len(differing) > _NAMED:
        result.problems.append(f"{len(differing) - _NAMED} more are not what the library has")


def _record(library: Library, path: str, result: VerifyResult, copy: int) -> RecordedCheck | None:
    catalog, good = result.catalog, not result.problems
    belongs = (catalog.set.id, catalog.number) if catalog else None
    if good and belongs and library.has_disc(*belongs):
        library.add_hashes(*belongs, result.hashes())
    sha256 = result.sha256 if good else ""
    return record(library, path, VERIFY, belongs, tuple(result.problems), sha256, copy)
