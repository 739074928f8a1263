"""Items as an instance of few distinct sizes on a grid that tables can be made for.

Sizes are rounded up to the grid, so that every packing found fits; for bounds they are rounded
down, since floor(a / g) + floor(b / g) <= floor((a + b) / g). A disc's grid has 2^15 steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spanner.planning.packing.problem import BinType, Filled, Ints

_STEPS = 1 << 15
_FINE_STEPS = 1 << 18
"""For bounds a table of one row does."""
_MOST_CELLS = 12_000_000
"""Cells of a table: sizes times steps."""
_MOST_FINE_CELLS = 80_000_000
"""The same for one row that is gone through once for each size."""


@dataclass(frozen=True, slots=True)
class Floors:
    """The same items on a finer grid, rounded down: what is impossible for them is impossible.

    `owners` are the sizes' indices there that these belong to.
    """

    sizes: Ints
    owners: Ints
    counts: Ints
    capacities: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Distinct sizes above 0, largest first, how many items have each, and the types of bins.

    `exact`: nothing was rounded, what is impossible here is so for the items too. `items` has the
    items (indices) of each size, `zeros` those that take no room.
    """

    sizes: Ints
    counts: Ints
    bin_types: tuple[BinType, ...]
    items: tuple[Ints, ...]
    zeros: tuple[int, ...]
    floors: Floors
    exact: bool

    def part(self, index: Ints, counts: Ints, bin_types: tuple[BinType, ...]) -> "Sizes":
        """Some of the sizes only, with so many items, which have no names here."""
        sizes = self.sizes[index]
        capacities = tuple(bin_type.capacity for bin_type in bin_types)
        floors = Floors(sizes, np.arange(len(sizes)), counts, capacities)
        return Sizes(
            sizes=sizes,
            counts=counts,
            bin_types=bin_types,
            items=(),
            zeros=(),
            floors=floors,
            exact=False,
        )


def distinct(sizes: Sequence[int], bin_types: Sequence[BinType]) -> Sizes:
    """The items by distinct sizes, on a grid that is fine enough for bins of these types."""
    values = np.asarray(sizes, dtype=np.int64)
    positive = np.flatnonzero(values)
    values = values[positive]
    unit = int(np.gcd.reduce(values)) if len(values) else 1
    largest = max(bin_type.capacity for bin_type in bin_types) // unit
    different = len(np.unique(values)) or 1
    steps = max(1000, min(_STEPS, _MOST_CELLS // different))
    grid = unit * max(1, -(-largest // steps))
    up = _rounded_up(values, grid, [bin_type.capacity for bin_type in bin_types])
    order = np.lexsort((positive, -up))
    firsts = np.flatnonzero(np.diff(up[order], prepend=-1))
    counts = np.diff(firsts, append=len(order))
    fine_steps = max(steps, min(_FINE_STEPS, _MOST_FINE_CELLS // different))
    fine = unit * max(1, -(-largest // fine_steps))
    owners = np.repeat(np.arange(len(firsts)), counts)
    return Sizes(
        sizes=up[order][firsts],
        counts=counts,
        bin_types=tuple(
            BinType(bin_type.capacity // grid, bin_type.cost, bin_type.stock)
            for bin_type in bin_types
        ),
        items=tuple(np.split(positive[order], firsts[1:])),
        zeros=tuple(np.setdiff1d(np.arange(len(sizes)), positive).tolist()),
        floors=_floors(
            values[order] // fine, owners, [bin_type.capacity // fine for bin_type in bin_types]
        ),
        exact=grid == unit,
    )


def _rounded_up(values: Ints, grid: int, capacities: Sequence[int]) -> Ints:
    """In steps of the grid; what just fits the largest bin fills it, if it still fits no other."""
    up = -(-values // grid)
    largest = max(capacities)
    if all(each == largest or each // grid < largest // grid for each in capacities):
        just = (values <= largest) & (up > largest // grid)
        up[just] = largest // grid
    return up


def _floors(sizes: Ints, owners: Ints, capacities: Sequence[int]) -> Floors:
    both, counts = np.unique(np.stack((sizes, owners)), axis=1, return_counts=True)
    return Floors(both[0], both[1], counts, tuple(capacities))


def items_of(sizes: Sizes, filled: Sequence[Filled]) -> list[list[int]]:
    """The items (indices) in each bin; those of size 0 are in the first."""
    used = np.zeros(len(sizes.counts), dtype=np.int64)
    bins: list[list[int]] = [[] for _ in filled]
    for own, each in zip(bins, filled, strict=True):
        for index in np.flatnonzero(each.pattern):
            end = used[index] + each.pattern[index]
            own.extend(sizes.items[index][used[index] : end].tolist())
            used[index] = end
        own.sort()
    if bins:
        bins[0] = sorted([*bins[0], *sizes.zeros])
    return bins
