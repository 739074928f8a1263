"""Which discs take a sequence of units, each a run of neighbours, at the least cost.

Every disc is filled as far as it goes: for any order of discs nothing reaches further. Of discs
that cost the same the fewest are taken. So none can be left out, on which the division builds.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count, product
from math import prod
from operator import add

import numpy as np
from numpy.typing import NDArray

from spanner.errors import DoesNotFitError
from spanner.planning.packing.problem import Kind

_MOST_TAKEN = 2_000  # ways to take of limited stocks that a search goes through in no time
_MOST_LABELS = 200_000
_MOST_GRAINS = 200
_MOST_CELLS = 4_000_000
_LARGEST = 2**62

_Ints = NDArray[np.int32]
_Cost = tuple[int, ...]
_Chain = tuple[int, "_Chain"] | None  # discs, the last first


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
    elif usable and _suits_layers(ends, usable, limits):
        return _Layers.over(ends, usable, limits).best()
    elif usable:
        return _searched(ends, usable, limits)
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


def _searched(ends: Sequence[int], kinds: dict[int, Kind], limits: dict[int, int]) -> list[int]:
    """The best discs; where that takes too long, nearly the best."""
    found = _search(ends, kinds, limits, 1, _MOST_LABELS)
    if found is None:
        grain = 1
        while prod(limit // grain + 1 for limit in limits.values()) > _MOST_GRAINS:
            grain += 1
        with suppress(DoesNotFitError):
            return _needed(ends, kinds, _search(ends, kinds, limits, grain) or [])
    return found or _search(ends, kinds, limits, 1) or []


def _search(
    ends: Sequence[int],
    kinds: dict[int, Kind],
    limits: dict[int, int],
    grain: int,
    most: int | None = None,
) -> list[int] | None:
    """A search by rising cost, given up (with none) after trying `most` ways.

    Of two ways that took the same of limited stocks, to a grain, the later that gets no further
    is given up.
    """
    last = len(ends) - 1
    furthest: dict[tuple[int, ...], int] = {}
    costs = {index: (*kind.cost, 1) for index, kind in kinds.items()}
    nothing = (0,) * len(next(iter(costs.values())))
    serial = count(1)
    # Cost, minus the end (large discs come first), a number to go no further, stock taken, discs
    waiting: list[tuple[_Cost, int, int, tuple[int, ...], _Chain]] = [
        (nothing, 0, 0, (0,) * len(limits), None)
    ]
    while waiting:
        cost, end, number, taken, discs = heappop(waiting)
        end = -end
        if end == last:
            return _unchained(discs)
        if number == most:
            return None
        key = tuple(used // grain for used in taken)
        if furthest.get(key, -1) >= end:
            continue
        furthest[key] = end
        left = {index: limits[index] - used for index, used in zip(limits, taken, strict=True)}
        for index, kind in kinds.items():
            stop = bisect_right(ends, ends[end] + kind.capacity) - 1
            if stop == end or left.get(index, 1) == 0:
                continue
            more = tuple(used + (each == index) for each, used in zip(limits, taken, strict=True))
            total = tuple(map(add, cost, costs[index]))
            heappush(waiting, (total, -stop, next(serial), more, (index, discs)))
    raise DoesNotFitError("the discs are not enough")


def _needed(ends: Sequence[int], kinds: dict[int, Kind], discs: list[int]) -> list[int]:
    """Without discs that can be left out in this order."""
    capacities = {index: kind.capacity for index, kind in kinds.items()}
    spare: int | None = 0
    while spare is not None:
        found = windows(ends, orders(discs, most=0), capacities)
        spare = next((at for at in range(len(discs)) if found[at][1] >= found[at + 1][0]), None)
        discs = [kind for at, kind in enumerate(discs) if at != spare]
    return discs


def _unchained(discs: _Chain) -> list[int]:
    found = []
    while discs is not None:
        index, discs = discs
        found.append(index)
    return found[::-1]


# Large stocks of several kinds can be taken in so many ways that all of one number are gone through
# at once. A cell stands for how many discs there are of each kind; the last makes up the number.


def _suits_layers(ends: Sequence[int], kinds: dict[int, Kind], limits: dict[int, int]) -> bool:
    if len(kinds) - len(limits) > 1 or prod(limit + 1 for limit in limits.values()) <= _MOST_TAKEN:
        return False
    cells = prod(sorted(limit + 1 for limit in limits.values())[: len(kinds) - 1])
    largest = max(max(kind.cost, default=0) for kind in kinds.values())
    return cells <= _MOST_CELLS and (largest + 1) * len(ends) < _LARGEST


@dataclass(frozen=True, slots=True)
class _Layers:
    """How far each choice of so many discs reaches, and at what cost."""

    last: int
    axes: list[int]  # the kinds, that with the largest stock last
    most: int  # of that
    strides: list[int]
    counts: list[_Ints]  # by axis and cell; those of the last kind are less than the number by that
    reach: list[_Ints]  # where a disc stops, by where it starts; -1 where it takes nothing
    costs: NDArray[np.int64]

    @classmethod
    def over(cls, ends: Sequence[int], kinds: dict[int, Kind], limits: dict[int, int]) -> "_Layers":
        *axes, last = sorted(kinds, key=lambda index: limits.get(index, _LARGEST))
        shape = [limits[index] + 1 for index in axes]
        counts = [each.ravel() for each in np.indices(shape, dtype=np.int32)]
        strides = [prod(shape[axis + 1 :]) for axis in range(len(axes))]
        costs = np.array([(*kinds[index].cost, 1) for index in (*axes, last)], dtype=np.int64)
        return cls(
            len(ends) - 1,
            [*axes, last],
            limits.get(last, len(ends)),
            [*strides, 0],
            [*counts, np.sum(counts, axis=0)],
            [_reach(ends, kinds[index].capacity) for index in (*axes, last)],
            costs[:, costs.any(axis=0)],
        )

    def best(self) -> list[int]:
        """The kinds of the best discs, in order."""
        # What counts most of a cell's cost, but for the number of discs times that of the last.
        more = self.costs[:-1, 0] - self.costs[-1, 0]
        first = more @ np.stack(self.counts[:-1])
        furthest = np.full(len(self.counts[0]), -1, dtype=np.int32)
        cells = reached = np.zeros(1, dtype=np.int32)
        history: list[tuple[_Ints, NDArray[np.int8]]] = []
        best: tuple[_Cost, int, int] | None = None
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

    def _least(self, cells: _Ints, number: int) -> tuple[_Cost, int]:
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


# The orders in which discs can be taken: a list of which came before, each by an earlier choice
# of some discs and the kind of the disc that is one more. The first choice is none, the last all.


def orders(discs: Sequence[int], most: int = 2_000) -> list[list[tuple[int, int]]]:
    """All orders of discs of these kinds, or only the given one if there are too many choices."""
    counts = Counter(discs)
    if prod(each + 1 for each in counts.values()) > most:
        return [[], *([(index, kind)] for index, kind in enumerate(discs))]
    choices = list(product(*(range(each + 1) for each in counts.values())))
    number = {choice: index for index, choice in enumerate(choices)}
    return [
        [
            (number[(*choice[:axis], choice[axis] - 1, *choice[axis + 1 :])], kind)
            for axis, kind in enumerate(counts)
            if choice[axis]
        ]
        for choice in choices
    ]


def windows(
    ends: Sequence[int], before: list[list[tuple[int, int]]], capacities: dict[int, int]
) -> list[tuple[int, int]]:
    """After each choice of discs the first and the last place that the rest and they allow.

    Where the first comes after the last, there is none.
    """
    last = [0] * len(before)
    for index, steps in enumerate(before):
        for source, kind in steps:
            stop = bisect_right(ends, ends[last[source]] + capacities[kind]) - 1
            last[index] = max(last[index], stop)
    first = [len(ends) - 1] * len(before)
    for index in range(len(before) - 1, -1, -1):
        for source, kind in before[index]:
            start = bisect_left(ends, ends[first[index]] - capacities[kind])
            first[source] = min(first[source], start)
    return list(zip(first, last, strict=True))
