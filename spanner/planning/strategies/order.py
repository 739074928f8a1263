"""`--pack order`: each disc goes on where the one before ends, in the order of the sources."""

from collections.abc import Sequence

from spanner.planning.assignment import Assignment, DiscAssignment, DiscCapacity, Strategy
from spanner.planning.contents import PackItem
from spanner.planning.packing.problem import BinType
from spanner.planning.strategies.common import fewest_bins, in_runs, kept_groups


def divide(
    pack_items: Sequence[PackItem],
    costs: Sequence[int],
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
) -> Assignment:
    """Divide the pack items in their order; discs are called by their first and last ones."""
    groups = kept_groups(pack_items, costs, range(len(pack_items)), strategy, capacities)
    discs = []
    for start, stop, medium in in_runs(pack_items, groups, strategy, capacities):
        own = tuple(index for group in groups.groups[start:stop] for index in group.pack_items)
        first, last = pack_items[own[0]].name, pack_items[own[-1]].name
        discs.append(DiscAssignment(own, medium, first if first == last else f"{first} – {last}"))
    return Assignment(discs, groups)


def bins_needed(costs: Sequence[int], bin_types: Sequence[BinType]) -> list[int]:
    """The bins that cost the least for groups of these bytes in this order."""
    return fewest_bins(costs, bin_types)
