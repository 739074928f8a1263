"""Sets of bins that are large enough, against all sets."""

from itertools import islice, product, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing import brute
from spanner.planning.packing import covers as covering
from spanner.planning.packing.covers import covers, least_cost
from spanner.planning.packing.problem import BinType, Cost, total_cost

LIMIT = 14

STOCKS = st.sampled_from([None, None, 0, 1, 2, 3])
BIN_TYPES = st.lists(
    st.builds(BinType, st.integers(3, 30), st.tuples(st.integers(2, 9), st.integers(0, 3)), STOCKS),
    min_size=1,
    max_size=3,
)


def cost_of(counts: list[int], bin_types: list[BinType]) -> Cost:
    return total_cost(
        bin_types, (bin_type for bin_type, count in enumerate(counts) for _ in range(count))
    )


@settings(max_examples=250)
@given(st.integers(0, 100), BIN_TYPES)
def test_all_that_are_large_enough_the_cheapest_first(total: int, bin_types: list[BinType]) -> None:
    found = list(takewhile(lambda cover: cover[0][0] <= LIMIT, covers(total, bin_types)))
    assert all(cost == cost_of(counts, bin_types) for cost, counts in found)
    costs = [cost for cost, _ in found]
    assert costs == sorted(costs)
    every = [
        list(counts)
        for counts in product(*(range(bin_type.at_most(LIMIT // 2) + 1) for bin_type in bin_types))
        if cost_of(list(counts), bin_types)[0] <= LIMIT
        and sum(
            count * bin_type.capacity for count, bin_type in zip(counts, bin_types, strict=True)
        )
        >= total
    ]
    assert sorted(counts for _, counts in found) == sorted(every)


@settings(max_examples=250)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=6),
    st.lists(
        st.builds(
            BinType,
            st.integers(5, 30),
            st.tuples(st.sampled_from([0, 3, 10, 25]), st.integers(0, 2), st.integers(0, 30)),
            STOCKS,
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_no_packing_costs_less_than_the_first(sizes: list[int], bin_types: list[BinType]) -> None:
    best = brute.least_cost(sizes, bin_types)
    first = next(covers(sum(sizes), bin_types), None)
    if best is not None:
        assert first
        assert first[0] <= best


@settings(max_examples=250)
@given(st.integers(0, 100), BIN_TYPES)
def test_no_set_costs_less_on_any_level_than_parts_of_bins(
    total: int, bin_types: list[BinType]
) -> None:
    least = least_cost(total, bin_types)
    enough = all(bin_type.stock is not None for bin_type in bin_types)
    if enough and total > sum((bin_type.stock or 0) * bin_type.capacity for bin_type in bin_types):
        assert least is None
        return
    assert least
    for cost, _ in islice(covers(total, bin_types), 20):
        assert all(part <= whole for part, whole in zip(least, cost, strict=True))


def test_parts_of_bins_cost_their_parts_rounded_up() -> None:
    bin_types = [BinType(10, (3, 1)), BinType(20, (4, 9), 2)]
    assert least_cost(0, bin_types) == (0, 0)
    assert least_cost(30, bin_types) == (6, 3)
    assert least_cost(45, bin_types) == (10, 5)
    assert least_cost(45, bin_types[1:]) is None


def test_costs_count_level_by_level() -> None:
    bin_types = [BinType(10, (1, 5)), BinType(20, (2, 1)), BinType(5, (1, 0))]
    assert list(islice(covers(20, bin_types), 5)) == [
        ((2, 1), [0, 1, 0]),
        ((2, 10), [2, 0, 0]),
        ((3, 1), [0, 1, 1]),
        ((3, 5), [1, 0, 2]),
        ((3, 6), [1, 1, 0]),
    ]


@pytest.mark.parametrize("stocks", [(0, 0), (2, 0), (1, 1)])
def test_the_stock_ends_them(stocks: tuple[int, int]) -> None:
    bin_types = [BinType(10, (1,), stocks[0]), BinType(5, (1,), stocks[1])]
    found = [counts for _, counts in covers(15, bin_types)]
    assert found == {(0, 0): [], (2, 0): [[2, 0]], (1, 1): [[1, 1]]}[stocks]
    assert list(covers(21, bin_types)) == []


def test_nothing_is_enough_for_nothing() -> None:
    assert next(covers(0, [BinType(10, (3, 1))])) == ((0, 0), [0])


@pytest.mark.parametrize(
    ("total", "bin_types", "best"),
    [
        (
            4_700_000,
            [BinType(700, (100,)), BinType(4_700, (620,)), BinType(25_000, (3_400,))],
            ((620_000,), [0, 1_000, 0]),
        ),
        # The cheapest run out.
        (
            100_000,
            [BinType(100, (10_000,), 500), BinType(100, (10_001,))],
            ((10_000_500,), [500, 500]),
        ),
        (
            100_000,
            [BinType(100, (10_001,)), BinType(100, (10_000,), 500)],
            ((10_000_500,), [500, 500]),
        ),
    ],
)
def test_hundreds_of_bins_are_found_in_few_steps(
    total: int,
    bin_types: list[BinType],
    best: tuple[Cost, list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(covering, "_MOST_STEPS", 2_000)
    assert next(covers(total, bin_types)) == best
