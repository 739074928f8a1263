"""Which discs could do: sets of bins that are large enough in all, the cheapest first."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from heapq import heappop, heappush

from spanner.planning.packing.problem import Cost, Kind, added

_MOST_STEPS = 60_000


def covers(total: int, kinds: Sequence[Kind]) -> Iterator[tuple[Cost, list[int]]]:
    """Sets of bins with room for so much in all, by rising cost: the cost, how many of each kind.

    No packing costs less than the first. Ends where there are no more or the search gets too long.
    """
    rates = [
        min(Fraction(kind.cost[level], kind.capacity) for kind in kinds)
        for level in range(len(kinds[0].cost))
    ]

    def at_least(cost: Cost, missing: int) -> Cost:
        """What it costs with room for so much more: a bound on each level bounds the whole."""
        room = max(0, missing)
        return tuple(own - (-(room * rate) // 1) for own, rate in zip(cost, rates, strict=True))

    zero, none = (0,) * len(rates), (0,) * len(kinds)
    heap = [(at_least(zero, total), total, 0, none, zero)]
    for _ in range(_MOST_STEPS):
        if not heap:
            return
        _, missing, first, counts, cost = heappop(heap)
        if missing <= 0:
            yield cost, list(counts)
        for index in range(first, len(kinds)):
            kind = kinds[index]
            if kind.stock is None or counts[index] < kind.stock:
                more = (*counts[:index], counts[index] + 1, *counts[index + 1 :])
                dearer, less = added(cost, kind.cost), missing - kind.capacity
                heappush(heap, (at_least(dearer, less), less, index, more, dearer))
