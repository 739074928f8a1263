"""The exact close: all patterns that a packing of some cost can use, and a choice of them.

If a packing of a cost exists, the reduced costs of its patterns sum up to that cost minus the dual
value, and their empty space to the bins minus all sizes: so each pattern alone stays within both.
What is left is often few enough to be listed, and is chosen from by integer programming: the one
step whose "impossible" rests on floating-point arithmetic, though of small whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from spanner.planning.packing.clock import Clock
from spanner.planning.packing.columns import Columns
from spanner.planning.packing.dives import Partial
from spanner.planning.packing.master import Pool, choose_whole
from spanner.planning.packing.problem import BinType, Filled, Floats, Ints
from spanner.planning.packing.scaling import Sizes

_SCALE = 1 << 30
_MOST_CELLS = 4_000_000
"""Of a table of sizes by room: a larger one takes too long to be worth it."""
_States = tuple[Ints, Ints, NDArray[np.int32]]  # room, worth, how many of each size


@dataclass(frozen=True, slots=True)
class Effort:
    """The most states while patterns are listed, patterns listed, and nodes of their choice."""

    states: int
    patterns: int
    nodes: int


@dataclass(frozen=True, slots=True)
class Closed:
    """Bins for all items; or none, and whether that is `impossible`, by all that is known."""

    filled: list[Filled] | None
    impossible: bool


def close(
    columns: Columns, partial: Partial, most: int, pool: Pool, effort: Effort, clock: Clock
) -> Closed:
    """Choose from these patterns for what is left, so that all bins cost at most `most`."""
    left = np.flatnonzero(partial.left)
    choice = choose_whole(
        Pool(pool.patterns[:, left], pool.bin_types),
        partial.left[left],
        columns.stocks_after(partial.taken),
        None,
        [(columns.costs, most - partial.cost)],
        clock,
        effort.nodes,
    )
    if choice.amounts is None:
        return Closed(None, choice.final)
    return Closed([*partial.taken, *filled(pool, choice.amounts, partial.left)], impossible=False)


def filled(pool: Pool, amounts: Ints, counts: Ints) -> list[Filled]:
    """The bins of so many of each pattern, without what they hold beyond the counts."""
    left = counts.copy()
    bins = []
    for index in np.flatnonzero(amounts):
        for _ in range(amounts[index]):
            own = np.minimum(pool.patterns[index], left)
            left -= own
            if own.any():
                bins.append(Filled(int(pool.bin_types[index]), own))
    return bins


def usable_patterns(
    columns: Columns, partial: Partial, most: int, duals: Floats, effort: Effort, clock: Clock
) -> Pool | None:
    """All maximal patterns that what is left can use in packings that cost at most `most` in all.

    None where they are too many to list.
    """
    sizes, counts = columns.sizes, partial.left
    worths = np.floor(duals * _SCALE).astype(np.int64)
    capacities, costs = columns.capacities, columns.costs.tolist()
    if np.count_nonzero(counts) * max(capacities) > _MOST_CELLS:
        return None
    lister = Lister(sizes.sizes, counts, max(capacities), worths)
    if not all(costs):  # what costs nothing may be worth more than it costs
        return _listed(lister, sizes.bin_types, [0] * len(costs), max(capacities), effort, clock)
    rest = most - partial.cost
    scale = max(
        Fraction(lister.best(size), cost) for size, cost in zip(capacities, costs, strict=True)
    )
    gap = rest * scale - int((worths.astype(object) * counts).sum())
    # Bins of one type can be counted; of several, nothing is known of how much they hold.
    waste = max(capacities)
    if len(capacities) == 1:
        waste = rest // costs[0] * capacities[0] - int(sizes.sizes @ counts)
    least = [ceil(cost * scale - gap) for cost in costs]
    return _listed(lister, sizes.bin_types, least, waste, effort, clock)


def every_pattern(sizes: Sizes, effort: Effort, clock: Clock) -> Pool | None:
    """All maximal patterns; None where they are too many to list."""
    capacities = [bin_type.capacity for bin_type in sizes.bin_types]
    if len(sizes.sizes) * max(capacities) > _MOST_CELLS:
        return None
    lister = Lister(sizes.sizes, sizes.counts, max(capacities), np.zeros_like(sizes.sizes))
    return _listed(lister, sizes.bin_types, [0] * len(capacities), max(capacities), effort, clock)


def _listed(
    lister: "Lister",
    bin_types: Sequence[BinType],
    least: Sequence[int],
    waste: int,
    effort: Effort,
    clock: Clock,
) -> Pool | None:
    """The patterns for all types that are worth the least of each."""
    found: list[Ints] = []
    for bin_type, own in zip(bin_types, least, strict=True):
        patterns = lister.patterns(bin_type.capacity, own, waste, effort, clock)
        if patterns is None:
            return None
        found.append(patterns)
    numbers = np.repeat(np.arange(len(bin_types)), [len(patterns) for patterns in found])
    return Pool(np.concatenate(found), numbers) if len(numbers) <= effort.patterns else None


class Lister:
    """Lists maximal patterns of sizes, each used at most `counts` times."""

    def __init__(self, sizes: Ints, counts: Ints, capacity: int, worths: Ints) -> None:
        self._all = len(sizes)
        self._used = np.flatnonzero(counts)
        sizes, counts, worths = sizes[self._used], counts[self._used], worths[self._used]
        self._sizes, self._counts, self._worths = sizes, counts, worths
        shape = (len(sizes) + 1, capacity + 1)
        self._best = np.zeros(shape, dtype=np.int64)
        self._full = np.zeros(shape, dtype=np.int64)
        for index in range(len(sizes) - 1, -1, -1):
            most = int(min(counts[index], capacity // sizes[index]))
            _extend(self._best, index, int(sizes[index]), int(worths[index]), most)
            _extend(self._full, index, int(sizes[index]), int(sizes[index]), most)

    def best(self, capacity: int) -> int:
        """What the best pattern is worth."""
        return int(self._best[0, capacity])

    def patterns(
        self, capacity: int, least: int, waste: int, effort: Effort, clock: Clock
    ) -> Ints | None:
        """All that are worth `least` and leave at most `waste`; None where they are too many."""
        rooms, worth = np.array([capacity]), np.array([0])
        lines = np.zeros((1, len(self._sizes)), dtype=np.int32)
        for index, size in enumerate(self._sizes):
            grown = [self._kept((rooms, worth, lines), index, least, waste)]
            for _ in range(int(min(self._counts[index], capacity // size))):
                fits = rooms >= size
                rooms, worth, lines = rooms[fits] - size, worth[fits], lines[fits]
                if not len(rooms):
                    break
                worth = worth + self._worths[index]
                lines[:, index] += 1
                grown.append(self._kept((rooms, worth, lines), index, least, waste))
                if sum(len(each[0]) for each in grown) > effort.states or clock.over():
                    return None
            rooms, worth, lines = map(np.concatenate, zip(*grown, strict=True))
            if len(rooms) > effort.states or clock.over():
                return None
        least_left = np.where(lines < self._counts, self._sizes, capacity + 1).min(axis=1)
        lines = lines[least_left > rooms]
        if len(lines) > effort.patterns:
            return None
        found = np.zeros((len(lines), self._all), dtype=np.int64)
        found[:, self._used] = lines
        return found

    def _kept(self, states: _States, index: int, least: int, waste: int) -> _States:
        """Those states from which a pattern within the limits can come."""
        rooms, worth, lines = states
        keep = worth + self._best[index + 1, rooms] >= least
        keep &= rooms - self._full[index + 1, rooms] <= waste
        return rooms[keep], worth[keep], lines[keep]


def _extend(table: Ints, index: int, size: int, value: int, most: int) -> None:
    """Row `index` from the one behind it, with this size, up to `most` times."""
    row = table[index]
    row[:] = table[index + 1]
    times = 1
    while most > 0:
        times = min(times, most)
        shift = size * times
        np.maximum(row[shift:], row[: len(row) - shift] + value * times, out=row[shift:])
        most -= times
        times *= 2
