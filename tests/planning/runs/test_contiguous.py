"""Runs of neighbours against all divisions that there are, on all discs in all orders."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import accumulate, pairwise
from operator import eq

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError
from spanner.model.units import SECTOR
from spanner.planning.packing.problem import BinType
from spanner.planning.runs import contiguous as dividing
from spanner.planning.runs import cost_search, large_stocks
from spanner.planning.runs.contiguous import Run, contiguous
from spanner.planning.runs.media_choice import cheapest
from support.work import within

Folders = Sequence[tuple[str, ...]]
Measure = tuple[float, ...]


def in_folders(text: str) -> Folders:
    """One item in each word's folders, of which each letter is one: "ab" is folder b in a."""
    words = ["" if word == "." else word for word in text.split()]
    return [tuple(word[: depth + 1] for depth in range(len(word))) for word in words]


def stops(
    costs: Sequence[int], folders: str | Folders, *bin_types: BinType, even: bool = True
) -> list[int]:
    groups = in_folders(folders) if isinstance(folders, str) else folders
    return [run.stop for run in contiguous(costs, groups, bin_types, even=even)]


@contextmanager
def limits(**values: int) -> Iterator[None]:
    """Other limits than those of the modules."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            modules = (cost_search, large_stocks, dividing)
            patch.setattr(next(each for each in modules if name in vars(each)), name, value)
        yield


# one type of disc

TEN = BinType(10, (1,))


def test_the_fewest_discs_and_these_even() -> None:
    assert contiguous([6, 3, 2, 5], [()] * 4, [TEN]) == [Run(0, 2, 0), Run(2, 4, 0)]
    assert stops([1] * 12, ". " * 12, TEN) == [6, 12]
    assert stops([15, 15], ". .", BinType(22, (1,))) == [1, 2]  # 15 / 22 * 22 is less, in floats
    assert stops([10], "a", TEN) == [1]
    assert stops([0, 0], ". .", TEN) == [2]
    assert stops([10, 0, 1], ". . .", TEN) in ([1, 3], [2, 3])


def test_where_one_disc_must_be_full_the_others_are_even() -> None:
    assert stops([8, 3, 3, 3, 1], ". " * 5, BinType(8, (1,))) == [1, 3, 5]
    folders = "a a a a a a abc abd"
    assert stops([3, 6, 1, 1, 1, 2, 1, 4], folders, BinType(9, (1,))) == [1, 4, 8]


def test_discs_can_be_filled_as_far_as_they_go() -> None:
    assert stops([1] * 12, ". " * 12, TEN, even=False) in ([2, 12], [10, 12])
    assert stops([8, 3, 3, 3, 1], ". " * 5, BinType(8, (1,)), even=False) == [1, 2, 5]
    assert stops([7, 2, 8], ". . .", TEN, even=False) == [1, 3]
    assert stops([7, 2, 8], ". . .", TEN) == [2, 3]
    assert stops([3, 4, 3, 4, 2], ". . . . .", BinType(7, (1,)), even=False) == [2, 4, 5]


def test_a_folder_that_fits_is_not_divided() -> None:
    for even in (True, False):
        assert stops([1] * 12, "a a a b b b b b b b b b", TEN, even=even) == [3, 12]
    assert stops([1] * 12, "a a b b b b b b b c c c", TEN) == [9, 12]


def test_a_folder_that_is_divided_already_is_so_again_rather_than_another() -> None:
    # a and b are divided twice each, but [2, 4, 5] would divide a, b and d.
    assert stops([1, 3, 1, 1, 3], "ab abd abd abe b", BinType(4, (1,))) == [1, 3, 5]


def test_a_folder_that_begins_after_a_cut_is_divided_by_the_next() -> None:
    disc = BinType(6, (1,))
    assert stops([3, 6, 2, 1, 4, 4], "a a ab c c c", disc, even=False) == [1, 2, 3, 5, 6]


def test_of_the_same_divided_folders_the_fewest_cross_the_cuts() -> None:
    # [2, 4, 7] divides a and b too and leaves the last disc less empty, but divides a twice.
    assert stops([1] * 7, "ab ab abd abe ac ac c", BinType(3, (1,))) == [3, 6, 7]


def test_folders_are_the_same_if_they_are_equal_though_not_identical() -> None:
    folders = [("S", f"S/{name}") for name in "aaabbbbb"]
    assert folders[0] is not folders[1]
    assert stops([2] * 8, folders, TEN) == [3, 8]
    assert stops([2] * 8, [("S",) * (index > 3) for index in range(8)], TEN) == [4, 8]


def test_large_loads_are_compared_to_the_byte() -> None:
    disc = 2**40
    costs = [disc // 4 + index for index in range(7)]
    assert stops(costs, ". " * 7, BinType(disc, (1,))) == [3, 5, 7]
    assert stops(costs[::-1], ". " * 7, BinType(disc, (1,))) == [2, 4, 7]
    costs = [cost * disc // 8 for cost in (8, 3, 3, 3, 1)]
    assert stops(costs, ". " * 5, BinType(disc, (1,))) == [1, 3, 5]
    assert stops(costs, ". " * 5, BinType(disc, (1,)), even=False) == [1, 2, 5]


# several types


def test_the_cheapest_discs_in_whichever_order() -> None:
    small, large = BinType(4, (1, 1)), BinType(9, (2, 1))
    for costs, folders, expected in (
        ([4, 3, 3, 3], "a b b b", [Run(0, 1, 1), Run(1, 4, 0)]),
        ([3, 3, 3, 4], "b b b a", [Run(0, 3, 0), Run(3, 4, 1)]),
    ):
        assert contiguous(costs, in_folders(folders), [large, small]) == expected
    cheap = BinType(9, (1, 9), 1)
    assert {run.bin_type for run in contiguous([9, 9], [()] * 2, [large, small, cheap])} == {0, 2}


def test_discs_of_several_kinds_are_filled_in_proportion() -> None:
    small, large = BinType(10, (1,), 1), BinType(30, (2,))
    runs = contiguous([1] * 36, in_folders(". " * 36), [small, large])
    assert {run.bin_type: run.stop - run.start for run in runs} == {0: 9, 1: 27}


@pytest.mark.parametrize("taken", [2_000, 0])
def test_what_costs_nothing_is_not_taken_for_nothing(taken: int) -> None:
    bin_types = [BinType(3, (3, 0), 1), BinType(4, (0, 0)), BinType(7, (2, 1), 3)]
    with limits(_MOST_TAKEN=taken):
        assert stops([1, 6, 1, 6], ". . . .", *bin_types) == [2, 4]
        assert (
            len(stops([3, 4, 2, 1, 2, 4], ". " * 6, *(BinType(5, (0,), 2), BinType(8, (0,), 1))))
            == 3
        )


# what does not fit


@pytest.mark.parametrize(
    ("costs", "bin_types"),
    [
        ([11], [TEN, BinType(5, (1,))]),
        ([9, 9, 9], [BinType(10, (1,), 2)]),
        ([9, 9, 9], [BinType(10, (1,), 1), BinType(10, (2,), 1)]),
        ([1], []),
        ([1], [BinType(10, (1,), 0), BinType(0, (1,)), BinType(-5, (1,))]),
        ([5, 9, 5], [BinType(9, (1,), 0), BinType(6, (1,)), BinType(8, (2,))]),
    ],
)
@pytest.mark.parametrize("taken", [2_000, 0])
def test_too_few_discs(costs: list[int], bin_types: list[BinType], taken: int) -> None:
    with (
        limits(_MOST_TAKEN=taken),
        pytest.raises(DoesNotFitError, match=r"^the discs are not enough$"),
    ):
        contiguous(costs, [()] * len(costs), bin_types)


# against all that there is

COSTS = st.sampled_from([0, 1, 1, 2, 3, 4, 5, 8])
PATHS = st.lists(st.sampled_from("ab"), max_size=3).map(lambda names: "".join(names) or ".")
PRICES = st.tuples(st.integers(0, 4), st.integers(0, 2))
STOCKS = st.sampled_from([None, None, 0, 1, 2, 3])
BIN_TYPES = st.builds(BinType, st.sampled_from([0, *range(3, 16)]), PRICES, STOCKS)
LIMITED = st.builds(BinType, st.integers(5, 20), PRICES, st.integers(1, 6))
NAMED = st.lists(st.tuples(PATHS, COSTS), min_size=1, max_size=7)
# Sorted by their paths all of a folder are neighbours; otherwise it is another one each time.
ITEMS = (NAMED.map(sorted) | NAMED).map(
    lambda named: ([cost for _, cost in named], in_folders(" ".join(path for path, _ in named)))
)


def divisions(costs: Sequence[int], bin_types: Sequence[BinType]) -> Iterator[list[Run]]:
    """All divisions into runs, on all discs that take them."""

    def put(start: int, left: tuple[int, ...]) -> Iterator[list[Run]]:
        if start == len(costs):
            yield []
        for index, bin_type in enumerate(bin_types):
            fewer = (*left[:index], left[index] - 1, *left[index + 1 :])
            for stop in (
                range(start + 1, len(costs) + 1) if left[index] and bin_type.capacity else ()
            ):
                if sum(costs[start:stop]) <= bin_type.capacity:
                    yield from ([Run(start, stop, index), *rest] for rest in put(stop, fewer))

    return put(
        0, tuple(len(costs) if bin_type.stock is None else bin_type.stock for bin_type in bin_types)
    )


def numbered(folders: Folders) -> list[list[int]]:
    """For each item the first one in each folder that it is in, outermost first."""
    found: list[list[int]] = [[]]
    for index, (before, own) in enumerate(pairwise([(), *folders])):
        same = sum(map(eq, before, own))
        found.append([*found[-1][:same], *[index] * (len(own) - same)])
    return found[1:]


def discs(runs: Sequence[Run]) -> list[int]:
    return [run.bin_type for run in runs]


def cost_of(runs: Sequence[Run], bin_types: Sequence[BinType]) -> Measure:
    prices = [(*bin_types[run.bin_type].cost, 1) for run in runs]
    return tuple(map(sum, zip(*prices, strict=True)))


def divided(runs: Sequence[Run], folders: Folders) -> tuple[int, int]:
    """How many folders are on several discs, and on how many more than one, all together."""
    discs = Counter(
        folder
        for run in runs
        for folder in {
            (depth, first)
            for own in numbered(folders)[run.start : run.stop]
            for depth, first in enumerate(own)
        }
    )
    return sum(each > 1 for each in discs.values()), sum(each - 1 for each in discs.values())


def balance(
    runs: Sequence[Run], costs: Sequence[int], bin_types: Sequence[BinType], *, even: bool
) -> Measure:
    loads = [sum(costs[run.start : run.stop]) for run in runs]
    fullest = max(
        load / bin_types[run.bin_type].capacity for load, run in zip(loads, runs, strict=True)
    )
    squares = sum(load * load for load in loads)
    return (fullest, squares) if even else (-squares,)


@pytest.mark.parametrize("other", [{}, {"_MOST_TAKEN": 0}, {"_MOST_PLACES": 0}])
@settings(max_examples=250)
@given(ITEMS, st.lists(BIN_TYPES, min_size=1, max_size=3), st.booleans())
def test_none_is_better(
    other: dict[str, int], items: tuple[list[int], Folders], bin_types: list[BinType], even: bool
) -> None:
    costs, folders = items
    every = list(divisions(costs, bin_types))
    with limits(**other):
        if not every:
            with pytest.raises(DoesNotFitError):
                contiguous(costs, folders, bin_types, even=even)
            return
        found = contiguous(costs, folders, bin_types, even=even)
    assert found in every
    assert cost_of(found, bin_types) == min(cost_of(runs, bin_types) for runs in every)
    if "_MOST_PLACES" in other:
        assert discs(found) == cheapest([0, *accumulate(costs)], bin_types)
        every = [runs for runs in every if discs(runs) == discs(found)]

    def measure(runs: Sequence[Run]) -> tuple[tuple[int, int], Measure]:
        return divided(runs, folders), balance(runs, costs, bin_types, even=even)

    same = [runs for runs in every if sorted(discs(runs)) == sorted(discs(found))]
    assert measure(found) == min(map(measure, same))


@settings(max_examples=150)
@given(ITEMS, st.lists(BIN_TYPES, min_size=2, max_size=3), st.integers(1, 4))
@example(([3, 1, 6], [()] * 3), [BinType(7, (1, 2), 1), BinType(3, (3, 2), 2)], 2)
@example(
    ([3, 3, 1], [()] * 3), [BinType(3, (1, 2)), BinType(4, (3, 1), 3), BinType(5, (0, 0), 1)], 1
)
@example(
    ([4, 3, 3, 1, 1, 4, 1, 4, 4, 4, 1], [()] * 11),
    [BinType(8, (0, 1), 3), BinType(10, (1, 0), 1), BinType(6, (2, 1), 1)],
    1,
)
def test_a_search_cut_short_finds_discs_none_of_which_can_be_left_out(
    items: tuple[list[int], Folders], bin_types: list[BinType], grains: int
) -> None:
    costs, folders = items
    every = list(divisions(costs, bin_types))
    with limits(_MOST_TAKEN=10**9, _MOST_LABELS=0, _MOST_GRAINS=grains):
        if not every:
            with pytest.raises(DoesNotFitError):
                contiguous(costs, folders, bin_types)
            return
        found = contiguous(costs, folders, bin_types)
    assert found in every
    taken = discs(found)
    fewer = [taken[:at] + taken[at + 1 :] for at in range(len(taken))]
    assert not any(discs(runs) in fewer for runs in every)


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 9), min_size=5, max_size=30),
    st.lists(LIMITED, min_size=2, max_size=3),
)
@example([6, 1, 3, 1, 1, 2], [BinType(5, (3, 0), 1), BinType(9, (0, 2), 3), BinType(5, (0, 0), 3)])
def test_all_of_a_number_of_discs_at_once_are_as_good_as_a_search(
    costs: list[int], bin_types: list[BinType]
) -> None:
    found = []
    for taken in (0, 10**9):
        with limits(_MOST_TAKEN=taken), suppress(DoesNotFitError):
            found.append(contiguous(costs, [()] * len(costs), bin_types))
    assert len(found) != 1
    assert len({cost_of(runs, bin_types) for runs in found}) < 2
    for runs in found:
        assert all(
            sum(costs[run.start : run.stop]) <= bin_types[run.bin_type].capacity for run in runs
        )


def test_large_stocks_that_a_search_by_cost_does_not_get_through() -> None:
    # bd-r-xl@8.72x99,cd-r@0.27x169,bd-r@0.80x90 and 3.1 TB: a search of 200,000 ways, and then one
    # that tells stocks apart by grains, takes 107 discs for 152.64.
    numbers = random.Random(2)
    costs = [int(min(numbers.expovariate(1 / 194_203_219), 7e8)) for _ in range(16_700)]
    bin_types = [
        BinType(sectors * SECTOR - 3_000_000, (price, 1, sectors), stock)
        for sectors, price, stock in (
            (48_878_592, 872, 99),
            (359_849, 27, 169),
            (12_219_392, 80, 90),
        )
    ]
    found = cheapest([0, *accumulate(costs)], bin_types)
    assert Counter(found) == {0: 9, 1: 1, 2: 90}
    assert cost_of([Run(0, 0, bin_type) for bin_type in found], bin_types)[:2] == (150_75, 100)


# many items


@pytest.mark.parametrize("even", [True, False])
def test_where_not_all_pairs_of_cuts_are_compared_only_the_squares_may_be_worse(even: bool) -> None:
    random.seed(1)
    costs = [random.randint(1, 200) for _ in range(3_000)]
    folders = [("S",) * (index // 100 % 4 > 0) for index in range(3_000)]
    bin_types = [BinType(40_000, (1,))]
    exact = contiguous(costs, folders, bin_types, even=even)
    with limits(_MOST_PAIRS=500):
        found = contiguous(costs, folders, bin_types, even=even)
    assert all(before.stop == after.start for before, after in pairwise(found))
    assert found[-1].stop == len(costs)
    assert divided(found, folders) == divided(exact, folders)
    (*fullest, squares), (*best, least) = (
        balance(runs, costs, bin_types, even=even) for runs in (found, exact)
    )
    assert fullest == best
    assert 0 <= squares - least < abs(least) / 1_000_000


@pytest.mark.slow
def test_many_items_and_many_discs_take_little_work() -> None:
    random.seed(2)
    costs = [random.randint(1, 20) for _ in range(100_000)]
    folder = [("S", f"S/{index}") for index in range(100)]
    folders = [folder[index // 1_000] for index in range(100_000)]

    def runs(count: int, *bin_types: BinType, most: int = 3, even: bool = True) -> int:
        """How many there are; each item takes no more than so many calls of functions."""
        divide = partial(contiguous, costs[:count], folders[:count], bin_types, even=even)
        return len(within(most * count, divide))

    assert runs(100_000, BinType(100_000, (1,))) == 11
    assert runs(100_000, BinType(100_000, (1,)), even=False) == 11
    assert runs(100_000, BinType(4_700, (1,))) > 220
    bin_types = [BinType(40, (500,), 200), BinType(45, (560,), 200), BinType(55, (700,), 200)]
    assert runs(2_000, *bin_types, most=200) > 400
    bin_types[2:] = [BinType(55, (700,)), BinType(100, (1_300,))]
    assert runs(2_000, *bin_types, most=5_000) > 300
