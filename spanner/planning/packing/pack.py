"""Bin packing with bins of one capacity."""

from collections.abc import Sequence

from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.heuristics import best_fit_decreasing
from spanner.planning.packing.incumbent import Incumbent
from spanner.planning.packing.problem import Kind, Packing
from spanner.planning.packing.scaling import distinct, items_of
from spanner.planning.packing.starts import fill_shuffled


def pack(sizes: Sequence[int], capacity: int, seconds: float = 2.0, *, seed: int = 0) -> Packing:
    """Pack the items into the fewest bins of one capacity, with a true lower bound.

    Ends as soon as the two meet, or after so many seconds; the same input and seed give the same
    answer wherever the search came to its end.

    Raises:
        DoesNotFitError: an item is larger than the capacity.
        ValueError: a size is negative or the capacity not positive.
    """
    if capacity <= 0 or min(sizes, default=0) < 0:
        raise ValueError("capacity must be positive and no size negative")
    clock = Clock(seconds)
    bins = best_fit_decreasing(sizes, [capacity] * len(sizes))
    bound = lower_bound(sizes, capacity)
    if len(bins) == bound or clock.over():
        return Packing(bins, bound)
    kinds = [Kind(capacity, (1,))]
    incumbent = Incumbent(distinct(sizes, kinds), (len(bins),), bound)
    spare = len(bins) // 10 + 1
    seeds = fill_shuffled(incumbent, [0] * (len(bins) + spare), clock, seed)
    if not incumbent.settled:
        from spanner.planning.packing.search import Search  # noqa: PLC0415 (takes long to load)

        Search(incumbent, clock, seed).run(seeds)
    if incumbent.filled:
        bins = items_of(incumbent.sizes, incumbent.filled)
    return Packing(bins, incumbent.bound)
