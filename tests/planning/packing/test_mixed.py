"""Bins of several types against all partitions, and a session on media of several sizes."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planning.packing.brute import assert_packed, least_cost, triplets
from spanner.errors import DoesNotFitError
from spanner.planning.packing import pack, search
from spanner.planning.packing.closing import Effort
from spanner.planning.packing.mixed import MixedPacking, pack_mixed
from spanner.planning.packing.problem import BinType, Cost, total_cost

SECTOR = 2048
CD, DVD, DUAL, BLURAY = (
    sectors * SECTOR for sectors in (359_840, 2_295_104, 4_173_824, 12_219_392)
)

STOCKS = st.sampled_from([None, None, 0, 1, 2, 3])
PRICES = st.sampled_from([0, 1, 1, 10, 25, 30, 100, 137])
BIN_TYPES = st.lists(
    st.integers(5, 40).flatmap(
        lambda capacity: st.builds(
            BinType, st.just(capacity), st.tuples(PRICES, st.just(1), st.just(capacity)), STOCKS
        )
    ),
    min_size=1,
    max_size=3,
)


def sized(most: int) -> st.SearchStrategy[list[int]]:
    """Some nearly as large as the largest bins, or all much smaller."""
    return st.sampled_from([1, 2, 3]).flatmap(
        lambda part: st.lists(st.integers(0, most // part), min_size=1, max_size=7)
    )


ITEMS = BIN_TYPES.flatmap(
    lambda bin_types: st.tuples(
        sized(max(bin_type.capacity for bin_type in bin_types)), st.just(bin_types)
    )
)


def checked(sizes: Sequence[int], bin_types: Sequence[BinType], packing: MixedPacking) -> Cost:
    """What the packing costs, once it is seen to be one."""
    assert_packed(
        packing.bins, sizes, [bin_types[bin_type].capacity for bin_type in packing.bin_types]
    )
    for index, bin_type in enumerate(bin_types):
        assert bin_type.stock is None or packing.bin_types.count(index) <= bin_type.stock
    cost = total_cost(bin_types, packing.bin_types)
    assert packing.bound <= cost[0]
    assert packing.proven == (packing.bound == cost[0])
    return cost


@settings(max_examples=500)
@given(ITEMS)
@example(([6, 6, 6], [BinType(10, (0, 1, 10), 2), BinType(12, (4, 1, 12), None)]))
@example(
    (
        [6, 6, 11, 4, 11, 6, 9],
        [BinType(15, (1, 1, 15)), BinType(22, (2, 1, 22)), BinType(23, (1, 1, 23))],
    )
)
@example(([9, 8, 2, 2, 1], [BinType(11, (7, 1, 11), None), BinType(22, (13, 1, 22), 0)]))
def test_nothing_costs_less_on_any_level(case: tuple[list[int], list[BinType]]) -> None:
    sizes, bin_types = case
    best = least_cost(sizes, bin_types)
    if best is None:
        with pytest.raises(DoesNotFitError):
            pack_mixed(sizes, bin_types)
        return
    packing = pack_mixed(sizes, bin_types)
    assert checked(sizes, bin_types, packing) == best
    assert packing.bound <= best[0]
    assert packing.proven


@settings(max_examples=60)
@given(ITEMS, st.sampled_from([2, 3]))
def test_where_patterns_are_too_many_to_list(
    case: tuple[list[int], list[BinType]], times: int
) -> None:
    """Then the cost may not be the least, but is never less than the bound."""
    sizes, bin_types = case[0][:5], case[1]
    best = least_cost(sizes, bin_types)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_ALL", Effort(0, 0, 0))
        try:
            packing = pack_mixed(sizes, bin_types, 0.1, seed=times)
        except DoesNotFitError:
            return
    assert best
    assert checked(sizes, bin_types, packing) >= best
    assert packing.bound <= best[0]


@settings(max_examples=40)
@example(([3, 11, 11, 11, 11], [BinType(24, (0, 1, 24), 2)]), 10**6, 1)
@given(ITEMS, st.sampled_from([10**6, 25 * 10**7, 999_999_937]), st.integers(1, 3))
def test_sizes_in_bytes_and_prices_in_small_parts(
    case: tuple[list[int], list[BinType]], part: int, noise: int
) -> None:
    """On a grid not everything that fits can be found, but bounds are true all the same."""
    sizes = [size * 117_509_000 + index % (noise + 1) for index, size in enumerate(case[0])]
    bin_types = [
        BinType(
            bin_type.capacity * 117_509_000 + 2,
            (bin_type.cost[0] * part, *bin_type.cost[1:]),
            bin_type.stock,
        )
        for bin_type in case[1]
    ]
    best = least_cost(sizes, bin_types)
    try:
        packing = pack_mixed(sizes, bin_types, 0.1)
    except DoesNotFitError:
        packing = None
    if packing:
        assert best
        assert checked(sizes, bin_types, packing) >= best
        assert packing.bound <= best[0]


def test_prices_decide_before_numbers_and_numbers_before_room() -> None:
    bin_types = [BinType(10, (4, 1, 10)), BinType(20, (9, 1, 20)), BinType(25, (8, 1, 25))]
    assert pack_mixed([10, 10], bin_types).bin_types == [2]
    assert pack_mixed([10, 10], bin_types[:2]).bin_types == [0, 0]
    assert pack_mixed(
        [10, 10], [bin_types[0], BinType(20, (8, 1, 20)), bin_types[2]]
    ).bin_types == [1]
    packing = pack_mixed([10, 10, 5], bin_types)
    assert (packing.bin_types, packing.bound, packing.proven) == ([2], 8, True)


def test_each_load_has_the_bin_that_suits_it() -> None:
    sizes = [9, 9, 3, 3, 3]
    packing = pack_mixed(sizes, [BinType(10, (5, 1)), BinType(3, (1, 1), 2), BinType(0, (0, 0))])
    assert checked(
        sizes, [BinType(10, (5, 1)), BinType(3, (1, 1), 2), BinType(0, (0, 0))], packing
    ) == (
        15,
        3,
    )


def test_without_time_loads_are_put_in_the_cheapest_bins_that_take_them() -> None:
    bin_types = [BinType(6, (5,)), BinType(8, (4,), 1), BinType(7, (3,), 0)]
    packing = pack_mixed([6, 6], bin_types, 0)
    assert checked([6, 6], bin_types, packing) == (9,)
    assert packing.proven


def test_what_is_listed_on_a_grid_is_proven_by_column_generation() -> None:
    sizes = [6 * DVD // 10 + 1 + number for number in range(3)]
    packing = pack_mixed(sizes, bin_types := [BinType(DVD, (4, 1)), BinType(3 * DVD // 2, (9, 1))])
    assert checked(sizes, bin_types, packing) == (12, 3)
    assert packing.proven


def test_what_has_no_size_takes_one_of_the_cheapest_bins() -> None:
    bin_types = [BinType(10, (5, 1)), BinType(10, (0, 1), 0), BinType(20, (4, 1), 1)]
    packing = pack_mixed([0, 0], bin_types)
    assert (packing.bins, packing.bin_types, packing.bound) == ([[0, 1]], [2], 4)
    packing = pack_mixed([7, 0, 0], bin_types)
    assert (packing.bins, packing.bin_types, packing.bound) == ([[0, 1, 2]], [2], 4)
    assert pack_mixed([], bin_types).bins == []


@pytest.mark.parametrize(
    ("sizes", "bin_types"),
    [
        ([11], [BinType(10, (1,))]),
        ([11], [BinType(10, (1,)), BinType(12, (1,), 0)]),
        ([6, 6, 6], [BinType(10, (1,), 2)]),
        ([6, 6, 6], [BinType(17, (1,), 1)]),
        ([5, 5, 5, 5], [BinType(9, (1,), 2), BinType(8, (1,), 1), BinType(4, (0,))]),
        ([1], []),
        ([1], [BinType(0, (1,)), BinType(-3, (1,))]),
    ],
)
def test_too_few_bins(sizes: list[int], bin_types: list[BinType]) -> None:
    with pytest.raises(DoesNotFitError, match="enough"):
        pack_mixed(sizes, bin_types)


# as discs come


def session(seed: int) -> list[int]:
    """Takes of some files each, of 48 kHz and 24 bit."""
    random = Random(seed)
    return [
        -(-random.randint(4, 24) * random.randint(17_000_000, 100_000_000) // SECTOR) * SECTOR
        for _ in range(60)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("stock", [None, 2])
def test_a_session_on_four_kinds_of_discs(seed: int, stock: int | None) -> None:
    sizes = session(seed)
    prices = {CD: 150_000_000, DVD: 250_000_000, DUAL: 1_100_000_000, BLURAY: 1_200_000_000}
    bin_types = [BinType(room, (price, 1, room // SECTOR)) for room, price in prices.items()]
    bin_types[-1] = BinType(BLURAY, bin_types[-1].cost, stock)
    packing = pack_mixed(sizes, bin_types, 10.0)
    cost = checked(sizes, bin_types, packing)
    assert packing.proven
    if not stock:  # cheaper than on discs of one type
        for room, price in list(prices.items())[1:]:
            assert cost[0] <= price * len(pack(sizes, room).bins)


@pytest.mark.parametrize("stock", [None, 20])
def test_a_search_is_needed(stock: int | None) -> None:
    """All bins of 1000 are full, and other ones cost more for what they take."""
    sizes = triplets(60, 5)
    bin_types = [BinType(1000, (10, 1), stock), BinType(400, (5, 1)), BinType(2100, (24, 1))]
    packing = pack_mixed(sizes, bin_types, 10.0)
    assert checked(sizes, bin_types, packing) == (200, 20)
    assert packing.proven


# what once was wrong


def test_nothing_costs_nothing() -> None:
    assert pack_mixed([], [BinType(10, (5,))]).bound == 0


@pytest.mark.parametrize(
    ("sizes", "bin_types", "cost"),
    [
        ([50] * 2000, [BinType(100, (10_000,), 500), BinType(100, (10_001,))], 10_000_500),
        (
            [25] * 880,
            [
                BinType(100, (1000,), 60),
                BinType(100, (1001,), 60),
                BinType(100, (1002,), 60),
                BinType(100, (1003,)),
            ],
            220_300,
        ),
    ],
)
def test_a_stock_that_is_used_up(sizes: list[int], bin_types: list[BinType], cost: int) -> None:
    assert checked(sizes, bin_types, pack_mixed(sizes, bin_types)) == (cost,)


def test_an_item_that_just_fits_is_found_a_bin_among_others() -> None:
    """Rounded up to the grid it would be too large."""
    random = Random(0)
    sizes = [random.randint(180_000_000, 360_000_000) for _ in range(100)] + [10**9 - 1]
    bin_types = [BinType(10**9, (10, 1)), BinType(4 * 10**8, (5, 1))]
    packing = pack_mixed(sizes, bin_types, 10.0)
    assert checked(sizes, bin_types, packing) == (285, 29)
    assert packing.proven
    assert packing.proven


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 25), min_size=3, max_size=7),
    st.lists(st.tuples(st.integers(25, 40), st.integers(0, 9)), min_size=2, max_size=3),
    st.sampled_from([100_000, 1_000_000]),
)
@example([7, 7, 23, 15], [(19, 3), (24, 4), (10, 1)], 1_000_000)
def test_prices_that_differ_by_little(
    sizes: list[int], rows: list[tuple[int, int]], price: int
) -> None:
    bin_types = [BinType(capacity, (price + more,)) for capacity, more in rows]
    best = least_cost(sizes, bin_types)
    assert best
    packing = pack_mixed(sizes, bin_types)
    assert packing.bound <= best[0]
    assert checked(sizes, bin_types, packing) == best
    assert packing.proven


def test_no_packing_to_start_from() -> None:
    """Best fit needs more bins than there are, and small ones without end take no triplet."""
    sizes = [*triplets(180, 3), 20, 30]
    bin_types = [BinType(1000, (10,), 60), BinType(100, (3,))]
    assert checked(sizes, bin_types, pack_mixed(sizes, bin_types, 10.0)) == (603,)
