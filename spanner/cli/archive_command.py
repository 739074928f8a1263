"""`spanner archive`: plan, write, verify, record."""

from spanner.burning.disc_image import images_of_plan
from spanner.cli import burning as b
from spanner.cli import options as o
from spanner.cli.output import print_json, print_lines
from spanner.cli.planning import plan_sources
from spanner.cli.terminal_progress import TerminalProgress
from spanner.cli.writing import write_set
from spanner.errors import NothingNewError, UsageError
from spanner.incremental import IncrementalOptions
from spanner.library import open_library
from spanner.model.media_types import parse_media
from spanner.planning.planner import PlanOptions
from spanner.sources.collect import CollectOptions


def command(
    sources: o.SourcesArgument,
    media: o.MediaOption,
    to: o.ToFolderOption = "",
    drive: b.DriveOption = None,
    copies: b.CopiesOption = 1,
    simulate: b.SimulateOption = False,
    speed: b.SpeedOption = None,
    verify: b.VerifyOption = True,
    wait: b.WaitOption = None,
    program: b.ProgramOption = "",
    scratch: o.ScratchOption = "",
    pack: o.PackOption = "letters",
    keep: o.KeepOption = "none",
    fill: o.FillOption = "even",
    reserve: o.ReserveOption = "",
    ecc: o.EccOption = "",
    split: o.SplitOption = True,
    replicate: o.ReplicateOption = None,
    title: o.TitleOption = "",
    parity: o.ParityOption = 0,
    hashed: o.HashOption = False,
    new_only: o.NewOnlyOption = False,
    by_hash: o.ByHashOption = False,
    skip_archived: o.SkipArchivedOption = False,
    include_library: o.IncludeLibraryOption = False,
    follow: o.FollowOption = False,
    search: o.SearchOption = None,
    folder_only: o.FolderOnlyOption = False,
    used_only: o.UsedOnlyOption = False,
    skip_regenerable: o.SkipRegenerableOption = False,
    allow_missing: o.AllowMissingOption = False,
    yes: o.YesOption = False,
    as_json: o.JsonOption = False,
    library: o.LibraryOption = "",
) -> None:
    """Plan, write or burn, read back and record; run again, it goes on where it stopped."""
    if bool(to) == bool(drive):
        raise UsageError("say where to: --to DIR for images, or --drive DEV to burn discs")
    progress = TerminalProgress()
    replicated = tuple(replicate or ())
    offered = parse_media(media)
    wishes = PlanOptions(
        media=offered,
        pack=pack,
        split=split,
        replicate=replicated,
        hash=hashed,
        title=title,
        keep=keep,
        fill=fill,
        reserve=reserve,
        parity=parity,
        ecc=o.ecc_percent(ecc),
    )
    collecting = CollectOptions(
        search=tuple(search or ()),
        folder_only=folder_only,
        used_only=used_only,
        skip_regenerable=skip_regenerable,
        allow_missing=allow_missing,
        follow=follow,
    )
    comparing = IncrementalOptions(
        new_only=new_only,
        by_hash=by_hash,
        skip_archived=skip_archived,
        hash=hashed,
        replicate=replicated,
        include_library=include_library,
    )
    file = o.library_file(library)
    try:
        plan = plan_sources(sources, collecting, wishes, comparing, file, progress)
    except NothingNewError as nothing:  # which is what a backup by the clock is mostly for
        print_json({"set": None, "discs": []}) if as_json else print_lines(str(nothing))
        return
    if to:
        write_set(plan, to, library, progress, yes=yes, as_json=as_json, adopt=True)
        return
    burning = b.Burning(
        drives=drive,
        copies=copies,
        simulate=simulate,
        speed=speed,
        verify=verify,
        wait=wait,
        program=program,
        scratch=scratch,
    )
    with open_library(file) as opened:
        plan = opened.adopt(plan)
        written = burning.run(images_of_plan(plan), opened, progress)
    b.show(written, {"set": plan.set}, as_json=as_json)
