"""`--pack letters`: each disc gets a run of first letters of each folder, "Audio Files A–F"."""

from collections.abc import Sequence

from spanner.planning.alphabet import arranged, shared, titles
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
    """Divide the pack items in alphabetical order, between letters where as few discs do."""
    entries = arranged(pack_items)
    order = [entry.index for entry in entries]
    groups = kept_groups(pack_items, costs, order, strategy, capacities)
    by_index = {entry.index: entry for entry in entries}
    ordered = [[by_index[index] for index in group.pack_items] for group in groups.groups]
    # Between groups as between their last and first entries.
    begins = shared([entry for own in ordered for entry in own])
    starts, at = [], 0
    for own in ordered:
        starts.append(begins[at])
        at += len(own)
    runs = in_runs(pack_items, groups, strategy, capacities, starts)
    members = [[entry for own in ordered[start:stop] for entry in own] for start, stop, _ in runs]
    discs = [
        DiscAssignment(tuple(entry.index for entry in own), medium, title)
        for own, (_, _, medium), title in zip(members, runs, titles(members), strict=True)
    ]
    return Assignment(discs, groups)


def bins_needed(costs: Sequence[int], bin_types: Sequence[BinType]) -> list[int]:
    """The bins that cost the least for groups of these bytes in this order."""
    return fewest_bins(costs, bin_types)
