"""What came back and what did not."""

import msgspec


class Remark(msgspec.Struct, frozen=True):
    """A path and what happened with it."""

    path: str
    reason: str


class MissingDisc(msgspec.Struct, frozen=True):
    """A disc that was not given, and how many files need it."""

    number: int
    volume_id: str
    title: str
    files: int


class Report(msgspec.Struct):
    """The outcome of a restore. `damaged`: discs that cannot be read, files with a wrong hash."""

    restored: list[str] = msgspec.field(default_factory=list)
    already_there: list[str] = msgspec.field(default_factory=list)
    kept_newer: list[Remark] = msgspec.field(default_factory=list)
    failed: list[Remark] = msgspec.field(default_factory=list)
    damaged: list[Remark] = msgspec.field(default_factory=list)
    missing: list[MissingDisc] = msgspec.field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when all is there; 5 when something was damaged, else 7."""
        if self.damaged:
            return 5
        return 7 if self.kept_newer or self.failed or self.missing else 0
