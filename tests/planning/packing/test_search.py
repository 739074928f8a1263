"""Instances that need column generation, dives and the close; their time, and that all is quiet."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from planning.packing.brute import assert_packed, triplets
from spanner.planning.packing import Packing, pack, search
from spanner.planning.packing.bounds import lower_bound
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.columns import Columns
from spanner.planning.packing.dives import dive
from spanner.planning.packing.heuristics import best_fit_decreasing
from spanner.planning.packing.incumbent import Incumbent
from spanner.planning.packing.problem import BinType, Filled
from spanner.planning.packing.scaling import distinct
from spanner.planning.packing.search import Search
from support.ticking import ticking
from support.work import within

DVD = 4_700_372_992
ENOUGH = 20.0
"""Seconds that nothing here takes; what is solved in time ends long before."""


def uniform(count: int, least: int, most: int, seed: int) -> list[int]:
    random = Random(seed)
    return [random.randint(least, most) for _ in range(count)]


def proven(sizes: Sequence[int], capacity: int, seconds: float = ENOUGH) -> Packing:
    packing = pack(sizes, capacity, seconds)
    assert_packed(packing.bins, sizes, [capacity] * len(packing.bins))
    assert all(packing.bins)
    assert packing.proven
    return packing


# what best fit does not find


@pytest.mark.parametrize("count", [60, 120, 249])
@pytest.mark.parametrize("seed", [0, 1])
def test_triplets_fill_all_bins(count: int, seed: int) -> None:
    sizes = triplets(count, seed)
    assert len(best_fit_decreasing(sizes, [1000] * count)) > 1.1 * count / 3
    assert len(proven(sizes, 1000).bins) == count / 3


@pytest.mark.parametrize(
    ("sizes", "capacity"),
    [
        (uniform(100, 100, 300, 1), 1000),
        (uniform(100, 180, 360, 0), 1000),
        (uniform(100, 180, 360, 2), 1000),
        (uniform(120, 150, 200, 0), 1000),
        (uniform(120, 150, 200, 1), 1000),
        (uniform(250, 20, 100, 0), 150),
        (uniform(200, 20_000, 35_000, 2), 100_000),
        ([size * 10**7 for size in uniform(100, 100, 300, 3)], 10**10),
    ],
)
def test_one_bin_less_than_best_fit_takes(sizes: list[int], capacity: int) -> None:
    packing = proven(sizes, capacity)
    assert len(packing.bins) < len(best_fit_decreasing(sizes, [capacity] * len(sizes)))


@pytest.mark.parametrize(
    ("sizes", "capacity"), [(uniform(250, 20, 100, 1), 150), (uniform(120, 150, 200, 2), 1000)]
)
def test_column_generation_proves_more_than_bounds_without_a_search(
    sizes: list[int], capacity: int
) -> None:
    assert proven(sizes, capacity).lower_bound == lower_bound(sizes, capacity) + 1


HARD = [37, 34, 33, 32, 31, 31, 31, 30, 30, 26, 25, 25, 24, 23, 23, 21, 21, 21]
"""In fractions these fill six bins of 83, but there are no six bins that they fill."""


def fills_bins(left: tuple[int, ...], capacity: int) -> bool:
    """Each three of what is left fill a bin: tried for the first with all others."""
    if not left:
        return True
    first, *others = left
    for at, second in enumerate(others):
        third = capacity - first - second
        rest = [*others[:at], *others[at + 1 :]]
        if third in rest:
            rest.remove(third)
            if fills_bins(tuple(rest), capacity):
                return True
    return False


def test_one_bin_more_than_the_linear_program_says() -> None:
    # More than a quarter each, so only three fill a bin.
    assert min(HARD) > 83 / 4
    assert sum(HARD) == 6 * 83
    assert not fills_bins(tuple(HARD), 83)
    columns = Columns(distinct(HARD, [BinType(83, (1,))]), 0)
    assert columns.converge(Clock(ENOUGH))
    columns.central_duals(Clock(30.0))
    assert columns.bound == 6
    packing = proven(HARD, 83)
    assert len(packing.bins) == packing.lower_bound == 7


def test_bins_that_are_whole_from_the_start_are_kept() -> None:
    sizes = [*HARD, *[83] * 5, *[0] * 3]
    assert len(proven(sizes, 83).bins) == 12


def test_what_just_fits_beside_the_smallest_is_not_alone() -> None:
    # The 970 and the 30 fill a bin, though the 30 fits nowhere else.
    assert len(proven([*triplets(60, 2), 970, 30], 1000).bins) == 21


# dives


@pytest.mark.parametrize("seed", range(4))
def test_a_dive_loses_nothing(seed: int) -> None:
    found = distinct(triplets(60, 7), [BinType(1000, (3,), 20), BinType(500, (2,))])
    columns = Columns(found, 0)
    start = columns.converge(Clock(ENOUGH))
    assert start
    before = 0
    for partial in dive(columns, start, 66, seed, Clock(ENOUGH)):
        taken = sum((each.pattern for each in partial.taken), np.zeros_like(found.counts))
        assert np.array_equal(taken + partial.left, found.counts)
        assert min(partial.left) >= 0
        assert len(partial.taken) > before
        before = len(partial.taken)
        assert partial.cost == columns.taken(partial.taken) @ columns.costs <= 66
        for each in partial.taken:
            assert each.pattern @ found.sizes <= found.bin_types[each.bin_type].capacity
    assert before > 10


def test_a_search_starts_from_given_packings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their patterns alone do, where no others are made."""
    sizes = [size for _ in range(20) for size in (500, 300, 200)]
    found = distinct(sizes, [BinType(1000, (1,))])
    monkeypatch.setattr(Columns, "price", lambda *_: 0)
    monkeypatch.setattr(search, "usable_patterns", lambda *_: None)
    for seeds, cost in (([], 21), ([[Filled(0, np.array([1, 1, 1]))]], 20)):
        incumbent = Incumbent(found, (21,), 20)
        Search(incumbent, Clock(0.2), 0).run(seeds)
        assert incumbent.cost == (cost,)


