"""Bounds where bins are less full than they look, and best fit with more bins than one chunk."""

from collections.abc import Sequence
from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing.brute import assert_packed, least_cost
from spanner.errors import DoesNotFitError
from spanner.planning.packing import bounds, heuristics
from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.heuristics import best_fit, best_fit_decreasing, decreasing
from spanner.planning.packing.problem import BinType

# bounds


@pytest.mark.parametrize(
    ("sizes", "capacity", "without", "bound"),
    [
        # Over a third: two in a bin; over a quarter: three; over a fifth: four.
        ([4] * 9, 9, 4, 5),
        ([3] * 7, 11, 2, 3),
        ([5] * 9, 24, 2, 3),
        # Just a third goes three times into a bin, so nothing is rounded.
        ([4] * 9, 12, 3, 3),
        ([4] * 6 + [5] * 3, 12, 4, 4),
        ([6, 6, 6, 4, 4, 4], 10, 3, 3),
        ([4, 4, 4, 4, 4, 0], 9, 3, 3),
        ([2**50 // 3 + 1] * 99, 2**50, 34, 50),
        ([(2**50 - 1) // 3] * 99, 2**50, 33, 33),
    ],
)
def test_sizes_rounded_up_to_parts_of_the_bin(
    sizes: list[int], capacity: int, without: int, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lower_bound(sizes, capacity) == bound
    assert lower_bound(sizes[::-1], capacity) == bound
    monkeypatch.setattr(bounds, "_rounding_bound", lambda *_: 0)
    assert lower_bound(sizes, capacity) == without


@settings(max_examples=400)
@given(
    st.sampled_from([12, 23, 24, 60, 61]).flatmap(
        lambda capacity: st.tuples(
            st.just(capacity),
            st.lists(
                # Whole parts of the capacity and what is next to them are the hard cases.
                st.sampled_from(
                    [capacity // part + more for part in (2, 3, 4, 5) for more in (0, 1)]
                )
                | st.integers(0, capacity),
                max_size=8,
            ),
        )
    )
)
def test_no_packing_has_fewer_bins_than_the_bound(case: tuple[int, list[int]]) -> None:
    capacity, sizes = case
    best = least_cost(sizes, [BinType(capacity, (1,))])
    assert best
    assert lower_bound(sizes, capacity) <= best[0]


def test_many_equal_sizes_are_bounded_by_how_many_fit() -> None:
    for fit in range(1, 20):
        for capacity in (1000, 25_025_314_816):
            assert lower_bound([capacity // (fit + 1) + 1] * (100 * fit + 1), capacity) == 101


# best fit


def naive(sizes: Sequence[int], order: Sequence[int], capacities: Sequence[int]) -> list[list[int]]:
    """The same by looking at every bin; of equally full ones the first."""
    bins: list[list[int]] = []
    left: list[int] = []
    for item in order:
        takes = [(room, at) for at, room in enumerate(left) if room >= sizes[item]]
        if not takes:
            if len(bins) == len(capacities) or capacities[len(bins)] < sizes[item]:
                raise DoesNotFitError
            takes = [(capacities[len(bins)], len(bins))]
            left.append(capacities[len(bins)])
            bins.append([])
        _, at = min(takes)
        left[at] -= sizes[item]
        bins[at].append(item)
    return [sorted(own) for own in bins]


@pytest.mark.parametrize("chunk", [2, 5, 1024])
@settings(max_examples=150)
@given(
    st.lists(st.integers(0, 30), max_size=70).flatmap(
        lambda sizes: st.tuples(st.just(sizes), st.permutations(range(len(sizes))))
    ),
    st.lists(st.integers(20, 60), min_size=1, max_size=50),
)
def test_best_fit_is_that_of_looking_at_every_bin(
    chunk: int, items: tuple[list[int], list[int]], capacities: list[int]
) -> None:
    sizes, order = items
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heuristics, "_CHUNK", chunk)
        try:
            expected = naive(sizes, order, capacities)
        except DoesNotFitError:
            with pytest.raises(DoesNotFitError):
                best_fit(sizes, order, capacities)
        else:
            assert best_fit(sizes, order, capacities) == expected


def test_more_bins_than_a_block_has_room_for() -> None:
    random = Random(1)
    # 3,000 bins are open before any of them is closed again.
    large = [random.randint(501, 800) for _ in range(3_000)]
    small = [random.randint(1, 400) for _ in range(2_000)]
    sizes = [*large, *small]
    bins = best_fit(sizes, range(len(sizes)), [1000] * len(sizes))
    assert bins == naive(sizes, range(len(sizes)), [1000] * len(sizes))
    assert_packed(bins, sizes, [1000] * len(bins))


def test_the_blocks_stay_in_order_and_small() -> None:
    random = Random(2)
    bins = heuristics._OpenBins()
    for number in range(6_000):
        bins.put((random.randint(0, 500), number))
        if number % 3 == 0:
            size = random.randint(0, 300)
            found = bins.take(size)
            assert found is None or found[0] >= size
    there = list(chain.from_iterable(bins._chunks))
    assert there == sorted(there)
    assert max(map(len, bins._chunks)) <= 1024 < len(there)
    assert [chunk[-1] for chunk in bins._chunks] == bins._tops


def test_decreasing_keeps_equal_sizes_in_order() -> None:
    sizes = [3, 9, 3, 0, 9]
    assert decreasing(sizes) == [1, 4, 0, 2, 3]
    assert best_fit_decreasing(sizes, [24]) == [[0, 1, 2, 3, 4]]
