"""What may be wished of a plan: whole groups, room left free, even or full discs, cheap ones."""

import re
import time
from collections.abc import Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import parse_media
from spanner.model.plan import DividedFolder, Item, Plan, Saving, SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR
from spanner.planning.alphabet import arranged
from spanner.planning.assigning import assign
from spanner.planning.assignment import DiscAssignment, DiscCapacity, Strategy
from spanner.planning.contents import PackItem
from spanner.planning.measuring import LeastSizes
from spanner.planning.plan_file import decode, encode
from spanner.planning.planner import PlanOptions, make_plan
from spanner.planning.proof import prove
from spanner.planning.strategies import STRATEGIES
from support.sessions import check, tree_of

MB = 10**6


def plan_of(tree: Tree, media: str, strategy: str = "letters", **options: Any) -> Plan:
    plan = make_plan(tree, PlanOptions(media=parse_media(media), pack=strategy, **options))
    check(tree, plan)
    return plan


def names_of(plan: Plan) -> list[list[str]]:
    return [[item.path.partition("/")[2] for item in disc.items] for disc in plan.discs]


def numbered(sizes: Sequence[int]) -> Tree:
    return tree_of({f"S/{number:02}": size for number, size in enumerate(sizes)})


# groups


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_folders_are_kept_whole(strategy: str) -> None:
    tree = tree_of({f"S/{name}/{number}": MB for name in "ABC" for number in range(6)})
    plan = plan_of(tree, "custom:10500kB", strategy, keep="folder")
    assert sorted(map(len, names_of(plan))) == [6, 6, 6]
    assert plan.divided == (DividedFolder("S", (1, 2, 3)),)
    assert plan.too_large == ("S",)
    assert (plan.keep, plan.lower_bound, plan.proven) == ("folder", 3, True)
    assert len(plan_of(tree, "custom:10500kB", strategy).discs) == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_takes_are_kept_whole(strategy: str) -> None:
    tree = tree_of({f"S/{name}_{take}": MB for name in ("Bass", "Kick") for take in range(4)})
    plan = plan_of(tree, "custom:3400kB", strategy, keep=r"_(\d)$")
    for names in names_of(plan):
        takes = {name[-1] for name in names}
        assert len(names) == 2 * len(takes)
    assert plan.too_large == ()


def test_a_group_that_no_disc_takes_is_divided_and_named() -> None:
    counts = {"A": 4, "B": 8}
    tree = tree_of({f"S/{name}/{n}": MB for name, count in counts.items() for n in range(count)})
    plan = plan_of(tree, "custom:5MB", "optimal", keep="folder")
    assert plan.too_large == ("S", "S/B")
    assert [each.path for each in plan.divided] == ["S", "S/B"]


def test_an_expression_that_is_none() -> None:
    with pytest.raises(UsageError, match=r"^--keep \( is no regular expression: "):
        plan_of(numbered([1]), "cd-r", keep="(")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_of_plans_with_as_few_discs_one_that_divides_no_folder(strategy: str) -> None:
    sizes = {"A": 5, "B": 3, "C": 5, "D": 3}
    tree = tree_of({f"S/{name}/{n}": MB for name, count in sizes.items() for n in range(count)})
    plan = plan_of(tree, "custom:9700kB", strategy)
    assert len(plan.discs) == 2
    assert plan.divided == (DividedFolder("S", (1, 2)),)


