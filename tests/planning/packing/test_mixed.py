"""Bins of several kinds against all partitions, and a session on media of several sizes."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planning.packing.brute import assert_packed, least_cost, triplets
from spanner.errors import DoesNotFitError
from spanner.planning.packing import pack, search
from spanner.planning.packing.closing import Effort
from spanner.planning.packing.mixed import MixedPacking, pack_kinds
from spanner.planning.packing.problem import Cost, Kind, total_cost

SECTOR = 2048
CD, DVD, DUAL, BLURAY = (
    sectors * SECTOR for sectors in (359_840, 2_295_104, 4_173_824, 12_219_392)
)

STOCKS = st.sampled_from([None, None, 0, 1, 2, 3])
PRICES = st.sampled_from([0, 1, 1, 10, 25, 30, 100, 137])
KINDS = st.lists(
    st.integers(5, 40).flatmap(
        lambda capacity: st.builds(
            Kind, st.just(capacity), st.tuples(PRICES, st.just(1), st.just(capacity)), STOCKS
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


ITEMS = KINDS.flatmap(
    lambda kinds: st.tuples(sized(max(kind.capacity for kind in kinds)), st.just(kinds))
)


def checked(sizes: Sequence[int], kinds: Sequence[Kind], packing: MixedPacking) -> Cost:
    """What the packing costs, once it is seen to be one."""
    assert_packed(packing.bins, sizes, [kinds[kind].capacity for kind in packing.kinds])
    for index, kind in enumerate(kinds):
        assert kind.stock is None or packing.kinds.count(index) <= kind.stock
    cost = total_cost(kinds, packing.kinds)
    assert packing.bound <= cost[0]
    assert packing.proven == (packing.bound == cost[0])
    return cost


@settings(max_examples=500, deadline=None)
@given(ITEMS)
@example(([6, 6, 6], [Kind(10, (0, 1, 10), 2), Kind(12, (4, 1, 12), None)]))
@example(
    ([6, 6, 11, 4, 11, 6, 9], [Kind(15, (1, 1, 15)), Kind(22, (2, 1, 22)), Kind(23, (1, 1, 23))])
)
@example(([9, 8, 2, 2, 1], [Kind(11, (7, 1, 11), None), Kind(22, (13, 1, 22), 0)]))
def test_nothing_costs_less_on_any_level(case: tuple[list[int], list[Kind]]) -> None:
    sizes, kinds = case
    best = least_cost(sizes, kinds)
    if best is None:
        with pytest.raises(DoesNotFitError):
            pack_kinds(sizes, kinds)
        return
    packing = pack_kinds(sizes, kinds)
    assert checked(sizes, kinds, packing) == best
    assert packing.bound <= best[0]
    assert packing.proven


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.sampled_from([2, 3]))
def test_where_patterns_are_too_many_to_list(
    case: tuple[list[int], list[Kind]], times: int
) -> None:
    """Then the cost may not be the least, but is never less than the bound."""
    sizes, kinds = case[0][:5], case[1]
    best = least_cost(sizes, kinds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_ALL", Effort(0, 0, 0))
        try:
            packing = pack_kinds(sizes, kinds, 0.1, seed=times)
        except DoesNotFitError:
            return
    assert best
    assert checked(sizes, kinds, packing) >= best
    assert packing.bound <= best[0]


@settings(max_examples=40, deadline=None)
@example(([3, 11, 11, 11, 11], [Kind(24, (0, 1, 24), 2)]), 10**6, 1)
@given(ITEMS, st.sampled_from([10**6, 25 * 10**7, 999_999_937]), st.integers(1, 3))
def test_sizes_in_bytes_and_prices_in_small_parts(
    case: tuple[list[int], list[Kind]], part: int, noise: int
) -> None:
    """On a grid not everything that fits can be found, but bounds are true all the same."""
    sizes = [size * 117_509_000 + index % (noise + 1) for index, size in enumerate(case[0])]
    kinds = [
        Kind(kind.capacity * 117_509_000 + 2, (kind.cost[0] * part, *kind.cost[1:]), kind.stock)
        for kind in case[1]
    ]
    best = least_cost(sizes, kinds)
    try:
        packing = pack_kinds(sizes, kinds, 0.1)
    except DoesNotFitError:
        packing = None
    if packing:
        assert best
        assert checked(sizes, kinds, packing) >= best
        assert packing.bound <= best[0]


def test_prices_decide_before_numbers_and_numbers_before_room() -> None:
    kinds = [Kind(10, (4, 1, 10)), Kind(20, (9, 1, 20)), Kind(25, (8, 1, 25))]
    assert pack_kinds([10, 10], kinds).kinds == [2]
    assert pack_kinds([10, 10], kinds[:2]).kinds == [0, 0]
    assert pack_kinds([10, 10], [kinds[0], Kind(20, (8, 1, 20)), kinds[2]]).kinds == [1]
    packing = pack_kinds([10, 10, 5], kinds)
    assert (packing.kinds, packing.bound, packing.proven) == ([2], 8, True)


def test_each_load_has_the_bin_that_suits_it() -> None:
    sizes = [9, 9, 3, 3, 3]
    packing = pack_kinds(sizes, [Kind(10, (5, 1)), Kind(3, (1, 1), 2), Kind(0, (0, 0))])
    assert checked(sizes, [Kind(10, (5, 1)), Kind(3, (1, 1), 2), Kind(0, (0, 0))], packing) == (
        15,
        3,
    )


def test_without_time_loads_are_put_in_the_cheapest_bins_that_take_them() -> None:
    kinds = [Kind(6, (5,)), Kind(8, (4,), 1), Kind(7, (3,), 0)]
    packing = pack_kinds([6, 6], kinds, 0)
    assert checked([6, 6], kinds, packing) == (9,)
    assert packing.proven


def test_what_is_listed_on_a_grid_is_proven_by_column_generation() -> None:
    sizes = [6 * DVD // 10 + 1 + number for number in range(3)]
    packing = pack_kinds(sizes, kinds := [Kind(DVD, (4, 1)), Kind(3 * DVD // 2, (9, 1))])
    assert checked(sizes, kinds, packing) == (12, 3)
    assert packing.proven


def test_what_has_no_size_takes_one_of_the_cheapest_bins() -> None:
    kinds = [Kind(10, (5, 1)), Kind(10, (0, 1), 0), Kind(20, (4, 1), 1)]
    packing = pack_kinds([0, 0], kinds)
    assert (packing.bins, packing.kinds, packing.bound) == ([[0, 1]], [2], 4)
    packing = pack_kinds([7, 0, 0], kinds)
    assert (packing.bins, packing.kinds, packing.bound) == ([[0, 1, 2]], [2], 4)
    assert pack_kinds([], kinds).bins == []


@pytest.mark.parametrize(
    ("sizes", "kinds"),
    [
        ([11], [Kind(10, (1,))]),
        ([11], [Kind(10, (1,)), Kind(12, (1,), 0)]),
        ([6, 6, 6], [Kind(10, (1,), 2)]),
        ([6, 6, 6], [Kind(17, (1,), 1)]),
        ([5, 5, 5, 5], [Kind(9, (1,), 2), Kind(8, (1,), 1), Kind(4, (0,))]),
        ([1], []),
        ([1], [Kind(0, (1,)), Kind(-3, (1,))]),
    ],
)
def test_too_few_bins(sizes: list[int], kinds: list[Kind]) -> None:
    with pytest.raises(DoesNotFitError, match="enough"):
        pack_kinds(sizes, kinds)


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
    kinds = [Kind(room, (price, 1, room // SECTOR)) for room, price in prices.items()]
    kinds[-1] = Kind(BLURAY, kinds[-1].cost, stock)
    packing = pack_kinds(sizes, kinds, 10.0)
    cost = checked(sizes, kinds, packing)
    assert packing.proven
    if not stock:  # cheaper than on discs of one kind
        for room, price in list(prices.items())[1:]:
            assert cost[0] <= price * len(pack(sizes, room).bins)


@pytest.mark.parametrize("stock", [None, 20])
def test_a_search_is_needed(stock: int | None) -> None:
    """All bins of 1000 are full, and other ones cost more for what they take."""
    sizes = triplets(60, 5)
    kinds = [Kind(1000, (10, 1), stock), Kind(400, (5, 1)), Kind(2100, (24, 1))]
    packing = pack_kinds(sizes, kinds, 10.0)
    assert checked(sizes, kinds, packing) == (200, 20)
    assert packing.proven


# what once was wrong


def test_nothing_costs_nothing() -> None:
    assert pack_kinds([], [Kind(10, (5,))]).bound == 0


@pytest.mark.parametrize(
    ("sizes", "kinds", "cost"),
    [
        ([50] * 2000, [Kind(100, (10_000,), 500), Kind(100, (10_001,))], 10_000_500),
        (
            [25] * 880,
            [
                Kind(100, (1000,), 60),
                Kind(100, (1001,), 60),
                Kind(100, (1002,), 60),
                Kind(100, (1003,)),
            ],
            220_300,
        ),
    ],
)
def test_a_stock_that_is_used_up(sizes: list[int], kinds: list[Kind], cost: int) -> None:
    assert checked(sizes, kinds, pack_kinds(sizes, kinds)) == (cost,)


def test_an_item_that_just_fits_is_found_a_bin_among_others() -> None:
    """Rounded up to the grid it would be too large."""
    random = Random(0)
    sizes = [random.randint(180_000_000, 360_000_000) for _ in range(100)] + [10**9 - 1]
    kinds = [Kind(10**9, (10, 1)), Kind(4 * 10**8, (5, 1))]
    packing = pack_kinds(sizes, kinds, 10.0)
    assert checked(sizes, kinds, packing) == (285, 29)
    assert packing.proven
    assert packing.proven


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 25), min_size=3, max_size=7),
    st.lists(st.tuples(st.integers(25, 40), st.integers(0, 9)), min_size=2, max_size=3),
    st.sampled_from([100_000, 1_000_000]),
)
@example([7, 7, 23, 15], [(19, 3), (24, 4), (10, 1)], 1_000_000)
def test_prices_that_differ_by_little(
    sizes: list[int], rows: list[tuple[int, int]], price: int
) -> None:
    kinds = [Kind(capacity, (price + more,)) for capacity, more in rows]
    best = least_cost(sizes, kinds)
    assert best
    packing = pack_kinds(sizes, kinds)
    assert packing.bound <= best[0]
    assert checked(sizes, kinds, packing) == best
    assert packing.proven


def test_no_packing_to_start_from() -> None:
    """Best fit needs more bins than there are, and small ones without end take no triplet."""
    sizes = [*triplets(180, 3), 20, 30]
    kinds = [Kind(1000, (10,), 60), Kind(100, (3,))]
    assert checked(sizes, kinds, pack_kinds(sizes, kinds, 10.0)) == (603,)
