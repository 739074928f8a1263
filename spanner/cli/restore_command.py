"""`spanner restore`: everything back, from any discs in any order."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from spanner.checking import record_restore, where_kept
from spanner.cli import burning_options as b
from spanner.cli import options as o
from spanner.cli.output import confirm, print_json, print_lines
from spanner.cli.terminal_progress import TerminalProgress
from spanner.library import library_file
from spanner.restoring.disc_prompt import DiscPrompt
from spanner.restoring.report import Remark, RestoreReport
from spanner.restoring.restore import restore
from spanner.wording import printable

_SHOWN = 20  # remarks of a kind that are printed; --json has all


def command(
    to: Annotated[str, typer.Option("--to", metavar="DIR", help="Gives DIR/SESSION/...")],
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Images, drives, folders; none: asks for discs at the drives.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="GLOB", help="Only paths or names that match."),
    ] = None,
    set_words: Annotated[
        str, typer.Option("--set", metavar="SET", help="Of several sets' discs, this one's state.")
    ] = "",
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="DATE", help="Of several sets of a session, the newest of then."
        ),
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that differ, newer ones too.")
    ] = False,
    original_places: Annotated[
        bool,
        typer.Option("--original-places", help="Media from outside sessions go where they were."),
    ] = False,
    repair_to: Annotated[
        str,
        typer.Option(
            "--repair-to", metavar="DIR", help="Write good images of lost and damaged discs here."
        ),
    ] = "",
    drive: b.DriveOption = None,
    wait: b.WaitOption = None,
    scratch: o.ScratchOption = "",
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> int:
    """Restore files, verified; run again, it goes on where it stopped."""

    def allow(folders: Sequence[str]) -> bool:
        names = "".join(f"\n  {printable(folder)}" for folder in folders)
        return confirm(f"Restore files to these folders too?{names}\n", yes=yes)

    progress = TerminalProgress()
    prompt = None
    if not sources:
        where = partial(where_kept, library_file(library))
        prompt = DiscPrompt(b.drive_nodes(drive), progress, b.seconds_to_wait(wait), where)
    report = restore(
        sources or (),
        to,
        progress,
        only=only or (),
        set_words=set_words,
        as_of=as_of,
        overwrite=overwrite,
        scratch=scratch,
        original_places=allow if original_places else None,
        repair_to=repair_to,
        prompt=prompt,
    )
    record_restore(report, sources or (), library_file(library), progress)
    if as_json:
        print_json(report)
    else:
        print_lines(*_lines(report, to))
    return report.exit_code


def _lines(report: RestoreReport, folder: str) -> list[str]:
    restored, there = len(report.restored), len(report.already_there)
    lines = [f"{restored} restored, {there} already there, in {printable(folder)}"]
    lines += [
        f"media from outside are in {printable(place)}, as they were"
        for place in sorted(set(report.original_places.values()))
    ]
    for what, remarks in (
        ("kept", report.kept_newer),
        ("failed", report.failed),
        ("damaged", report.damaged),
        ("damaged, but made up for", report.warnings),
    ):
        lines += _remarks(what, remarks)
    for disc in report.missing:
        title, of = printable(disc.title), printable(disc.set)
        lines.append(
            f'missing: disc {disc.number}, {disc.volume_id}, "{title}", of set "{of}" '
            f"({disc.set_id[:8]}): {disc.files} files"
        )
        lines += [f"  {printable(path)}" for path in disc.paths[:_SHOWN]]
        if disc.files > _SHOWN:
            lines.append(f"  and {disc.files - _SHOWN} more, see --json")
    lines += [f"repaired: {printable(path)}" for path in report.repaired]
    if report.missing:
        lines.append("give the missing discs too, the same command goes on from here")
    return lines


def _remarks(what: str, remarks: list[Remark]) -> list[str]:
    lines = []
    for each in remarks[:_SHOWN]:
        path = printable(each.path)
        named = each.reason.startswith(path)
        lines.append(f"{what}: {each.reason}" if named else f"{what}: {path}: {each.reason}")
    if len(remarks) > _SHOWN:
        lines.append(f"{what}: {len(remarks) - _SHOWN} more, see --json")
    return lines
