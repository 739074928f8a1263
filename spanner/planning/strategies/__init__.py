"""The strategies of `--pack`, one module each: a further one is a copy of one and a line below."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from spanner.planning.assignment import Assignment, DiscCapacity, Strategy
from spanner.planning.contents import PackItem
from spanner.planning.packing.problem import BinType
from spanner.planning.strategies import letters, optimal, order


class StrategyModule(Protocol):
    """What the module of a strategy has: two functions with these names."""

    def divide(
        self,
        pack_items: Sequence[PackItem],
        costs: Sequence[int],
        strategy: Strategy,
        capacities: Sequence[DiscCapacity],
    ) -> Assignment:
        """Divide one or more pack items, of these bytes each, over the discs that cost the least.

        Each of the capacities is above 0 and in stock, and the largest takes every pack item.

        Raises:
            DoesNotFitError: the stock does not suffice.
            UsageError: there is no such way to keep groups.
        """

    def bins_needed(self, costs: Sequence[int], bin_types: Sequence[BinType]) -> list[int]:
        """The type (an index) of each bin that groups of these bytes need, in any order of bins.

        Raises:
            DoesNotFitError: the stock does not suffice.
        """


STRATEGIES: Mapping[str, StrategyModule] = {
    "letters": letters,
    "order": order,
    "optimal": optimal,
}
