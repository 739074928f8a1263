"""Which items of given worth fill a bin best: the pricing problem, and the exact bound from it."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from spanner.planning.packing.problem import Floats, Ints

_FAVOUR = 1e-9
"""Of patterns of equal worth the fuller one is better: so much is a full bin worth."""


class Knapsack:
    """Patterns of sizes, each used at most `limits` times, in bins of up to `capacity`.

    Each size is cut into pieces of 1, 2, 4, ... at once, each of which is taken or not; the table
    has a row for each piece: the best worth of it and all later ones by room.
    """

    def __init__(self, sizes: Ints, limits: Ints, capacity: int) -> None:
        self.sizes, self.capacity = sizes, capacity
        pieces = [
            (int(size) * times, index, times)
            for index, (size, limit) in enumerate(zip(sizes, limits, strict=True))
            for times in _binary(min(int(limit), capacity // int(size) if size else int(limit)))
        ]
        pieces.sort(key=lambda piece: (-piece[0], piece[1]))
        self.weights = np.array([piece[0] for piece in pieces], dtype=np.int64)
        self.owners = np.array([piece[1] for piece in pieces], dtype=np.int64)
        self.times = np.array([piece[2] for piece in pieces], dtype=np.int64)

    @cached_property
    def _table(self) -> Floats:
        return np.zeros((len(self.weights) + 1, self.capacity + 1))

    def solve(self, values: Floats) -> Floats:
        """Fill the table for sizes of this worth; its first row is the best worth by room."""
        worth = self._worth(values)
        table = self._table
        for piece in range(len(self.weights) - 1, -1, -1):
            weight, below, row = self.weights[piece], table[piece + 1], table[piece]
            row[:weight] = below[:weight]
            np.add(below[: self.capacity + 1 - weight], worth[piece], out=row[weight:])
            np.maximum(row[weight:], below[weight:], out=row[weight:])
        best: Floats = table[0]
        return best

    def patterns(self, capacity: int) -> Ints:
        """For each piece the best pattern that has no earlier one, by the last `solve`.

        Patterns are rows of how many of each size.
        """
        starts = np.flatnonzero(self.weights <= capacity)
        rooms = capacity - self.weights[starts]
        found = np.zeros((len(starts), len(self.sizes)), dtype=np.int64)
        lines = np.arange(len(starts))
        found[lines, self.owners[starts]] = self.times[starts]
        if not len(starts):
            return found
        for piece in range(int(starts[0]) + 1, len(self.weights)):
            begun = int(np.searchsorted(starts, piece))
            at = rooms[:begun]
            taken = np.flatnonzero(self._table[piece][at] > self._table[piece + 1][at])
            if len(taken):
                found[taken, self.owners[piece]] += self.times[piece]
                rooms[taken] -= self.weights[piece]
        return found

    def best(self, values: Ints, capacities: Sequence[int]) -> list[int]:
        """The best worth in each capacity, exact."""
        row = np.zeros(self.capacity + 1, dtype=np.int64)
        worth = values[self.owners] * self.times
        for piece in np.flatnonzero(worth > 0)[::-1]:
            weight = self.weights[piece]
            np.maximum(
                row[weight:], row[: self.capacity + 1 - weight] + worth[piece], out=row[weight:]
            )
        return [int(row[capacity]) for capacity in capacities]

    def _worth(self, values: Floats) -> Floats:
        favoured = values + self.sizes * (_FAVOUR / self.capacity)
        worth: Floats = favoured[self.owners] * self.times
        return worth


def _binary(most: int) -> list[int]:
    """1, 2, 4, ... and a rest, so that every number up to `most` is a sum of some."""
    parts = []
    times = 1
    while most > 0:
        times = min(times, most)
        parts.append(times)
        most -= times
        times *= 2
    return parts
