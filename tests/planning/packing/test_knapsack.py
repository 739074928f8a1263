"""The best patterns by tables, against all patterns."""

from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing.brute import fillings, load
from spanner.planning.packing.knapsack import Knapsack

NEAR = 1e-6


class Case(NamedTuple):
    sizes: list[int]
    limits: list[int]
    values: list[int]
    capacity: int


def cases(least_size: int, most_value: int) -> st.SearchStrategy[Case]:
    row = st.tuples(st.integers(least_size, 15), st.integers(0, 7), st.integers(0, most_value))

    def case(rows: list[tuple[int, int, int]], capacity: int) -> Case:
        sizes, limits, values = map(list, zip(*rows, strict=True))
        return Case(sizes, limits, values, capacity)

    return st.builds(case, st.lists(row, min_size=1, max_size=4), st.integers(1, 40))


def table(case: Case) -> Knapsack:
    return Knapsack(np.array(case.sizes), np.array(case.limits), case.capacity)


def best_of(case: Case, room: int) -> int:
    return max(load(each, case.values) for each in fillings(case.sizes, case.limits, room))


@settings(max_examples=250)
@given(cases(1, 20))
def test_no_pattern_is_worth_more(case: Case) -> None:
    row = table(case).solve(np.array(case.values, dtype=np.float64))
    assert len(row) == case.capacity + 1
    for room in range(case.capacity + 1):
        assert abs(row[room] - best_of(case, room)) < NEAR


@settings(max_examples=250)
@given(cases(1, 20), st.data())
def test_patterns_fit_and_the_best_is_among_them(case: Case, data: st.DataObject) -> None:
    capacity = data.draw(st.integers(0, case.capacity))
    knapsack = table(case)
    knapsack.solve(np.array(case.values, dtype=np.float64))
    rows = knapsack.patterns(capacity)
    patterns = [tuple(row) for row in rows.tolist()]
    every = set(fillings(case.sizes, case.limits, capacity))
    assert every.issuperset(patterns)
    assert rows.shape == ((knapsack.weights <= capacity).sum(), len(case.sizes))
    best = max((load(each, case.values) for each in patterns), default=0)
    assert best == best_of(case, capacity)
    # Each size that fits begins a pattern, or is in one that begins with more.
    for index, (size, limit) in enumerate(zip(case.sizes, case.limits, strict=True)):
        assert any(each[index] for each in patterns) == (limit > 0 and size <= capacity)


def test_of_patterns_worth_the_same_the_fullest_is_taken() -> None:
    knapsack = Knapsack(np.array([5, 4, 3]), np.array([1, 1, 1]), 8)
    knapsack.solve(np.array([1.0, 1.0, 1.0]))
    assert knapsack.patterns(8).tolist()[0] == [1, 0, 1]
    knapsack.solve(np.array([1.0, 1.0, 0.0]))
    assert knapsack.patterns(8).tolist() == [[1, 0, 1], [0, 1, 1], [0, 0, 1]]


def test_pieces_of_a_size_make_any_number_but_no_more_than_the_limit() -> None:
    for limit in range(1, 20):
        knapsack = Knapsack(np.array([2]), np.array([limit]), 30)
        row = knapsack.solve(np.array([1.0]))
        assert np.allclose(row, [min(room // 2, limit) for room in range(31)])
        assert knapsack.patterns(30)[:, 0].max() == min(15, limit)


@settings(max_examples=250)
@given(cases(0, 1 << 40), st.lists(st.integers(0, 40), min_size=1, max_size=3))
def test_the_exact_best_to_the_last_digit(case: Case, rooms: list[int]) -> None:
    rooms = [min(room, case.capacity) for room in rooms]
    found = table(case).best(np.array(case.values), rooms)
    assert found == [best_of(case, room) for room in rooms]


def test_sizes_rounded_to_nothing_are_all_taken() -> None:
    knapsack = Knapsack(np.array([3, 0]), np.array([2, 1000]), 5)
    assert knapsack.best(np.array([(1 << 45) + 1, 7]), [0, 2, 3, 5]) == [
        7000,
        7000,
        7000 + (1 << 45) + 1,
        7000 + (1 << 45) + 1,
    ]


def test_one_table_solves_again_for_other_worths() -> None:
    knapsack = Knapsack(np.array([4, 3]), np.array([2, 2]), 10)
    for values, best in (
        ([1.0, 0.0], 2.0),
        ([0.0, 1.0], 2.0),
        ([0.5, 0.6], 1.7),
        ([1.0, 0.6], 2.2),
    ):
        row = knapsack.solve(np.array(values))
        assert abs(row[10] - best) < NEAR
        assert abs((knapsack.patterns(10) @ np.array(values)).max() - best) < NEAR
