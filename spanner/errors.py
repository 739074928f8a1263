"""One tree of errors: each says what, where and what to do next; the class holds the exit code."""

from collections.abc import Iterable

from spanner.wording import printable


class SpannerError(Exception):
    """Something went wrong that is no user's doing."""

    exit_code = 1


class UsageError(SpannerError):
    """Bad usage or input: an unknown medium, a plan that is none, no such source."""

    exit_code = 2


class DoesNotFitError(SpannerError):
    """Something does not fit: an item on a disc, a set on the stock, images in a folder."""

    exit_code = 3


class NothingNewError(UsageError):
    """The sources are as the sets say that archived them last: `sets` has ids, titles, dates."""

    def __init__(self, sets: Iterable[tuple[str, str, str]]) -> None:
        self.sets = list(sets)
        names = ", ".join(f"{key[:8]} ({title}, {made[:10]})" for key, title, made in self.sets)
        super().__init__(f"nothing is new: the sources are as set {names} has them")


class SourceError(SpannerError):
    """A source is missing, unreadable or changed while it was read."""

    exit_code = 4


class UnreadableSourcesError(SourceError):
    """Sources that cannot be read; carries all of them."""

    def __init__(self, failures: Iterable[tuple[str, str]]) -> None:
        self.failures = list(failures)
        count = len(self.failures)
        lines = "".join(f"\n  {printable(path)}: {reason}" for path, reason in self.failures)
        things = "source" if count == 1 else "sources"
        super().__init__(f"{count} {things} cannot be read, nothing was written:{lines}")


class MissingMediaError(SourceError):
    """Sessions need media that are nowhere to be found; carries all, with where they were."""

    def __init__(self, missing: Iterable[str]) -> None:
        self.missing = list(missing)
        lines = "".join(f"\n  {line}" for line in self.missing)
        count = len(self.missing)
        media = "1 medium is" if count == 1 else f"{count} media are"
        super().__init__(
            f"{media} missing, nothing was written; name folders to look in "
            f"with --search DIR, or go on without them with --allow-missing:{lines}"
        )


class SourceChangedError(SourceError):
    """A source is no longer what the plan says of it."""

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        super().__init__(
            f"{printable(path)}: {what}; the disc was not written. "
            f"Plan again to archive it as it is now"
        )


class VerificationError(SpannerError):
    """What was read back is not what was written, or a disc's content does not match its hashes."""

    exit_code = 5


class DamagedImageError(VerificationError):
    """An image or a disc whose structure cannot be read."""


class DriveError(SpannerError):
    """The drive or the medium refused."""

    exit_code = 6


class PartialRestoreError(SpannerError):
    """Not everything came back."""

    exit_code = 7


class UnrecoverableError(PartialRestoreError):
    """More is lost at some sectors than the parity makes up for; carries what and where."""

    def __init__(self, lost: Iterable[str], sectors: range, enough: int) -> None:
        self.lost = list(lost)
        self.sectors = sectors
        names = ", ".join(map(printable, self.lost))
        super().__init__(
            f"sectors {sectors.start:,} to {sectors.stop - 1:,} cannot be rebuilt: "
            f"{len(self.lost)} of the set cannot be read there ({names}), "
            f"{enough} could be made up for"
        )
