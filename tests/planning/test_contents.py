"""What is placed: parts, AppleDouble files, further names, and what goes on every disc."""

import os
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DoesNotFitError, UsageError
from spanner.model.paths import parents
from spanner.model.plan import Item
from spanner.model.tree import Tree
from spanner.model.units import SECTOR
from spanner.planning.contents import (
    Contents,
    PackItem,
    ReplicatedFiles,
    place_files,
    replicated_files,
)
from spanner.planning.costs import directory_cost, item_cost
from support.sessions import LARGE, NAMES, SMALL, check_parts, tree_of, trees

NOTHING = ReplicatedFiles(frozenset(), ())
MB = 1_000_000


def pack_items_of(
    tree: Tree, capacity: int = 10**15, *, chosen: ReplicatedFiles = NOTHING, split: bool = True
) -> list[PackItem]:
    return list(place_files(tree, chosen, capacity, split=split, hashed=False).pack_items)


def paths_of(pack_items: Sequence[PackItem]) -> list[list[str]]:
    return [[item.path for item in pack_item.items] for pack_item in pack_items]


def taken(pack_item: PackItem) -> int:
    """Bytes of the pack item and of all folders that it lies in."""
    folders = parents(f"{folder}/" for folder in pack_item.folders) - {"data"}
    return pack_item.cost + sum(map(directory_cost, folders))


# parts


def test_a_file_that_fits_is_one_item() -> None:
    (pack_item,) = pack_items_of(tree_of({"S/a.wav": 5000}), MB)
    assert pack_item.items == (
        Item(path="S/a.wav", size=5000, mtime_ns=pack_item.items[0].mtime_ns, mode=0o644),
    )
    assert pack_item.items[0].on_disc == "data/S/a.wav"
    assert (pack_item.cost, pack_item.path, pack_item.name) == (
        item_cost(pack_item.items[0]),
        "S/a.wav",
        "a.wav",
    )
    assert pack_item.folders == {"data/S"}


def test_a_larger_file_is_cut_into_parts_that_fill_discs() -> None:
    tree = tree_of({"S/big.mov": 10 * MB})
    pack_items = pack_items_of(tree, 3 * MB)
    items = [pack_item.items[0] for pack_item in pack_items]
    check_parts(tree.files[0], items)
    assert [item.on_disc for item in items] == [f"data/S/big.mov.00{n}" for n in (1, 2, 3, 4)]
    assert [pack_item.name for pack_item in pack_items] == [f"big.mov.00{n}" for n in (1, 2, 3, 4)]
    assert {item.size for item in items[:-1]} == {items[0].size}
    assert items[0].size % SECTOR == 0
    for pack_item in pack_items[:-1]:
        assert 3 * MB - 20_000 < taken(pack_item) <= 3 * MB


def test_the_last_sector_that_fits_and_the_first_that_does_not() -> None:
    part = pack_items_of(tree_of({"S/x": 10 * MB}), 3 * MB)[0].items[0].size
    assert len(pack_items_of(tree_of({"S/x": part}), 3 * MB)) == 1
    over = pack_items_of(tree_of({"S/x": part + 1}), 3 * MB)
    assert [pack_item.items[0].size for pack_item in over] == [part, 1]
    twice = pack_items_of(tree_of({"S/x": 2 * part}), 3 * MB)
    assert [pack_item.items[0].size for pack_item in twice] == [part, part]


def test_over_999_parts_are_numbered_on_and_stay_in_their_order() -> None:
    tree = tree_of({"S/x.mov": 1200 * MB})
    pack_items = pack_items_of(tree, MB)
    check_parts(tree.files[0], [pack_item.items[0] for pack_item in pack_items])
    assert len(pack_items) > 1200
    assert [pack_item.items[0].part for pack_item in pack_items] == list(
        range(1, len(pack_items) + 1)
    )
    assert pack_items[998].items[0].on_disc == "data/S/x.mov.999"
    assert pack_items[999].items[0].on_disc == "data/S/x.mov.1000"


def test_parts_do_not_take_the_names_of_other_files() -> None:
    tree = tree_of({"S/x.mov": 10 * MB, "S/x.mov.002": 5})
    places = [pack_item.items[0].on_disc for pack_item in pack_items_of(tree, 3 * MB)]
    assert len(set(places)) == 5
    assert places[:4] == [f"data/S/x.mov.00{n}" for n in (1, 2, 3, 4)]
    assert places[4] != "data/S/x.mov.002"


