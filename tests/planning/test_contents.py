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
from spanner.planning.contents import Contents, PackItem, ReplicatedFiles, contents, everywhere
from spanner.planning.costs import directory_cost, item_cost
from support.sessions import LARGE, NAMES, SMALL, check_parts, tree_of, trees

NOTHING = ReplicatedFiles(frozenset(), ())
MB = 1_000_000


def units_of(
    tree: Tree, room: int = 10**15, *, chosen: ReplicatedFiles = NOTHING, split: bool = True
) -> list[PackItem]:
    return list(contents(tree, chosen, room, split=split, hashed=False).units)


def paths_of(units: Sequence[PackItem]) -> list[list[str]]:
    return [[item.path for item in unit.items] for unit in units]


def taken(unit: PackItem) -> int:
    """Bytes of the unit and of all folders that it lies in."""
    folders = parents(f"{folder}/" for folder in unit.folders) - {"data"}
    return unit.cost + sum(map(directory_cost, folders))


# parts


def test_a_file_that_fits_is_one_item() -> None:
    (unit,) = units_of(tree_of({"S/a.wav": 5000}), MB)
    assert unit.items == (
        Item(path="S/a.wav", size=5000, mtime_ns=unit.items[0].mtime_ns, mode=0o644),
    )
    assert unit.items[0].on_disc == "data/S/a.wav"
    assert (unit.cost, unit.path, unit.name) == (item_cost(unit.items[0]), "S/a.wav", "a.wav")
    assert unit.folders == {"data/S"}


def test_a_larger_file_is_cut_into_parts_that_fill_discs() -> None:
    tree = tree_of({"S/big.mov": 10 * MB})
    units = units_of(tree, 3 * MB)
    items = [unit.items[0] for unit in units]
    check_parts(tree.files[0], items)
    assert [item.on_disc for item in items] == [f"data/S/big.mov.00{n}" for n in (1, 2, 3, 4)]
    assert [unit.name for unit in units] == [f"big.mov.00{n}" for n in (1, 2, 3, 4)]
    assert {item.size for item in items[:-1]} == {items[0].size}
    assert items[0].size % SECTOR == 0
    for unit in units[:-1]:
        assert 3 * MB - 20_000 < taken(unit) <= 3 * MB


def test_the_last_sector_that_fits_and_the_first_that_does_not() -> None:
    part = units_of(tree_of({"S/x": 10 * MB}), 3 * MB)[0].items[0].size
    assert len(units_of(tree_of({"S/x": part}), 3 * MB)) == 1
    over = units_of(tree_of({"S/x": part + 1}), 3 * MB)
    assert [unit.items[0].size for unit in over] == [part, 1]
    twice = units_of(tree_of({"S/x": 2 * part}), 3 * MB)
    assert [unit.items[0].size for unit in twice] == [part, part]


def test_over_999_parts_are_numbered_on_and_stay_in_their_order() -> None:
    tree = tree_of({"S/x.mov": 1200 * MB})
    units = units_of(tree, MB)
    check_parts(tree.files[0], [unit.items[0] for unit in units])
    assert len(units) > 1200
    assert [unit.items[0].part for unit in units] == list(range(1, len(units) + 1))
    assert units[998].items[0].on_disc == "data/S/x.mov.999"
    assert units[999].items[0].on_disc == "data/S/x.mov.1000"


def test_parts_do_not_take_the_names_of_other_files() -> None:
    tree = tree_of({"S/x.mov": 10 * MB, "S/x.mov.002": 5})
    places = [unit.items[0].on_disc for unit in units_of(tree, 3 * MB)]
    assert len(set(places)) == 5
    assert places[:4] == [f"data/S/x.mov.00{n}" for n in (1, 2, 3, 4)]
    assert places[4] != "data/S/x.mov.002"


def test_a_file_that_may_not_be_cut_is_named() -> None:
    tree = tree_of({"S/a": 5, "S/b\n.mov": 10 * MB})
    with pytest.raises(DoesNotFitError) as caught:
        units_of(tree, 3 * MB, split=False)
    assert str(caught.value) == (
        "S/b\\n.mov (10 MB) does not fit on a disc, which has room for 3 MB: "
        "allow parts or choose larger discs"
    )
    assert caught.value.exit_code == 3
    assert len(units_of(tree, 11 * MB, split=False)) == 2


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("size", [0, 5, MB])
def test_a_file_whose_names_and_folders_alone_do_not_fit_is_named(size: int, split: bool) -> None:
    tree = tree_of({"S/1/2/3/4/x": size})
    with pytest.raises(
        DoesNotFitError, match=r"^S/1/2/3/4/x \(.*, with its folders and names "
    ) as e:
        units_of(tree, 30_000, split=split)
    assert str(e.value).endswith("which has room for 30 kB: choose larger discs")


def test_so_many_parts_that_their_names_fill_a_disc_are_refused_at_once() -> None:
    with pytest.raises(DoesNotFitError, match=r"^S/x \(1 TB\) does not fit on a disc"):
        units_of(tree_of({"S/x": 10**12}), 200_000)


# AppleDouble files


def test_an_appledouble_file_stays_with_its_file() -> None:
    tree = tree_of({"S/._a.wav": 4096, "S/a.wav": MB, "S/b.wav": 5, "T/._b.wav": 6})
    units = units_of(tree)
    assert paths_of(units) == [["S/a.wav", "S/._a.wav"], ["S/b.wav"], ["T/._b.wav"]]
    assert units[0].cost == sum(map(item_cost, units[0].items))


def test_an_appledouble_file_of_a_single_file_source() -> None:
    assert paths_of(units_of(tree_of({"._a.wav": 1, "a.wav": 1}))) == [["a.wav", "._a.wav"]]


