"""What several strategies are made of: groups that are kept whole, and runs of neighbours."""

from collections.abc import Sequence
from itertools import accumulate

from spanner.model.media_types import Medium
from spanner.planning.assignment import DiscCapacity, Strategy, bin_types_of
from spanner.planning.contents import PackItem
from spanner.planning.groups import ItemGroup, ItemGroups, folders, grouped, keeper
from spanner.planning.packing.problem import BinType
from spanner.planning.runs.contiguous import contiguous
from spanner.planning.runs.media_choice import cheapest


def kept_groups(
    pack_items: Sequence[PackItem],
    costs: Sequence[int],
    order: Sequence[int],
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
) -> ItemGroups:
    """The pack items, in this order, in the groups of `--keep` that the largest disc takes.

    Raises:
        UsageError: there is no such way to keep groups.
    """
    largest = max(capacity.size for capacity in capacities)
    paths = [pack_item.path for pack_item in pack_items]
    return grouped(paths, costs, order, keeper(strategy.keep), largest)


def in_runs(
    pack_items: Sequence[PackItem],
    groups: ItemGroups,
    strategy: Strategy,
    capacities: Sequence[DiscCapacity],
    penalties: Sequence[int] | None = None,
) -> list[tuple[int, int, Medium]]:
    """From which group to before which on which medium, for each disc.

    `penalties` tell good places to cut from bad ones, as in `contiguous`.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    runs = contiguous(
        [group.cost for group in groups.groups],
        folders_of(pack_items, groups.groups),
        bin_types_of(capacities),
        even=strategy.fill == "even",
        penalties=penalties,
    )
    return [(run.start, run.stop, capacities[run.bin_type].medium) for run in runs]


def folders_of(
    pack_items: Sequence[PackItem], groups: Sequence[ItemGroup]
) -> list[tuple[str, ...]]:
    """The folders that each group lies in, outermost first; one tuple for all in one folder."""
    known: dict[str, tuple[str, ...]] = {}
    found = []
    for group in groups:
        path = pack_items[group.pack_items[0]].path
        folder = path.rpartition("/")[0]
        if folder not in known:
            known[folder] = folders(path)
        found.append(known[folder])
    return found


def fewest_bins(costs: Sequence[int], bin_types: Sequence[BinType]) -> list[int]:
    """The type of each of the bins that cost the least, if each takes a run of neighbours.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    return cheapest([0, *accumulate(costs)], bin_types)
