"""Which set's state is restored, where discs of several are there: the newest of one session."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from spanner.catalog.reader import DiscCatalog, SetCatalog
from spanner.errors import UsageError
from spanner.wording import printable

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def moment(text: str) -> str:
    """The last second that a date or a time (UTC, if it does not say) names, as sets have it.

    Raises:
        UsageError: it is neither.
    """
    try:
        found = datetime.fromisoformat(f"{text}T23:59:59" if _DAY.fullmatch(text) else text)
    except ValueError:
        raise UsageError(
            f"--as-of {printable(text)} is no date: say 2026-11-23 or 2026-11-23T19:08"
        ) from None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC).strftime(_FORMAT)


def chosen_set(catalogs: Iterable[DiscCatalog], words: str, as_of: str) -> SetCatalog:
    """The set whose state the discs are to give back.

    With words only sets whose id or title they are; with `as_of` only those of then or before. Of
    sets of the same sources, and of a set and those that hold files for it, the newest counts.

    Raises:
        UsageError: there is none, or several that have nothing to do with each other.
    """
    sets = {catalog.set.id: catalog.set for catalog in catalogs}
    named = [
        each
        for each in sets.values()
        if not words or each.id.startswith(words) or each.title.casefold() == words.casefold()
    ]
    if not named:
        raise UsageError(f"none of the discs is of the set {printable(words)!r}")
    latest = moment(as_of) if as_of else ""
    old = [each for each in named if not latest or each.created <= latest]
    if not old:
        first = min(each.created for each in named)
        raise UsageError(
            f"the oldest set of these discs is of {printable(first)}, after {printable(as_of)}"
        )
    return _newest(old)


def _newest(sets: Sequence[SetCatalog]) -> SetCatalog:
    found = [each for each in sets if not any(_replaces(other, each) for other in sets)]
    if len(found) > 1:
        names = ", ".join(f"{each.id[:8]} ({printable(each.title)})" for each in found)
        raise UsageError(f"the discs are of several sets, say which with --set: {names}")
    return found[0]


def _replaces(new: SetCatalog, old: SetCatalog) -> bool:
    """The new set states what became of what the old one holds."""
    refers = any(each.id == old.id for each in new.base_sets)
    if new.created == old.created:
        return refers
    return new.created > old.created and (refers or set(old.sources) <= set(new.sources))
