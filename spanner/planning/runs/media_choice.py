"""Which discs take a sequence of units, each a run of neighbours, at the least cost.

Every disc is filled as far as it goes: for any order of discs nothing reaches further. Of discs
that cost the same the fewest are taken. So none can be left out, on which the division builds.
"""

from bisect import bisect_right
from collections.abc import Sequence

from spanner.errors import DoesNotFitError
from spanner.planning.packing.problem import Kind
from spanner.planning.runs.cost_search import searched
from spanner.planning.runs.large_stocks import CountTable, suits


def cheapest(ends: Sequence[int], kinds: Sequence[Kind]) -> list[int]:
    """The kind of each of the best discs, in an order in which they take all.

    `ends` are the running sums of the units' costs in bytes, from 0 on.

    Raises:
        DoesNotFitError: the stock does not suffice, or a unit fits no kind in stock.
    """
    usable = {
        index: kind
        for index, kind in enumerate(kinds)
        if kind.capacity > 0 and (kind.stock is None or kind.stock > 0)
    }
    # Where discs of one kind can take all, the best discs never have more of it than that takes.
    limits = {
        index: kind.stock
        for index, kind in usable.items()
        if kind.stock is not None and kind.stock < len(ends) - 1 and _alone(ends, kind) is None
    }
    if len(usable) == 1:
        ((index, kind),) = usable.items()
        discs = _alone(ends, kind)
        if discs is not None:
            return [index] * discs
    elif usable and suits(ends, usable, limits):
        return CountTable.over(ends, usable, limits).best()
    elif usable:
        return searched(ends, usable, limits)
    raise DoesNotFitError("the discs are not enough")


def _alone(ends: Sequence[int], kind: Kind) -> int | None:
    """How many discs of this kind take all; none if not all fits on as many as there are."""
    last = len(ends) - 1
    most = last if kind.stock is None else min(kind.stock, last)
    end = 0
    for discs in range(most + 1):
        if end == last:
            return discs
        stop = bisect_right(ends, ends[end] + kind.capacity) - 1
        if stop == end:
            return None
        end = stop
    return None
