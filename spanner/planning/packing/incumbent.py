"""The best packing so far, and what is proven of it."""

from collections import Counter
from collections.abc import Sequence

from spanner.planning.packing.problem import Cost, Filled, total_cost
from spanner.planning.packing.scaling import Sizes


class Incumbent:
    """The least `cost` so far, its bins where a search found them, and its first level's bound."""

    def __init__(self, sizes: Sizes, cost: Cost, bound: int) -> None:
        self.sizes = sizes
        self.cost = cost
        self.bound = bound
        self.filled: list[Filled] | None = None

    def offer(self, filled: Sequence[Filled]) -> None:
        """Take it if it costs less, and there are so many bins."""
        cost = total_cost(self.sizes.bin_types, (each.bin_type for each in filled))
        taken = Counter(each.bin_type for each in filled)
        there = all(
            self.sizes.bin_types[bin_type].at_most(count) == count
            for bin_type, count in taken.items()
        )
        if cost < self.cost and there:
            self.cost, self.filled = cost, list(filled)

    def raise_bound(self, bound: int) -> None:
        """No packing costs less than this, on the first level."""
        self.bound = max(self.bound, bound)

    @property
    def settled(self) -> bool:
        """Nothing cheaper can be found."""
        return self.cost[0] <= self.bound
