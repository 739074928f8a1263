"""`spanner status`: what is safe and what wants attention, for people and for cron."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, TypeVar

import typer

from spanner.assessing.copy_status import CopyStatus
from spanner.assessing.counting import COPIES, MEDIA, PLACES, Rule
from spanner.assessing.overview import Overview, overview
from spanner.assessing.set_status import SetStatus, Status
from spanner.assessing.source_status import SourceStatus
from spanner.cli import options as o
from spanner.cli.locate_command import where
from spanner.cli.output import print_json, print_lines, print_table
from spanner.cli.planning_options import CollectGroup
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import VerificationError
from spanner.library import library_file, open_library
from spanner.model.units import format_size, parse_age
from spanner.wording import printable

_SHOWN = 20  # things of a kind that are named; --json has all
_YEAR = "1year"
_HEADER = ("Set", "Sessions", " Discs", "Complete", " Copies", " Media", " Places", "Checked")
_QUESTION = "safe to delete from the work drive"

T = TypeVar("T")


@o.grouped
def command(
    collecting: CollectGroup,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SET|SOURCE", help="Sets by id, title or session; folders to compare."
        ),
    ] = None,
    copies: Annotated[
        int, typer.Option("--copies", min=1, help="Verified copies that each file is to have.")
    ] = COPIES,
    media: Annotated[
        int, typer.Option("--media", min=1, help="Kinds of media (CD, DVD, BD, files).")
    ] = MEDIA,
    places: Annotated[int, typer.Option("--places", min=1, help="Places.")] = PLACES,
    due: Annotated[
        str,
        typer.Option(
            "--due", metavar="AGE", help="Copies are to be checked that often: 6months, 90days."
        ),
    ] = _YEAR,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> int:
    """Show what is safe: copies, media, places, checks due; of a SOURCE, whether it may be deleted.

    A SOURCE is read whole and compared by content; the options of archive say what of it counts.
    """
    rule = Rule(copies, media, places)
    with open_library(library_file(library)) as opened:
        found = overview(
            opened, words or (), rule, parse_age(due), collecting.options, TerminalProgress()
        )
    if as_json:
        print_json(_document(found))
    else:
        _show(found.status, found.sources, rule)
        print_lines("all is well" if found.well else "not all is well")
    return 0 if found.well else VerificationError.exit_code


def _document(found: Overview) -> dict[str, object]:
    status = found.status
    return {
        "well": found.well,
        "rule": found.rule,
        "due_before": found.due_before,
        "sets": status.sets,
        "sources": found.sources,
        "due": status.due,
        "failing": status.failing,
        "doubtful": status.doubtful,
        "changed": status.changed,
        "not_seen": status.not_seen,
        "spoilt": status.spoilt,
    }


def _show(found: Status, sources: Sequence[SourceStatus], rule: Rule) -> None:
    if found.sets:
        print_table(
            [*_HEADER, f"{rule.copies}-{rule.media}-{rule.places}"],
            [_row(each, rule) for each in found.sets],
        )
    for each in found.sets:
        lines = (*each.lacks, *each.notes)
        if lines:
            print_lines(f"{each.id[:8]} {_sessions(each)}", *(f"  {line}" for line in lines))
    print_lines(*_attention(found), *(line for each in sources for line in _source(each)))


def _row(found: SetStatus, rule: Rule) -> tuple[str, ...]:
    return (
        found.id[:8],
        _sessions(found),
        str(found.discs),
        "yes" if found.complete else "NO",
        f"{found.copies}/{rule.copies}",
        f"{found.media}/{rule.media}",
        f"{found.places}/{rule.places}",
        found.last_checked[:10] or "never",
        "met" if found.rule_met else "NOT MET",
    )


def _sessions(found: SetStatus) -> str:
    names = ", ".join(map(printable, found.sessions)) or printable(found.title)
    return names if len(names) <= 40 else f"{names[:39]}…"


def _attention(found: Status) -> Iterator[str]:
    """Copies that want attention, a line each."""
    yield from _some("failing", found.failing, lambda each: f"{_copy(each)}: {each.remark}")
    yield from _some(
        "failing",
        found.doubtful,
        lambda each: (
            f"{each.volume_id}, one of several discs, on {each.checked[:10]}: {each.remark}; "
            f"`spanner verify DRIVE --copy N` of each tells which"
        ),
    )
    yield from _some("changed since its check, does not count", found.changed, _copy)
    yield from _some("due for a check", found.due, _checked)
    yield from _some("not seen", found.not_seen, _not_seen)
    if found.spoilt:
        yield f"spoilt when burnt: {len(found.spoilt)}"


def _copy(holding: CopyStatus) -> str:
    number = f", copy {holding.number}" if holding.number else ""
    return f"{holding.volume_id}{number} ({holding.medium}, {where(holding)})"


def _checked(holding: CopyStatus) -> str:
    last = f"last found good {holding.verified[:10]}" if holding.verified else "never checked"
    return f"{_copy(holding)}: {last}"


def _not_seen(holding: CopyStatus) -> str:
    if holding.counts:
        return f"{_copy(holding)}: counts, as its place is known"
    return (
        f"{_copy(holding)}: does not count; `spanner locate {printable(holding.path)} --at PLACE`"
    )


def _some(what: str, found: Sequence[T], words: Callable[[T], str]) -> Iterator[str]:
    for each in found[:_SHOWN]:
        yield f"{what}: {words(each)}"
    if len(found) > _SHOWN:
        yield f"{what}: {len(found) - _SHOWN} more, see --json"


def _source(source: SourceStatus) -> Iterator[str]:
    """The verdict on a source, and the files that it hangs on."""
    for what, names in (
        ("not archived", source.new),
        ("changed since archived", source.changed),
        ("on too few copies", _scarce(source)),
        ("could not be read as it was", source.unread),
        ("not archived", source.unarchived),
        ("needed, but missing", source.missing),
    ):
        yield from _some(what, list(names), printable)
    yield from source.notes
    answer = "yes"
    if not source.safe:
        answer = f"no, because {'; '.join(source.reasons)}"
    size = f"{source.files} files, {format_size(source.bytes)}"
    yield f"{printable(source.path)} ({size})"
    yield f"{_QUESTION}: {answer}"


def _scarce(source: SourceStatus) -> Iterable[str]:
    return (f"{each.path} ({each.copies})" for each in source.scarce)
