"""Further names of restored files, and symbolic links: made when what they lead to is there."""

import os
import stat

from spanner.restoring.report import ReportBuilder
from spanner.restoring.restore_plan import PlannedFile, RestorePlan
from spanner.restoring.target import Target
from spanner.restoring.target_scan import TargetScan


class LinkMaker:
    """Makes the links of one restore, when its files are there."""

    def __init__(
        self, target: Target, plan: RestorePlan, builder: ReportBuilder, scan: TargetScan
    ) -> None:
        self._target = target
        self._plan = plan
        self._builder = builder
        self._scan = scan
        self._waiting: dict[str, list[str]] = {}

    def run(self) -> dict[str, list[str]]:
        """Make all that can be; return the names that wait for a file, by that file's path."""
        for file in self._plan.files.values():
            if file.link_to:
                with self._builder.guarded(file.path):
                    self._link(file)
        for row in self._plan.symlinks:
            with self._builder.guarded(row.original):
                self._symlink(row.original, row.target, row.mtime_ns)
        return self._waiting

    def _link(self, file: PlannedFile) -> None:
        """Give a file its further name, as a hard link or, where there are none, as a copy."""
        found = self._target.stat(file.path)
        there = file.link_to in self._scan.there
        first = self._target.stat(file.link_to) if there else None
        if found and first and _same_inode(found, first):
            self._builder.report.already_there.append(file.path)
        elif found and self._scan.is_same(file, found):
            if not (first and self._target.hard_link(file.link_to, file.path)):
                self._scan.correct_mode_and_time(file, found)
            self._builder.report.already_there.append(file.path)
        elif first is None:
            self._waiting.setdefault(file.link_to, []).append(file.path)
        elif found is None or self._scan.may_replace(file.path, file.mtime_ns, found):
            if not self._target.hard_link(file.link_to, file.path):
                self._target.copy(file.link_to, file.path, file.mode, file.mtime_ns)
            self._builder.report.restored.append(file.path)

    def _symlink(self, path: str, to: str, mtime_ns: int) -> None:
        """Make a symbolic link to `to`, wherever that leads."""
        found = self._target.stat(path)
        if found and stat.S_ISLNK(found.st_mode) and self._target.read_link(path) == to:
            self._builder.report.already_there.append(path)
        elif found is None or self._scan.may_replace(path, mtime_ns, found):
            self._target.symlink(path, to, mtime_ns)
            self._builder.report.restored.append(path)


def _same_inode(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
