"""Bin packing against brute force, the bound's hard cases, and the time that 20,000 items take."""

import random
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError
from spanner.planning import pack
from spanner.planning.packing import balanced, best_fit_decreasing, lower_bound, next_fit

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


def contiguous_partitions(sizes: Sequence[int]) -> Iterator[list[int]]:
    """The loads of every division into runs of neighbours."""
    for cuts in range(2 ** max(0, len(sizes) - 1)):
        loads = [0]
        for index, size in enumerate(sizes):
            if index and cuts >> (index - 1) & 1:
                loads.append(0)
            loads[-1] += size
        yield loads


def loads_of(bins: Sequence[Sequence[int]], sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[item] for item in members) for members in bins]


def each_once(bins: Sequence[Sequence[int]], sizes: Sequence[int]) -> bool:
    return sorted(item for members in bins for item in members) == list(range(len(sizes)))


@settings(max_examples=300, deadline=None)
@given(SIZES)
def test_pack_is_a_packing_and_its_bound_is_true(sizes: list[int]) -> None:
    packing = pack(sizes, CAPACITY)
    best = fewest_bins(sizes, CAPACITY)
    assert each_once(packing.bins, sizes)
    assert all(packing.bins)
    assert max(loads_of(packing.bins, sizes), default=0) <= CAPACITY
    assert packing.lower_bound <= best <= len(packing.bins)
    assert packing.proven == (len(packing.bins) == packing.lower_bound)


@settings(max_examples=300, deadline=None)
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


def test_pack_says_when_more_might_be_possible() -> None:
    # Two discs do (6+3+3, 4+4+4): best fit puts the 4s beside the 6 first.
    packing = pack([6, 4, 4, 4, 3, 3], 12)
    assert (len(packing.bins), packing.lower_bound, packing.proven) == (3, 2, False)
    assert fewest_bins([6, 4, 4, 4, 3, 3], 12) == 2


def test_best_fit_takes_the_fullest_bin_that_has_room() -> None:
    # The first bin has room for the 1 as well, but more of it.
    assert best_fit_decreasing([1, 17, 22, 24], [40] * 4) == [[3], [0, 1, 2]]


def test_best_fit_opens_bins_in_the_order_given() -> None:
    assert best_fit_decreasing([3, 7, 2, 5], [8, 6, 99]) == [[1], [3], [0, 2]]


def test_best_fit_of_equal_sizes_keeps_their_order() -> None:
    assert best_fit_decreasing([2] * 5, [4] * 5) == [[0, 1], [2, 3], [4]]


@settings(deadline=None)
@given(SIZES)
def test_next_fit_keeps_the_order_and_is_best_of_all_that_do(sizes: list[int]) -> None:
    bins = next_fit(sizes, [CAPACITY] * len(sizes))
    assert [item for members in bins for item in members] == list(range(len(sizes)))
    assert max(loads_of(bins, sizes), default=0) <= CAPACITY
    if sizes:
        fitting = [x for x in contiguous_partitions(sizes) if max(x) <= CAPACITY]
        assert len(bins) == min(map(len, fitting))


def test_next_fit_takes_bins_of_different_size_in_their_order() -> None:
    assert next_fit([3, 3, 4, 1, 9], [6, 5, 9, 1]) == [[0, 1], [2, 3], [4]]


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_balanced_is_as_even_as_any_with_so_few_bins(sizes: list[int]) -> None:
    bins = balanced(sizes, CAPACITY)
    assert [item for members in bins for item in members] == list(range(len(sizes)))
    assert len(bins) == len(next_fit(sizes, [CAPACITY] * len(sizes)))
    if sizes:
        rivals = [max(x) for x in contiguous_partitions(sizes) if len(x) <= len(bins)]
        assert max(loads_of(bins, sizes)) == min(rivals)


def test_balanced_example() -> None:
    sizes = [5, 5, 5, 5, 5, 1]
    assert loads_of(next_fit(sizes, [20] * 6), sizes) == [20, 6]
    assert loads_of(balanced(sizes, 20), sizes) == [15, 11]


@pytest.mark.parametrize(
    "solve",
    [
        pack,
        balanced,
        lambda sizes, capacity: best_fit_decreasing(sizes, [capacity] * 3),
        lambda sizes, capacity: next_fit(sizes, [capacity] * 3),
    ],
)
def test_an_item_over_the_capacity(solve: Callable[[list[int], int], object]) -> None:
    with pytest.raises(DoesNotFitError, match="an item of 1,011 does not fit into 1,010"):
        solve([5, 1011, 1], 1010)


@pytest.mark.parametrize("solve", [best_fit_decreasing, next_fit])
def test_too_few_bins(solve: Callable[[list[int], list[int]], object]) -> None:
    with pytest.raises(DoesNotFitError, match="2 discs are not enough"):
        solve([6, 6, 6], [10, 10])
    with pytest.raises(DoesNotFitError, match="0 discs are not enough"):
        solve([0], [])
    assert solve([], []) == []


@pytest.mark.parametrize(("sizes", "capacity"), [([1, -1], 10), ([], 0), ([1], -5)])
def test_pack_refuses_impossible_numbers(sizes: list[int], capacity: int) -> None:
    with pytest.raises(ValueError, match="capacity must be positive and no size negative"):
        pack(sizes, capacity)


@pytest.mark.parametrize("solve", [pack, balanced])
@pytest.mark.parametrize("capacity", [2_000_000_000, 25_025_314_816])
def test_twenty_thousand_items_take_well_under_a_second(
    solve: Callable[[list[int], int], object], capacity: int
) -> None:
    numbers = random.Random(20260301)
    sizes = [numbers.randrange(1, 2_000_000_000) for _ in range(20_000)]
    before = time.process_time()
    solve(sizes, capacity)
    assert time.process_time() - before < 0.8
