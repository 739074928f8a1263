"""Bin packing against brute force, the bound's hard cases, and the time that 20,000 items take."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError
from spanner.planning import pack
from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.heuristics import best_fit_decreasing
from support.ticking import ticking
from support.work import calls

CAPACITY = 12
SIZES = st.lists(st.integers(0, CAPACITY), max_size=7)


def fewest_bins(sizes: Sequence[int], capacity: int) -> int:
    """By trying all partitions."""
    best = len(sizes)

    def put(item: int, loads: list[int]) -> None:
        nonlocal best
        if len(loads) > best:
            return
        if item == len(sizes):
            best = len(loads)
            return
        for index in range(len(loads)):
            if loads[index] + sizes[item] <= capacity:
                loads[index] += sizes[item]
                put(item + 1, loads)
                loads[index] -= sizes[item]
        put(item + 1, [*loads, sizes[item]])

    put(0, [])
    return best


def loads_of(bins: Sequence[Sequence[int]], sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[item] for item in members) for members in bins]


def each_once(bins: Sequence[Sequence[int]], sizes: Sequence[int]) -> bool:
    return sorted(item for members in bins for item in members) == list(range(len(sizes)))


@settings(max_examples=300)
@given(SIZES)
def test_pack_is_a_packing_and_its_bound_is_true(sizes: list[int]) -> None:
    packing = pack(sizes, CAPACITY)
    best = fewest_bins(sizes, CAPACITY)
    assert each_once(packing.bins, sizes)
    assert all(packing.bins)
    assert max(loads_of(packing.bins, sizes), default=0) <= CAPACITY
    assert packing.lower_bound == best == len(packing.bins)
    assert packing.proven


@settings(max_examples=300)
@given(st.lists(st.integers(1, 40), max_size=7), st.integers(40, 61))
def test_lower_bound_is_at_least_the_volume_and_at_most_the_best(
    sizes: list[int], capacity: int
) -> None:
    bound = lower_bound(sizes, capacity)
    assert -(-sum(sizes) // capacity) <= bound <= fewest_bins(sizes, capacity)


@pytest.mark.parametrize(
    ("sizes", "capacity", "volume", "bound"),
    [
        ([], 10, 0, 0),
        ([0, 0, 0], 10, 0, 1),
        ([10], 10, 1, 1),
        ([5, 5], 10, 1, 1),
        # Over half of it: each needs a bin.
        ([6, 6, 6, 6], 10, 3, 4),
        ([6, 6, 6, 6, 0], 10, 3, 4),
        # Capacity odd: half of 11 is 5, 6 is over it.
        ([6, 6, 5, 5], 11, 2, 2),
        ([6, 6, 6], 11, 2, 3),
        # No 4 goes beside a 7, two 4s go together.
        ([7, 7, 7, 4, 4, 4], 10, 4, 5),
        # Beside the 6s is room for 4s, but for no 5.
        ([6, 6, 6, 5, 5, 5], 10, 4, 5),
        # A 9 takes nothing over 1, a 6 takes one 3 beside it, which leaves two 3s.
        ([9, 9, 6, 3, 3, 3], 10, 4, 4),
        ([9, 9, 6, 6, 5, 5, 5, 5], 10, 5, 6),
        # Full items raise the bound but leave room to nobody.
        ([10, 10, 10, 6, 4], 10, 4, 4),
        ([10, 10, 6, 6, 5], 10, 4, 5),
    ],
)
def test_lower_bound_where_the_volume_says_too_little(
    sizes: list[int], capacity: int, volume: int, bound: int
) -> None:
    assert -(-sum(sizes) // capacity) == volume
    assert lower_bound(sizes, capacity) == bound
    assert bound <= fewest_bins(sizes, capacity)
    assert lower_bound(sizes[::-1], capacity) == bound


def test_pack_goes_on_where_best_fit_is_not_the_best() -> None:
    # Two discs do (6+3+3, 4+4+4): best fit puts the 4s beside the 6 first.
    sizes = [6, 4, 4, 4, 3, 3]
    assert len(best_fit_decreasing(sizes, [12] * 6)) == 3
    packing = pack(sizes, 12)
    assert (len(packing.bins), packing.lower_bound, packing.proven) == (2, 2, True)


def test_pack_says_when_more_might_be_possible() -> None:
    sizes = [6, 4, 4, 4, 3, 3]
    packing = pack(sizes, 12, seconds=0)
    assert (len(packing.bins), packing.lower_bound, packing.proven) == (3, 2, False)


def test_best_fit_takes_the_fullest_bin_that_has_room() -> None:
    # The first bin has room for the 1 as well, but more of it.
    assert best_fit_decreasing([1, 17, 22, 24], [40] * 4) == [[3], [0, 1, 2]]


def test_best_fit_opens_bins_in_the_order_given() -> None:
    assert best_fit_decreasing([3, 7, 2, 5], [8, 6, 99]) == [[1], [3], [0, 2]]


def test_best_fit_of_equal_sizes_keeps_their_order() -> None:
    assert best_fit_decreasing([2] * 5, [4] * 5) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    "solve",
    [
        pack,
        lambda sizes, capacity: best_fit_decreasing(sizes, [capacity] * 3),
    ],
)
def test_an_item_over_the_capacity(solve: Callable[[list[int], int], object]) -> None:
    with pytest.raises(DoesNotFitError, match="an item of 1,011 does not fit into 1,010"):
        solve([5, 1011, 1], 1010)


def test_too_few_bins() -> None:
    solve = best_fit_decreasing
    with pytest.raises(DoesNotFitError, match="2 discs are not enough"):
        solve([6, 6, 6], [10, 10])
    with pytest.raises(DoesNotFitError, match="0 discs are not enough"):
        solve([0], [])
    assert solve([], []) == []


@pytest.mark.parametrize(("sizes", "capacity"), [([1, -1], 10), ([], 0), ([1], -5)])
def test_pack_refuses_impossible_numbers(sizes: list[int], capacity: int) -> None:
    with pytest.raises(ValueError, match="capacity must be positive and no size negative"):
        pack(sizes, capacity)


@pytest.mark.parametrize("capacity", [2_000_000_000, 25_025_314_816])
def test_twenty_thousand_items_keep_to_the_time(
    capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search looks at the clock often, and ends when its time is over."""
    numbers = random.Random(20260301)
    sizes = [numbers.randrange(1, 2_000_000_000) for _ in range(20_000)]
    clock = ticking(monkeypatch, 0.5)
    made = calls(lambda: pack(sizes, capacity, seconds=0.5))
    assert clock.looks < 110
    assert made < 50 * len(sizes) + 2_000 * clock.looks
