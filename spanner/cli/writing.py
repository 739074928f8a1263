"""What `image` and `archive` have in common: from the plan to verified images in a folder."""

from burners import FolderDrive, Progress
from spanner.burning.folder_job import FolderJob
from spanner.cli.options import library_file
from spanner.cli.output import confirm, print_json, print_lines, print_table
from spanner.library import open_library
from spanner.model.plan import Plan
from spanner.model.units import SECTOR, format_size
from spanner.wording import printable


def write_set(
    plan: Plan,
    folder: str,
    library_option: str,
    progress: Progress,
    *,
    yes: bool,
    as_json: bool,
    adopt: bool = False,
) -> None:
    """Write the plan's images; with `adopt` as the set that has the same discs, if there is one."""
    drive = FolderDrive(folder)
    with open_library(library_file(library_option)) as library:
        if adopt:
            plan = library.adopt(plan)
        else:
            library.add(plan)
        job = FolderJob(drive, library, lambda question: confirm(question, yes=yes), progress)
        written = job.run(plan)
    if as_json:
        print_json({"set": plan.set, "discs": written})
        return
    print_lines(f"{plan.set.title}  (set {plan.set.id[:8]})", "")
    titles = {disc.number: disc.title for disc in plan.discs}
    print_table(
        ["Disc", "Image", " Size", "SHA-256", "Title"],
        [
            (
                str(each.number),
                f"{each.volume_id}.iso",
                format_size(each.sectors * SECTOR),
                each.sha256[:16],
                printable(titles[each.number]),
            )
            for each in written
        ],
    )
    count = "1 image" if len(written) == 1 else f"{len(written)} images"
    print_lines("", f"{count} in {printable(drive.folder)}, each read back and compared")
