"""The linear program over patterns and the bound from it, against the best packings."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.packing.brute import least_cost
from spanner.planning.packing.clock import Clock
from spanner.planning.packing.columns import Columns
from spanner.planning.packing.master import Solution
from spanner.planning.packing.problem import BinType, Filled, Floats
from spanner.planning.packing.scaling import distinct

LONG = 60.0
NEAR = 1e-6


def converged(columns: Columns) -> Solution:
    solution = columns.converge(Clock(LONG))
    assert solution
    return solution


def columns_of(sizes: Sequence[int], *bin_types: BinType, bound: int = 0) -> Columns:
    return Columns(distinct(sizes, bin_types), bound)


@pytest.mark.parametrize(
    ("sizes", "bin_types", "value", "bound"),
    [
        # Three 6s with a 4 each.
        ([6, 6, 6, 4, 4, 4], [BinType(10, (1,))], 3, 3),
        # Two of them a bin, though one of them is over.
        ([4] * 5, [BinType(9, (1,))], 2.5, 3),
        # Each two of three go together, half a bin for each pair.
        ([6, 5, 4], [BinType(11, (1,))], 1.5, 2),
        ([3] * 7, [BinType(11, (1,))], 7 / 3, 3),
        # A 7 takes a 3; of the other 3s three go together.
        ([7, 3, 3, 3, 3], [BinType(10, (1,))], 2, 2),
        # The dearer bin takes two for less than two cheaper ones.
        ([5] * 5, [BinType(10, (10,)), BinType(5, (6,))], 25, 25),
        ([5] * 5, [BinType(10, (13,)), BinType(5, (6,))], 30, 30),
        # Of the cheap bin is only one; half of the dear one takes one of the rest.
        ([6, 6], [BinType(10, (1,), 1), BinType(10, (3,))], 4, 4),
        ([6, 6, 6], [BinType(10, (1,), 1), BinType(12, (3,))], 4, 4),
        ([6, 6, 6, 6], [BinType(10, (1,), 1), BinType(12, (3,))], 5.5, 6),
        # What costs nothing does it all, or all that it can.
        ([6, 6], [BinType(10, (0,)), BinType(20, (5,))], 0, 0),
        ([6, 6, 6], [BinType(10, (0,), 1), BinType(12, (4,))], 4, 4),
    ],
)
def test_the_value_of_the_linear_program(
    sizes: list[int], bin_types: list[BinType], value: float, bound: int
) -> None:
    columns = columns_of(sizes, *bin_types)
    solution = converged(columns)
    unit = max(bin_type.cost[0] for bin_type in bin_types)
    assert solution.missing < NEAR
    # It ends early where the bound meets the next whole number.
    assert value - NEAR < solution.value * unit < bound + NEAR
    assert columns.bound == columns.least(solution) == bound


def test_without_a_bound_to_meet_the_value_is_the_least() -> None:
    columns = columns_of([4] * 5 + [3] * 4, BinType(10, (1,)), bound=-1)
    while columns.price(solved(columns)):
        pass
    # Two 3s and a 4 in a bin, or two 4s: 2 (4 3 3) + 1.5 (4 4).
    assert abs(solved(columns).value - 3.5) < NEAR


def solved(columns: Columns) -> Solution:
    solution = columns.master.solve(Clock(LONG), grown=True)
    assert solution
    return solution


def test_bins_that_do_not_suffice_leave_something_out() -> None:
    solution = converged(columns_of([6, 6, 6], BinType(10, (1,), 2)))
    assert abs(solution.missing - 1) < NEAR


# the bound is always true


@st.composite
def instances(draw: st.DrawFn) -> tuple[list[int], list[BinType], int]:
    """Sizes, types that can take them, and the least cost; some are too large for one grid."""
    unit = draw(st.sampled_from([1, 1, 999_983, 143_448_577]))
    bin_types = draw(
        st.lists(
            st.builds(
                BinType,
                st.integers(8, 30).map(lambda capacity: capacity * unit),
                st.tuples(st.sampled_from([0, 1, 1, 3, 10, 25, 250_000_000])),
                st.sampled_from([None, None, 1, 2, 3]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    largest = max(bin_type.capacity for bin_type in bin_types)
    most = largest // draw(st.sampled_from([1, 2, 3])) // unit
    sizes = draw(st.lists(st.integers(1, most), min_size=1, max_size=7))
    noise = draw(st.integers(0, 3)) if unit > 1 else 0
    sizes = [max(1, size * unit - index % 3 * noise) for index, size in enumerate(sizes)]
    best = least_cost(sizes, bin_types)
    if best is None:
        bin_types.append(BinType(largest, (draw(st.integers(1, 30)),)))
        best = least_cost(sizes, bin_types)
    assert best
    return sizes, bin_types, best[0]


@settings(max_examples=200)
@given(instances())
def test_no_packing_costs_less_than_what_column_generation_proves(
    instance: tuple[list[int], list[BinType], int],
) -> None:
    sizes, bin_types, best = instance
    columns = columns_of(sizes, *bin_types)
    solution = converged(columns)
    assert columns.bound <= best
    if columns.sizes.exact and solution.missing < NEAR:
        assert columns.least(solution) <= best
        if columns.costs.all():
            # The bound meets the value, which is that of all patterns.
            assert columns.bound >= columns.least(solution)
        columns.central_duals(Clock(30.0))
        assert columns.bound <= best


@settings(max_examples=400)
@given(instances(), st.data())
def test_no_duals_prove_more_than_the_best_packing(
    instance: tuple[list[int], list[BinType], int], data: st.DataObject
) -> None:
    sizes, bin_types, best = instance
    columns = columns_of(sizes, *bin_types)
    for duals in drawn_duals(columns, data):
        columns.prove(duals)
        assert columns.bound <= best


def drawn_duals(columns: Columns, data: st.DataObject) -> list[Floats]:
    """Some that prove little, and some that prove nearly as much as can be."""
    sizes, largest = columns.sizes.sizes, max(columns.capacities)
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    parts = data.draw(st.integers(1, 5))
    return [
        random.random(len(sizes)),
        random.random(len(sizes)) * 1000,
        sizes / largest,
        sizes / largest * random.uniform(0.9, 1.1, len(sizes)),
        np.floor((parts + 1) * sizes / largest) / parts,
        np.ceil(parts * sizes / largest) / parts,
        np.zeros(len(sizes)),
    ]


@settings(max_examples=60)
@given(instances(), st.integers(0, 99))
def test_duals_near_the_best_ones_prove_no_more(
    instance: tuple[list[int], list[BinType], int], seed: int
) -> None:
    sizes, bin_types, best = instance
    columns = columns_of(sizes, *bin_types)
    solution = converged(columns)
    random = np.random.default_rng(seed)
    for step in (1e-12, 1e-9, 1e-6, 1e-3, 0.1):
        noise = random.normal(1, step, len(solution.duals))
        columns.prove(np.maximum(solution.duals * noise, 0))
        columns.prove(solution.duals + step)
        assert columns.bound <= best


def test_the_best_duals_prove_the_value() -> None:
    sizes = [Random(seed).randint(20, 100) for seed in range(80)]
    columns = columns_of(sizes, BinType(150, (1,)))
    solution = converged(columns)
    fresh = columns_of(sizes, BinType(150, (1,)))
    fresh.prove(solution.duals)
    assert fresh.bound == columns.bound == columns.least(solution) >= -(-sum(sizes) // 150)


def test_a_size_rounded_up_beyond_the_bin_is_bounded_by_what_it_is() -> None:
    large = 2**40
    columns = columns_of([large - 1, large // 2, large // 2], BinType(large, (1,)))
    converged(columns)
    columns.prove(np.array([1, 0.5]))
    assert columns.bound == 2


# what a search asks of them


def test_stocks_and_taken_bins() -> None:
    columns = columns_of([6, 6, 6], BinType(10, (1,), 4), BinType(12, (2,)), BinType(8, (1,), 1))
    filled = [Filled(bin_type, np.array([1])) for bin_type in (0, 1, 0)]
    assert columns.taken(filled).tolist() == [2, 1, 0]
    assert columns.stocks_after(filled) == [2, None, 1]
    assert columns.stocks_after([]) == [4, None, 1]


def test_no_time() -> None:
    columns = columns_of([6, 6, 6], BinType(10, (1,)))
    assert columns.converge(Clock(0)) is None
    assert columns.bound == 0


@pytest.mark.parametrize(("unit", "noise"), [(1, 0), (117_509_000, 2)])
def test_a_program_without_a_solution_proves_nothing_false(unit: int, noise: int) -> None:
    """The two bins take all, though not where sizes are rounded up."""
    sizes = [size * unit + noise // 2 for size in (11, 11, 11, 11, 3)]
    columns = columns_of(sizes, BinType(25 * unit + noise, (1,), 2))
    for _ in range(2):
        columns.converge(Clock(LONG))
        duals = columns.central_duals(Clock(30.0))
        assert duals.max() < 1 << 20
        assert columns.bound <= 2


def test_too_small_a_stock_leaves_finite_duals() -> None:
    columns = columns_of([6, 6, 6, 5, 4], BinType(10, (1,), 2))
    converged(columns)
    assert columns.central_duals(Clock(30.0)).max() < 1 << 20


@pytest.mark.parametrize("worth", [1e4, 1e9, 3e9, 1e12, 1e300, np.inf, np.nan])
def test_duals_of_any_size_prove_nothing_false(worth: float) -> None:
    columns = columns_of([3, 2, 2, 1] * 5, BinType(20, (1,)))
    for duals in (np.array([1.0, 1.0, 1.0]), np.array([0.3, 0.6, 1.0])):
        columns.prove(duals * worth)
        assert 0 <= columns.bound <= 2
