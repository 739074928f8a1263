"""What did not come back: because it is damaged, or its disc was not there."""

from collections.abc import Container, Mapping, Sequence

from spanner.model.plan import DiscKey
from spanner.restoring.report import MissingDisc, Remark, ReportBuilder
from spanner.restoring.restore_plan import RestorePlan
from spanner.restoring.target_scan import TargetScan
from spanner.wording import printable


def report_unrestored(
    plan: RestorePlan,
    scan: TargetScan,
    at_hand: Container[DiscKey],
    damage: Mapping[tuple[str, int], str],
    unlinked: Mapping[str, Sequence[str]],
    builder: ReportBuilder,
) -> None:
    """Report what still waits when all discs `at_hand` were read.

    `damage`: what was wrong, by path and part; `unlinked`: further names by the path that they wait
    for.
    """
    waiting: dict[str, Sequence[str]] = dict(unlinked)
    needed: dict[DiscKey, list[str]] = {}
    for path in (*scan.waiting, *scan.unknown):
        if builder.has_failed(path):
            continue
        names = [path, *waiting.pop(path, ())]
        parts = plan.files[path].parts
        numbers = scan.waiting.get(path) or [n for n in parts if not parts[n].sha256]
        found = {number: damage[path, number] for number in numbers if (path, number) in damage}
        if found:
            reason = found[min(found)]
            builder.report.damaged.extend(Remark(name, reason) for name in names)
        absent = set()
        for number in numbers:
            places = [disc for disc in parts[number].places if disc not in at_hand]
            if places:
                absent.add(min(places))
        for key in absent:
            needed.setdefault(key, []).extend(names)
    for first, further in waiting.items():
        for name in further:
            builder.fail(name, f"{printable(first)}, the same file, was not restored")
    for key, paths in sorted(needed.items()):
        disc = plan.discs[key]
        builder.report.missing.append(
            MissingDisc(
                number=key.number,
                volume_id=disc.volume_id,
                title=disc.title,
                files=len(paths),
                set=disc.set,
                set_id=key.set_id,
                paths=tuple(paths),
            )
        )
