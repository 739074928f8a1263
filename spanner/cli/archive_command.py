"""`spanner archive`: plan, write, verify, record."""

from spanner.archiving import carry_out, plan_sources
from spanner.cli import options as o
from spanner.cli.burning_options import BurnGroup
from spanner.cli.output import confirming, print_json, print_lines
from spanner.cli.planning_options import CollectGroup, PlanGroup, SourcesArgument
from spanner.cli.results_view import show_burnt, show_written
from spanner.cli.terminal_progress import TerminalProgress
from spanner.errors import NothingNewError, UsageError
from spanner.library import library_file, open_library


@o.grouped
def command(
    sources: SourcesArgument,
    planning: PlanGroup,
    collecting: CollectGroup,
    burning: BurnGroup,
    to: o.ToFolderOption = "",
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Plan, write or burn, read back and record; run again, it goes on where it stopped."""
    if bool(to) == bool(burning.drive):
        raise UsageError("say where to: --to DIR for images, or --drive DEV to burn discs")
    progress = TerminalProgress()
    file = library_file(library)
    try:
        plan = plan_sources(
            sources,
            planning.options,
            collecting=collecting.options,
            incremental=planning.incremental,
            library=file,
            progress=progress,
        )
    except NothingNewError as nothing:  # which is what a backup by the clock is mostly for
        print_json({"set": None, "discs": []}) if as_json else print_lines(str(nothing))
        return
    with open_library(file) as opened:
        done = carry_out(
            plan,
            opened,
            progress,
            to=to,
            drives=burning.drive or (),
            burning=burning.options,
            confirm=confirming(yes=yes),
            adopt=True,
        )
    if to:
        show_written(done, to, as_json=as_json)
    else:
        show_burnt(done.discs, done.plan.set, as_json=as_json)
