"""What came back and what did not, as the restore finds it out."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_FOLDER = {errno.ENOTDIR, errno.ELOOP}


class Remark(msgspec.Struct, frozen=True):
    """A path, of a file or a disc, and what is to be said of it."""

    path: str
    reason: str


class MissingDisc(msgspec.Struct, frozen=True, kw_only=True):
    """A disc that was not there, how many files need it, and which; `set` is its set's title."""

    number: int
    volume_id: str
    title: str
    files: int
    set: str
    set_id: str
    paths: tuple[str, ...] = ()


class DiscRead(msgspec.Struct, frozen=True):
    """What reading a disc showed of it: all its files are right, or what was found bad."""

    path: str
    set_id: str
    number: int
    problems: tuple[str, ...]


class RestoreReport(msgspec.Struct, kw_only=True):
    """What became of a restore. `damaged`: discs that cannot be read, files with a wrong hash.

    `warnings`: what was damaged, but made up for by copies or parity.
    `repaired`: images of lost or damaged discs that were made good again, files that were written.
    `original_places`: folders of the set whose files went to where they were, and where that is.
    `read`: discs of which all files were read, or some were found bad.
    """

    restored: list[str] = msgspec.field(default_factory=list)
    already_there: list[str] = msgspec.field(default_factory=list)
    kept_newer: list[Remark] = msgspec.field(default_factory=list)
    failed: list[Remark] = msgspec.field(default_factory=list)
    damaged: list[Remark] = msgspec.field(default_factory=list)
    missing: list[MissingDisc] = msgspec.field(default_factory=list)
    warnings: list[Remark] = msgspec.field(default_factory=list)
    repaired: list[str] = msgspec.field(default_factory=list)
    original_places: dict[str, str] = msgspec.field(default_factory=dict)
    read: list[DiscRead] = msgspec.field(default_factory=list)

    def forgive(self) -> None:
        """Where all came back, what is damaged made no difference: it is a warning."""
        if not (self.failed or self.missing or self.kept_newer):
            self.warnings, self.damaged = self.damaged, []

    @property
    def exit_code(self) -> int:
        """0 when all is there; 5 when something was damaged, else 7."""
        if self.damaged:
            return 5
        return 7 if self.kept_newer or self.failed or self.missing else 0


class ReportBuilder:
    """A report while it is made: what the target refuses is a remark in it, not the end."""

    def __init__(self) -> None:
        self.report = RestoreReport()
        self._failed: set[str] = set()

    def fail(self, path: str, reason: str) -> None:
        """Say why the path is not restored; what was said first stands."""
        if path not in self._failed:
            self._failed.add(path)
            self.report.failed.append(Remark(path, reason))

    def has_failed(self, path: str) -> bool:
        """Whether it was said that the path is not restored."""
        return path in self._failed

    @contextmanager
    def guarded(self, path: str) -> Iterator[None]:
        """A block that works on the path; what the target refuses is the reason that it failed.

        Raises:
            OSError: there is no room.
        """
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise
            reason = error.strerror or str(error)
            if error.errno in _NO_FOLDER:
                reason = "a file or a link is where a folder must be"
            self.fail(path, reason)
