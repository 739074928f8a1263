"""The best discs from several large stocks: all choices of one number of discs are tried at once.

So large stocks can be taken in more ways than a search by rising cost gets through. A table has a
cell for how many discs there are of each type; the type with the largest stock is left out of it,
as it makes up the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import prod

import numpy as np
from numpy.typing import NDArray

from spanner.errors import DoesNotFitError
from spanner.planning.packing.problem import BinType, Cost

_MOST_TAKEN = 2_000
"""Ways to take of limited stocks that a search goes through in no time."""
_MOST_CELLS = 4_000_000
_LARGEST = 2**62

_Ints = NDArray[np.int32]


def suits(ends: Sequence[int], bin_types: dict[int, BinType], limits: dict[int, int]) -> bool:
    """Whether the stocks can be taken in many ways, but not in more than a table has cells for.

    Of all types at most one may be without a limit.
    """
    stocks = sorted(limit + 1 for limit in limits.values())
    if len(bin_types) - len(limits) > 1 or prod(stocks) <= _MOST_TAKEN:
        return False
    largest = max(max(bin_type.cost, default=0) for bin_type in bin_types.values())
    return (
        prod(stocks[: len(bin_types) - 1]) <= _MOST_CELLS and (largest + 1) * len(ends) < _LARGEST
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTable:
    """How far each choice of so many discs reaches, and at what cost."""

    last: int
    axes: list[int]  # the types, that with the largest stock last
    most: int  # of that
    strides: list[int]
    counts: list[_Ints]  # by axis and cell; those of the last type are less than the number by that
    reach: list[_Ints]  # where a disc stops, by where it starts; -1 where it takes nothing
    costs: NDArray[np.int64]

    @classmethod
    def over(
        cls, ends: Sequence[int], bin_types: dict[int, BinType], limits: dict[int, int]
    ) -> "CountTable":
        """For items with these running sums of their costs, and the stocks that may run out."""
        *axes, last = sorted(bin_types, key=lambda index: limits.get(index, _LARGEST))
        shape = [limits[index] + 1 for index in axes]
        counts = [each.ravel() for each in np.indices(shape, dtype=np.int32)]
        strides = [prod(shape[axis + 1 :]) for axis in range(len(axes))]
        costs = np.array([(*bin_types[index].cost, 1) for index in (*axes, last)], dtype=np.int64)
        return cls(
            last=len(ends) - 1,
            axes=[*axes, last],
            most=limits.get(last, len(ends)),
            strides=[*strides, 0],
            counts=[*counts, np.sum(counts, axis=0)],
            reach=[_reach(ends, bin_types[index].capacity) for index in (*axes, last)],
            costs=costs[:, costs.any(axis=0)],
        )

    def best(self) -> list[int]:
        """The types of the best discs, in an order in which they take all.

        Raises:
            DoesNotFitError: the stocks do not suffice.
        """
        # What counts most of a cell's cost, but for the number of discs times that of the last.
        more = self.costs[:-1, 0] - self.costs[-1, 0]
        first = more @ np.stack(self.counts[:-1])
        furthest = np.full(len(self.counts[0]), -1, dtype=np.int32)
        cells = reached = np.zeros(1, dtype=np.int32)
        history: list[tuple[_Ints, NDArray[np.int8]]] = []
        best: tuple[Cost, int, int] | None = None
        for number in count(1):
            cells, reached, axes = self._next(cells, reached, number - 1, furthest)
            if not cells.size:
                break
            history.append((cells, axes))
            done = cells[reached == self.last]
            if done.size:
                cost, cell = self._least(done, number)
                best = min(best or (cost, number, cell), (cost, number, cell))
            if best is not None:
                hopeful = first[cells] + number * self.costs[-1, 0] <= best[0][0]
                cells, reached = cells[hopeful], reached[hopeful]
        if best is None:
            raise DoesNotFitError("the discs are not enough")
        return self._traced(history[: best[1]], best[2])

    def _next(
        self, cells: _Ints, reached: _Ints, number: int, furthest: _Ints
    ) -> tuple[_Ints, _Ints, NDArray[np.int8]]:
        """Cells with one disc more, how far they reach, and the axis of the last disc.

        `furthest` is -1 everywhere, before and after.
        """
        axes = np.zeros(len(furthest), dtype=np.int8)
        for axis, (stride, reach) in enumerate(zip(self.strides, self.reach, strict=True)):
            counts = self.counts[axis][cells]
            left = counts < self.counts[axis][-1] if stride else counts > number - self.most
            targets, stops = cells[left] + np.int32(stride), reach[reached[left]]
            further = stops > furthest[targets]
            targets = targets[further]
            furthest[targets] = stops[further]
            axes[targets] = axis
        found = np.flatnonzero(furthest >= 0).astype(np.int32)
        stops, axes = furthest[found], axes[found]
        furthest[found] = -1
        return found, stops, axes

    def _least(self, cells: _Ints, number: int) -> tuple[Cost, int]:
        """The least cost of some cells, and its cell."""
        counts = np.stack([each[cells] for each in self.counts])
        counts[-1] = number - counts[-1]
        costs = counts.T @ self.costs
        at = np.lexsort(costs.T[::-1])[0]
        return tuple(costs[at].tolist()), int(cells[at])

    def _traced(self, history: list[tuple[_Ints, NDArray[np.int8]]], cell: int) -> list[int]:
        discs = []
        for cells, axes in reversed(history):
            axis = int(axes[np.searchsorted(cells, cell)])
            discs.append(self.axes[axis])
            cell -= self.strides[axis]
        return discs[::-1]


def _reach(ends: Sequence[int], capacity: int) -> _Ints:
    sums = np.asarray(ends, dtype=np.int64)
    stops = np.searchsorted(sums, sums + min(capacity, ends[-1]), side="right") - 1
    stops[stops == np.arange(len(stops))] = -1
    return stops.astype(np.int32)