def test_a_file_that_may_not_be_cut_is_named() -> None:
    tree = tree_of({"S/a": 5, "S/b\n.mov": 10 * MB})
    with pytest.raises(DoesNotFitError) as caught:
        pack_items_of(tree, 3 * MB, split=False)
    assert str(caught.value) == (
        "S/b\\n.mov (10 MB) does not fit on a disc, which has room for 3 MB: "
        "allow parts or choose larger discs"
    )
    assert caught.value.exit_code == 3
    assert len(pack_items_of(tree, 11 * MB, split=False)) == 2


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("size", [0, 5, MB])
def test_a_file_whose_names_and_folders_alone_do_not_fit_is_named(size: int, split: bool) -> None:
    tree = tree_of({"S/1/2/3/4/x": size})
    with pytest.raises(
        DoesNotFitError, match=r"^S/1/2/3/4/x \(.*, with its folders and names "
    ) as e:
        pack_items_of(tree, 30_000, split=split)
    assert str(e.value).endswith("which has room for 30 kB: choose larger discs")


def test_so_many_parts_that_their_names_fill_a_disc_are_refused_at_once() -> None:
    with pytest.raises(DoesNotFitError, match=r"^S/x \(1 TB\) does not fit on a disc"):
        pack_items_of(tree_of({"S/x": 10**12}), 200_000)


# AppleDouble files


def test_an_appledouble_file_stays_with_its_file() -> None:
    tree = tree_of({"S/._a.wav": 4096, "S/a.wav": MB, "S/b.wav": 5, "T/._b.wav": 6})
    pack_items = pack_items_of(tree)
    assert paths_of(pack_items) == [["S/a.wav", "S/._a.wav"], ["S/b.wav"], ["T/._b.wav"]]
    assert pack_items[0].cost == sum(map(item_cost, pack_items[0].items))


def test_an_appledouble_file_of_a_single_file_source() -> None:
    assert paths_of(pack_items_of(tree_of({"._a.wav": 1, "a.wav": 1}))) == [["a.wav", "._a.wav"]]


def test_an_appledouble_file_lies_beside_the_last_part() -> None:
    tree = tree_of({"S/._x": 4096, "S/x": 10 * MB})
    pack_items = pack_items_of(tree, 3 * MB)
    assert paths_of(pack_items) == [["S/x"], ["S/x"], ["S/x"], ["S/x", "S/._x"]]
    assert pack_items[3].items[0].part == 4


def test_an_appledouble_file_that_fits_beside_no_part_is_alone() -> None:
    part = pack_items_of(tree_of({"S/x": 10 * MB}), 3 * MB)[0].items[0].size
    for size, count in ((part, 1), (2 * part, 2)):
        pack_items = pack_items_of(tree_of({"S/._x": 4096, "S/x": size}), 3 * MB)
        assert paths_of(pack_items) == [["S/._x"], *[["S/x"]] * count]
        assert all(taken(pack_item) <= 3 * MB for pack_item in pack_items)


def test_an_appledouble_file_in_parts_is_no_ones() -> None:
    pack_items = pack_items_of(tree_of({"S/._x": 10 * MB, "S/x": 5}), 3 * MB)
    assert paths_of(pack_items) == [*[["S/._x"]] * 4, ["S/x"]]


@pytest.mark.parametrize(
    "tree",
    [
        tree_of({"S/._._x": 1, "S/._x": 2, "S/x": 3}),
        tree_of({"S/._._._x": 1, "S/._._x": 1, "S/._x": 2}),
        tree_of({"S/._x": 1}, {"S/._x": ["S/x"]}),
        tree_of({"S/._x": 1, "S/._y": 2, "S/x": 3}, {"S/x": ["S/y"]}),
        tree_of({"S/._": 1, "S/.": 2}),
    ],
)
def test_nothing_is_lost_in_chains_of_appledouble_files(tree: Tree) -> None:
    found = Counter(path for paths in paths_of(pack_items_of(tree)) for path in paths)
    assert found == Counter(file.path for file in tree.files)


def test_an_appledouble_file_goes_with_a_further_name_of_its_file() -> None:
    tree = tree_of({"S/._y": 1, "S/x": 3}, {"S/x": ["S/y"]})
    assert paths_of(pack_items_of(tree)) == [["S/x", "S/._y"]]


# further names


def test_further_names_are_one_item() -> None:
    tree = tree_of({"S/a": 5000}, {"S/a": ["S/z/c", "S/b\n"]})
    (pack_item,) = pack_items_of(tree)
    (item,) = pack_item.items
    assert [link.path for link in item.links] == ["S/b\n", "S/z/c"]
    assert item.link_on_disc(item.links[1]) == "data/S/z/c"
    assert item.link_on_disc(item.links[0]).startswith("data/S/b_~")
    assert pack_item.folders == {"data/S", "data/S/z"}
    one = pack_items_of(tree_of({"S/a": 5000}))[0].cost
    assert one + 2 * SECTOR < pack_item.cost < one + 3 * SECTOR


