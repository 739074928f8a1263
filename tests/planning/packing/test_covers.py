"""Sets of bins that are large enough, against all sets."""

from itertools import islice, product, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing import brute
from spanner.planning.packing import covers as covering
from spanner.planning.packing.covers import covers, least_cost
from spanner.planning.packing.problem import Cost, Kind, total_cost

LIMIT = 14

STOCKS = st.sampled_from([None, None, 0, 1, 2, 3])
KINDS = st.lists(
    st.builds(Kind, st.integers(3, 30), st.tuples(st.integers(2, 9), st.integers(0, 3)), STOCKS),
    min_size=1,
    max_size=3,
)


def cost_of(counts: list[int], kinds: list[Kind]) -> Cost:
    return total_cost(kinds, (kind for kind, count in enumerate(counts) for _ in range(count)))


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 100), KINDS)
def test_all_that_are_large_enough_the_cheapest_first(total: int, kinds: list[Kind]) -> None:
    found = list(takewhile(lambda cover: cover[0][0] <= LIMIT, covers(total, kinds)))
    assert all(cost == cost_of(counts, kinds) for cost, counts in found)
    costs = [cost for cost, _ in found]
    assert costs == sorted(costs)
    every = [
        list(counts)
        for counts in product(*(range(kind.at_most(LIMIT // 2) + 1) for kind in kinds))
        if cost_of(list(counts), kinds)[0] <= LIMIT
        and sum(count * kind.capacity for count, kind in zip(counts, kinds, strict=True)) >= total
    ]
    assert sorted(counts for _, counts in found) == sorted(every)


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=6),
    st.lists(
        st.builds(
            Kind,
            st.integers(5, 30),
            st.tuples(st.sampled_from([0, 3, 10, 25]), st.integers(0, 2), st.integers(0, 30)),
            STOCKS,
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_no_packing_costs_less_than_the_first(sizes: list[int], kinds: list[Kind]) -> None:
    best = brute.least_cost(sizes, kinds)
    first = next(covers(sum(sizes), kinds), None)
    if best is not None:
        assert first
        assert first[0] <= best


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 100), KINDS)
def test_no_set_costs_less_on_any_level_than_parts_of_bins(total: int, kinds: list[Kind]) -> None:
    least = least_cost(total, kinds)
    enough = all(kind.stock is not None for kind in kinds)
    if enough and total > sum((kind.stock or 0) * kind.capacity for kind in kinds):
        assert least is None
        return
    assert least
    for cost, _ in islice(covers(total, kinds), 20):
        assert all(part <= whole for part, whole in zip(least, cost, strict=True))


def test_parts_of_bins_cost_their_parts_rounded_up() -> None:
    kinds = [Kind(10, (3, 1)), Kind(20, (4, 9), 2)]
    assert least_cost(0, kinds) == (0, 0)
    assert least_cost(30, kinds) == (6, 3)
    assert least_cost(45, kinds) == (10, 5)
    assert least_cost(45, kinds[1:]) is None


def test_costs_count_level_by_level() -> None:
    kinds = [Kind(10, (1, 5)), Kind(20, (2, 1)), Kind(5, (1, 0))]
    assert list(islice(covers(20, kinds), 5)) == [
        ((2, 1), [0, 1, 0]),
        ((2, 10), [2, 0, 0]),
        ((3, 1), [0, 1, 1]),
        ((3, 5), [1, 0, 2]),
        ((3, 6), [1, 1, 0]),
    ]


@pytest.mark.parametrize("stocks", [(0, 0), (2, 0), (1, 1)])
def test_the_stock_ends_them(stocks: tuple[int, int]) -> None:
    kinds = [Kind(10, (1,), stocks[0]), Kind(5, (1,), stocks[1])]
    found = [counts for _, counts in covers(15, kinds)]
    assert found == {(0, 0): [], (2, 0): [[2, 0]], (1, 1): [[1, 1]]}[stocks]
    assert list(covers(21, kinds)) == []


def test_nothing_is_enough_for_nothing() -> None:
    assert next(covers(0, [Kind(10, (3, 1))])) == ((0, 0), [0])


@pytest.mark.parametrize(
    ("total", "kinds", "best"),
    [
        (
            4_700_000,
            [Kind(700, (100,)), Kind(4_700, (620,)), Kind(25_000, (3_400,))],
            ((620_000,), [0, 1_000, 0]),
        ),
        # The cheapest run out.
        (100_000, [Kind(100, (10_000,), 500), Kind(100, (10_001,))], ((10_000_500,), [500, 500])),
        (100_000, [Kind(100, (10_001,)), Kind(100, (10_000,), 500)], ((10_000_500,), [500, 500])),
    ],
)
def test_hundreds_of_bins_are_found_in_few_steps(
    total: int, kinds: list[Kind], best: tuple[Cost, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(covering, "_MOST_STEPS", 2_000)
    assert next(covers(total, kinds)) == best
