"""Bin packing: how few discs do, and which item goes on which.

Sizes are integers in any unit; a bin is a list of indices into the sizes.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from spanner.errors import DoesNotFitError


@dataclass(frozen=True, slots=True)
class Packing:
    """Items in bins, and how many bins no packing can do without."""

    bins: list[list[int]]
    lower_bound: int

    @property
    def proven(self) -> bool:
        """No packing has fewer bins."""
        return len(self.bins) == self.lower_bound


def pack(sizes: Sequence[int], capacity: int, seconds: float = 2.0) -> Packing:
    """Pack the items into few bins of one capacity; best-fit decreasing, with a true lower bound.

    `seconds` is the most that a search may take; best fit needs none of it.

    Raises:
        DoesNotFitError: an item is larger than the capacity.
        ValueError: a size is negative or the capacity not positive.
    """
    del seconds
    if capacity <= 0 or any(size < 0 for size in sizes):
        raise ValueError("capacity must be positive and no size negative")
    bins = best_fit_decreasing(sizes, [capacity] * len(sizes))
    return Packing(bins, lower_bound(sizes, capacity))


def best_fit_decreasing(sizes: Sequence[int], capacities: Sequence[int]) -> list[list[int]]:
    """Largest item first, each into the fullest bin that takes it.

    Bins are opened in the order given.

    Raises:
        DoesNotFitError: the bins do not suffice.
    """
    bins: list[list[int]] = []
    free: list[tuple[int, int]] = []  # (room left, bin), sorted
    for item in sorted(range(len(sizes)), key=lambda index: (-sizes[index], index)):
        size = sizes[item]
        place = bisect_left(free, (size, -1))
        if place < len(free):
            room, target = free.pop(place)
        else:
            target = len(bins)
            room = _next_capacity(capacities, target, size)
            bins.append([])
        bins[target].append(item)
        insort(free, (room - size, target))
    return [sorted(members) for members in bins]


def next_fit(sizes: Sequence[int], capacities: Sequence[int]) -> list[list[int]]:
    """Items in their order, a new bin when one does not fit: no contiguous partition has fewer.

    Raises:
        DoesNotFitError: the bins do not suffice.
    """
    bins: list[list[int]] = []
    room = 0
    for item, size in enumerate(sizes):
        if not bins or size > room:
            room = _next_capacity(capacities, len(bins), size)
            bins.append([])
        bins[-1].append(item)
        room -= size
    return bins


def balanced(sizes: Sequence[int], capacity: int) -> list[list[int]]:
    """A contiguous partition into as few bins as can be, the fullest of them as empty as can be.

    Raises:
        DoesNotFitError: an item is larger than the capacity.
    """
    unlimited = len(sizes)
    bins = next_fit(sizes, [capacity] * unlimited)
    if not bins:
        return bins
    low, high = max(*sizes, -(-sum(sizes) // len(bins))), capacity
    while low < high:
        level = (low + high) // 2
        if len(next_fit(sizes, [level] * unlimited)) <= len(bins):
            high = level
        else:
            low = level + 1
    return next_fit(sizes, [high] * unlimited)


def lower_bound(sizes: Sequence[int], capacity: int) -> int:
    """Bins that no packing can do without: the larger of L1 and L2 (Martello and Toth, 1990).

    For each threshold k: items over capacity - k need a bin each and share it with nothing of size
    k or more; items over half the capacity need a bin each; what the room beside these cannot take
    of the items from k to half the capacity needs further bins.
    """
    ordered = sorted((size for size in sizes if size > 0), reverse=True)
    if not ordered:
        return min(1, len(sizes))
    best = -(-sum(ordered) // capacity)
    prefix = [0]
    for size in ordered:
        prefix.append(prefix[-1] + size)

    def first_at_most(limit: int) -> int:
        return bisect_left(ordered, -limit, key=lambda size: -size)

    half = first_at_most(capacity // 2)  # items before it are larger than half the capacity
    for threshold in {0, *ordered[half:]}:
        alone = first_at_most(capacity - threshold)
        small = first_at_most(threshold - 1)  # items from here on are under the threshold
        beside = (half - alone) * capacity - (prefix[half] - prefix[alone])
        rest = prefix[small] - prefix[half] if small > half else 0
        best = max(best, half + max(0, -(-(rest - beside) // capacity)))
    return best


def _next_capacity(capacities: Sequence[int], used: int, size: int) -> int:
    """The capacity of the bin after the `used` ones, which must take an item of this size."""
    if used >= len(capacities):
        raise DoesNotFitError(f"{used} discs are not enough")
    if size > capacities[used]:
        raise DoesNotFitError(f"an item of {size:,} does not fit into {capacities[used]:,}")
    return capacities[used]
