"""`--pack optimal`: the fewest or cheapest discs that there can be, whatever lies on which."""

from collections.abc import Sequence

from spanner.planning.assignment import (
    Assignment,
    DiscAssignment,
    DiscCapacity,
    Strategy,
    bin_types_of,
)
from spanner.planning.contents import PackItem
from spanner.planning.packing.mixed import pack_mixed
from spanner.planning.packing.problem import BinType
from spanner.planning.scattered import scattered
from spanner.planning.strategies.common import kept_groups

_SECONDS, _DIVES = 5.0, 1
"""What the search for the bins needed may take: longer than it does, and so many tries."""


def divide(
    pack_items: Sequence[PackItem],
    costs: Sequence[int],
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
) -> Assignment:
    """Pack the groups, then gather folders on few discs; discs get no titles."""
    groups = kept_groups(pack_items, costs, range(len(pack_items)), strategy, capacities)
    paths = [pack_item.path for pack_item in pack_items]
    even = strategy.fill == "even"
    found = scattered(paths, costs, groups.groups, bin_types_of(capacities), even=even)
    discs = [DiscAssignment(tuple(own), capacities[bin_type].medium) for own, bin_type in found]
    return Assignment(discs, groups)


def bins_needed(costs: Sequence[int], bin_types: Sequence[BinType]) -> list[int]:
    """The bins that cost the least for groups of these bytes, by a short search."""
    return pack_mixed(costs, bin_types, _SECONDS, dives=_DIVES).bin_types