def test_a_closer_plan_is_tried_for_whole_folders() -> None:
    paths = [f"Song/dir {n % 40:02}/take number {n:05}.wav" for n in range(80)]
    plan = plan_of(tree_of(dict.fromkeys(sorted(paths), MB // 2)), "custom:15MB")
    assert plan.divided == (DividedFolder("Song", (1, 2, 3)),)


def test_letters_are_divided_between_letters_where_as_few_discs_do() -> None:
    names = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4", "b5", "b6"]  # even: within the b
    plan = plan_of(tree_of({f"S/{name}": MB for name in names}), "custom:6900kB")
    assert [disc.title for disc in plan.discs] == ["S A", "S B"]
    assert [len(names) for names in names_of(plan)] == [4, 6]
    plan = plan_of(tree_of({f"S/{name}": MB for name in names}), "custom:5700kB")
    assert [disc.title for disc in plan.discs] == ["S A–B1", "S B2–B6"]


# room left free, even and full discs


def test_a_reserve_is_left_free() -> None:
    tree = numbered([MB] * 20)
    for reserve, left in (("1MB", MB), ("25%", 2_500_000)):
        plan = plan_of(tree, "custom:10MB", "optimal", fill="full", reserve=reserve)
        assert plan.reserve == reserve
        for disc in plan.discs:
            assert disc.capacity_sectors == 10 * MB // SECTOR
            assert (disc.capacity_sectors - disc.image_sectors) * SECTOR >= left - SECTOR
    assert len(plan_of(tree, "custom:10MB", "optimal", reserve="1MB").discs) == 3
    assert len(plan_of(numbered([MB] * 18), "custom:10MB", "optimal").discs) == 2
    assert len(plan_of(numbered([MB] * 18), "custom:10MB", "optimal", reserve="1MB").discs) == 3


def test_a_reserve_as_large_as_a_disc() -> None:
    with pytest.raises(DoesNotFitError, match=r"^custom:10MB holds 0 B, "):
        plan_of(numbered([1]), "custom:10MB", reserve="10MB")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_even_and_full_discs(strategy: str) -> None:
    tree = numbered([MB] * 12)
    even = plan_of(tree, "custom:9700kB", strategy)
    assert [len(names) for names in names_of(even)] == [6, 6]
    full = plan_of(tree, "custom:9700kB", strategy, fill="full")
    assert sorted(len(names) for names in names_of(full)) == [4, 8]
    assert (even.fill, full.fill) == ("even", "full")


def test_an_unknown_fill() -> None:
    with pytest.raises(UsageError, match=r"^unknown --fill round: say even, full$"):
        plan_of(numbered([1]), "cd-r", fill="round")


# prices and stock


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_it_costs_and_what_is_left(strategy: str) -> None:
    plan = plan_of(numbered([MB] * 20), "custom:10MB@2.50x2,custom:3MB@.90x9", strategy)
    used = {each.medium: each.used for each in plan.media}
    assert used == {"custom:10MB": 2, "custom:3MB": 1}
    assert plan.price == plan.price_bound == 5.9
    assert plan.proven
    large, small = plan.media
    assert (large.left, small.left) == (0, 8)
    assert large.one_more is None  # a third large disc costs more than the small one
    assert small.one_more is None


def test_what_one_disc_more_would_save() -> None:
    plan = plan_of(numbered([MB] * 20), "custom:10MB@1x1,custom:3MB@.90", "optimal")
    large, small = plan.media
    assert (large.used, small.used, small.left) == (1, 6, None)
    assert large.one_more == Saving(3.5, 4)
    plan = plan_of(numbered([MB] * 20), "custom:10MBx1,custom:3MB", "optimal")
    assert plan.price is None
    assert plan.media[0].one_more == Saving(0.0, 4)


def test_a_cheaper_mix_than_of_any_medium_alone() -> None:
    plan = plan_of(numbered([MB] * 10), "custom:10MB@10,custom:4MB@3", "optimal")
    assert [disc.medium for disc in plan.discs] == ["custom:4MB"] * 4
    plan = plan_of(numbered([MB] * 10), "custom:10MB@8,custom:4MB@3", "optimal")
    assert plan.price == 11.0
    assert sorted(disc.medium for disc in plan.discs) == ["custom:10MB", "custom:4MB"]


def test_too_little_stock_says_how_many_more_of_which() -> None:
    with pytest.raises(DoesNotFitError) as caught:
        plan_of(numbered([MB] * 20), "custom:10MB@1x1,custom:3MB@.90x2")
    assert re.fullmatch(
        r"[\d.]+ MB do not fit on 1 custom:10MB and 2 custom:3MB: 3 discs are needed, "
        r"2 custom:10MB and 1 custom:3MB, which is 1 custom:10MB more",
        str(caught.value),
    )


def test_all_files_that_no_disc_takes_are_listed() -> None:
    tree = tree_of({"S/a.mov": 800 * MB, "S/b.wav": MB, "S/c.mov": 30_000 * MB, "S/d": 10**12})
    with pytest.raises(DoesNotFitError) as caught:
        plan_of(tree, "cd-r", split=False)
    first, *lines = str(caught.value).split("\n")
    assert first == (
        "3 files do not fit on a disc, which has room for 736 MB; choose larger discs, or allow "
        "parts (--split):"
    )
    assert lines == [
        "  S/a.mov (800 MB): cd-r-90 would take it",
        "  S/c.mov (30 GB): bd-re-dl would take it",
        "  S/d (1 TB): no medium would take it",
    ]


# proofs


def test_the_plan_is_written_with_all_that_is_known() -> None:
    plan = plan_of(numbered([MB] * 20), "custom:10MB@1x1,custom:3MB@.90", keep="folder")
    assert decode(encode(plan)) == plan


def test_a_bound_needs_the_search_where_room_says_too_little() -> None:
    # Three of 4 fit on no disc of 11, so seven need four.
    (medium,) = parse_media("custom:176s")
    least = LeastSizes((4 * 16 * SECTOR,) * 7, 0, 0)
    alone = [(index,) for index in range(7)]
    found = prove(least, alone, [DiscAssignment((), medium)] * 4, [medium])
    assert (found.lower_bound, found.proven) == (4, True)
    found = prove(least, alone, [DiscAssignment((), medium)] * 5, [medium])
    assert (found.lower_bound, found.proven) == (4, False)


def test_parts_are_liquid_and_blocks_are_not() -> None:
    (medium,) = parse_media("custom:160s")
    size = 16 * SECTOR
    assignments = [DiscAssignment((), medium)] * 9
    assert prove(LeastSizes((), 25 * size, 0), [], assignments, [medium]).lower_bound == 3
    assert prove(LeastSizes((), 25 * size, 2 * size), [], assignments, [medium]).lower_bound == 4
    least = LeastSizes((6 * size, 4 * size, 6 * size, 4 * size), 0, 0)
    assert prove(least, [(0,), (1,), (2,), (3,)], assignments, [medium]).lower_bound == 2
    assert prove(least, [(0,), (2,), (1, 3)], assignments, [medium]).lower_bound == 3


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from("aAbBs"), st.integers(1, 9)), min_size=1, max_size=8),
    st.integers(9, 14),
)
def test_letters_take_no_more_discs_than_any_division_of_the_alphabet(
    named: list[tuple[str, int]], size: int
) -> None:
    paths = [f"S/A/{name}{number}" for number, (name, _) in enumerate(named)]
    pack_items = [
        PackItem((Item(path=path, size=1, mtime_ns=0, mode=0o644),), 1, frozenset())
        for path in paths
    ]
    costs = [cost for _, cost in named]
    (medium,) = parse_media("custom:16s")
    found = assign(pack_items, costs, Strategy("letters"), [DiscCapacity(medium, size)])
    count, left = 1, size
    for entry in arranged(pack_items):  # next fit: no division in this order has fewer
        if costs[entry.index] > left:
            count, left = count + 1, size
        left -= costs[entry.index]
    assert len(found.discs) == count


@pytest.mark.parametrize("media", ["dvd-r", "dvd-r@.3,bd-r@1.1x2"])
def test_a_slow_machine_makes_the_same_plan(media: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = Random(6)
    tree = tree_of(
        {f"S/Audio {n % 7}/{n:03}": int(numbers.uniform(0.5, 2.2) * 10**9) for n in range(60)}
    )
    info = SetInfo("id", "Song", "2026-01-01T00:00:00Z")
    options = PlanOptions(media=parse_media(media), pack="optimal")
    plan = make_plan(tree, options, set_info=info)
    slow = SimpleNamespace(monotonic=lambda: 4 * time.monotonic())
    monkeypatch.setattr("spanner.planning.packing.clock.time", slow)
    assert make_plan(tree, options, set_info=info) == plan


def test_a_medium_of_which_there_is_none_has_no_say() -> None:
    plan = plan_of(numbered([MB] * 5), "custom:100MBx0,custom:4MB@1", "optimal")
    assert (plan.price, plan.price_bound, plan.proven) == (2.0, 2.0, True)
    assert [each.used for each in plan.media] == [0, 2]
