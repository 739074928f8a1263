"""Which discs could do: sets of bins that are large enough in all, the cheapest first."""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from spanner.planning.packing.problem import BinType, Cost, added

_MOST_STEPS = 60_000


def covers(total: int, bin_types: Sequence[BinType]) -> Iterator[tuple[Cost, list[int]]]:
    """Sets of bins with room for so much in all, by rising cost: the cost, how many of each type.

    No packing costs less than the first. Ends where there are no more or the search gets too long.
    """
    rates = _Rates(bin_types)
    zero, none = (0,) * len(bin_types[0].cost), (0,) * len(bin_types)
    start = rates.least(total, 0, none, zero)
    heap = [(start, total, 0, none, zero)] if start is not None else []
    for _ in range(_MOST_STEPS):
        if not heap:
            return
        _, missing, first, counts, cost = heappop(heap)
        if missing <= 0:
            yield cost, list(counts)
        for index in range(first, len(bin_types)):
            bin_type = bin_types[index]
            if bin_type.stock is None or counts[index] < bin_type.stock:
                more = (*counts[:index], counts[index] + 1, *counts[index + 1 :])
                dearer, less = added(cost, bin_type.cost), missing - bin_type.capacity
                least = rates.least(less, index, more, dearer)
                if least is not None:
                    heappush(heap, (least, less, index, more, dearer))


def least_cost(total: int, bin_types: Sequence[BinType]) -> Cost | None:
    """What room for so much costs at least, level by level; None where the stock is too small.

    As if bins could be bought in parts, rounded up.
    """
    zero = (0,) * len(bin_types[0].cost)
    return _Rates(bin_types).least(total, 0, (0,) * len(bin_types), zero)


class _Rates:
    """The types by what room costs in them, on each level."""

    def __init__(self, bin_types: Sequence[BinType]) -> None:
        self._bin_types = bin_types
        self._levels = [
            sorted(
                range(len(bin_types)),
                key=lambda index: bin_types[index].cost[level] / bin_types[index].capacity,
            )
            for level in range(len(bin_types[0].cost))
        ]

    def least(self, missing: int, first: int, counts: Sequence[int], cost: Cost) -> Cost | None:
        """What it costs with room for so much more, in the types from `first` on.

        The bounds of all levels together bound the whole cost.
        """
        if missing <= 0:
            return cost
        found = []
        for level, order in enumerate(self._levels):
            more = self._on_level(level, missing, [i for i in order if i >= first], counts)
            if more is None:
                return None
            found.append(cost[level] + more)
        return tuple(found)

    def _on_level(
        self, level: int, missing: int, order: Sequence[int], counts: Sequence[int]
    ) -> int | None:
        total = 0
        for index in order:
            bin_type = self._bin_types[index]
            left = None if bin_type.stock is None else bin_type.stock - counts[index]
            if left is None or missing <= left * bin_type.capacity:
                return total - (-missing * bin_type.cost[level] // bin_type.capacity)
            total += left * bin_type.cost[level]
            missing -= left * bin_type.capacity
        return None
