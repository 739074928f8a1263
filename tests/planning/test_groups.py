"""Groups that stay together: which, by folders and by expressions, and when they are divided."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.errors import UsageError
from spanner.planning.groups import folders, grouped, keeper, pieces, spread


def kept(words: str, paths: Sequence[str], capacity: int, cost: int = 1) -> list[list[str]]:
    """The paths in each group, all of one cost."""
    found = grouped(paths, [cost] * len(paths), range(len(paths)), keeper(words), capacity)
    return [[paths[index] for index in group.pack_items] for group in found.groups]


def too_large(words: str, paths: Sequence[str], capacity: int) -> tuple[str, ...]:
    return grouped(paths, [1] * len(paths), range(len(paths)), keeper(words), capacity).too_large


TREE = ["S/A/x/1", "S/A/x/2", "S/A/3", "S/B/4", "S/B/5", "S/6"]


def test_folders_of_a_path() -> None:
    assert folders("S/A/x/1") == ("S", "S/A", "S/A/x")
    assert folders("mix.wav") == ()


def test_no_groups() -> None:
    assert kept("none", TREE, 9) == [[path] for path in TREE]
    assert too_large("none", TREE, 1) == ()


def test_the_outermost_folder_that_fits_is_kept() -> None:
    assert kept("folder", TREE, 6) == [TREE]
    assert kept("folder", TREE, 3) == [TREE[:3], TREE[3:5], TREE[5:]]
    assert kept("folder", TREE, 2) == [TREE[:2], TREE[2:3], TREE[3:5], TREE[5:]]
    assert kept("folder", TREE, 1) == [[path] for path in TREE]


def test_what_had_to_be_divided_is_said() -> None:
    assert too_large("folder", TREE, 6) == ()
    assert too_large("folder", TREE, 3) == ("S",)
    assert too_large("folder", TREE, 2) == ("S", "S/A")
    assert too_large("folder", TREE, 1) == ("S", "S/A", "S/A/x", "S/B")


def test_a_folder_is_one_by_its_whole_path() -> None:
    paths = ["S/A/x/1", "S/B/x/2", "S/A/x/3"]
    assert kept("folder", paths, 2) == [["S/A/x/1", "S/A/x/3"], ["S/B/x/2"]]


def test_an_expression_keeps_what_has_one_key() -> None:
    paths = ["S/Kick_01.L.wav", "S/Snare_01.wav", "S/Kick_01.R.wav", "S/notes", "S/Kick_02.wav"]
    takes = kept(r"_(\d+)\.", paths, 9)
    assert takes == [[paths[0], paths[1], paths[2]], [paths[3]], [paths[4]]]
    # Without a group the whole match is the key.
    assert kept(r"[^/]+_\d+", paths, 9) == [
        [paths[0], paths[2]],
        [paths[1]],
        [paths[3]],
        [paths[4]],
    ]
    assert too_large(r"_(\d+)\.", paths, 2) == ("01",)
    assert kept(r"_(\d+)\.", paths, 2) == [[path] for path in paths]


def test_a_group_that_takes_no_part_in_the_match_is_no_key() -> None:
    assert kept(r"a(x)?", ["S/a1", "S/a2", "S/ax"], 9) == [["S/a1"], ["S/a2"], ["S/ax"]]


@pytest.mark.parametrize("words", ["(", "[", "*", "(?P<x"])
def test_no_expression(words: str) -> None:
    with pytest.raises(UsageError, match="is no regular expression: ") as caught:
        keeper(words)
    assert str(caught.value).startswith(f"--keep {words} is")


@given(
    st.lists(st.tuples(st.sampled_from(["S", "S/A", "S/A/x", "S/B"]), st.integers(1, 4))),
    st.sampled_from(["none", "folder", "(A|B)", r"(\d)"]),
    st.integers(4, 12),
)
def test_every_unit_is_in_one_block_that_fits(
    named: list[tuple[str, int]], words: str, capacity: int
) -> None:
    paths = [f"{folder}/{number}" for number, (folder, _) in enumerate(named)]
    costs = [cost for _, cost in named]
    found = grouped(paths, costs, range(len(named)), keeper(words), capacity)
    members = [index for group in found.groups for index in group.pack_items]
    assert sorted(members) == list(range(len(named)))
    for group in found.groups:
        assert group.cost == sum(costs[index] for index in group.pack_items) <= capacity
    # A group is whole or was too large.
    places = spread([paths[index] for index in group.pack_items] for group in found.groups)
    if words == "folder":
        assert {path for path, own in places.items() if len(own) > 1} <= set(found.too_large)
        totals = {
            folder: sum(c for p, c in zip(paths, costs, strict=True) if p.startswith(f"{folder}/"))
            for folder in found.too_large
        }
        assert all(total > capacity for total in totals.values())


def test_pieces_of_folders() -> None:
    discs = [["S/A/1", "S/B/1"], ["S/A/2"], ["S/A/3", "x"]]
    assert spread(discs) == {"S": {1, 2, 3}, "S/A": {1, 2, 3}, "S/B": {1}}
    assert pieces(discs) == (2, 4)
    assert pieces([["S/A/1", "S/A/2"], ["T/1"]]) == (0, 0)