# always the same, in time, and quiet


@pytest.mark.parametrize(
    ("sizes", "capacity"),
    [(triplets(120, 4), 1000), (HARD, 83), (uniform(100, 180, 360, 0), 1000)],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_again(sizes: list[int], capacity: int, seed: int) -> None:
    first, second = (pack(sizes, capacity, ENOUGH, seed=seed) for _ in range(2))
    assert first.proven
    assert first == second


def packed_within(most: int, sizes: list[int], capacity: int, seconds: float = 2.0) -> Packing:
    """The packing, which may take so many calls of functions."""
    return within(most, lambda: pack(sizes, capacity, seconds))


@pytest.mark.parametrize(
    ("sizes", "capacity"),
    [
        (uniform(2_000, 20, 100, 1), 150),
        (uniform(2_000, 1, 400, 1), 1_000),
        (uniform(500, 20_000, 35_000, 1), 100_000),
        (uniform(500, DVD * 30 // 100, DVD * 36 // 100, 1), DVD),
        (uniform(3_000, DVD * 20 // 100, DVD * 35 // 100, 1), DVD),
        (triplets(999, 1), 1_000),
    ],
)
def test_no_longer_than_it_may_take(
    sizes: list[int], capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ticking(monkeypatch, 0.3)
    packing = packed_within(100 * len(sizes) + 2_000 * 110, sizes, capacity, 0.3)
    assert clock.looks < 110
    assert_packed(packing.bins, sizes, [capacity] * len(packing.bins))
    assert packing.lower_bound <= len(packing.bins)


@pytest.mark.slow
def test_loose_files_take_a_few_steps_each() -> None:
    sizes = np.random.default_rng(1).integers(10_000, 20_000_000, 200_000).tolist()
    packing = packed_within(20 * len(sizes), sizes, DVD)
    assert packing.proven
    assert_packed(packing.bins, sizes, [DVD] * len(packing.bins))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    proven(triplets(60, 2), 1000)
    proven(HARD, 83)
    assert capfd.readouterr() == ("", "")


# what once was wrong


def test_many_distinct_sizes_take_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = uniform(20_000, DVD * 20 // 100, DVD * 35 // 100, 2)
    clock = ticking(monkeypatch, 0.5)
    packed_within(40 * len(sizes), sizes, DVD, 0.5)
    assert clock.looks < 200


def test_an_item_that_nearly_fills_its_bin_hinders_no_others() -> None:
    sizes = [size * 10**6 for size in triplets(120, 1)]
    assert len(proven([*sizes, 10**9 - 1], 10**9, 2.0).bins) == 41
