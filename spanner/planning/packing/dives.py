"""Dives: patterns are fixed one after another until few items are left, then again otherwise.

A dive only changes right-hand sides of the linear program: what fixed patterns hold is taken off
the demand, and the same columns, with a few new ones, are solved again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spanner.planning.packing.clock import Clock
from spanner.planning.packing.columns import Columns
from spanner.planning.packing.master import Solution
from spanner.planning.packing.problem import SMALL, Filled, Ints

_SURE = (0.75, 0.9, 0.6)
"""Patterns with more than this in a fractional solution are fixed together; dives take turns."""
_SMALLER = 0.9
"""Once so few of the sizes are left, a smaller program is made of them."""
_REPAIRS = 6
"""So often new patterns are made where a dive would come out too dear."""


@dataclass(slots=True)
class Partial:
    """Bins that a dive fixed, what they cost, and how many items are left of each size."""

    left: Ints
    taken: list[Filled] = field(default_factory=list)
    cost: int = 0


@dataclass(frozen=True, slots=True)
class _Level:
    """The program that a dive solves: of the sizes `index`, when `begun` bins were taken."""

    columns: Columns
    index: Ints
    begun: int

    def require(self, partial: Partial) -> None:
        """Have the program cover what is left, with what the taken bins leave of the stocks."""
        columns = self.columns
        columns.master.require(partial.left[self.index], columns.taken(partial.taken[self.begun :]))

    def below(self, partial: Partial, most: int) -> "_Level":
        """A smaller program, of the sizes that are left."""
        left = partial.left[self.index]
        own = np.flatnonzero(left)
        rest = self.columns.rest(own, left, partial.taken[self.begun :], most - partial.cost)
        return _Level(rest, self.index[own], len(partial.taken))


def dive(
    columns: Columns, start: Solution, most: int, seed: int, clock: Clock
) -> Iterator[Partial]:
    """Fix bins step by step; ends where all items have one or no packing of cost `most` is left.

    What is yielded is changed by the next step.
    """
    random = np.random.default_rng(seed)
    sure = _SURE[seed % len(_SURE)]
    partial = Partial(columns.sizes.counts.copy())
    level = _Level(columns, np.arange(len(partial.left)), 0)
    solution: Solution | None = start
    while solution and partial.left.any():
        if partial.cost + columns.least(solution) > most or solution.missing > SMALL:
            return
        _fix(level, solution, partial, sure, random)
        yield partial
        if np.count_nonzero(partial.left) < _SMALLER * len(level.index):
            level = level.below(partial, most)
            solution = level.columns.converge(clock, most - partial.cost)
        else:
            level.require(partial)
            solution = _repaired(level.columns, most - partial.cost, clock)


def _repaired(columns: Columns, most: int, clock: Clock) -> Solution | None:
    """The solution with what is left, with new patterns where it would come out too dear."""
    solution = columns.master.solve(clock, grown=False)
    for _ in range(_REPAIRS):
        if solution is None or columns.least(solution) <= most:
            break
        if not columns.price(solution):
            return None
        solution = columns.master.solve(clock, grown=True)
    return solution


def _fix(
    level: _Level,
    solution: Solution,
    partial: Partial,
    sure: float,
    random: np.random.Generator,
) -> None:
    """Fix the patterns that are nearly whole, or one by chance; trimmed to what is left."""
    amounts, patterns = solution.amounts, level.columns.master.pool.patterns
    before = len(partial.taken)
    for column in np.flatnonzero(amounts >= sure):
        for _ in range(max(1, int(amounts[column] + SMALL))):
            if (patterns[column] > partial.left[level.index]).any():
                break
            _take(level, partial, int(column))
    if len(partial.taken) == before:
        positive = np.flatnonzero(amounts > SMALL)
        weights = amounts[positive] ** 2
        _take(level, partial, int(random.choice(positive, p=weights / weights.sum())))


def _take(level: _Level, partial: Partial, column: int) -> None:
    columns = level.columns
    bin_type = int(columns.master.pool.bin_types[column])
    pattern = np.zeros_like(partial.left)
    pattern[level.index] = columns.master.pool.patterns[column]
    pattern = np.minimum(pattern, partial.left)
    partial.left -= pattern
    partial.taken.append(Filled(bin_type, pattern))
    partial.cost += int(columns.costs[bin_type])
