"""What of a plan is in the target already, and what may be written there."""

import os
import stat
from collections.abc import Iterable, Iterator

from burners.progress import Progress
from spanner.restoring.report import Remark, ReportBuilder
from spanner.restoring.restore_plan import FilePart, PlannedFile, RestorePlan
from spanner.restoring.target import Target


class TargetScan:
    """Looks at the target, file by file.

    `there` are files that need no writing, `waiting` those that do, with the numbers of the parts
    to write. `unknown` are files that can only be compared when further discs were read.
    """

    def __init__(
        self,
        target: Target,
        plan: RestorePlan,
        builder: ReportBuilder,
        progress: Progress,
        overwrite: bool,
    ) -> None:
        self.there: set[str] = set()
        self.waiting: dict[str, set[int]] = {}
        self.unknown: set[str] = set()
        self._target = target
        self._plan = plan
        self._builder = builder
        self._progress = progress
        self._overwrite = overwrite

    def run(self) -> None:
        """Look at all files; a further name only where its first name cannot be linked to."""
        files = self._plan.files.values()
        self._look(file for file in files if not file.link_to)
        stand_ins: dict[str, str] = {}
        for file in files:
            if file.link_to:
                first = stand_ins.get(file.link_to, file.link_to)
                if first in self.there or first in self.waiting or first in self.unknown:
                    file.link_to = first
                else:
                    stand_ins[file.link_to] = file.path
                    file.link_to = ""
                    self._look([file])

    def look_again(self) -> None:
        """Look at the files that could not be compared, as far as their hashes are known by now."""
        known = [path for path in self.unknown if self._plan.files[path].hashes_known]
        self.unknown.difference_update(known)
        self._look(self._plan.files[path] for path in sorted(known))

    def waiting_parts(self) -> Iterator[FilePart]:
        """The parts to write, but of files of which it is known that they cannot be restored."""
        for path, numbers in self.waiting.items():
            if not self._builder.has_failed(path):
                for number in numbers:
                    yield self._plan.files[path].parts[number]

    def unknown_parts(self) -> Iterator[FilePart]:
        """The parts whose hashes it takes to compare files that could not be compared."""
        for path in self.unknown:
            for part in self._plan.files[path].parts.values():
                if not part.sha256:
                    yield part

    def is_same(self, file: PlannedFile, found: os.stat_result) -> bool | None:
        """Whether the file is there. None: a hash is not known, and its time is another.

        Where a hash is not known, size and time are enough: an earlier run set them.
        """
        if not stat.S_ISREG(found.st_mode) or found.st_size != file.size:
            return False
        known = [part for part in file.parts.values() if part.sha256]
        if not all(self._has(file.path, part, part.sha256) for part in known):
            return False
        if len(known) == file.count or not file.size or found.st_mtime_ns == file.mtime_ns:
            return True
        return None

    def correct_mode_and_time(self, file: PlannedFile, found: os.stat_result) -> None:
        """Give a file that is there its mode and time, where they are others."""
        if (stat.S_IMODE(found.st_mode), found.st_mtime_ns) != (file.mode, file.mtime_ns):
            self._target.set_mode_and_time(file.path, file.mode, file.mtime_ns)

    def may_replace(self, path: str, mtime_ns: int, found: os.stat_result) -> bool:
        """Whether something else at the path may go; where not, that is reported."""
        if stat.S_ISDIR(found.st_mode):
            self._builder.fail(path, "a folder is in its place")
            return False
        if self._overwrite:
            return True
        age = "newer" if found.st_mtime_ns > mtime_ns else "different"
        reason = f"a {age} file is there; --overwrite replaces it"
        self._builder.report.kept_newer.append(Remark(path, reason))
        return False

    def _look(self, files: Iterable[PlannedFile]) -> None:
        """Look at these files, at those that are not there at all without reading anything."""
        there: list[tuple[PlannedFile, os.stat_result | None, os.stat_result | None]] = []
        total = 0
        for file in files:
            with self._builder.guarded(file.path):
                found = self._target.stat(file.path)
                partial = self._partial(file)
                if found is None and partial is None:
                    self.waiting[file.path] = set(file.parts)
                    continue
                there.append((file, found, partial))
                for info in (found, partial):
                    if info and info.st_size >= file.size:
                        total += file.size
        if there:
            with self._progress.task("looking at what is there", total):
                for file, found, partial in there:
                    with self._builder.guarded(file.path):
                        self._look_at(file, found, partial is not None)

    def _look_at(self, file: PlannedFile, found: os.stat_result | None, begun: bool) -> None:
        """Compare a file with what is in its place, and with what an earlier run left beside it."""
        same = self.is_same(file, found) if found else False
        if found and same:
            self.correct_mode_and_time(file, found)
            self._builder.report.already_there.append(file.path)
            self.there.add(file.path)
            if begun:
                self._target.remove_partial(file.path)
        elif same is None and not self._overwrite:
            self.unknown.add(file.path)
        elif found is None or self.may_replace(file.path, file.mtime_ns, found):
            self.waiting[file.path] = set(file.parts) - (self._begun(file) if begun else set())

    def _partial(self, file: PlannedFile) -> os.stat_result | None:
        """What an earlier run left beside a divided file."""
        if file.count == 1:
            return None
        found = self._target.stat(self._target.beside(file.path))
        return found if found and stat.S_ISREG(found.st_mode) else None

    def _begun(self, file: PlannedFile) -> set[int]:
        """Parts of a divided file that an earlier run left beside it."""
        beside = self._target.beside(file.path)
        found = set()
        for number, sha256 in self._target.parts_beside(
            file.path, file.size, self._plan.set_id
        ).items():
            part = file.parts.get(number)
            if part and part.sha256 in ("", sha256) and self._has(beside, part, sha256):
                part.sha256 = sha256
                found.add(number)
        return found

    def _has(self, path: str, part: FilePart, sha256: str) -> bool:
        """Whether the part's bytes in the file at `path` have that hash."""
        found = self._target.hash_range(path, part.offset, part.size)
        self._progress.advance(part.size)
        return found == sha256
