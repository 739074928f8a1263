"""Whole plans: exact, complete, within the media, and well named."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.media_types import parse_media
from spanner.model.plan import Plan, SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR
from spanner.planning.division import Divider
from spanner.planning.planner import _SLACK, PlanOptions, make_plan
from spanner.planning.strategies import STRATEGIES
from support.sessions import LARGE, SMALL, check, tree_of, trees
from support.work import lines

MB = 1_000_000


def plan_of(
    tree: Tree,
    media: str,
    strategy: str = "letters",
    *,
    split: bool = True,
    replicate: tuple[str, ...] = (),
    title: str = "",
) -> Plan:
    plan = make_plan(
        tree,
        PlanOptions(
            media=parse_media(media),
            pack=strategy,
            split=split,
            replicate=replicate,
            hash=False,
            title=title,
        ),
    )
    check(tree, plan)
    return plan


def paths_of(plan: Plan) -> list[list[str]]:
    return [[item.path for item in disc.items] for disc in plan.discs]


def titles_of(plan: Plan) -> list[str]:
    return [disc.title for disc in plan.discs]


def session(count: int, size: int, folders: int = 40) -> Tree:
    """Takes of one size in folders."""
    paths = [f"Song/dir {n % folders:02}/take number {n:05}.wav" for n in range(count)]
    return tree_of(dict.fromkeys(sorted(paths), size))


# what holds of every plan


@settings(max_examples=150)
@given(
    trees(),
    st.sampled_from(list(STRATEGIES)),
    st.integers(1000, 2500),
    st.booleans(),
    st.sampled_from(["", "&" * 90, "🎸" * 90]),
)
@pytest.mark.slow
def test_any_tree_is_planned_at_the_first_go(
    tree: Tree, strategy: str, size: int, hashed: bool, title: str
) -> None:
    options = PlanOptions(
        media=parse_media(f"custom:{size}s"), pack=strategy, hash=hashed, title=title
    )
    plan, slacks = planned_with(tree, options)
    check(tree, plan)
    assert max(slacks) == _SLACK  # more was never needed: the bounds held


def planned_with(tree: Tree, options: PlanOptions) -> tuple[Plan, list[int]]:
    """The plan, and the slacks with which it was tried."""
    slacks = []
    divide = Divider.divide
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Divider,
            "divide",
            lambda divider, largest, slack: slacks.append(slack) or divide(divider, largest, slack),
        )
        return make_plan(tree, options), slacks


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_discs_that_are_nearly_full_are_planned_at_the_first_go(strategy: str) -> None:
    paths = [f"S/{folder}/{'é' * 99}{n}" for folder in range(20) for n in range(3)]
    empty = plan_of(tree_of(dict.fromkeys(paths, 0)), "custom:1GB").discs[0].image_sectors
    media = parse_media(f"custom:{empty + 80}s")
    counts = set()
    for filler in range(0, 128, 4):
        tree = tree_of(dict.fromkeys(paths, 0) | {"S/filler": filler * SECTOR})
        plan, slacks = planned_with(tree, PlanOptions(media=media, pack=strategy, split=False))
        check(tree, plan)
        assert max(slacks) == _SLACK
        counts.add(len(plan.discs))
    assert counts == {1, 2}


@settings(max_examples=40)
@given(trees(sizes=st.one_of(SMALL, LARGE), most=8), st.sampled_from(list(STRATEGIES)))
def test_files_over_4_gib_in_parts_over_blu_rays(tree: Tree, strategy: str) -> None:
    plan = plan_of(tree, "bd-r", strategy)
    if any(file.size > 25 * 10**9 for file in tree.files):
        assert any(item.parts > 1 for disc in plan.discs for item in disc.items)


@settings(max_examples=40)
@given(trees(most=12), st.sampled_from(list(STRATEGIES)))
def test_over_two_media(tree: Tree, strategy: str) -> None:
    plan = plan_of(tree, "custom:2000sx2,custom:4000s", strategy)
    assert [disc.medium for disc in plan.discs].count("custom:2000s") <= 2


@settings(max_examples=60)
@given(trees(), st.integers(0, 40))
def test_the_bound_is_none_that_a_plan_goes_below(tree: Tree, beyond: int) -> None:
    (disc,) = plan_of(tree, "custom:9GB").discs
    options = PlanOptions(media=parse_media(f"custom:{disc.image_sectors + beyond}s"))
    try:
        plan = make_plan(tree, options)
    except DoesNotFitError:
        return
    check(tree, plan)
    assert plan.lower_bound == 1
    assert plan.proven is (len(plan.discs) == 1)


def test_a_disc_that_is_full_to_the_last_sectors() -> None:
    tree = tree_of({f"S/{number}.wav": 10 * MB for number in range(9)})
    (disc,) = plan_of(tree, "custom:9GB").discs
    (full,) = plan_of(tree, f"custom:{disc.image_sectors + 16}s").discs
    assert full.image_sectors == disc.image_sectors == full.capacity_sectors - 16
    assert len(plan_of(tree, f"custom:{disc.image_sectors - 16}s").discs) == 2


def test_many_full_discs_with_long_titles_are_planned_at_the_first_go() -> None:
    tree = tree_of({f"S/{number:02}{'🎸' * 60}/x.wav": 100_000 for number in range(250)})
    for size in range(900, 964, 16):
        plan, slacks = planned_with(tree, PlanOptions(media=parse_media(f"custom:{size}s")))
        assert len(plan.discs) >= 30
        assert max(len(title) for title in titles_of(plan)) == 100
        assert max(slacks) == _SLACK


def test_more_folders_than_a_disc_holds() -> None:
    tree = tree_of({f"S/{number:04}/x.wav": 0 for number in range(1000)})
    for strategy in STRATEGIES:
        plan = plan_of(tree, "custom:5MB", strategy)
        assert 2 <= len(plan.discs) <= 6


def test_the_same_options_give_the_same_plan() -> None:
    tree = session(50, MB // 10)
    info = SetInfo("id", "Song", "2026-01-01T00:00:00Z")
    options = PlanOptions(media=parse_media("custom:2MB"))
    first = make_plan(tree, options, set_info=info)
    assert first == make_plan(tree, options, set_info=info)
    assert first.set == info
    fresh = make_plan(tree, options)
    assert fresh.set.id != make_plan(tree, options).set.id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fresh.set.created)


# strategies


def test_letters_are_contiguous_over_the_discs() -> None:
    names = [f"{letter}{n}" for letter in "äB7_SsSt" for n in range(3)]
    tree = tree_of(dict.fromkeys((f"Song/Audio Files/{name}.wav" for name in names), MB // 2))
    plan = plan_of(tree, "custom:3MB")
    flat = [path.rpartition("/")[2] for paths in paths_of(plan) for path in paths]
    groups = "".join(dict.fromkeys(name[0].lower() for name in flat))
    assert groups == "_7äbst"
    labels = ["#", "0–9", "A–B0", "B1–S0", "S1–S2", "T"]
    assert titles_of(plan) == [f"Audio Files {label}" for label in labels]


def test_order_keeps_the_order_of_the_scan() -> None:
    tree = session(40, MB // 4, folders=3)
    plan = plan_of(tree, "custom:3050kB", "order")
    assert [path for paths in paths_of(plan) for path in paths] == [
        file.path for file in tree.files
    ]
    # Each of the folders is divided once; between these places the discs are as even as can be.
    assert [len(paths) for paths in paths_of(plan)] == [7, 7, 8, 9, 9]


def test_optimal_proves_what_it_finds() -> None:
    tree = tree_of({f"S/{size}{n}": size * MB for size in (6, 4) for n in range(6)})
    plan = plan_of(tree, "custom:11MB", "optimal")
    assert (len(plan.discs), plan.lower_bound, plan.proven) == (6, 6, True)
    plan = plan_of(tree, "custom:11MB", "order")
    assert (len(plan.discs), plan.lower_bound, plan.proven) == (9, 6, False)


def test_an_unknown_strategy() -> None:
    with pytest.raises(UsageError, match="unknown --pack"):
        plan_of(session(1, 1), "cd-r", "tetris")


# media


def test_the_last_disc_is_a_smaller_one() -> None:
    tree = tree_of({f"S/{number}.wav": 10 * MB for number in range(5)})
    for strategy in STRATEGIES:
        for media in ("custom:45MB,custom:15MB", "custom:15MB@1,custom:45MB@2"):
            plan = plan_of(tree, media, strategy)
            assert [disc.medium for disc in plan.discs] == ["custom:45MB", "custom:15MB"]


def test_with_prices_the_cheapest_discs() -> None:
    tree = tree_of({f"S/{number}.wav": 10 * MB for number in range(5)})
    plan = plan_of(tree, "custom:45MB@9,custom:15MB@1")
    assert [disc.medium for disc in plan.discs] == ["custom:15MB"] * 5
    assert (plan.price, plan.price_bound, plan.proven) == (5.0, 5.0, True)
    plan = plan_of(tree, "custom:45MB@9,custom:15MB")
    assert len(plan.discs) == 2


def test_too_little_stock_says_what_is_needed() -> None:
    tree = tree_of({f"S/{number}.wav": 10 * MB for number in range(5)})
    with pytest.raises(DoesNotFitError) as caught:
        plan_of(tree, "custom:15MBx4")
    assert str(caught.value).endswith(
        " do not fit on 4 custom:15MB: 5 discs are needed, 5 custom:15MB, "
        "which is 1 custom:15MB more"
    )
    assert caught.value.exit_code == 3
    assert len(plan_of(tree, "custom:15MBx5").discs) == 5


def test_a_medium_of_which_there_is_none_is_not_planned_with() -> None:
    tree = tree_of({"S/a.mov": 30 * MB, "S/b.wav": 5 * MB})
    plan = plan_of(tree, "custom:100MBx0,custom:15MB")
    assert {disc.medium for disc in plan.discs} == {"custom:15MB"}
    assert plan.lower_bound == 3
    with pytest.raises(DoesNotFitError, match=r"do not fit on 0 custom:100MB: 1 disc is needed"):
        plan_of(tree, "custom:100MBx0")


def test_parts_are_cut_smaller_where_the_larger_discs_are_too_few() -> None:
    tree = tree_of({"S/a.mov": 100 * MB})
    plan = plan_of(tree, "custom:40MBx1,custom:15MB")
    media = [disc.medium for disc in plan.discs]
    assert (media.count("custom:40MB"), len(media)) in {(0, 7), (1, 6), (1, 7)}
    assert len(plan_of(tree, "custom:40MB,custom:15MB").discs) == 3


def test_a_medium_too_small_for_the_catalog_of_one_set_is_left_to_the_other() -> None:
    tree = session(2000, 100)
    for strategy in STRATEGIES:
        plan = plan_of(tree, "custom:1MB,custom:20MB", strategy)
        assert {disc.medium for disc in plan.discs} == {"custom:20MB"}


@pytest.mark.parametrize("media", ["custom:0", "custom:300kB", "custom:20s", "custom:1MB"])
def test_media_too_small_for_the_catalog(media: str) -> None:
    with pytest.raises(DoesNotFitError) as caught:
        plan_of(session(2000, 100), media)
    assert re.fullmatch(
        rf"{media} holds [\d.]+ k?B, what is on every disc of this set \(catalog, folders, "
        r"session documents\) needs [\d.]+ MB: choose larger discs",
        str(caught.value),
    )


# files


def test_a_large_file_in_parts_fills_discs() -> None:
    tree = tree_of({"S/a.wav": MB, "S/film.mov": 50 * MB, "S/z.wav": MB})
    plan = plan_of(tree, "custom:12MB", "order")
    parts = [item for disc in plan.discs for item in disc.items if item.path == "S/film.mov"]
    assert [item.on_disc for item in parts] == [f"data/S/film.mov.00{n}" for n in range(1, 6)]
    for disc in plan.discs[1:-1]:
        assert disc.image_sectors > disc.capacity_sectors - 48
    assert plan.lower_bound == 5


def test_no_two_parts_of_a_file_share_a_disc() -> None:
    for size in range(2_400_000, 2_900_000, 25_000):
        plan = plan_of(tree_of({"S/x": size, "S/y": 5}), "custom:1200kB", "optimal")
        for disc in plan.discs:
            assert sum(item.path == "S/x" for item in disc.items) <= 1


def test_a_file_that_may_not_be_cut_is_named() -> None:
    tree = tree_of({"S/a.wav": MB, "S/film.mov": 50 * MB})
    with pytest.raises(DoesNotFitError) as caught:
        plan_of(tree, "custom:12MB", split=False)
    assert str(caught.value) == (
        "1 file does not fit on a disc, which has room for 11.3 MB; choose larger discs, or allow "
        "parts (--split):\n  S/film.mov (50 MB): cd-r-8cm would take it"
    )
    assert len(plan_of(tree, "custom:12MB,custom:60MB", split=False).discs) == 1


def test_a_file_deep_below_folders_that_no_disc_holds_is_named() -> None:
    path = "S/" + "/".join(str(level) for level in range(99)) + "/x"
    with pytest.raises(
        DoesNotFitError, match=r"/98/x \(5 B, with its folders and names .* kB more"
    ):
        plan_of(tree_of({"S/a": 5, path: 5}), "custom:1100kB")
    assert len(plan_of(tree_of({"S/a": 5, path: 5}), "custom:2MB").discs) == 1


def test_session_documents_and_what_is_asked_for_are_on_every_disc() -> None:
    files = {f"S/Audio/{n}.wav": MB for n in range(5)}
    tree = tree_of({"S/Song.ptx": 50_000, "S/notes.pdf": 100_000, **files})
    plan = plan_of(tree, "custom:2500kB", replicate=("*.pdf",))
    assert len(plan.discs) == 5
    for paths in paths_of(plan):
        assert paths[:2] == ["S/Song.ptx", "S/notes.pdf"]
        assert len(paths) == 3


def test_replicated_files_and_parts_beside_them() -> None:
    tree = tree_of({"S/notes.pdf": 4 * MB, "S/film.mov": 50 * MB})
    plan = plan_of(tree, "custom:12MB", replicate=("*.pdf",))
    assert len(plan.discs) == 7
    assert all("S/notes.pdf" in paths for paths in paths_of(plan))


def test_a_large_document_is_told_of() -> None:
    tree = tree_of({"S/Song\n.ptx": 2 * MB, "S/a.wav": 9 * MB, "S/b.wav": 9 * MB})
    notes: list[str] = []
    make_plan(tree, PlanOptions(media=parse_media("custom:12MB")), note=notes.append)
    assert notes == ["too large for every disc, and on one only: S/Song\\n.ptx"]
    notes.clear()
    make_plan(tree, PlanOptions(media=parse_media("custom:30MB")), note=notes.append)
    assert notes == []


# next to nothing


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "tree",
    [
        tree_of({}, empty=["S/a/b", "S/c"]),
        tree_of({}, empty=["S"]),
        tree_of({}, symlinks=["S/link"]),
        tree_of({"S/only.ptx": 5}),
        tree_of({"only.wav": 0}),
    ],
    ids=["folders", "root", "link", "document", "file"],
)
def test_next_to_nothing_is_one_disc(tree: Tree, strategy: str) -> None:
    plan = plan_of(tree, "cd-r,bd-r", strategy)
    assert [disc.medium for disc in plan.discs] == ["cd-r"]
    assert plan.proven


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_is_nothing_to_archive(strategy: str) -> None:
    with pytest.raises(UsageError, match=r"^the sources hold nothing that can be archived$"):
        make_plan(tree_of({}), PlanOptions(media=parse_media("cd-r"), pack=strategy))


# titles


def test_one_disc_has_the_sets_title() -> None:
    tree = session(80, 10)
    assert titles_of(plan_of(tree, "cd-r")) == ["Song"]
    assert titles_of(plan_of(tree, "cd-r", "order")) == ["Song"]
    plan = plan_of(tree, "cd-r", title=" Rough\nmix ")
    assert (plan.set.title, titles_of(plan)) == ("Rough\\nmix", ["Rough\\nmix"])


def test_titles_of_several_discs() -> None:
    tree = session(80, MB // 2)
    assert titles_of(plan_of(tree, "custom:15MB")) == [
        "dir 00 – dir 12 (13 in all)",
        "dir 13 – dir 25 (13 in all)",
        "dir 26 – dir 39 (14 in all)",
    ]
    assert titles_of(plan_of(tree, "custom:15MB", "optimal")) == [
        "Disc 1 of 3",
        "Disc 2 of 3",
        "Disc 3 of 3",
    ]
    assert titles_of(plan_of(tree, "custom:22MB", "order")) == [
        "take number 00000.wav – take number 00059.wav",
        "take number 00020.wav – take number 00079.wav",
    ]


def test_the_title_of_several_sources_without_one() -> None:
    plan = plan_of(tree_of({"A/x": 1, "B\udcff/x": 1, "c.wav": 1}), "cd-r")
    assert plan.set.title == "A, B\\xff, c.wav"
    long = plan_of(tree_of({f"{'x' * 60}{n}/x": 1 for n in range(3)}), "cd-r").set.title
    assert len(long) == 100
    assert long.endswith("…")


# how long it takes


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_twice_the_files_take_twice_the_work(strategy: str) -> None:
    options = PlanOptions(media=parse_media("cd-r"), pack=strategy)

    def work(count: int) -> int:
        tree = session(count, 2000 * MB // count)
        assert len(make_plan(tree, options).discs) == 3
        return lines(lambda: make_plan(tree, options))

    few, many = work(300), work(600)
    assert many < 2 * few
    assert many < 3_500 * 600


@pytest.mark.slow
def test_20_000_files() -> None:
    options = PlanOptions(media=parse_media("custom:40MB"), pack="letters")
    assert len(make_plan(session(20_000, 2000), options).discs) == 3