def test_an_appledouble_file_lies_beside_the_last_part() -> None:
    tree = tree_of({"S/._x": 4096, "S/x": 10 * MB})
    units = units_of(tree, 3 * MB)
    assert paths_of(units) == [["S/x"], ["S/x"], ["S/x"], ["S/x", "S/._x"]]
    assert units[3].items[0].part == 4


def test_an_appledouble_file_that_fits_beside_no_part_is_alone() -> None:
    part = units_of(tree_of({"S/x": 10 * MB}), 3 * MB)[0].items[0].size
    for size, count in ((part, 1), (2 * part, 2)):
        units = units_of(tree_of({"S/._x": 4096, "S/x": size}), 3 * MB)
        assert paths_of(units) == [["S/._x"], *[["S/x"]] * count]
        assert all(taken(unit) <= 3 * MB for unit in units)


def test_an_appledouble_file_in_parts_is_no_ones() -> None:
    units = units_of(tree_of({"S/._x": 10 * MB, "S/x": 5}), 3 * MB)
    assert paths_of(units) == [*[["S/._x"]] * 4, ["S/x"]]


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
    found = Counter(path for paths in paths_of(units_of(tree)) for path in paths)
    assert found == Counter(file.path for file in tree.files)


def test_an_appledouble_file_goes_with_a_further_name_of_its_file() -> None:
    tree = tree_of({"S/._y": 1, "S/x": 3}, {"S/x": ["S/y"]})
    assert paths_of(units_of(tree)) == [["S/x", "S/._y"]]


# further names


def test_further_names_are_one_item() -> None:
    tree = tree_of({"S/a": 5000}, {"S/a": ["S/z/c", "S/b\n"]})
    (unit,) = units_of(tree)
    (item,) = unit.items
    assert [link.path for link in item.links] == ["S/b\n", "S/z/c"]
    assert item.link_on_disc(item.links[1]) == "data/S/z/c"
    assert item.link_on_disc(item.links[0]).startswith("data/S/b_~")
    assert unit.folders == {"data/S", "data/S/z"}
    one = units_of(tree_of({"S/a": 5000}))[0].cost
    assert one + 2 * SECTOR < unit.cost < one + 3 * SECTOR


def test_the_parts_of_a_file_have_all_its_names() -> None:
    tree = tree_of({"S/a": 10 * MB}, {"S/a": ["S/b"]})
    items = [unit.items[0] for unit in units_of(tree, 3 * MB)]
    check_parts(tree.files[0], items)
    assert [item.link_on_disc(item.links[0]) for item in items] == [
        f"data/S/b.00{n}" for n in (1, 2, 3, 4)
    ]


# names, hashes, folders


def test_a_place_is_said_only_where_it_differs() -> None:
    tree = tree_of({"S/a": 1, "S/A": 1, "S/b\\/c": 1}, empty=["S/d\n"])
    stuff = contents(tree, NOTHING, MB, split=True, hashed=False)
    places = {unit.path: unit.items[0].disc_path for unit in stuff.units}
    assert places["S/a"] == ""
    assert places["S/A"].startswith("data/S/A~")
    folders = {folder.path: folder.disc_path for folder in stuff.directories}
    assert folders["S"] == ""
    assert places["S/b\\/c"] == folders["S/b\\"] + "/c"
    assert folders["S/d\n"].startswith("data/S/d_~")


def test_hashes_have_their_room_beforehand() -> None:
    tree = tree_of({"S/a": 1, "S/s.ptx": 1})
    chosen = ReplicatedFiles(frozenset({"S/s.ptx"}), ())
    for hashed, text in ((False, ""), (True, "0" * 64)):
        stuff = contents(tree, chosen, MB, split=True, hashed=hashed)
        assert [item.sha256 for item in (*stuff.units[0].items, *stuff.everywhere)] == [text] * 2


def test_what_is_everywhere_is_in_no_unit_and_never_cut() -> None:
    tree = tree_of({"S/a": 1, "S/s.ptx": 5 * MB})
    stuff = contents(
        tree, ReplicatedFiles(frozenset({"S/s.ptx"}), ()), MB, split=True, hashed=False
    )
    assert paths_of(stuff.units) == [["S/a"]]
    (item,) = stuff.everywhere
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
    tree, room = case
    small = [file.path for file in tree.files if file.size < room // 4]
    chosen = data.draw(st.sets(st.sampled_from(small), max_size=3)) if small else set()
    stuff = contents(tree, ReplicatedFiles(frozenset(chosen), ()), room, split=True, hashed=False)
    assert {item.path for item in stuff.everywhere} == chosen
    assert all(taken(unit) <= room for unit in stuff.units)
    items = [item for unit in stuff.units for item in unit.items] + list(stuff.everywhere)
    places = [place for item in items for place in places_of(item)]
    assert len(set(places)) == len(places)
    assert {item.path for item in items} == {file.path for file in tree.files}
    for file in tree.files:
        check_parts(file, [item for item in items if item.path == file.path])
    check_folders(stuff)


def places_of(item: Item) -> list[str]:
    return [item.on_disc, *(item.link_on_disc(link) for link in item.links)]


def check_folders(stuff: Contents) -> None:
    known = {each.disc_path or f"data/{each.path}" for each in stuff.directories} | {"data"}
    for unit in stuff.units:
        folders = {place.rpartition("/")[0] for item in unit.items for place in places_of(item)}
        assert unit.folders == folders
        assert folders <= known


# what goes on every disc


def chosen_of(
    files: dict[str, int],
    replicate: Sequence[str] = (),
    capacity: int = 100 * MB,
    links: dict[str, list[str]] | None = None,
) -> tuple[set[str], tuple[str, ...]]:
    found = everywhere(tree_of(files, links).files, capacity, replicate)
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
