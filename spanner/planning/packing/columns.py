"""Column generation: patterns are made until no better ones exist; the exact bound of that."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import TypeVar

import numpy as np

from spanner.planning.packing.clock import Clock
from spanner.planning.packing.knapsack import Knapsack
from spanner.planning.packing.master import Master, Pool, Solution, central_duals
from spanner.planning.packing.problem import SMALL, Filled, Floats, Ints
from spanner.planning.packing.scaling import Sizes

_MOST = 40
"""New patterns a step and type: more make the linear program slow, fewer take more steps."""
_SCALE = 1 << 30
"""Duals are rounded down to multiples of 1 / _SCALE: a bound is computed in integers."""
_MOST_WORTH = 1e4
"""In dearest bins; nothing that is worth more can help a bound, and sums stay within 64 bits."""
_BLEND = 0.5
"""So much the best duals count beside the last ones (Wentges, 1997): so they jump about less."""

_Number = TypeVar("_Number", float, Fraction)


class Columns:
    """The patterns of one instance, the linear program over them, and the bound on its value.

    `costs` are the first level of the types' costs; `bound` is what no packing can cost less than.
    """

    def __init__(self, sizes: Sizes, bound: int) -> None:
        self.sizes = sizes
        self.bound = bound
        self.costs = np.array([bin_type.cost[0] for bin_type in sizes.bin_types], dtype=np.int64)
        self.stocks = [bin_type.stock for bin_type in sizes.bin_types]
        self.capacities = [bin_type.capacity for bin_type in sizes.bin_types]
        self._knapsack = Knapsack(sizes.sizes, sizes.counts, max(self.capacities))
        floors = sizes.floors
        self._floors = Knapsack(floors.sizes, floors.counts, max(floors.capacities))
        self._unit = float(self.costs.max() or 1)
        self.master = Master(sizes.counts, self.costs / self._unit, self.stocks)
        self._best_value = 0.0
        self._best_duals = np.zeros(len(sizes.counts))

    def least(self, solution: Solution) -> int:
        """The least cost in whole numbers that the solution leaves possible."""
        return ceil((solution.value - SMALL) * self._unit)

    def taken(self, filled: Sequence[Filled]) -> Ints:
        """How many bins of each type these are."""
        return np.bincount([each.bin_type for each in filled], minlength=len(self.costs))

    def stocks_after(self, filled: Sequence[Filled]) -> list[int | None]:
        """The stock of each type when these bins are taken."""
        taken = self.taken(filled).tolist()
        return [
            None if stock is None else stock - count
            for stock, count in zip(self.stocks, taken, strict=True)
        ]

    def rest(self, index: Ints, left: Ints, filled: Sequence[Filled], most: int) -> "Columns":
        """The instance of what is left of some sizes, with the patterns that still fit.

        It is of interest only if it costs at most `most`: that is its bound.
        """
        stocks = self.stocks_after(filled)
        bin_types = tuple(
            replace(bin_type, stock=stock)
            for bin_type, stock in zip(self.sizes.bin_types, stocks, strict=True)
        )
        columns = Columns(self.sizes.part(index, left[index], bin_types), most)
        pool = self.master.pool
        fitting = np.flatnonzero((pool.patterns <= left).all(axis=1))
        columns.master.add_pool(Pool(pool.patterns[fitting][:, index], pool.bin_types[fitting]))
        return columns

    def converge(self, clock: Clock, most: int | None = None) -> Solution | None:
        """Make patterns until the bound meets the value, or none is missing.

        None where the time is over, or all is proven to cost more than `most`.
        """
        blend = 0.0
        while not clock.over() and (most is None or self.bound <= most):
            solution = self.master.solve(clock, grown=True)
            if solution is None:
                return None
            if solution.missing < SMALL and self.least(solution) <= self.bound:
                return solution
            centre = blend * self._best_duals + (1 - blend) * solution.duals
            if not (self.price(solution, centre) or self.price(solution)):
                return solution
            blend = _BLEND
        return None

    def price(self, solution: Solution, duals: Floats | None = None) -> int:
        """Add patterns that the solution asks for, found by these duals; says how many."""
        if duals is None:
            duals = solution.duals
        best = self._knapsack.solve(duals)
        self._try_bound(duals, [float(best[capacity]) for capacity in self.capacities])
        added = 0
        for bin_type, capacity in enumerate(self.capacities):
            least = self.costs[bin_type] / self._unit - solution.stock_duals[bin_type]
            patterns = self._knapsack.patterns(capacity)
            worth = patterns @ solution.duals
            order = np.argsort(-worth, kind="stable")[:_MOST]
            added += self.master.add(patterns[order[worth[order] > least + SMALL]], bin_type)
        return added

    def central_duals(self, clock: Clock) -> Floats:
        """What each size is worth, amid the best such values; the bound is raised by them."""
        costs = self.costs / self._unit
        found = central_duals(self.master.pool, self.sizes.counts, costs, self.stocks, clock)
        if found is None:
            return self._best_duals
        self.prove(found)
        return found

    def prove(self, duals: Floats) -> None:
        """Raise the bound to what these duals prove, in integers."""
        sound = np.clip(np.nan_to_num(duals), 0.0, _MOST_WORTH)
        rounded = np.floor(sound * _SCALE).astype(np.int64)
        floors = self.sizes.floors
        best = self._floors.best(rounded[floors.owners], floors.capacities)
        worth = Fraction(int((rounded.astype(object) * self.sizes.counts).sum()))
        costs = [Fraction(int(cost)) for cost in self.costs]
        value = _dual_value(worth, [Fraction(each) for each in best], costs, self.stocks)
        self.bound = max(self.bound, ceil(value))

    def _try_bound(self, duals: Floats, best: list[float]) -> None:
        costs = [float(cost) for cost in self.costs]
        value = _dual_value(float(duals @ self.sizes.counts), best, costs, self.stocks)
        if value > self._best_value:
            self._best_value, self._best_duals = value, duals
        if ceil(value - SMALL) > self.bound:
            self.prove(duals)


def _dual_value(
    worth: _Number, best: Sequence[_Number], costs: Sequence[_Number], stocks: Sequence[int | None]
) -> _Number:
    """Farley's bound (1990): worths are scaled so that no pattern is worth more than its bin.

    `worth` is that of all items, `best` that of the best pattern for each type. What a pattern is
    worth beyond a bin of limited stock is charged to that stock; the best scale is where some
    pattern is worth just its bin.
    """
    bin_types = [each for each in zip(best, costs, stocks, strict=True) if each[0] > 0]
    most = min((cost / top for top, cost, stock in bin_types if stock is None), default=None)
    bound = worth * 0
    for scale in {cost / top for top, cost, _ in bin_types}:
        if most is None or scale <= most:
            charged = [
                stock * min(worth * 0, cost - scale * top)
                for top, cost, stock in bin_types
                if stock is not None
            ]
            bound = max(bound, scale * worth + sum(charged, worth * 0))
    return bound
