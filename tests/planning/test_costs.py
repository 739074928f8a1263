"""The bounds hold against images measured to the sector, and are not far above them."""

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.catalog.bag import texts
from spanner.imaging.authoring import ALIGNMENT, measure
from spanner.imaging.layout import lay_out
from spanner.model.paths import parents
from spanner.model.plan import FORMAT, Disc, Item, Plan, SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR
from spanner.planning.contents import Contents, ReplicatedFiles, place_files
from spanner.planning.costs import (
    directory_charges,
    directory_cost,
    item_cost,
    least_cost,
    overhead,
)
from support.sessions import NAMES, tree_of, trees

NOTHING = ReplicatedFiles(frozenset(), ())
HUGE = 10**15
MANY = 500


def contents_of(tree: Tree) -> Contents:
    return place_files(tree, NOTHING, HUGE, split=True, hashed=False)


def growth(tree: Tree, contents: Contents) -> int:
    """Bytes by which a disc's image grows when the items lie on it and not on the other disc."""
    items = tuple(item for pack_item in contents.pack_items for item in pack_item.items)

    def first_disc(first: tuple[Item, ...], second: tuple[Item, ...]) -> int:
        discs = (
            Disc(
                number=1,
                volume_id="S_01OF02",
                title="",
                medium="m",
                capacity_sectors=9,
                image_sectors=0,
                items=first,
            ),
            Disc(
                number=2,
                volume_id="S_02OF02",
                title="",
                medium="m",
                capacity_sectors=9,
                image_sectors=0,
                items=second,
            ),
        )
        info = SetInfo("id", "S", "2026-01-01T00:00:00Z")
        plan = Plan(
            format=FORMAT,
            set=info,
            strategy="order",
            sources=tree.roots,
            discs=discs,
            directories=contents.directories,
            symlinks=(),
            skipped=(),
            lower_bound=1,
            proven=False,
        )
        return measure(lay_out(plan, discs[0], texts(plan, discs[0]))) * SECTOR

    return first_disc(items, ()) - first_disc((), items)


def bounds(contents: Contents) -> tuple[int, int]:
    """What the items take at least, and with all folders at most."""
    folders = [pack_item.folders for pack_item in contents.pack_items]
    common, charges = directory_charges(folders, {"data"}, 0, HUGE)
    assert charges == [0] * len(folders)
    least = sum(least_cost(item) for pack_item in contents.pack_items for item in pack_item.items)
    return least, sum(pack_item.cost for pack_item in contents.pack_items) + common


def numbered(text: str) -> list[str]:
    return [f"{number:04}{text}" for number in range(MANY)]


@pytest.mark.parametrize(
    "tree",
    [
        tree_of({f"S/{name}": 5 for name in numbered("")}),
        tree_of({f"S/{name}": 5 for name in numbered("x" * 115)}),
        tree_of({f"S/{name}": 5 for name in numbered("x" * 141)}),
        tree_of({f"S/{name}": 5 for name in numbered("x" * 249)}),
        tree_of({f"S/{name}": 2049 for name in numbered("é" * 125)}),
        tree_of({f"S/{name}": 2049 for name in numbered("🎸" * 60)}),
        tree_of({f"S/{name}": 5 for name in numbered(" <&" * 83)}),
        tree_of({f"S/{name}": 5 for name in numbered("\udcff\n" * 100)}),
        tree_of({f"S/{name}": 13 << 30 for name in numbered("x" * 171)}),
        tree_of({f"S/{name}/a": 0 for name in numbered("")}),
        tree_of({f"S/{name}/a": 0 for name in numbered("漢" * 80)}),
        tree_of({f"S/1/2/3/4/5/6/7/{name}/a": 0 for name in numbered("x" * 100)}),
        tree_of({f"S/{'/'.join('d' * depth)}/a": 0 for depth in range(1, 100)}),
        tree_of({"S/x": 5}, {"S/x": [f"S/{name}" for name in numbered("x" * 176)]}),
        tree_of({"S/x": 5}, {"S/x": [f"S/{name}" for name in numbered(" ü" * 80)]}),
    ],
    ids=lambda tree: ascii(tree.files[-1].path)[:20],
)
def test_what_is_charged_is_what_an_image_grows_by_and_little_more(tree: Tree) -> None:
    contents = contents_of(tree)
    grown = growth(tree, contents)
    least, most = bounds(contents)
    rounding = ALIGNMENT * SECTOR
    assert least - rounding < grown
    assert grown < most + rounding
    assert most < grown * 1.2 + rounding


