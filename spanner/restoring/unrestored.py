"""What did not come back: because it is damaged, or its disc was not given."""

from collections.abc import Collection, Mapping, Sequence

from spanner.model.plan import DiscKey
from spanner.restoring.report import MissingDisc, Remark, ReportBuilder
from spanner.restoring.restore_plan import RestorePlan
from spanner.restoring.target_scan import TargetScan
from spanner.wording import printable


class Unrestored:
    """What still waits when all discs that there are were read."""

    def __init__(
        self,
        wanted: RestorePlan,
        outcome: ReportBuilder,
        survey: TargetScan,
        discs: Collection[DiscKey],
    ) -> None:
        self._wanted = wanted
        self._outcome = outcome
        self._survey = survey
        self._discs = set(discs)

    def report(
        self, damage_of: Mapping[tuple[str, int], str], unlinked: Mapping[str, Sequence[str]]
    ) -> None:
        """Report it: what was wrong by path and part, further names by the path they wait for."""
        waiting: dict[str, Sequence[str]] = dict(unlinked)
        needed: dict[DiscKey, list[str]] = {}
        for path in (*self._survey.waiting, *self._survey.unknown):
            if self._outcome.has_failed(path):
                continue
            names = [path, *waiting.pop(path, ())]
            parts = self._wanted.files[path].parts
            numbers = self._survey.waiting.get(path) or [n for n in parts if not parts[n].sha256]
            damage = {n: damage_of[path, n] for n in numbers if (path, n) in damage_of}
            if damage:
                reason = damage[min(damage)]
                self._outcome.report.damaged.extend(Remark(name, reason) for name in names)
            absent = set()
            for number in numbers:
                places = parts[number].places.keys()
                if places - self._discs:
                    absent.add(min(places - self._discs))
            for key in absent:
                needed.setdefault(key, []).extend(names)
        for first, further in waiting.items():
            for name in further:
                self._outcome.fail(name, f"{printable(first)}, the same file, was not restored")
        for key, paths in sorted(needed.items()):
            disc = self._wanted.discs[key]
            self._outcome.report.missing.append(
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
