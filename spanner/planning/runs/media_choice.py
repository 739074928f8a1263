"""Which discs take a sequence of items, each a run of neighbours, at the least cost.

Every disc is filled as far as it goes: for any order of discs nothing reaches further. Of discs
that cost the same the fewest are taken. So none can be left out, on which the division builds.
"""

from bisect import bisect_right
from collections.abc import Sequence

from spanner.errors import DoesNotFitError
from spanner.planning.packing.problem import BinType
from spanner.planning.runs.cost_search import searched
from spanner.planning.runs.large_stocks import CountTable, suits


def cheapest(ends: Sequence[int], bin_types: Sequence[BinType]) -> list[int]:
    """The type of each of the best discs, in an order in which they take all.

    `ends` are the running sums of the items' costs in bytes, from 0 on.

    Raises:
        DoesNotFitError: the stock does not suffice, or an item fits no type in stock.
    """
    usable = {
        index: bin_type
        for index, bin_type in enumerate(bin_types)
        if bin_type.capacity > 0 and (bin_type.stock is None or bin_type.stock > 0)
    }
    # Where discs of one type can take all, the best discs never have more of it than that takes.
    limits = {
        index: bin_type.stock
        for index, bin_type in usable.items()
        if bin_type.stock is not None
        and bin_type.stock < len(ends) - 1
        and _alone(ends, bin_type) is None
    }
    if len(usable) == 1:
        ((index, bin_type),) = usable.items()
        discs = _alone(ends, bin_type)
        if discs is not None:
            return [index] * discs
    elif usable and suits(ends, usable, limits):
        return CountTable.over(ends, usable, limits).best()
    elif usable:
        return searched(ends, usable, limits)
    raise DoesNotFitError("the discs are not enough")


def _alone(ends: Sequence[int], bin_type: BinType) -> int | None:
    """How many discs of this type take all; none if not all fits on as many as there are."""
    last = len(ends) - 1
    most = last if bin_type.stock is None else min(bin_type.stock, last)
    end = 0
    for discs in range(most + 1):
        if end == last:
            return discs
        stop = bisect_right(ends, ends[end] + bin_type.capacity) - 1
        if stop == end:
            return None
        end = stop
    return None
