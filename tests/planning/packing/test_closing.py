"""The list of all patterns that can be of use, against all patterns, and the choice of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing.brute import fillings, least_cost, load, triplets
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.closing import (
    Closed,
    Effort,
    Lister,
    close,
    every_pattern,
    filled,
    usable_patterns,
)
from spanner.planning.packing.columns import Columns
from spanner.planning.packing.dives import Partial
from spanner.planning.packing.master import Pool
from spanner.planning.packing.problem import BinType, Filled, Floats, Ints, total_cost
from spanner.planning.packing.scaling import distinct

ALL = Effort(states=10**6, patterns=10**6, nodes=10**6)
LONG = 60.0


class Case(NamedTuple):
    sizes: list[int]
    counts: list[int]
    worths: list[int]


CASES = (
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 4), st.integers(0, 9)),
        min_size=1,
        max_size=4,
        unique_by=lambda row: row[0],
    )
    .filter(lambda rows: any(count for _, count, _ in rows))
    .map(lambda rows: Case(*map(list, zip(*sorted(rows, reverse=True), strict=True))))
)


def lister(case: Case, capacity: int) -> Lister:
    sizes, counts, worths = map(np.array, case)
    return Lister(sizes, counts, capacity, worths)


def rows(patterns: Ints | None) -> list[tuple[int, ...]]:
    assert patterns is not None
    return sorted(map(tuple, patterns.tolist()))


def maximal(case: Case, capacity: int) -> list[tuple[int, ...]]:
    """All that no item can be added to."""
    return [
        each
        for each in fillings(case.sizes, case.counts, capacity)
        if all(
            number == count or load(each, case.sizes) + size > capacity
            for number, count, size in zip(each, case.counts, case.sizes, strict=True)
        )
    ]


@settings(max_examples=400)
@given(CASES, st.integers(0, 25), st.integers(0, 5), st.integers(0, 60), st.integers(0, 25))
def test_just_the_maximal_patterns_within_the_limits(
    case: Case, capacity: int, more: int, least: int, waste: int
) -> None:
    own = lister(case, capacity + more)
    every = maximal(case, capacity)
    assert rows(own.patterns(capacity, 0, capacity, ALL, Clock(LONG))) == sorted(every)
    assert rows(own.patterns(capacity, least, waste, ALL, Clock(LONG))) == sorted(
        each
        for each in every
        if load(each, case.worths) >= least and capacity - load(each, case.sizes) <= waste
    )
    assert own.best(capacity) == max(load(each, case.worths) for each in every)


def test_too_many_to_list() -> None:
    case = Case(list(range(30, 10, -1)), [1] * 20, [1] * 20)
    own = lister(case, 60)
    every = own.patterns(60, 0, 60, ALL, Clock(LONG))
    assert every is not None
    most = Effort(10**6, len(every), 1)
    assert rows(own.patterns(60, 0, 60, most, Clock(LONG))) == rows(every)
    assert own.patterns(60, 0, 60, Effort(10**6, len(every) - 1, 1), Clock(LONG)) is None
    assert own.patterns(60, 0, 60, Effort(100, 10**6, 1), Clock(LONG)) is None
    assert own.patterns(60, 0, 60, ALL, Clock(0)) is None


# no pattern that is needed is left out


@st.composite
def instances(draw: st.DrawFn) -> tuple[list[int], list[BinType], int]:
    """Sizes, types that can take them, and the least cost."""
    bin_types = draw(
        st.lists(
            st.builds(
                BinType,
                st.integers(8, 20),
                st.tuples(st.sampled_from([0, 1, 3, 7, 10])),
                st.sampled_from([None, 1, 3]),
            ),
            min_size=1,
            max_size=2,
        )
    )
    largest = max(bin_type.capacity for bin_type in bin_types)
    sizes = draw(
        st.lists(st.integers(1, largest // draw(st.integers(1, 3))), min_size=1, max_size=7)
    )
    if least_cost(sizes, bin_types) is None:
        bin_types.append(BinType(largest, (9,)))
    best = least_cost(sizes, bin_types)
    assert best
    return sizes, bin_types, best[0]


@settings(max_examples=150)
@given(instances(), st.integers(0, 99))
def test_by_any_duals_a_best_packing_is_left_but_no_cheaper_one(
    instance: tuple[list[int], list[BinType], int], seed: int
) -> None:
    sizes, bin_types, best = instance
    columns = Columns(distinct(sizes, bin_types), 0)
    solution = columns.converge(Clock(LONG))
    assert solution
    random = np.random.default_rng(seed)
    for duals in (
        solution.duals,
        solution.duals * random.uniform(0.5, 1.5, len(solution.duals)),
        random.random(len(solution.duals)),
    ):
        found = closed(columns, best, duals)
        assert found.filled
        assert not found.impossible
        assert_whole(columns, found.filled, best)
        whole = Partial(columns.sizes.counts.copy())
        pool = usable_patterns(columns, whole, best - 1, duals, ALL, Clock(LONG))
        assert pool is not None
        found = close(columns, whole, best - 1, pool, ALL, Clock(LONG))
        assert found == Closed(None, impossible=True) or not len(pool.bin_types)


def closed(columns: Columns, most: int, duals: Floats) -> Closed:
    whole = Partial(columns.sizes.counts.copy())
    pool = usable_patterns(columns, whole, most, duals, ALL, Clock(LONG))
    assert pool is not None
    return close(columns, whole, most, pool, ALL, Clock(LONG))


def assert_whole(columns: Columns, bins: Sequence[Filled], most: int) -> None:
    """All items are in bins that take them, are there, and cost no more."""
    sizes = columns.sizes
    assert np.array_equal(sum(each.pattern for each in bins), sizes.counts)
    for each in bins:
        assert each.pattern @ sizes.sizes <= sizes.bin_types[each.bin_type].capacity
    for stock, taken in zip(columns.stocks, columns.taken(bins), strict=True):
        assert stock is None or taken <= stock
    assert total_cost(sizes.bin_types, (each.bin_type for each in bins))[0] <= most


def test_good_duals_leave_few_patterns() -> None:
    # At the bound there is no room to waste, so that of all patterns only full ones are left.
    columns = Columns(distinct(triplets(36, 1), [BinType(1000, (1,))]), 0)
    columns.converge(Clock(LONG))
    every = every_pattern(columns.sizes, ALL, Clock(LONG))
    whole = Partial(columns.sizes.counts.copy())
    duals = columns.central_duals(Clock(30.0))
    pool = usable_patterns(columns, whole, columns.bound, duals, ALL, Clock(LONG))
    assert every is not None
    assert pool is not None
    assert 0 < 10 * len(pool.bin_types) < len(every.bin_types)
    assert set(rows(pool.patterns)) <= set(rows(every.patterns))


def test_what_a_dive_took_counts() -> None:
    columns = Columns(distinct([6, 6, 4, 4], [BinType(10, (3,), 1), BinType(6, (2,))]), 0)
    assert columns.sizes.sizes.tolist() == [3, 2]
    # The only bin of 10 has a 6 and a 4; what is left would fit into another one.
    partial = Partial(np.array([1, 1]), [Filled(0, np.array([1, 1]))], 3)
    for most, impossible in ((6, True), (7, False)):
        pool = usable_patterns(columns, partial, most, np.zeros(2), ALL, Clock(LONG))
        assert pool is not None
        found = close(columns, partial, most, pool, ALL, Clock(LONG))
        assert (found.filled is None) == found.impossible == impossible
        if found.filled:
            assert found.filled[0] is partial.taken[0]
            assert len(found.filled) == 3
            assert_whole(columns, found.filled, most)


def test_patterns_of_several_bin_types() -> None:
    sizes = distinct([6, 6, 4], [BinType(10, (2,)), BinType(5, (1,)), BinType(3, (1,))])
    pool = every_pattern(sizes, ALL, Clock(LONG))
    assert pool is not None
    found = sorted(zip(pool.bin_types.tolist(), map(tuple, pool.patterns.tolist()), strict=True))
    # Largest first: 6 and 4. A bin of 3 takes nothing, so nothing can be added to it.
    assert found == [(0, (1, 1)), (1, (0, 1)), (2, (0, 0))]
    assert every_pattern(sizes, Effort(10**6, 2, 1), Clock(LONG)) is None


def test_what_patterns_hold_beyond_the_items_is_left_out() -> None:
    pool = Pool(np.array([[1, 1], [2, 0], [0, 0]]), np.array([0, 1, 0]))
    bins = filled(pool, np.array([2, 1, 1]), np.array([3, 1]))
    assert [(each.bin_type, each.pattern.tolist()) for each in bins] == [
        (0, [1, 1]),
        (0, [1, 0]),
        (1, [1, 0]),
    ]
    assert filled(pool, np.array([1, 1, 0]), np.array([1, 1]))[-1].bin_type == 0


def test_without_a_pattern_there_is_no_packing() -> None:
    columns = Columns(distinct([6, 6, 6], [BinType(10, (1,))]), 0)
    assert closed(columns, 2, np.array([1.0])) == Closed(None, impossible=True)
