"""The search beyond cheap packings: column generation, dives, the exact close, until they meet."""

from bisect import bisect_left, insort
from collections.abc import Sequence

import numpy as np

from spanner.planning.packing.clock import Clock
from spanner.planning.packing.closing import Effort, close, every_pattern, filled, usable_patterns
from spanner.planning.packing.columns import Columns
from spanner.planning.packing.dives import Partial, dive
from spanner.planning.packing.filling import fill
from spanner.planning.packing.incumbent import Incumbent
from spanner.planning.packing.master import choose_whole
from spanner.planning.packing.problem import Filled, Floats, Ints

_MOST_SIZES = 3000
"""Distinct sizes that column generation is tried with: more take longer than anyone waits."""
_MOST_FLOORS = 30_000
"""And so many before they are rounded to the grid."""
_ENDGAMES = (20, 8)
"""So many dearest bins from its end a dive is tried to be closed exactly."""
_ENDGAME = Effort(states=8_000, patterns=400, nodes=100)
_ALL = Effort(states=20_000, patterns=3_000, nodes=1_000)
_WHOLE = Effort(states=50_000, patterns=4_000, nodes=1_000)
_FIRST_DIVES = 8
"""After so many dives the whole is tried to be closed exactly."""


class Search:
    """Improves the incumbent until it is proven the best or the time is over."""

    def __init__(self, incumbent: Incumbent, clock: Clock, seed: int) -> None:
        self._best = incumbent
        self._sizes = incumbent.sizes
        self._clock = clock
        self._seed = seed

    def run(self, seeds: Sequence[Sequence[Filled]]) -> None:
        """Search, with the patterns of these packings at hand."""
        if len(self._sizes.counts) > _MOST_SIZES or len(self._sizes.floors.sizes) > _MOST_FLOORS:
            return
        columns = Columns(self._sizes, self._best.bound)
        for each in seeds:
            columns.master.add_filled(each)
        solution = columns.converge(self._clock)
        self._best.raise_bound(columns.bound)
        if solution is None or self._best.settled:
            return
        duals = columns.central_duals(self._clock)
        self._best.raise_bound(columns.bound)
        whole = Partial(self._sizes.counts.copy())
        pool = usable_patterns(columns, whole, self._best.bound, duals, _WHOLE, self._clock)
        if pool is not None:
            columns.master.add_pool(pool)
        rounds = 0
        while not (self._best.settled or self._clock.over()):
            if rounds == self._clock.dives:
                return
            rounds += 1
            if not self._dive(columns, duals, self._seed + rounds):
                return
            self._best.raise_bound(columns.bound)
            if rounds % _FIRST_DIVES == 0:
                self._close_whole(columns, duals)

    def all_listed(self) -> bool:
        """Solve an instance of few patterns exactly, on all levels of the cost; False: too many."""
        pool = every_pattern(self._sizes, _ALL, self._clock)
        if pool is None:
            return False
        stocks = [bin_type.stock for bin_type in self._sizes.bin_types]
        limits: list[tuple[Ints, int]] = []
        amounts = None
        for level in range(len(self._best.cost)):
            costs = np.array(
                [bin_type.cost[level] for bin_type in self._sizes.bin_types], dtype=np.int64
            )
            choice = choose_whole(
                pool, self._sizes.counts, stocks, costs, limits, self._clock, _ALL.nodes
            )
            if choice.amounts is None:
                return choice.final and self._sizes.exact
            amounts = choice.amounts
            limits.append((costs, int(costs[pool.bin_types] @ amounts)))
        if amounts is not None:
            self._best.offer(filled(pool, amounts, self._sizes.counts))
        if self._sizes.exact:
            self._best.raise_bound(limits[0][1])
        return self._sizes.exact

    def _close_whole(self, columns: Columns, duals: Floats) -> None:
        """Choose from all patterns: a packing that costs the bound is found, or the bound rises."""
        whole = Partial(self._sizes.counts.copy())
        while not (self._best.settled or self._clock.over()):
            pool = usable_patterns(columns, whole, self._best.bound, duals, _WHOLE, self._clock)
            if pool is None:
                return
            closed = close(columns, whole, self._best.bound, pool, _WHOLE, self._clock)
            if closed.filled:
                self._best.offer(closed.filled)
            if not (closed.impossible and self._sizes.exact):
                return
            self._best.raise_bound(self._best.bound + 1)

    def _dive(self, columns: Columns, duals: Floats, seed: int) -> bool:
        """Dive once, for less than the incumbent's cost; False where that cannot be."""
        nothing = np.zeros(len(columns.costs), dtype=np.int64)
        columns.master.require(self._sizes.counts, nothing)
        start = columns.master.solve(self._clock, grown=False)
        most = self._best.cost[0] - 1
        if start is None or columns.least(start) > most:
            return False
        endgames = [count * int(columns.costs.max()) for count in _ENDGAMES]
        partial = None
        for partial in dive(columns, start, most, seed, self._clock):
            rest = most - partial.cost
            if not endgames or rest > endgames[0] or not partial.left.any():
                continue
            endgames = [each for each in endgames if each < rest]
            pool = usable_patterns(columns, partial, most, duals, _ENDGAME, self._clock)
            if pool is None:
                continue
            closed = close(columns, partial, most, pool, _ENDGAME, self._clock)
            if closed.filled:
                self._best.offer(closed.filled)
            if closed.filled or closed.impossible:
                return True
        if partial:
            self._finish(columns, partial)
        return True

    def _finish(self, columns: Columns, partial: Partial) -> None:
        """Put what a dive left into the room of its bins, and into new ones."""
        bin_types, sizes = self._sizes.bin_types, self._sizes.sizes
        left = partial.left.copy()
        taken = [Filled(each.bin_type, each.pattern.copy()) for each in partial.taken]
        rooms = sorted(
            (bin_types[each.bin_type].capacity - int(each.pattern @ sizes), index)
            for index, each in enumerate(taken)
        )
        for index in np.flatnonzero(left):
            size = int(sizes[index])
            while left[index]:
                at = bisect_left(rooms, (size, -1))
                if at == len(rooms):
                    break
                room, target = rooms.pop(at)
                insort(rooms, (room - size, target))
                left[index] -= 1
                taken[target].pattern[index] += 1
        rest = self._best.cost[0] - 1 - partial.cost
        own = np.flatnonzero(left)
        for bin_type, cost in enumerate(columns.costs):
            stock = columns.stocks_after(taken)[bin_type]
            most = int(left.sum()) if not cost else min(int(left.sum()), rest // int(cost))
            capacities = [bin_types[bin_type].capacity] * (
                most if stock is None else min(most, stock)
            )
            bins = fill(sizes[own].tolist(), left[own].tolist(), capacities, self._clock)
            if bins is not None:
                new = [np.bincount(own[each], minlength=len(sizes)) for each in bins]
                self._best.offer([*taken, *(Filled(bin_type, row) for row in new)])
