"""Bins that are filled as far as they can be, against all sums that there are."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing.brute import fillings, load
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.filling import fill, fullest

LONG = 60.0
SIZES = st.lists(
    st.tuples(st.integers(1, 25), st.integers(0, 6)),
    min_size=1,
    max_size=5,
    unique_by=lambda x: x[0],
).map(lambda pairs: tuple(map(list, zip(*pairs, strict=True))))


def counted(own: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    return tuple(own.count(index) for index in range(len(sizes)))


@settings(max_examples=400)
@given(SIZES, st.integers(0, 60))
def test_no_sum_is_nearer_to_the_room(items: tuple[list[int], list[int]], room: int) -> None:
    sizes, left = items
    before = list(left)
    own = counted(fullest(sizes, left, room), sizes)
    every = list(fillings(sizes, left, room))
    assert left == before
    assert own in every
    assert load(own, sizes) == max(load(each, sizes) for each in every)
    # As many as can be of the first size, and of those the most of the second, and so on.
    assert own == max(each for each in every if load(each, sizes) == load(own, sizes))


def test_early_sizes_are_taken_first() -> None:
    assert fullest([6, 2, 4], [1, 1, 1], 7) == [0]
    assert fullest([5, 3, 2], [1, 1, 1], 5) == [0]
    assert sorted(fullest([2, 4, 6], [1, 1, 1], 7)) == [0, 1]
    assert fullest([2, 3], [100, 100], 1) == []
    assert fullest([3, 7], [9, 9], 200) == fullest([3, 7], [9, 9], 90)
    assert counted(fullest([3, 7], [9, 9], 200), [3, 7]) == (9, 9)


def test_large_numbers_of_equal_sizes() -> None:
    own = counted(fullest([1000, 999, 1], [10_000, 10_000, 3], 1_234_567), [1000, 999, 1])
    assert load(own, [1000, 999, 1]) == 1_234_567
    assert own[2] <= 3


@settings(max_examples=400)
@given(SIZES, st.lists(st.sampled_from([10, 20, 25, 26]), max_size=14))
def test_each_bin_is_as_full_as_it_can_be_beside_the_first_size_that_fits(
    items: tuple[list[int], list[int]], capacities: list[int]
) -> None:
    sizes, counts = items
    bins = fill(sizes, counts, capacities, Clock(LONG))
    left = list(counts)
    for number, capacity in enumerate(capacities):
        first = next((i for i, size in enumerate(sizes) if left[i] and size <= capacity), None)
        if first is None:  # all are packed, or nothing fits into this bin
            assert bins is None or len(bins) == number
            break
        if bins is None:
            # By hand, to see that the bins are too few.
            own = [first, *fullest(sizes, fewer(left, first), capacity - sizes[first])]
        else:
            own = bins[number]
            assert first in own
        most = max(
            load(each, sizes)
            for each in fillings(sizes, fewer(left, first), capacity - sizes[first])
        )
        assert sum(sizes[index] for index in own) == sizes[first] + most
        for index in own:
            left[index] -= 1
        assert min(left) >= 0
    assert (bins is None) == any(left)


def fewer(left: Sequence[int], first: int) -> list[int]:
    return [count - (index == first) for index, count in enumerate(left)]


def test_bins_of_several_capacities_are_filled_in_their_order() -> None:
    assert fill([6, 5, 4, 3], [1, 1, 1, 1], [11, 7], Clock(LONG)) == [[0, 1], [2, 3]]
    assert fill([6, 5, 4, 3], [1, 1, 1, 1], [9, 9], Clock(LONG)) == [[0, 3], [1, 2]]
    # The first bin is too small for the first size, which waits for the second.
    assert fill([6, 5, 4, 3], [1, 1, 1, 1], [5, 9, 4], Clock(LONG)) == [[1], [0, 3], [2]]


def test_what_fits_again_is_put_so_again_while_the_bins_are_alike() -> None:
    assert fill([6, 4], [5, 5], [10] * 5, Clock(LONG)) == [[0, 1]] * 5
    assert fill([6, 4], [3, 4], [10, 10, 14, 10], Clock(LONG)) == [[0, 1], [0, 1], [0, 1, 1]]
    assert fill([6, 4], [5, 5], [10] * 2, Clock(LONG)) is None


@pytest.mark.parametrize(
    ("sizes", "counts", "capacities"),
    [
        ([6], [2], [10]),
        ([6], [1], []),
        ([11, 1], [1, 1], [10, 10]),
        ([6, 5], [1, 1], [6, 4, 10]),
    ],
)
def test_too_few_bins(sizes: list[int], counts: list[int], capacities: list[int]) -> None:
    assert fill(sizes, counts, capacities, Clock(LONG)) is None


def test_nothing_to_fill_in() -> None:
    assert fill([], [], [], Clock(LONG)) == []
    assert fill([5, 3], [0, 0], [10], Clock(LONG)) == []


def test_no_time() -> None:
    assert fill([6], [1], [10], Clock(0)) is None
