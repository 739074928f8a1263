"""The best discs by a search that tries ways to take discs by rising cost."""

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from math import prod
from operator import add

from spanner.errors import DoesNotFitError
from spanner.planning.packing.problem import BinType, Cost
from spanner.planning.runs.disc_orders import orders, windows

_MOST_LABELS = 200_000
"""Ways that are tried before some are given up for others that took about the same discs."""
_MOST_GRAINS = 200
"""So many different ways to take of limited stocks are told apart then."""

_Chain = tuple[int, "_Chain"] | None  # discs, the last first


def searched(
    ends: Sequence[int], bin_types: dict[int, BinType], limits: dict[int, int]
) -> list[int]:
    """The best discs; where that takes too long, nearly the best."""
    found = _search(ends, bin_types, limits, 1, _MOST_LABELS)
    if found is None:
        grain = 1
        while prod(limit // grain + 1 for limit in limits.values()) > _MOST_GRAINS:
            grain += 1
        with suppress(DoesNotFitError):
            return _needed(ends, bin_types, _search(ends, bin_types, limits, grain) or [])
    return found or _search(ends, bin_types, limits, 1) or []


def _search(
    ends: Sequence[int],
    bin_types: dict[int, BinType],
    limits: dict[int, int],
    grain: int,
    most: int | None = None,
) -> list[int] | None:
    """A search by rising cost, given up (with none) after trying `most` ways.

    Of two ways that took the same of limited stocks, to a grain, the later that gets no further
    is given up.
    """
    last = len(ends) - 1
    furthest: dict[tuple[int, ...], int] = {}
    costs = {index: (*bin_type.cost, 1) for index, bin_type in bin_types.items()}
    nothing = (0,) * len(next(iter(costs.values())))
    serial = count(1)
    # Cost, minus the end (large discs come first), a number to go no further, stock taken, discs
    waiting: list[tuple[Cost, int, int, tuple[int, ...], _Chain]] = [
        (nothing, 0, 0, (0,) * len(limits), None)
    ]
    while waiting:
        cost, end, number, taken, discs = heappop(waiting)
        end = -end
        if end == last:
            return _unchained(discs)
        if number == most:
            return None
        key = tuple(used // grain for used in taken)
        if furthest.get(key, -1) >= end:
            continue
        furthest[key] = end
        left = {index: limits[index] - used for index, used in zip(limits, taken, strict=True)}
        for index, bin_type in bin_types.items():
            stop = bisect_right(ends, ends[end] + bin_type.capacity) - 1
            if stop == end or left.get(index, 1) == 0:
                continue
            more = tuple(used + (each == index) for each, used in zip(limits, taken, strict=True))
            total = tuple(map(add, cost, costs[index]))
            heappush(waiting, (total, -stop, next(serial), more, (index, discs)))
    raise DoesNotFitError("the discs are not enough")


def _needed(ends: Sequence[int], bin_types: dict[int, BinType], discs: list[int]) -> list[int]:
    """The discs in this order, without those that the others reach the end without."""
    capacities = {index: bin_type.capacity for index, bin_type in bin_types.items()}
    spare: int | None = 0
    while spare is not None:
        found = windows(ends, orders(discs, most=0), capacities)
        spare = next((at for at in range(len(discs)) if found[at][1] >= found[at + 1][0]), None)
        discs = [bin_type for at, bin_type in enumerate(discs) if at != spare]
    return discs


def _unchained(discs: _Chain) -> list[int]:
    found = []
    while discs is not None:
        index, discs = discs
        found.append(index)
    return found[::-1]
