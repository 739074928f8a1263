"""Plans with parity discs: these fit the same medium, are counted, and paid for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan
from spanner.planning.planner import PlanOptions, make_plan
from spanner.planning.strategies import STRATEGIES
from support.sessions import check, tree_of, trees

MB = 1_000_000


def plan_of(count: int, media: str, parities: int, **options: object) -> Plan:
    tree = tree_of({f"Song/{n:03}.wav": 3 * MB for n in range(count)} | {"Song/Song.ptx": 1000})
    plan = make_plan(tree, PlanOptions(media=parse_media(media), parity=parities, **options))  # type: ignore[arg-type]
    check(tree, plan)
    return plan


@settings(max_examples=30)
@given(trees(most=12), st.sampled_from(list(STRATEGIES)), st.integers(1, 3))
def test_any_tree(tree: object, strategy: str, parities: int) -> None:
    plan = make_plan(
        tree, PlanOptions(media=parse_media("custom:4MB"), pack=strategy, parity=parities)
    )  # type: ignore[arg-type]
    check(tree, plan)  # type: ignore[arg-type]
    assert plan.parities == parities
    assert [disc.parity for disc in plan.discs][-parities:] == list(range(1, parities + 1))


@pytest.mark.parametrize("parities", [1, 2, 5])
def test_full_discs_leave_room_for_the_catalog_beside_the_parity(parities: int) -> None:
    plan = plan_of(40, "custom:12MB", parities, fill="full")
    assert plan.parities == parities
    data, parity = plan.data_discs, plan.discs[-parities:]
    assert all(disc.items for disc in data)
    assert not any(disc.items for disc in parity)
    capacity = data[0].capacity_sectors
    assert plan.longest < min(disc.image_sectors for disc in parity) <= capacity
    assert [disc.title for disc in parity] == [
        f"Parity {n + 1} of {parities}" for n in range(parities)
    ]
    assert data[0].volume_id == f"SONG_01OF{len(plan.discs):02}"


def test_discs_that_are_not_full_leave_that_room_too() -> None:
    tree = tree_of(dict.fromkeys(["Song/a.wav", "Song/b.wav", "Song/c.wav"], 700_000))
    plan = make_plan(tree, PlanOptions(media=parse_media("custom:2MB"), parity=1))
    check(tree, plan)
    assert plan.discs[-1].image_sectors <= plan.discs[-1].capacity_sectors


def test_what_it_costs() -> None:
    without = plan_of(40, "custom:12MB@0.5x99", 0)
    plan = plan_of(40, "custom:12MB@0.5x99", 2)
    more = len(plan.data_discs) - len(without.discs)  # as each leaves some room
    assert plan.price == (len(without.discs) + more + 2) * 0.5
    (supply,) = plan.media
    assert supply.used == len(plan.discs)
    assert plan.lower_bound <= len(plan.discs)
    assert plan.lower_bound > plan.parities


def test_the_stock_must_last() -> None:
    discs = len(plan_of(10, "custom:12MB", 1).discs)
    assert plan_of(10, f"custom:12MBx{discs}", 1).media[0].left == 0
    with pytest.raises(DoesNotFitError, match=f"need {discs} custom:12MB in all, and there are"):
        plan_of(10, f"custom:12MBx{discs - 1}", 1)


def test_of_several_media_parity_takes_that_of_the_longest_image() -> None:
    plan = plan_of(9, "custom:24MB@2x1,custom:8MB@0.1", 1)
    longest = max(plan.data_discs, key=lambda disc: disc.image_sectors)
    assert plan.discs[-1].medium == longest.medium
    assert plan.discs[-1].image_sectors <= longest.capacity_sectors


@pytest.mark.parametrize(("parities", "problem"), [(-1, "from 0 on"), (254, "256 discs at most")])
def test_impossible_numbers(parities: int, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        plan_of(6, "custom:6MB", parities)
