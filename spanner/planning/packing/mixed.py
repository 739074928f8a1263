"""Bin packing with bins of several types, which differ in capacity, cost and stock."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from math import gcd

from spanner.errors import DoesNotFitError
from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.covers import covers, least_cost
from spanner.planning.packing.heuristics import best_fit_decreasing
from spanner.planning.packing.incumbent import Incumbent
from spanner.planning.packing.pack import pack
from spanner.planning.packing.problem import BinType, Cost, total_cost
from spanner.planning.packing.scaling import distinct, items_of
from spanner.planning.packing.starts import fill_shuffled

_COVERS = 40
"""So many sets of bins that are large enough are tried to be filled."""


@dataclass(frozen=True, slots=True)
class MixedPacking:
    """Items in bins, with the type (an index) of each, and whether any packing costs less.

    `proven` is about the first level of the cost; `bound` is what that is at least.
    """

    bins: list[list[int]]
    bin_types: list[int]
    bound: int
    proven: bool


def pack_mixed(
    sizes: Sequence[int],
    bin_types: Sequence[BinType],
    seconds: float = 2.0,
    *,
    dives: int | None = None,
    seed: int = 0,
) -> MixedPacking:
    """Pack the items into bins that cost the least, level by level; options as those of `pack`.

    Raises:
        DoesNotFitError: the bins do not suffice, by all that was tried.
    """
    usable = [
        index
        for index, bin_type in enumerate(bin_types)
        if bin_type.capacity > 0 and bin_type.stock != 0
    ]
    if not usable or max(sizes, default=0) > max(bin_types[index].capacity for index in usable):
        raise DoesNotFitError("no bin is large enough")
    if not any(sizes):
        if not sizes:
            return MixedPacking([], [], 0, proven=True)
        cheapest = min(usable, key=lambda index: bin_types[index].cost)
        bound = bin_types[cheapest].cost[0]
        return MixedPacking([list(range(len(sizes)))], [cheapest], bound, proven=True)
    clock = Clock(seconds, dives)
    levels = zip(*(bin_types[index].cost for index in usable), strict=True)
    units = [gcd(*level) or 1 for level in levels]
    own = [
        replace(bin_types[index], cost=_divided(bin_types[index].cost, units)) for index in usable
    ]
    found = _Mixed(sizes, own, clock, seed).packing()
    taken = [usable[bin_type] for bin_type in found.bin_types]
    return replace(found, bin_types=taken, bound=found.bound * units[0])


def _divided(cost: Cost, units: Sequence[int]) -> Cost:
    return tuple(own // unit for own, unit in zip(cost, units, strict=True))


class _Mixed:
    """The search over one instance; costs have no common divisor."""

    def __init__(
        self, sizes: Sequence[int], bin_types: list[BinType], clock: Clock, seed: int
    ) -> None:
        self._sizes = sizes
        self._bin_types = bin_types
        self._clock = clock
        self._seed = seed
        self._bins: list[list[int]] = []
        self._taken: list[int] = []
        # More than any packing costs: a bin for each item, the dearest there are.
        dearest = (
            max(level) for level in zip(*(bin_type.cost for bin_type in bin_types), strict=True)
        )
        self._cost: Cost = tuple(len(sizes) * cost + 1 for cost in dearest)

    def packing(self) -> MixedPacking:
        """The cheapest packing found, and the bound: covers first, then simple ways, then a search.

        Raises:
            DoesNotFitError: the bins do not suffice, by all that was tried.
        """
        total = sum(self._sizes)
        least = least_cost(total, self._bin_types)
        if least is None:
            raise DoesNotFitError("the bins are not enough")
        sets = list(islice(covers(total, self._bin_types), _COVERS))
        if sets:
            least = sets[0][0]
        bound = self._bound(least[0])
        self._fill_covers(sets)
        for bins in self._simple():
            self._offer(bins)
        if self._cost > least:
            bound = self._search(bound)
        if not self._bins:
            raise DoesNotFitError("the bins are not enough")
        return MixedPacking(self._bins, self._taken, bound, self._cost[0] <= bound)

    def _bound(self, least: int) -> int:
        """The bound by room, and where all bins cost the same that by number."""
        costs = {bin_type.cost[0] for bin_type in self._bin_types}
        if len(costs) > 1:
            return least
        largest = max(bin_type.capacity for bin_type in self._bin_types)
        return max(least, costs.pop() * lower_bound(self._sizes, largest))

    def _fill_covers(self, sets: Sequence[tuple[Cost, list[int]]]) -> None:
        """Take the first set of bins that all items can be put in."""
        for cost, counts in sets:
            if cost >= self._cost or self._clock.over():
                return
            order = [bin_type for bin_type, count in enumerate(counts) for _ in range(count)]
            for largest_first in (True, False):
                order.sort(
                    key=lambda bin_type: self._bin_types[bin_type].capacity, reverse=largest_first
                )
                self._offer_in(order)

    def _offer_in(self, order: Sequence[int]) -> None:
        """Put the items in such bins, by best fit, if they fit."""
        with suppress(DoesNotFitError):
            bins = best_fit_decreasing(
                self._sizes, [self._bin_types[bin_type].capacity for bin_type in order]
            )
            self._offer(bins)

    def _simple(self) -> Iterator[list[list[int]]]:
        """Packings for bins of one type, or with the bins of each tried in turn."""
        largest = max(self._sizes, default=0)
        for bin_type in self._bin_types:
            if bin_type.capacity >= largest:
                yield pack(self._sizes, bin_type.capacity, self._clock.left, dives=0).bins
        count = len(self._sizes)
        for order in (
            sorted(self._bin_types, key=lambda bin_type: -bin_type.capacity),
            sorted(self._bin_types, key=lambda bin_type: bin_type.cost[0] / bin_type.capacity),
        ):
            room = [bin_type.capacity for bin_type in order for _ in range(bin_type.at_most(count))]
            with suppress(DoesNotFitError):
                yield best_fit_decreasing(self._sizes, room)

    def _offer(self, bins: list[list[int]]) -> None:
        """Take these bins if they cost less, each of the type that suits it best."""
        taken = self._suited([sum(self._sizes[item] for item in own) for own in bins])
        if taken is not None:
            cost = total_cost(self._bin_types, taken)
            if cost < self._cost:
                self._bins, self._taken, self._cost = bins, taken, cost

    def _suited(self, loads: Sequence[int]) -> list[int] | None:
        """For each load the cheapest type that takes it, the largest first; None: not enough."""
        left = [bin_type.at_most(len(loads)) for bin_type in self._bin_types]
        taken = [0] * len(loads)
        for number in sorted(range(len(loads)), key=lambda number: -loads[number]):
            takes = [
                index
                for index, bin_type in enumerate(self._bin_types)
                if left[index] and bin_type.capacity >= loads[number]
            ]
            if not takes:
                return None
            taken[number] = min(takes, key=lambda index: self._bin_types[index].cost)
            left[taken[number]] -= 1
        return taken

    def _search(self, bound: int) -> int:
        """Look for less by listing all patterns or by column generation; returns the bound."""
        from spanner.planning.packing.search import Search  # noqa: PLC0415 (takes long to load)

        incumbent = Incumbent(distinct(self._sizes, self._bin_types), self._cost, bound)
        search = Search(incumbent, self._clock, self._seed)
        seeds = []
        if self._bins:
            seeds = fill_shuffled(incumbent, sorted(self._taken), self._clock, self._seed)
        if not search.all_listed() and self._clock.dives != 0:
            search.run(seeds)
        if incumbent.filled:
            bins = items_of(incumbent.sizes, incumbent.filled)
            self._bins, self._taken = bins, [each.bin_type for each in incumbent.filled]
            self._cost = incumbent.cost
            self._offer(bins)
        return incumbent.bound
