"""Sizes on grids: nothing is packed that does not fit, nothing called impossible that does."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.planning.packing import scaling
from spanner.planning.packing.problem import BinType, Filled
from spanner.planning.packing.scaling import Sizes, distinct, items_of

SECTOR = 2048
DVD, BLURAY = 4_700_372_992, 25_025_314_816


def of_items(found: Sizes, sizes: Sequence[int]) -> tuple[list[int], list[int]]:
    """The size of each item on the grid, and on the finer one for bounds."""
    grid, fine = [0] * len(sizes), [0] * len(sizes)
    floors = found.floors
    for index, size in enumerate(found.sizes):
        own = found.items[index].tolist()
        here = floors.owners == index
        floor = np.repeat(floors.sizes[here], floors.counts[here]).tolist()
        # Which of these is whose is not told: a larger item has none that is smaller.
        for item, rounded in zip(sorted(own, key=sizes.__getitem__), sorted(floor), strict=True):
            grid[item], fine[item] = int(size), rounded
    return grid, fine


@st.composite
def nearly_full(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Sizes, and capacities that some of them just fill, or just do not."""
    most = draw(st.sampled_from([20, 5_000, 1_000_000, DVD, BLURAY]))
    unit = draw(st.sampled_from([1, 1, 7, SECTOR]))
    sizes = draw(st.lists(st.integers(0, most // unit).map(lambda size: size * unit), max_size=8))
    capacities = [
        max(sum(draw(st.lists(st.sampled_from(sizes), max_size=6))) if sizes else 0, *sizes, 1)
        + draw(st.integers(-3, 3))
        for _ in range(draw(st.integers(1, 3)))
    ]
    return sizes, [max(capacity, 1) for capacity in capacities]


@pytest.mark.parametrize("steps", [{}, {"_STEPS": 1000, "_FINE_STEPS": 1500}])
@settings(max_examples=300)
@given(nearly_full())
def test_what_fits_on_the_grid_fits_and_what_fits_does_so_rounded_down(
    steps: dict[str, int], case: tuple[list[int], list[int]]
) -> None:
    sizes, capacities = case
    with pytest.MonkeyPatch.context() as patch:
        for name, value in steps.items():
            patch.setattr(scaling, name, value)
        found = distinct(sizes, [BinType(capacity, (1,)) for capacity in capacities])
    grid, fine = of_items(found, sizes)
    exact = []
    for chosen in range(1 << len(sizes)):
        own = [item for item in range(len(sizes)) if chosen >> item & 1]
        load, up, down = (sum(each[item] for item in own) for each in (sizes, grid, fine))
        for bin_type, floor, capacity in zip(
            found.bin_types, found.floors.capacities, capacities, strict=True
        ):
            assert load <= capacity or up > bin_type.capacity
            assert load > capacity or down <= floor
            exact.append((load <= capacity) == (up <= bin_type.capacity))
    assert all(exact) or not found.exact


@settings(max_examples=200)
@given(nearly_full(), st.randoms(use_true_random=False))
def test_each_item_comes_out_once(case: tuple[list[int], list[int]], random: Random) -> None:
    sizes, capacities = case
    found = distinct(sizes, [BinType(capacity, (1,)) for capacity in capacities])
    patterns = np.zeros((4, len(found.counts)), dtype=np.int64)
    for index, count in enumerate(found.counts):
        for _ in range(count):
            patterns[random.randrange(4), index] += 1
    bins = items_of(found, [Filled(0, pattern) for pattern in patterns])
    assert sorted(item for own in bins for item in own) == list(range(len(sizes)))
    assert all(own == sorted(own) for own in bins)
    grid, _ = of_items(found, sizes)
    for own, pattern in zip(bins, patterns, strict=True):
        assert sum(grid[item] for item in own) == pattern @ found.sizes
    assert {item for item, size in enumerate(sizes) if not size} <= set(bins[0])


def test_equal_sizes_are_one_and_keep_their_order() -> None:
    found = distinct([6, 0, 4, 6, 2, 0, 6], [BinType(20, (1,)), BinType(9, (2,), 3)])
    assert found.sizes.tolist() == [3, 2, 1]
    assert found.counts.tolist() == [3, 1, 1]
    assert [own.tolist() for own in found.items] == [[0, 3, 6], [2], [4]]
    assert found.zeros == (1, 5)
    assert found.bin_types == (BinType(10, (1,)), BinType(4, (2,), 3))
    assert found.exact
    two = [Filled(0, np.array([2, 0, 1])), Filled(0, np.array([1, 1, 0]))]
    assert items_of(found, two) == [[0, 1, 3, 4, 5], [2, 6]]
    assert items_of(found, []) == []


@pytest.mark.parametrize(
    ("sizes", "capacity", "exact"),
    [
        ([SECTOR * 3, SECTOR * 2], SECTOR * (1 << 15), True),
        ([SECTOR * 3, SECTOR * 2], SECTOR * (1 << 15) + SECTOR - 1, True),
        ([SECTOR * 3, SECTOR * 2], SECTOR * ((1 << 15) + 1), False),
        ([DVD // 4, DVD // 2], DVD, True),
        ([DVD // 4 + 1, DVD // 2], DVD, False),
        ([9, 7, 5], 1000, True),
    ],
)
def test_whether_anything_was_rounded(sizes: list[int], capacity: int, exact: bool) -> None:
    assert distinct(sizes, [BinType(capacity, (1,))]).exact == exact


def test_many_distinct_sizes_make_the_grid_coarser_but_not_for_bounds() -> None:
    random = Random(1)
    sizes = [random.randrange(1, DVD) for _ in range(5_000)]
    found = distinct(sizes, [BinType(DVD, (1,))])
    assert 1_000 <= found.bin_types[0].capacity <= 2_400
    assert len(found.sizes) <= 2_400
    assert found.counts.sum() == found.floors.counts.sum() == 5_000
    assert found.floors.capacities[0] > 10_000
    volume, bound = sum(sizes) / DVD, int(found.floors.sizes @ found.floors.counts)
    assert 0.99 * volume < bound / found.floors.capacities[0] <= volume + 1e-3
    assert volume <= found.sizes @ found.counts / found.bin_types[0].capacity


def test_what_has_no_size() -> None:
    found = distinct([0, 0], [BinType(DVD, (1,))])
    assert (len(found.sizes), found.zeros, found.exact) == (0, (0, 1), False)
    assert items_of(found, [Filled(0, np.zeros(0, dtype=np.int64))]) == [[0, 1]]
