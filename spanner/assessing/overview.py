"""Sets and sources together: what `spanner status` answers."""

import os
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from burners.progress import Progress
from spanner.assessing.counting import Rule
from spanner.assessing.set_status import Status, status
from spanner.assessing.source_status import SourceStatus, examine
from spanner.library import Library, before
from spanner.sources.collect import CollectOptions


class Overview(msgspec.Struct, frozen=True):
    """The status of the sets that were asked for, and of the sources.

    `due_before`: copies that were not found good since then (UTC) are due for a check.
    """

    rule: Rule
    due_before: str
    status: Status
    sources: tuple[SourceStatus, ...]

    @property
    def well(self) -> bool:
        """Nothing is to be done, and all sources may be deleted."""
        return self.status.well and all(each.safe for each in self.sources)


def overview(
    library: Library,
    words: Sequence[str],
    rule: Rule,
    due: timedelta,
    collecting: CollectOptions,
    progress: Progress,
) -> Overview:
    """The status of the sets and sources that the words name, or of all sets.

    Words that are paths are sources, which are read whole; all others name sets. `due` is the age
    at which a check is due again.

    Raises:
        UsageError: words name nothing.
        SourceError: as `collect`.
    """
    since = before(due)
    paths = [each for each in words if os.path.exists(each)]
    sources = tuple(examine(library, each, collecting, rule.copies, progress) for each in paths)
    sets: set[str] | None = None
    if words:
        sets = set(library.find_sets(each for each in words if each not in paths))
        sets.update(*(each.sets for each in sources))
    found = status(library, rule, since, sets, allow_missing=collecting.allow_missing)
    return Overview(rule, since, found, sources)
