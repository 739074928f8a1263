"""Which discs could do: sets of bins that are large enough in all, the cheapest first."""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from spanner.planning.packing.problem import Cost, Kind, added

_MOST_STEPS = 60_000


def covers(total: int, kinds: Sequence[Kind]) -> Iterator[tuple[Cost, list[int]]]:
    """Sets of bins with room for so much in all, by rising cost: the cost, how many of each kind.

    No packing costs less than the first. Ends where there are no more or the search gets too long.
    """
    rates = _Rates(kinds)
    zero, none = (0,) * len(kinds[0].cost), (0,) * len(kinds)
    start = rates.least(total, 0, none, zero)
    heap = [(start, total, 0, none, zero)] if start is not None else []
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
                least = rates.least(less, index, more, dearer)
                if least is not None:
                    heappush(heap, (least, less, index, more, dearer))


def least_cost(total: int, kinds: Sequence[Kind]) -> Cost | None:
    """What room for so much costs at least, level by level; None where the stock is too small.

    As if bins could be bought in parts, rounded up.
    """
    zero = (0,) * len(kinds[0].cost)
    return _Rates(kinds).least(total, 0, (0,) * len(kinds), zero)


class _Rates:
    """The kinds by what room costs in them, on each level."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._levels = [
            sorted(
                range(len(kinds)),
                key=lambda index: kinds[index].cost[level] / kinds[index].capacity,
            )
            for level in range(len(kinds[0].cost))
        ]

    def least(self, missing: int, first: int, counts: Sequence[int], cost: Cost) -> Cost | None:
        """What it costs with room for so much more, in the kinds from `first` on.

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
            kind = self._kinds[index]
            left = None if kind.stock is None else kind.stock - counts[index]
            if left is None or missing <= left * kind.capacity:
                return total - (-missing * kind.cost[level] // kind.capacity)
            total += left * kind.cost[level]
            missing -= left * kind.capacity
        return None