def test_the_parts_of_a_file_have_all_its_names() -> None:
    tree = tree_of({"S/a": 10 * MB}, {"S/a": ["S/b"]})
    items = [pack_item.items[0] for pack_item in pack_items_of(tree, 3 * MB)]
    check_parts(tree.files[0], items)
    assert [item.link_on_disc(item.links[0]) for item in items] == [
        f"data/S/b.00{n}" for n in (1, 2, 3, 4)
    ]


# names, hashes, folders


def test_a_place_is_said_only_where_it_differs() -> None:
    tree = tree_of({"S/a": 1, "S/A": 1, "S/b\\/c": 1}, empty=["S/d\n"])
    contents = place_files(tree, NOTHING, MB, split=True, hashed=False)
    places = {pack_item.path: pack_item.items[0].disc_path for pack_item in contents.pack_items}
    assert places["S/a"] == ""
    assert places["S/A"].startswith("data/S/A~")
    folders = {folder.path: folder.disc_path for folder in contents.directories}
    assert folders["S"] == ""
    assert places["S/b\\/c"] == folders["S/b\\"] + "/c"
    assert folders["S/d\n"].startswith("data/S/d_~")


def test_hashes_have_their_room_beforehand() -> None:
    tree = tree_of({"S/a": 1, "S/s.ptx": 1})
    chosen = ReplicatedFiles(frozenset({"S/s.ptx"}), ())
    for hashed, text in ((False, ""), (True, "0" * 64)):
        contents = place_files(tree, chosen, MB, split=True, hashed=hashed)
        assert [item.sha256 for item in (*contents.pack_items[0].items, *contents.replicated)] == [
            text
        ] * 2


def test_what_is_everywhere_is_in_no_unit_and_never_cut() -> None:
    tree = tree_of({"S/a": 1, "S/s.ptx": 5 * MB})
    contents = place_files(
        tree, ReplicatedFiles(frozenset({"S/s.ptx"}), ()), MB, split=True, hashed=False
    )
    assert paths_of(contents.pack_items) == [["S/a"]]
    (item,) = contents.replicated
    assert (item.path, item.size, item.parts, item.replicated) == ("S/s.ptx", 5 * MB, 1, True)


