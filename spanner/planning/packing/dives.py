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
_REPAIRS = 6
"""So often new patterns are made where a dive would come out too dear."""


@dataclass(slots=True)
class Partial:
    """Bins that a dive fixed, what they cost, and how many items are left of each size."""

    left: Ints
    taken: list[Filled] = field(default_factory=list)
    cost: int = 0


def dive(
    columns: Columns, start: Solution, most: int, seed: int, clock: Clock
) -> Iterator[Partial]:
    """Fix bins step by step; ends where all items have one or no packing of cost `most` is left.

    What is yielded is changed by the next step.
    """
    random = np.random.default_rng(seed)
    sure = _SURE[seed % len(_SURE)]
    partial = Partial(columns.sizes.counts.copy())
    solution: Solution | None = start
    while solution and partial.left.any():
        if partial.cost + columns.least(solution) > most or solution.missing > SMALL:
            return
        _fix(columns, solution, partial, sure, random)
        yield partial
        columns.master.require(partial.left, columns.taken(partial.taken))
        solution = columns.master.solve(clock, grown=False)
        for _ in range(_REPAIRS):
            if solution is None or partial.cost + columns.least(solution) <= most:
                break
            if not columns.price(solution):
                return
            solution = columns.master.solve(clock, grown=True)


def _fix(
    columns: Columns,
    solution: Solution,
    partial: Partial,
    sure: float,
    random: np.random.Generator,
) -> None:
    """Fix the patterns that are nearly whole, or one by chance; trimmed to what is left."""
    amounts, patterns = solution.amounts, columns.master.pool.patterns
    before = len(partial.taken)
    for column in np.flatnonzero(amounts >= sure):
        for _ in range(max(1, int(amounts[column] + SMALL))):
            if (patterns[column] > partial.left).any():
                break
            _take(columns, partial, int(column))
    if len(partial.taken) == before:
        positive = np.flatnonzero(amounts > SMALL)
        weights = amounts[positive] ** 2
        _take(columns, partial, int(random.choice(positive, p=weights / weights.sum())))


def _take(columns: Columns, partial: Partial, column: int) -> None:
    kind = int(columns.master.pool.kinds[column])
    pattern = np.minimum(columns.master.pool.patterns[column], partial.left)
    partial.left -= pattern
    partial.taken.append(Filled(kind, pattern))
    partial.cost += int(columns.costs[kind])
