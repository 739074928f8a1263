"""What other programs call, in the words of the commands; `import spanner` offers it.

Every argument is a keyword. `library` is the library's file, empty: the one that the commands use.
`progress` hears of what goes on. All errors are `SpannerError`s, each with the exit code that its
command would have.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from burners.progress import Progress, silent
from spanner import archiving
from spanner.archiving import ArchiveResult
from spanner.assessing.counting import Rule
from spanner.assessing.overview import Overview, overview
from spanner.burning.burn_job import BurnOptions
from spanner.burning.burn_result import BurnResult
from spanner.checking import CheckedDisc, check_discs, record_restore
from spanner.errors import (
    DamagedImageError,
    DoesNotFitError,
    DriveError,
    MissingMediaError,
    NothingNewError,
    PartialRestoreError,
    SourceChangedError,
    SourceError,
    SpannerError,
    UsageError,
    VerificationError,
)
from spanner.incremental import IncrementalOptions
from spanner.library import FileQuery, Library, SearchResult, library_file
from spanner.library import open_library as _open_library
from spanner.model.media_types import Medium, parse_media
from spanner.model.plan import Plan
from spanner.model.units import parse_age
from spanner.planning.plan_file import load as load_plan
from spanner.planning.plan_file import save as save_plan
from spanner.planning.planner import PlanOptions
from spanner.restoring import restore as _restoring
from spanner.restoring.report import RestoreReport
from spanner.sources.collect import CollectOptions
from spanner.sources.session_scan import SessionScan, scan_media

__all__ = [
    "ArchiveResult",
    "BurnOptions",
    "BurnResult",
    "CheckedDisc",
    "CollectOptions",
    "DamagedImageError",
    "DoesNotFitError",
    "DriveError",
    "FileQuery",
    "IncrementalOptions",
    "Library",
    "Medium",
    "MissingMediaError",
    "NothingNewError",
    "Overview",
    "PartialRestoreError",
    "Plan",
    "PlanOptions",
    "Progress",
    "RestoreReport",
    "Rule",
    "SearchResult",
    "SessionScan",
    "SourceChangedError",
    "SourceError",
    "SpannerError",
    "UsageError",
    "VerificationError",
    "archive",
    "burn",
    "find",
    "load_plan",
    "open_library",
    "parse_media",
    "plan",
    "restore",
    "save_plan",
    "scan",
    "status",
    "verify",
    "write_images",
]


def _never(_question: str) -> bool:
    return False


def open_library(*, library: str = "") -> AbstractContextManager[Library]:
    """The library, open within a `with` block; made where there is none.

    Raises:
        UsageError: the file is no library, or of a later version.
        SpannerError: it cannot be used.
    """
    return _open_library(library_file(library))


def scan(*, sessions: Sequence[str], search: Sequence[str] = ()) -> list[SessionScan]:
    """The media that sessions need and where each lies; of a folder, all sessions in it.

    Raises:
        UsageError: there is no such file, or no session in a folder.
    """
    return list(scan_media(sessions, search))


def plan(
    *,
    sources: Sequence[str],
    options: PlanOptions,
    collecting: CollectOptions | None = None,
    incremental: IncrementalOptions | None = None,
    library: str = "",
    progress: Progress = silent,
) -> Plan:
    """Which file goes on which disc, each disc's image measured to the sector.

    Raises:
        NothingNewError: earlier sets hold all of it.
        UsageError, DoesNotFitError, SourceError: it cannot be planned so.
    """
    return archiving.plan_sources(
        sources,
        options,
        collecting=collecting or CollectOptions(),
        incremental=incremental or IncrementalOptions(),
        library=library_file(library),
        progress=progress,
    )


def archive(
    *,
    sources: Sequence[str],
    options: PlanOptions,
    collecting: CollectOptions | None = None,
    incremental: IncrementalOptions | None = None,
    to: str = "",
    drives: Sequence[str] = (),
    burning: BurnOptions | None = None,
    confirm: Callable[[str], bool] = _never,
    library: str = "",
    progress: Progress = silent,
) -> ArchiveResult:
    """Plan, write images to the folder `to` or burn discs in `drives`, read back and record.

    Called again after it was stopped, it goes on. `confirm` is asked before a file is replaced.

    Raises:
        UsageError: neither `to` nor `drives` says where to, or both do.
        SpannerError: as `plan`, `write_images` and `burn`.
    """
    if bool(to) == bool(drives):
        raise UsageError("say where to: a folder for images, or drives to burn discs in")
    made = plan(
        sources=sources,
        options=options,
        collecting=collecting,
        incremental=incremental,
        library=library,
        progress=progress,
    )
    with open_library(library=library) as opened:
        return archiving.carry_out(
            made,
            opened,
            progress,
            to=to,
            drives=drives,
            burning=burning,
            confirm=confirm,
            adopt=True,
        )


def write_images(
    *,
    plan: Plan,
    to: str,
    confirm: Callable[[str], bool] = _never,
    library: str = "",
    progress: Progress = silent,
) -> list[BurnResult]:
    """Write the images of a plan into the folder `to`, read back and recorded.

    Raises:
        DoesNotFitError: the folder has no room.
        SourceError: a source is missing or changed.
        VerificationError: what was read back is not what was written.
        DriveError, UsageError: the folder refused, or another file is in the way.
    """
    with open_library(library=library) as opened:
        return archiving.carry_out(plan, opened, progress, to=to, confirm=confirm).discs


def burn(
    *,
    plan: Plan | None = None,
    images: Sequence[str] = (),
    drives: Sequence[str] = (),
    options: BurnOptions | None = None,
    library: str = "",
    progress: Progress = silent,
) -> list[BurnResult]:
    """Burn a plan's discs, or images in files, in these drives or all; read back and record.

    Raises:
        UsageError: neither a plan nor images were given, or both; an option makes no sense.
        DriveError: no drive can do it, all failed, or no disc came in time.
        VerificationError: a disc was not right when it was read back.
        SourceError: a source is missing or changed.
    """
    if (plan is None) == (not images):
        raise UsageError("say what to burn: a plan, or images")
    with open_library(library=library) as opened:
        if plan is None:
            return archiving.burn_files(images, opened, progress, drives=drives, burning=options)
        return archiving.carry_out(plan, opened, progress, drives=drives, burning=options).discs


def verify(
    *,
    targets: Sequence[str],
    copy: int = 0,
    scratch: str = "",
    library: str = "",
    progress: Progress = silent,
) -> list[CheckedDisc]:
    """Check images, drives and folders against their own catalogs and the library; record it.

    A damaged disc is a result, not an error.

    Raises:
        UsageError: there is nothing to read, or no such copy.
    """
    with open_library(library=library) as opened:
        return list(check_discs(targets, opened, progress, copy=copy, scratch=scratch))


def restore(
    *,
    sources: Sequence[str],
    to: str,
    only: Sequence[str] = (),
    set: str = "",  # noqa: A002 (the word of the command)
    as_of: str = "",
    overwrite: bool = False,
    original_places: Callable[[Sequence[str]], bool] | None = None,
    repair_to: str = "",
    scratch: str = "",
    library: str = "",
    progress: Progress = silent,
) -> RestoreReport:
    """Restore files, each verified, from images, drives and folders to `to`/SESSION/...

    What could not be restored is in the report, not an error. With `original_places` media from
    outside sessions go where they were, if it agrees to the folders that it is given.

    Raises:
        UsageError: the discs are of several sessions, or there are none.
        DamagedImageError: no disc's catalog can be read.
        DoesNotFitError: the target has no room.
    """
    report = _restoring.restore(
        sources,
        to,
        progress,
        only=only,
        set_words=set,
        as_of=as_of,
        overwrite=overwrite,
        scratch=scratch,
        original_places=original_places,
        repair_to=repair_to,
    )
    record_restore(report, sources, library_file(library), progress)
    return report


def find(*, query: FileQuery, library: str = "") -> SearchResult:
    """Files of all sets that the query fits, and the discs that they are on.

    Raises:
        UsageError, SpannerError: the library cannot be used.
    """
    with open_library(library=library) as opened:
        return opened.search.find(query)


def status(
    *,
    words: Sequence[str] = (),
    rule: Rule | None = None,
    due: str = "1year",
    collecting: CollectOptions | None = None,
    library: str = "",
    progress: Progress = silent,
) -> Overview:
    """What is safe: copies, media, places and checks due of sets; of sources, whether to delete.

    `words` name sets, or are paths of sources, which are read whole; without any it is all sets.

    Raises:
        UsageError: words name nothing, or `due` is no age.
        SourceError: a source cannot be read.
    """
    with open_library(library=library) as opened:
        age = parse_age(due)
        return overview(
            opened, words, rule or Rule(), age, collecting or CollectOptions(), progress
        )
