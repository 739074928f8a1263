"""Trees as a walk finds them, made in memory, and what every plan of one must hold."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from spanner.catalog.bag import texts
from spanner.catalog.parity_table import parity_files
from spanner.imaging.authoring import measure
from spanner.imaging.layout import lay_out
from spanner.model.paths import parents
from spanner.model.plan import Item, Plan
from spanner.model.tree import Directory, File, SourceRoot, Symlink, Tree
from spanner.model.units import SECTOR
from spanner.planning.plan_file import decode, encode

MTIME = 1_700_000_000_123_456_789


def tree_of(
    files: Mapping[str, int],
    links: Mapping[str, Iterable[str]] | None = None,
    empty: Iterable[str] = (),
    symlinks: Iterable[str] = (),
) -> Tree:
    """The tree of files (path and size), their further names, empty folders and symbolic links."""
    found = [
        File(
            path=path,
            size=size,
            mtime_ns=MTIME,
            mode=0o644,
            links=tuple((links or {}).get(path, ())),
        )
        for path, size in files.items()
    ]
    paths = [name for file in found for name in (file.path, *file.links)]
    folders = parents([*paths, *symlinks]) | parents(f"{folder}/" for folder in empty)
    roots = sorted({path.partition("/")[0] for path in (*paths, *symlinks, *folders)})
    return Tree(
        roots=tuple(SourceRoot(root, f"/srv/{root}") for root in roots),
        files=tuple(found),
        directories=tuple(Directory(folder, 0o755, MTIME) for folder in sorted(folders)),
        symlinks=tuple(Symlink(path, "target", MTIME) for path in symlinks),
        skipped=(),
    )


def _is_name(name: str) -> bool:
    return name not in (".", "..") and len(os.fsencode(name)) <= 255


_LETTERS = st.characters(codec="utf-8", exclude_characters="/\0")
NAMES = st.one_of(
    st.sampled_from(["a", "A", "á", "Kick.wav", "._Kick.wav", "take 1.wav", "s.ptx", "%0A", "\\"]),
    st.text(_LETTERS, min_size=1, max_size=12).filter(_is_name),
    st.text("&é🎸 \n", min_size=1, max_size=255).filter(_is_name),
    st.binary(min_size=1, max_size=255)
    .map(lambda data: os.fsdecode(data.translate(None, b"/\0")))
    .filter(lambda name: bool(name) and _is_name(name)),
)
"""Names of files and folders: short, long, with all that a file system takes."""

SMALL = st.one_of(
    st.sampled_from([0, 1, SECTOR - 1, SECTOR, SECTOR + 1]),
    st.integers(0, 3 << 20),
    st.integers(1 << 20, 3 << 20),
)
LARGE = st.sampled_from([0, (1 << 32) - SECTOR, (1 << 32) - 1, 5 << 30, 24 << 30, 60 << 30])


@st.composite
def trees(draw: st.DrawFn, sizes: st.SearchStrategy[int] = SMALL, most: int = 20) -> Tree:
    """Trees with odd names, deep folders, empty ones, further names, and symbolic links."""
    folders = ["Song"]
    for name in draw(st.lists(NAMES, max_size=most)):
        above = folders[-1] if draw(st.integers(0, 2)) else draw(st.sampled_from(folders))
        folders.append(f"{above}/{name}")
    place = st.builds("{}/{}".format, st.sampled_from(folders), NAMES)
    taken = set(folders)
    paths = [
        path
        for path in draw(st.lists(place, max_size=most, min_size=1, unique=True))
        if path not in taken
    ]
    kinds = [draw(st.integers(0, 9)) for _ in paths]
    files: dict[str, int] = {}
    links: dict[str, list[str]] = defaultdict(list)
    symlinks = []
    for path, kind in zip(paths, kinds, strict=True):
        if kind == 0:
            symlinks.append(path)
        elif kind == 1 and files:
            links[draw(st.sampled_from(sorted(files)))].append(path)
        else:
            files[path] = draw(sizes)
    return tree_of(files, links, folders, symlinks)


def check(tree: Tree, plan: Plan) -> None:
    """What must hold of any plan of the tree."""
    assert decode(encode(plan)) == plan
    assert [disc.number for disc in plan.discs] == list(range(1, len(plan.discs) + 1))
    assert len({disc.volume_id for disc in plan.discs}) == len(plan.discs)
    for disc in plan.discs:
        layout = lay_out(plan, disc, texts(plan, disc), parity_files(plan, disc))
        assert disc.image_sectors == measure(layout)
        assert disc.image_sectors <= disc.capacity_sectors
    assert 1 <= plan.lower_bound <= len(plan.discs)
    found: dict[str, list[Item]] = defaultdict(list)
    for disc in plan.discs:
        for item in disc.items:
            found[item.path].append(item)
    assert found.keys() == {file.path for file in tree.files}
    for file in tree.files:
        items = found[file.path]
        assert all(item.mtime_ns == file.mtime_ns and item.mode == file.mode for item in items)
        assert all({link.path for link in item.links} == set(file.links) for item in items)
        if items[0].replicated:
            assert len(items) == len(plan.data_discs)
            assert all(item == items[0] for item in items)
            items = items[:1]
        check_parts(file, items)
    assert plan.symlinks == tree.symlinks
    assert [each.path for each in plan.directories] == [each.path for each in tree.directories]


def check_parts(file: File, items: Iterable[Item]) -> None:
    """The items are the whole file, each byte once, cut at sectors."""
    ordered = sorted(items, key=lambda item: item.part)
    assert [item.part for item in ordered] == list(range(1, len(ordered) + 1))
    end = 0
    for item in ordered:
        assert (item.parts, item.whole_size, item.offset) == (len(ordered), file.size, end)
        assert end % SECTOR == 0
        assert item.size > 0 or file.size == 0
        end += item.size
    assert end == file.size
