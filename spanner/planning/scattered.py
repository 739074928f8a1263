"""The fewest or cheapest discs whatever the order; among these, folders in as few pieces as can be.

The packing alone says which discs are needed. With the same discs some other divisions are tried:
neighbours together, folders in one piece, and folders opened one by one until all fits again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from spanner.errors import DoesNotFitError
from spanner.planning.groups import ItemGroup, avoidable, folders, grouped, pieces, spread
from spanner.planning.packing import pack
from spanner.planning.packing.heuristics import best_fit_decreasing
from spanner.planning.packing.mixed import pack_mixed
from spanner.planning.packing.problem import BinType, total_cost
from spanner.planning.packing.starts import fill_one_by_one
from spanner.planning.runs.contiguous import contiguous

_SECONDS = 30.0
"""Longer than any plan should take: what is tried is counted, so that plans are repeatable."""
_DIVES = 12
_DIVES_FOR_FOLDERS = 2
_MOST_PACK_ITEMS = 20_000
"""With more pack items than this no time is left for their folders."""
_MOST_OPENED = 6
_LEVELS = 14
_MOST_POLISHED = 60
_MOST_CHANGES = 300_000  # tried ones, times pack items

Discs = list[tuple[list[int], int]]
"""For each disc its pack items (indices), and its bin type (an index)."""


def scattered(
    paths: Sequence[str],
    costs: Sequence[int],
    groups: Sequence[ItemGroup],
    bin_types: Sequence[BinType],
    *,
    even: bool,
) -> Discs:
    """Put the groups of pack items, of these paths and costs, on the discs that cost the least.

    Large discs come first, and where they are filled one by one, the emptiest last.

    Raises:
        DoesNotFitError: the stock does not suffice.
    """
    best = _packed(groups, bin_types, _DIVES)
    if len(best) > 1 and len(paths) <= _MOST_PACK_ITEMS:
        gatherer = _Gatherer(paths, costs, groups, bin_types)

        def rank(discs: Discs) -> tuple[object, ...]:
            return gatherer.rank(discs, even=even)

        best = min([best, *gatherer.others(best)], key=rank)
        best = min([best, *(gatherer.levelled(best) if even else gatherer.filled(best))], key=rank)
        if len(groups) <= _MOST_POLISHED:
            best = gatherer.polished(best, rank)
    last = (
        None if even else min(best, key=lambda disc: sum(costs[pack_item] for pack_item in disc[0]))
    )
    return sorted(best, key=lambda disc: (-bin_types[disc[1]].capacity, disc is last, disc[0]))


def _packed(groups: Sequence[ItemGroup], bin_types: Sequence[BinType], dives: int) -> Discs:
    """The groups on the discs that cost the least, wherever their folders come to lie."""
    costs = [group.cost for group in groups]
    if len(bin_types) == 1 and bin_types[0].stock is None:
        bins = pack(costs, bin_types[0].capacity, _SECONDS, dives=dives).bins
        return [(_members(groups, own), 0) for own in bins]
    found = pack_mixed(costs, bin_types, _SECONDS, dives=dives)
    return [
        (_members(groups, own), bin_type)
        for own, bin_type in zip(found.bins, found.bin_types, strict=True)
    ]


def _members(groups: Sequence[ItemGroup], own: Iterable[int]) -> list[int]:
    return sorted(pack_item for index in own for pack_item in groups[index].pack_items)


class _Gatherer:
    """Tries other divisions of the groups, to have each folder on few discs."""

    def __init__(
        self,
        paths: Sequence[str],
        costs: Sequence[int],
        groups: Sequence[ItemGroup],
        bin_types: Sequence[BinType],
    ) -> None:
        self._all_paths = paths
        self._costs = costs
        self._bin_types = bin_types
        self._largest = max(bin_type.capacity for bin_type in bin_types)
        # Groups in the order of their paths: neighbours have folders in common.
        self._groups = sorted(groups, key=lambda group: paths[group.pack_items[0]])
        self._paths = [paths[group.pack_items[0]] for group in self._groups]

    def rank(self, discs: Discs, *, even: bool) -> tuple[object, ...]:
        """What is to be small: the cost, divided folders, discs to restore one, imbalance."""
        loads = [
            (sum(self._costs[pack_item] for pack_item in own), self._bin_types[bin_type].capacity)
            for own, bin_type in discs
        ]
        squares = sum(load * load for load, _ in loads)
        fullest = max(load / capacity for load, capacity in loads)
        cost = total_cost(self._bin_types, (bin_type for _, bin_type in discs))
        balance = (fullest, squares) if even else (-squares,)
        return cost, *pieces(self._paths_on(discs)), *balance

    def others(self, best: Discs) -> Iterator[Discs]:
        """Other divisions, which may cost more than the best so far."""
        with suppress(DoesNotFitError):
            runs = contiguous(
                [group.cost for group in self._groups],
                [folders(path) for path in self._paths],
                self._bin_types,
            )
            yield [
                (_members(self._groups, range(run.start, run.stop)), run.bin_type) for run in runs
            ]
        cost = total_cost(self._bin_types, (bin_type for _, bin_type in best))
        for opened in self._openings(best):
            with suppress(DoesNotFitError):
                dives = 0 if opened else _DIVES_FOR_FOLDERS
                discs = _packed(self._folders_but(opened), self._bin_types, dives)
                yield discs
                if total_cost(self._bin_types, (bin_type for _, bin_type in discs)) <= cost:
                    return

    def filled(self, discs: Discs) -> Iterator[Discs]:
        """The same folders divided, on discs of one type each as full as can be, one by one."""
        if len({bin_type for _, bin_type in discs}) > 1:
            return
        whole, bin_type = self._undivided(discs), discs[0][1]
        costs = [group.cost for group in whole]
        bins = fill_one_by_one(costs, self._bin_types[bin_type].capacity, len(discs))
        if bins is not None:
            yield [(_members(whole, own), bin_type) for own in bins]

    def _undivided(self, discs: Discs) -> list[ItemGroup]:
        """The groups in larger ones, each a folder that these discs do not divide."""
        places = spread(self._paths_on(discs))
        return self._folders_but({path for path, numbers in places.items() if len(numbers) > 1})

    def levelled(self, discs: Discs) -> Iterator[Discs]:
        """The same folders divided, on discs of one type that are no fuller than they must be."""
        if len({bin_type for _, bin_type in discs}) > 1:
            return
        whole = self._undivided(discs)
        costs = [group.cost for group in whole]
        low = max(*costs, -(-sum(costs) // len(discs)))
        high = self._bin_types[discs[0][1]].capacity
        for _ in range(_LEVELS):
            if low >= high:
                return
            level = (low + high) // 2
            bins = best_fit_decreasing(costs, [level] * len(costs))
            if len(bins) <= len(discs):
                yield [(_members(whole, own), discs[0][1]) for own in bins]
                high = level
            else:
                low = level + 1

    def polished(self, discs: Discs, rank: Callable[[Discs], tuple[object, ...]]) -> Discs:
        """The same discs with groups moved and exchanged as long as that makes the rank smaller."""
        left = _MOST_CHANGES // len(self._all_paths)
        places = {pack_item: number for number, (own, _) in enumerate(discs) for pack_item in own}
        at = [places[group.pack_items[0]] for group in self._groups]
        best, better = (rank(discs), at), True
        while better and left > 0:
            better = False
            for changed in self._changes(best[1], [bin_type for _, bin_type in discs]):
                left -= 1
                if left <= 0:
                    break
                ranked = rank(self._placed(changed, discs))
                if ranked < best[0]:
                    best, better = (ranked, changed), True
                    break
        return self._placed(best[1], discs)

    def _changes(self, at: list[int], bin_types: list[int]) -> Iterator[list[int]]:
        """All ways to move one group to another disc, or to exchange two, that fit."""
        room = [self._bin_types[bin_type].capacity for bin_type in bin_types]
        for group, number in zip(self._groups, at, strict=True):
            room[number] -= group.cost
        costs = [group.cost for group in self._groups]
        for one, source in enumerate(at):
            for target in range(len(room)):
                if target != source and costs[one] <= room[target] and at.count(source) > 1:
                    yield [*at[:one], target, *at[one + 1 :]]
            for other in range(one + 1, len(at)):
                target, more = at[other], costs[one] - costs[other]
                if target != source and -room[source] <= more <= room[target]:
                    changed = at.copy()
                    changed[one], changed[other] = target, source
                    yield changed

    def _placed(self, at: list[int], discs: Discs) -> Discs:
        """The discs with each group on the one that `at` has for it."""
        own: list[list[int]] = [[] for _ in discs]
        for group, number in zip(self._groups, at, strict=True):
            own[number].extend(group.pack_items)
        return [
            (sorted(pack_items), bin_type)
            for pack_items, (_, bin_type) in zip(own, discs, strict=True)
        ]

    def _openings(self, best: Discs) -> Iterator[set[str]]:
        """No folder opened; then each of some, those of many small pack items first; then several.

        Only none where the best divides no folder but those that no disc takes.
        """
        yield set()
        if not avoidable(self._paths_on(best), self._all_paths, self._costs, self._largest):
            return
        whole = sorted(self._folders_but(set()), key=lambda group: -len(group.pack_items))
        own = [self._folder(group) for group in whole[:_MOST_OPENED] if len(group.pack_items) > 1]
        names = [folder for folder in own if folder]
        yield from ({name} for name in names)
        yield from (set(names[:count]) for count in range(2, len(names) + 1))

    def _folder(self, group: ItemGroup) -> str:
        """The innermost folder that all its pack items lie in; empty if there is none."""
        first, last = (folders(self._all_paths[group.pack_items[at]]) for at in (0, -1))
        common = [one for one, other in zip(first, last, strict=False) if one == other]
        return common[-1] if common else ""

    def _folders_but(self, opened: set[str]) -> list[ItemGroup]:
        """The groups in larger ones, each a folder that a disc takes and that is not opened."""

        def keep(path: str) -> tuple[str, ...]:
            return tuple(folder for folder in folders(path) if folder not in opened)

        costs = [group.cost for group in self._groups]
        outer = grouped(self._paths, costs, range(len(costs)), keep, self._largest).groups
        return [
            ItemGroup(tuple(_members(self._groups, group.pack_items)), group.cost)
            for group in outer
        ]

    def _paths_on(self, discs: Discs) -> Iterator[list[str]]:
        return ([self._all_paths[pack_item] for pack_item in own] for own, _ in discs)
