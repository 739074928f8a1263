"""Subset-sum filling: each bin is filled as full as its items can, by bit sets of reachable sums.

The idea of the minimum bin slack heuristic (Gupta and Ho, 1999; Fleszar and Hindi, 2002), with
Python's long integers as sets: bit s is set if some items sum up to s.
"""

from collections.abc import Sequence

from spanner.planning.packing.clock import Clock


def fill(
    sizes: Sequence[int], counts: Sequence[int], capacities: Sequence[int], clock: Clock
) -> list[list[int]] | None:
    """Bins as lists of indices of sizes, each with the first size left and as full as can be.

    Of the fullest ways, the one that uses early sizes is taken; so the order of sizes matters.
    None where the bins do not suffice, or the time is over.
    """
    left = list(counts)
    bins: list[list[int]] = []
    first = 0
    while True:
        while first < len(sizes) and not left[first]:
            first += 1
        if first == len(sizes):
            return bins
        if clock.over() or len(bins) == len(capacities):
            return None
        capacity = capacities[len(bins)]
        start = first
        while start < len(sizes) and (sizes[start] > capacity or not left[start]):
            start += 1
        if start == len(sizes):
            return None
        left[start] -= 1
        own = [start, *fullest(sizes, left, capacity - sizes[start])]
        left[start] += 1
        # What fits once fits again, as full, while there are as many left and bins alike.
        uses = {index: own.count(index) for index in own}
        times = min(left[index] // count for index, count in uses.items())
        for _ in range(times):
            if len(bins) == len(capacities) or capacities[len(bins)] != capacity:
                break
            bins.append(list(own))
            for index, count in uses.items():
                left[index] -= count


def fullest(sizes: Sequence[int], left: Sequence[int], room: int) -> list[int]:
    """Indices of items that fill the room as far as can be; early ones where there is a choice."""
    mask = (2 << room) - 1
    reach = 1
    steps: list[tuple[int, int, int]] = []  # what was reachable before, index, how many at once
    for index in range(len(sizes) - 1, -1, -1):  # late sizes first: early ones are preferred then
        most = min(left[index], room // sizes[index])
        times = 1
        while most > 0:
            times = min(times, most)
            steps.append((reach, index, times))
            reach |= (reach << (sizes[index] * times)) & mask
            most -= times
            times *= 2
    at = reach.bit_length() - 1
    own: list[int] = []
    for before, index, times in reversed(steps):
        size = sizes[index] * times
        if size <= at and before >> (at - size) & 1:
            own.extend([index] * times)
            at -= size
    return own
