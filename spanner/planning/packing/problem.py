"""What is packed, and what comes out: the words that all solvers here share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Cost = tuple[int, ...]

SMALL = 1e-6
"""Floating-point solutions are right to this; nothing is called proven by them."""


@dataclass(frozen=True, slots=True)
class BinType:
    """A type of bin. `cost` of each bin counts lexicographically; no `stock` is no limit."""

    capacity: int
    cost: Cost
    stock: int | None = None

    def at_most(self, count: int) -> int:
        """How many there are, where more than `count` are never needed."""
        return count if self.stock is None else min(self.stock, count)


@dataclass(frozen=True, slots=True)
class Packing:
    """Items in bins, and how many bins no packing can do without."""

    bins: list[list[int]]
    lower_bound: int

    @property
    def proven(self) -> bool:
        """No packing has fewer bins."""
        return len(self.bins) == self.lower_bound


@dataclass(frozen=True, slots=True)
class Filled:
    """A bin of an instance of distinct sizes: its type, and how many it holds of each size."""

    bin_type: int
    pattern: Ints


def total_cost(bin_types: Sequence[BinType], taken: Iterable[int]) -> Cost:
    """The cost of bins of these types, each an index."""
    total = (0,) * len(bin_types[0].cost)
    for bin_type in taken:
        total = added(total, bin_types[bin_type].cost)
    return total


def added(one: Cost, other: Cost) -> Cost:
    """The sum of two costs, level by level."""
    return tuple(a + b for a, b in zip(one, other, strict=True))