def test_a_name_is_charged_nearly_to_the_byte() -> None:
    tree = tree_of({f"S/{number:0145}": 5 for number in range(4000)})
    contents = contents_of(tree)
    grown = growth(tree, contents)
    assert grown - ALIGNMENT * SECTOR < bounds(contents)[1] < grown + 80 * 4000


@settings(max_examples=60)
@given(trees())
def test_the_bounds_hold_for_any_tree(tree: Tree) -> None:
    contents = contents_of(tree)
    grown = growth(tree, contents)
    least, most = bounds(contents)
    assert least - ALIGNMENT * SECTOR < grown < most + (ALIGNMENT + 24) * SECTOR


@settings(max_examples=200)
@given(st.lists(NAMES, min_size=1, max_size=12), st.integers(0, 20 << 30), st.integers(1, 1500))
def test_overhead_is_enough_for_any_name(names: Sequence[str], size: int, parts: int) -> None:
    path = "/".join(names)
    (pack_item,) = contents_of(tree_of({f"S/{path}": size})).pack_items
    item = pack_item.items[0]
    whole = item_cost(
        Item(
            path=item.path,
            size=size,
            mtime_ns=0,
            mode=0,
            disc_path=item.disc_path,
            part=parts,
            parts=parts,
            offset=0,
            file_size=size,
        )
    )
    folders = parents([item.on_disc]) - {"data"}
    taken = whole + sum(map(directory_cost, folders))
    assert taken <= -(-size // SECTOR) * SECTOR + overhead(pack_item.folders, size)


def test_overhead_is_counted_for_each_name() -> None:
    one, other = overhead(["data/S"], 0), overhead(["data/S/Audio"], 0)
    name = overhead(["data/S"] * 2, 0) - one
    assert SECTOR < name < one
    assert overhead(["data/S", "data/S/Audio"], 0) == name + other


def test_odd_bytes_in_a_source_have_their_overhead() -> None:
    odd = os.fsdecode(b"S/\xff")
    assert overhead([odd], 0) == overhead(["S/x"], 0)


# directories

FOLDERS = [frozenset({"data/S/a/b"}), frozenset({"data/S/a"}), frozenset({"data/S"})]


def test_a_folder_of_more_units_than_discs_is_charged_to_every_disc() -> None:
    top, a, b = map(directory_cost, ("data/S", "data/S/a", "data/S/a/b"))
    assert directory_charges(FOLDERS, {"data"}, 0, HUGE) == (top + a + b, [0, 0, 0])
    assert directory_charges(FOLDERS, {"data"}, 1, HUGE) == (top + a, [b, 0, 0])
    assert directory_charges(FOLDERS, {"data"}, 2, HUGE) == (top, [a + b, a, 0])
    assert directory_charges(FOLDERS, {"data"}, 3, HUGE) == (0, [top + a + b, top + a, top])


def test_what_is_on_every_disc_already_is_not_charged() -> None:
    b = directory_cost("data/S/a/b")
    assert directory_charges(FOLDERS, {"data", "data/S", "data/S/a"}, 1, HUGE) == (0, [b, 0, 0])


def test_a_disc_is_charged_for_no_more_than_the_limit() -> None:
    top, a = map(directory_cost, ("data/S", "data/S/a"))
    common, charges = directory_charges(FOLDERS, {"data"}, 0, top + a)
    assert common == top + a
    assert charges == [directory_cost("data/S/a/b"), 0, 0]
    assert directory_charges(FOLDERS, {"data"}, 0, 0)[0] == 0


@settings(max_examples=200)
@given(
    st.lists(
        st.frozensets(
            st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map(
                lambda names: "/".join(("data", *names))
            ),
            min_size=1,
            max_size=3,
        ),
        max_size=8,
    ),
    st.integers(0, 4),
    st.integers(0, 60_000),
    st.data(),
)
def test_whatever_shares_a_disc_its_folders_are_paid(
    folders: list[frozenset[str]], discs: int, limit: int, data: st.DataObject
) -> None:
    common, charges = directory_charges(folders, {"data"}, discs, limit)
    assert common <= limit
    some = data.draw(st.sets(st.sampled_from(range(len(folders))) if folders else st.nothing()))
    needed = parents(f"{folder}/" for index in some for folder in folders[index]) - {"data"}
    assert sum(map(directory_cost, needed)) <= common + sum(charges[index] for index in some)
