"""What was written or burnt, as people and programs read it."""

from collections.abc import Iterator, Sequence

from spanner.archiving import ArchiveResult
from spanner.burning.burn_result import BurnResult
from spanner.cli.output import print_json, print_lines, print_table
from spanner.model.plan import SetInfo
from spanner.model.units import SECTOR, format_size
from spanner.wording import printable


def show_written(done: ArchiveResult, folder: str, *, as_json: bool) -> None:
    """Print which images are in the folder now."""
    plan = done.plan
    if as_json:
        print_json({"set": plan.set, "discs": done.discs})
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
            for each in done.discs
        ],
    )
    count = "1 image" if len(done.discs) == 1 else f"{len(done.discs)} images"
    print_lines("", f"{count} in {printable(folder)}, each read back and compared")


def show_burnt(written: Sequence[BurnResult], of: SetInfo | None = None, *, as_json: bool) -> None:
    """Print which discs were burnt, perhaps of a set."""
    if as_json:
        print_json({**({"set": of} if of else {}), "discs": written})
        return
    print_table(
        ["Disc", "Copy", "Volume ID", " Size", "SHA-256", "Drive", "State"],
        [
            (
                str(each.number),
                str(each.copy),
                each.volume_id,
                format_size(each.sectors * SECTOR),
                each.sha256[:16],
                each.drive,
                _state(each),
            )
            for each in written
        ],
    )
    print_lines("", *_summary(written))


def _summary(written: Sequence[BurnResult]) -> Iterator[str]:
    good = sum(each.verified for each in written)
    simulated = sum(each.simulated for each in written)
    unchecked = len(written) - good - simulated
    if good:
        yield f"{_discs(good)} burnt, read back and compared"
    if unchecked:
        yield f"{_discs(unchecked)} burnt, not checked: `spanner verify DRIVE` checks a disc"
    if simulated:
        yield f"{_discs(simulated)} simulated: nothing was written"


def _discs(count: int) -> str:
    return "1 disc" if count == 1 else f"{count} discs"


def _state(written: BurnResult) -> str:
    if written.simulated:
        return "simulated"
    return "verified" if written.verified else "burnt, not checked"
