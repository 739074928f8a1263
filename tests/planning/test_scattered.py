"""The fewest discs in any order, and of the divisions on so many, the one with whole folders."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError
from spanner.planning.groups import ItemGroup, grouped, keeper, pieces
from spanner.planning.packing import BinType, pack
from spanner.planning.scattered import Discs, scattered

ONE = [BinType(10, (1, 10))]


def discs_of(
    costs: dict[str, int], bin_types: Sequence[BinType] = ONE, *, even: bool = True
) -> list[list[str]]:
    """The paths on each disc; each path by itself."""
    paths = list(costs)
    kept = [ItemGroup((index,), cost) for index, cost in enumerate(costs.values())]
    found = scattered(paths, list(costs.values()), kept, bin_types, even=even)
    return [[paths[index] for index in own] for own, _ in found]


def test_with_as_few_discs_folders_stay_whole() -> None:
    # Best fit would put 6 + 4 together, in any order of equal ones.
    costs = {"S/A/1": 6, "S/B/2": 6, "S/B/3": 4, "S/A/4": 4}
    assert discs_of(costs) == [["S/A/1", "S/A/4"], ["S/B/2", "S/B/3"]]


def test_no_more_discs_are_taken_for_whole_folders() -> None:
    costs = {"S/A/1": 6, "S/A/2": 6, "S/B/3": 4, "S/B/4": 4}
    found = discs_of(costs)
    assert sorted(map(len, found)) == [2, 2]
    assert len(discs_of({"S/A/1": 7, "S/A/2": 2, "S/B/3": 7, "S/B/4": 3})) == 2


def test_one_folder_is_opened_rather_than_many() -> None:
    costs = {f"S/{name}/{number}": 2 for name in "ABCDE" for number in range(4)}  # 8 of 10 each
    found = discs_of(costs)
    assert len(found) == 4
    assert pieces(found) == (2, 6)  # the session, and one folder over all four discs


def test_even_and_full_discs() -> None:
    costs = {f"S/{number}": 1 for number in range(12)}
    assert [len(own) for own in discs_of(costs)] == [6, 6]
    assert [len(own) for own in discs_of(costs, even=False)] == [10, 2]
    sizes = dict.fromkeys(map(str, range(200)), 3)  # three in each of 10, one by one
    assert [len(own) for own in discs_of(sizes, even=False)] == [3] * 66 + [2]


def test_large_discs_come_first() -> None:
    bin_types = [BinType(4, (1, 4)), BinType(10, (3, 10), 1)]
    found = scattered(
        ["a", "b"], [4, 9], [ItemGroup((0,), 4), ItemGroup((1,), 9)], bin_types, even=True
    )
    assert found == [([1], 1), ([0], 0)]


def test_blocks_stay_whole() -> None:
    paths = [f"S/{number}" for number in range(6)]
    kept = [ItemGroup((0, 5), 8), ItemGroup((1, 2), 6), ItemGroup((3,), 2), ItemGroup((4,), 4)]
    found = scattered(paths, [4, 3, 3, 2, 4, 4], kept, ONE, even=True)
    assert len(found) == 2
    assert all(any({0, 5} <= set(own) for own, _ in found) for _ in "x")
    assert any({1, 2} <= set(own) for own, _ in found)


def test_blocks_over_several_sources() -> None:
    costs = {"S/A/0": 3, "S/A/1": 5, "S/A/2": 5, "T/B/3": 2, "T/B/4": 5, "T/A/5": 4, "T/A/6": 4}
    costs |= {"S/B/7": 3, "S/B/8": 4}
    kept = [
        ItemGroup((0, 5), 7),
        *(ItemGroup((n,), list(costs.values())[n]) for n in (1, 2, 3, 4, 6, 7, 8)),
    ]
    found = scattered(list(costs), list(costs.values()), kept, ONE, even=True)
    assert sorted(index for own, _ in found for index in own) == list(range(9))
    assert len(found) == 4
    assert any({0, 5} <= set(own) for own, _ in found)


def test_too_little_stock() -> None:
    with pytest.raises(DoesNotFitError):
        discs_of({"a": 6, "b": 6}, [BinType(10, (1, 10), 1)])


def fewest_pieces(paths: Sequence[str], costs: Sequence[int], discs: int) -> tuple[int, int]:
    """By trying all divisions over so many discs of 10."""
    found = []
    for places in product(range(discs), repeat=len(paths)):
        loads = [0] * discs
        for place, cost in zip(places, costs, strict=True):
            loads[place] += cost
        if max(loads) <= 10:
            own = [
                [p for p, at in zip(paths, places, strict=True) if at == n] for n in range(discs)
            ]
            found.append(pieces(own))
    return min(found)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["S/A", "S/B", "S/C"]), st.integers(1, 8)), max_size=7))
def test_as_few_discs_as_can_be_and_nearly_as_few_pieces(named: list[tuple[str, int]]) -> None:
    paths = [f"{folder}/{number}" for number, (folder, _) in enumerate(named)]
    costs = [cost for _, cost in named]
    if not paths:
        return
    kept = grouped(paths, costs, range(len(paths)), keeper("none"), 10).groups
    found: Discs = scattered(paths, costs, kept, ONE, even=True)
    assert sorted(index for own, _ in found for index in own) == list(range(len(paths)))
    assert all(sum(costs[index] for index in own) <= 10 for own, _ in found)
    assert len(found) == len(pack(costs, 10).bins)
    if len(found) <= 4:
        mine = pieces([[paths[index] for index in own] for own, _ in found])
        best = fewest_pieces(paths, costs, len(found))
        assert best <= mine
        assert mine[0] <= best[0] + 1