@settings(max_examples=150)
@given(
    st.one_of(
        st.tuples(trees(SMALL), st.integers(400_000, 5 * MB)),
        st.tuples(trees(LARGE), st.integers(1 << 30, 40 << 30)),
    ),
    st.data(),
)
def test_every_file_is_placed_once_and_fits(case: tuple[Tree, int], data: st.DataObject) -> None:
    tree, capacity = case
    small = [file.path for file in tree.files if file.size < capacity // 4]
    chosen = data.draw(st.sets(st.sampled_from(small), max_size=3)) if small else set()
    contents = place_files(
        tree, ReplicatedFiles(frozenset(chosen), ()), capacity, split=True, hashed=False
    )
    assert {item.path for item in contents.replicated} == chosen
    assert all(taken(pack_item) <= capacity for pack_item in contents.pack_items)
    items = [item for pack_item in contents.pack_items for item in pack_item.items] + list(
        contents.replicated
    )
    places = [place for item in items for place in places_of(item)]
    assert len(set(places)) == len(places)
    assert {item.path for item in items} == {file.path for file in tree.files}
    for file in tree.files:
        check_parts(file, [item for item in items if item.path == file.path])
    check_folders(contents)


def places_of(item: Item) -> list[str]:
    return [item.on_disc, *(item.link_on_disc(link) for link in item.links)]


def check_folders(contents: Contents) -> None:
    known = {each.disc_path or f"data/{each.path}" for each in contents.directories} | {"data"}
    for pack_item in contents.pack_items:
        folders = {
            place.rpartition("/")[0] for item in pack_item.items for place in places_of(item)
        }
        assert pack_item.folders == folders
        assert folders <= known


# what goes on every disc


def chosen_of(
    files: dict[str, int],
    replicate: Sequence[str] = (),
    capacity: int = 100 * MB,
    links: dict[str, list[str]] | None = None,
) -> tuple[set[str], tuple[str, ...]]:
    found = replicated_files(tree_of(files, links).files, capacity, replicate)
    return set(found.paths), found.large


def test_session_documents_at_the_top_of_a_source_go_everywhere() -> None:
    files = {
        "S/Song.ptx": 1000,
        "S/Song.PTF": 1000,
        "S/Backups/Song.bak.ptx": 1000,
        "S/.ptx": 1000,
        "S/ptx": 1000,
        "S/a.wav": 1000,
        "S/._Other.ptx": 1000,
        "mix.aaf": 1000,
    }
    assert chosen_of(files) == ({"S/Song.ptx", "S/Song.PTF", "mix.aaf"}, ())


def test_a_documents_appledouble_file_goes_with_it() -> None:
    files = {"S/._Song.ptx": 10, "S/Song.ptx": 1000, "S/._a.wav": 5, "S/a.wav": 7}
    assert chosen_of(files) == ({"S/Song.ptx", "S/._Song.ptx"}, ())


def test_documents_stay_under_a_twentieth_of_a_disc() -> None:
    files = {"S/a.ptx": 3 * MB, "S/b.ptx": MB, "S/c.ptx": 6 * MB}
    assert chosen_of(files) == ({"S/a.ptx", "S/b.ptx"}, ("S/c.ptx",))
    assert chosen_of(files, capacity=60 * MB) == ({"S/b.ptx"}, ("S/a.ptx", "S/c.ptx"))
    assert chosen_of({"S/x.ptx": 5, "S/._x.ptx": 6 * MB}) == (set(), ("S/x.ptx",))


def test_empty_documents_are_not_for_nothing() -> None:
    files = {f"S/{number}.xml": 0 for number in range(2000)}
    chosen, large = chosen_of(files)
    assert 500 < len(chosen) < 1500
    assert len(chosen) + len(large) == 2000


@pytest.mark.parametrize(
    ("glob", "named"),
    [
        ("*.pdf", {"S/Docs/a.pdf", "S/b.pdf"}),
        ("S/Docs/*", {"S/Docs/a.pdf", "S/Docs/c.txt"}),
        ("b.pdf", {"S/b.pdf"}),
        ("S/b.*", {"S/b.pdf"}),
        ("further", {"S/Docs/c.txt"}),
        ("[ab].pdf", {"S/Docs/a.pdf", "S/b.pdf"}),
    ],
)
def test_a_glob_names_files_by_path_or_name(glob: str, named: set[str]) -> None:
    files = {"S/Docs/a.pdf": 1, "S/Docs/c.txt": 2, "S/b.pdf": 3, "S/x.wav": 4}
    assert chosen_of(files, [glob], links={"S/Docs/c.txt": ["S/further"]}) == (named, ())


def test_several_globs_and_the_documents_beside_them() -> None:
    files = {"S/a.pdf": 1, "S/._a.pdf": 1, "S/b.txt": 2, "S/s.ptx": 3, "S/x.wav": 4}
    chosen = {"S/a.pdf", "S/._a.pdf", "S/b.txt", "S/s.ptx"}
    assert chosen_of(files, ["*.pdf", "*.txt", "b*"]) == (chosen, ())


def test_a_large_document_can_be_asked_for() -> None:
    assert chosen_of({"S/x.ptx": 6 * MB}, ["*.ptx"]) == ({"S/x.ptx"}, ())


def test_a_glob_that_names_nothing_is_a_mistake() -> None:
    with pytest.raises(UsageError, match=r"^--replicate \*\.pfd names no file of the sources$"):
        chosen_of({"S/a.pdf": 1}, ["*.pdf", "*.pfd"])


def test_no_more_than_half_a_disc_is_replicated() -> None:
    files = {"S/a.mov": 60 * MB, "S/b.wav": 60 * MB}
    with pytest.raises(DoesNotFitError) as caught:
        chosen_of(files, ["*.mov"])
    assert str(caught.value) == (
        "--replicate names 60 MB for every disc, which is more than half of one (100 MB): "
        "name less or choose larger discs"
    )
    assert chosen_of(files, ["*.mov"], capacity=121 * MB) == ({"S/a.mov"}, ())  # all on one disc
    assert chosen_of(files | {"S/a.mov": 49 * MB}, ["*.mov"]) == ({"S/a.mov"}, ())


@settings(max_examples=100)
@given(st.lists(NAMES, unique=True, max_size=20), st.integers(0, 10 * MB))
def test_any_names_can_be_documents(names: list[str], size: int) -> None:
    files = {f"S/{name}": size for name in names} | {os.fsdecode(b"S/\xff.ptx"): size}
    chosen, large = chosen_of(files, ["*.ptx"] if size * len(files) * 2 < 99 * MB else [])
    assert chosen.isdisjoint(large)
    assert os.fsdecode(b"S/\xff.ptx") in {*chosen, *large}
