"""What small instances come to when everything is tried, and how packings are checked."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from operator import mul
from random import Random

from spanner.planning.packing.problem import BinType, Cost, added


def fillings(
    sizes: Sequence[int], counts: Sequence[int], capacity: int
) -> Iterator[tuple[int, ...]]:
    """All that a bin takes: how many of each size."""
    for numbers in product(*(range(count + 1) for count in counts)):
        if load(numbers, sizes) <= capacity:
            yield numbers


def load(numbers: Sequence[int], worths: Sequence[int]) -> int:
    return sum(map(mul, numbers, worths))


def least_cost(sizes: Sequence[int], bin_types: Sequence[BinType]) -> Cost | None:
    """By trying all partitions, in bins of all types; None where there is none."""
    loads = [
        sum(size for item, size in enumerate(sizes) if chosen >> item & 1)
        for chosen in range(1 << len(sizes))
    ]

    @cache
    def rest(items: int, left: tuple[int, ...]) -> Cost | None:
        if not items:
            return (0,) * len(bin_types[0].cost)
        first = items & -items
        costs = []
        own = items
        while own:
            for index, bin_type in enumerate(bin_types if own & first else ()):
                if left[index] and loads[own] <= bin_type.capacity:
                    fewer = (*left[:index], left[index] - 1, *left[index + 1 :])
                    cost = rest(items ^ own, fewer)
                    if cost is not None:
                        costs.append(added(cost, bin_type.cost))
            own = (own - 1) & items
        return min(costs, default=None)

    return rest(len(loads) - 1, tuple(bin_type.at_most(len(sizes)) for bin_type in bin_types))


def assert_packed(
    bins: Sequence[Sequence[int]], sizes: Sequence[int], capacities: Sequence[int]
) -> None:
    """Each item is in one bin, and no bin is too full."""
    assert sorted(item for own in bins for item in own) == list(range(len(sizes)))
    for own, capacity in zip(bins, capacities, strict=True):
        assert sum(sizes[item] for item in own) <= capacity


def triplets(count: int, seed: int) -> list[int]:
    """So many sizes, each three of which fill a bin of 1000; none of them fits four times."""
    random = Random(seed)
    sizes = []
    for _ in range(count // 3):
        large = random.randint(380, 490)
        middle = random.randint(250, (1000 - large) // 2)
        sizes += [large, middle, 1000 - large - middle]
    random.shuffle(sizes)
    return sizes
