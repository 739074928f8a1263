"""Bin packing with bins of one capacity."""

from collections.abc import Sequence

from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.heuristics import best_fit_decreasing
from spanner.planning.packing.incumbent import Incumbent
from spanner.planning.packing.problem import BinType, Packing
from spanner.planning.packing.scaling import distinct, items_of
from spanner.planning.packing.starts import fill_shuffled

_TO_TELL = 3e-6
"""Seconds for each item that it takes to say where it lies when the search is over."""


def pack(
    sizes: Sequence[int],
    capacity: int,
    seconds: float = 2.0,
    *,
    dives: int | None = None,
    seed: int = 0,
) -> Packing:
    """Pack the items into the fewest bins of one capacity, with a true lower bound.

    Ends as soon as the two meet, or after so many seconds, or `dives` (searches down to a whole
    packing). Where it was not the time that ended it, the same input gives the same answer.

    Raises:
        DoesNotFitError: an item is larger than the capacity.
        ValueError: a size is negative or the capacity not positive.
    """
    if capacity <= 0 or min(sizes, default=0) < 0:
        raise ValueError("capacity must be positive and no size negative")
    clock = Clock(seconds - _TO_TELL * len(sizes), dives)
    bins = best_fit_decreasing(sizes, [capacity] * len(sizes))
    bound = lower_bound(sizes, capacity)
    if len(bins) == bound or clock.over():
        return Packing(bins, bound)
    # What shares its bin with nothing is left out: it may be all that makes the grid fine.
    smallest = min(size for size in sizes if size)
    alone = [item for item, size in enumerate(sizes) if size + smallest > capacity]
    rest = [item for item, size in enumerate(sizes) if size + smallest <= capacity]
    found = _searched([sizes[item] for item in rest], capacity, len(bins) - len(alone), clock, seed)
    if found.bins:
        bins = [[item] for item in alone]
        bins += [[rest[index] for index in own] for own in found.bins]
    return Packing(bins, max(bound, len(alone) + found.lower_bound))


def _searched(sizes: Sequence[int], capacity: int, most: int, clock: Clock, seed: int) -> Packing:
    """A packing in less than `most` bins, or no bins; and the bound."""
    instance = distinct(sizes, [BinType(capacity, (1,))])
    incumbent = Incumbent(instance, (most,), lower_bound(sizes, capacity))
    seeds = fill_shuffled(incumbent, [0] * (most + most // 10 + 1), clock, seed)
    if not incumbent.settled and clock.dives != 0:
        from spanner.planning.packing.search import Search  # noqa: PLC0415 (takes long to load)

        Search(incumbent, clock, seed).run(seeds)
    return Packing(items_of(instance, incumbent.filled or []), incumbent.bound)
