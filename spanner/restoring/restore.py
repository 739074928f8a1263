"""The restore: from discs in any order to verified files, going on where an earlier run stopped."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from burners.progress import Progress
from spanner.catalog.reading import DiscCatalog, read_catalog
from spanner.errors import DamagedImageError, DoesNotFitError, UsageError
from spanner.restoring.discs import DiscSource, expand, open_disc
from spanner.restoring.report import MissingDisc, Remark, Report
from spanner.restoring.target import Target, partial_name
from spanner.restoring.wanted import Part, Wanted, WantedFile, wanted_from
from spanner.units import format_size, printable

Given = tuple[DiscSource, DiscCatalog]


def restore(
    paths: Sequence[str],
    folder: str,
    progress: Progress,
    *,
    only: Sequence[str] = (),
    set_words: str = "",
    overwrite: bool = False,
) -> Report:
    """Restore from images, drives and folders to `folder`/SESSION/...

    Raises:
        UsageError: the discs are of several sets, or there are none.
        DamagedImageError: no disc's catalog can be read.
        DoesNotFitError: the target has no room.
    """
    report = Report()
    with ExitStack() as stack:
        given = _open(stack, expand(paths), set_words, report)
        wanted = wanted_from([catalog for _, catalog in given], only)
        if only and not (wanted.files or wanted.directories or wanted.symlinks):
            raise UsageError(f"nothing in the set matches {' '.join(map(printable, only))}")
        target = stack.enter_context(Target(folder))
        with _no_room(folder):
            _Restore(target, given, wanted, report, progress, overwrite).run()
    return report


def _open(stack: ExitStack, paths: Sequence[str], set_words: str, report: Report) -> list[Given]:
    """Open the discs; those of which the catalog cannot be read are reported and left out."""
    given: list[Given] = []
    for path in paths:
        try:
            source = stack.enter_context(open_disc(path))
            given.append((source, read_catalog(source.read, source.name)))
        except DamagedImageError as error:
            report.damaged.append(Remark(path, str(error)))
    if not given:
        raise DamagedImageError("; ".join(remark.reason for remark in report.damaged))
    if set_words:
        given = [each for each in given if _is_set(each[1], set_words)]
        if not given:
            raise UsageError(f"none of the discs is of the set {printable(set_words)!r}")
    sets = {catalog.set.id: catalog.set.title for _, catalog in given}
    if len(sets) > 1:
        names = ", ".join(f"{key[:8]} ({printable(title)})" for key, title in sets.items())
        raise UsageError(f"the discs are of several sets, say which with --set: {names}")
    return given


def _is_set(catalog: DiscCatalog, words: str) -> bool:
    return catalog.set.id.startswith(words) or catalog.set.title.casefold() == words.casefold()


@contextmanager
def _no_room(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DoesNotFitError(
                f"{printable(folder)} is full: make room and run the same command again"
            ) from error
        raise


class _Restore:
    """One run."""

    def __init__(
        self,
        target: Target,
        given: Sequence[Given],
        wanted: Wanted,
        report: Report,
        progress: Progress,
        overwrite: bool,
    ) -> None:
        self._target = target
        self._given = given
        self._wanted = wanted
        self._report = report
        self._progress = progress
        self._overwrite = overwrite
        self._waiting: dict[str, set[int]] = {}  # path → parts that are still to be written
        self._damage: dict[str, str] = {}  # path → what was wrong with a copy of it
        self._there: set[str] = set()  # files that are restored or were there

    def run(self) -> None:
        """Do it all."""
        for path, reason in self._wanted.refused:
            self._report.failed.append(Remark(path, reason))
        for row in self._wanted.directories:
            self._guarded(row.original, self._target.make_directory, row.original)
        files = [file for file in self._wanted.files.values() if not file.link_to]
        self._survey(files)
        self._check_room()
        self._write(files)
        self._missing()
        for file in self._wanted.files.values():
            if file.link_to:
                self._guarded(file.path, self._link, file)
        for row in self._wanted.symlinks:
            self._guarded(row.original, self._symlink, row.original, row.target, row.mtime_ns)
        for row in sorted(self._wanted.directories, key=lambda row: -row.original.count("/")):
            self._guarded(
                row.original, self._target.finish_directory, row.original, row.mode, row.mtime_ns
            )

    def _guarded(self, path: str, action: object, *arguments: object) -> None:
        """Call the action; what the target refuses is a remark, not the end."""
        assert callable(action)
        try:
            action(*arguments)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            self._fail(path, _refusal(error))

    def _fail(self, path: str, reason: str) -> None:
        if all(remark.path != path for remark in self._report.failed[-1:]):
            self._report.failed.append(Remark(path, reason))

    def _survey(self, files: Sequence[WantedFile]) -> None:
        """See what is there already; what is not waits to be written."""
        with self._progress.task("looking at what is there"):
            for file in files:
                self._guarded(file.path, self._look_at, file)

    def _look_at(self, file: WantedFile) -> None:
        found = self._target.stat(file.path)
        if found and self._is_same(file, found):
            self._target.set_times(file.path, file.mode, file.mtime_ns)
            self._report.already_there.append(file.path)
            self._there.add(file.path)
        elif found is None or self._may_replace(file.path, file.mtime_ns, found):
            self._waiting[file.path] = set(file.parts) - self._parts_there(file)

    def _is_same(self, file: WantedFile, found: os.stat_result) -> bool:
        return (
            stat.S_ISREG(found.st_mode)
            and found.st_size == file.size
            and file.hashes_known
            and all(self._has(file.path, part) for part in file.parts.values())
        )

    def _has(self, path: str, part: Part) -> bool:
        found = self._target.hash_range(path, part.offset, part.size)
        self._progress.advance(part.size)
        return found == part.sha256

    def _parts_there(self, file: WantedFile) -> set[int]:
        """Parts of a divided file that an earlier run left beside it."""
        beside = partial_name(file.path)
        if file.count == 1 or self._target.stat(beside) is None:
            return set()
        return {
            number for number, part in file.parts.items() if part.sha256 and self._has(beside, part)
        }

    def _may_replace(self, path: str, mtime_ns: int, found: os.stat_result) -> bool:
        """Whether something else at the path may go; where not, that is reported."""
        if stat.S_ISDIR(found.st_mode):
            self._fail(path, "a folder is in its place")
            return False
        if self._overwrite:
            return True
        newer = found.st_mtime_ns > mtime_ns
        reason = f"a {'newer' if newer else 'different'} file is there; --overwrite replaces it"
        self._report.kept_newer.append(Remark(path, reason))
        return False

    def _check_room(self) -> None:
        numbers = {catalog.number for _, catalog in self._given}
        needed = sum(
            self._wanted.files[path].parts[number].size
            for path, numbers_left in self._waiting.items()
            for number in numbers_left
            if numbers & self._wanted.files[path].parts[number].places.keys()
        )
        free = self._target.free()
        if needed > free:
            raise DoesNotFitError(
                f"{printable(self._target.folder)} has {format_size(free)} free, "
                f"{format_size(needed)} are needed: make room or choose another folder"
            )

    def _write(self, files: Sequence[WantedFile]) -> None:
        """Read the discs one after another, each in the order of its data."""
        for source, catalog in self._given:
            number = catalog.number
            mine = [
                (file, index)
                for file in files
                for index in sorted(self._waiting.get(file.path, ()))
                if number in file.parts[index].places
            ]
            total = sum(file.parts[index].size for file, index in mine)
            what = f"restoring {catalog.disc.volume_id} ({number} of {len(catalog.set.discs)})"
            with self._progress.task(what, total):
                for file, index in mine:
                    self._guarded(file.path, self._write_part, source, number, file, index)

    def _write_part(self, source: DiscSource, disc: int, file: WantedFile, index: int) -> None:
        part = file.parts[index]
        alone = file.count == 1
        try:
            with self._target.partial(file.path, fresh=alone) as fd:
                self._copy(source, part, disc, fd)
        except DamagedImageError as error:
            self._damage[file.path] = str(error)
            return
        self._waiting[file.path].discard(index)
        if not self._waiting[file.path]:
            self._target.publish(file.path, file.mode, file.mtime_ns)
            del self._waiting[file.path]
            self._damage.pop(file.path, None)
            self._report.restored.append(file.path)
            self._there.add(file.path)

    def _copy(self, source: DiscSource, part: Part, disc: int, fd: int) -> None:
        digest = hashlib.sha256()
        position = part.offset
        for chunk in source.chunks(part.places[disc], part.size):
            digest.update(chunk)
            rest = chunk
            while rest:
                count = os.pwrite(fd, rest, position)
                rest = rest[count:]
                position += count
            self._progress.advance(len(chunk))
        if digest.hexdigest() != part.sha256:
            raise DamagedImageError(f"{source.name}: {printable(part.places[disc])} is damaged")

    def _missing(self) -> None:
        """Report what is still waiting: damaged, or on discs that were not given."""
        discs = {disc.number: disc for disc in self._given[0][1].set.discs}
        given = {catalog.number for _, catalog in self._given}
        needed: dict[int, int] = {}
        for path, parts in self._waiting.items():
            if path in self._damage:
                self._report.damaged.append(Remark(path, self._damage[path]))
                continue
            absent = set()
            for part in (self._wanted.files[path].parts[number] for number in parts):
                if not given & part.places.keys():
                    absent.add(min(part.places))
            for number in absent:
                needed[number] = needed.get(number, 0) + 1
        for number, files in sorted(needed.items()):
            disc = discs[number]
            self._report.missing.append(MissingDisc(number, disc.volume_id, disc.title, files))

    def _link(self, file: WantedFile) -> None:
        """Give a restored file its further name."""
        first = self._target.stat(file.link_to) if file.link_to in self._there else None
        found = self._target.stat(file.path)
        if first is None:
            self._fail(file.path, f"{printable(file.link_to)}, the same file, was not restored")
        elif found and (_same_inode(found, first) or self._is_same(file, found)):
            self._report.already_there.append(file.path)
        elif found is None or self._may_replace(file.path, file.mtime_ns, found):
            if not self._target.hard_link(file.link_to, file.path):
                self._target.copy(file.link_to, file.path)
                self._target.publish(file.path, file.mode, file.mtime_ns)
            self._report.restored.append(file.path)

    def _symlink(self, path: str, to: str, mtime_ns: int) -> None:
        found = self._target.stat(path)
        if found and stat.S_ISLNK(found.st_mode) and self._target.read_link(path) == to:
            self._report.already_there.append(path)
        elif found is None or self._may_replace(path, mtime_ns, found):
            self._target.symlink(path, to, mtime_ns)
            self._report.restored.append(path)


def _same_inode(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _refusal(error: OSError) -> str:
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        return "a link or a file is in the place of a folder above it"
    return error.strerror or str(error)
