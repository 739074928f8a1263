"""What is to be restored, as several catalogs say it."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.catalog import tables
from spanner.catalog.reader import DiscCatalog, DiscInfo, SetCatalog
from spanner.catalog.tables import FILES_HEADER, CatalogRow, line
from spanner.errors import DamagedImageError
from spanner.model.plan import DiscKey
from spanner.restoring.restore_plan import RestorePlan
from spanner.restoring.restore_planner import plan_restore

TIME = 1_600_000_000_123_456_789
A, B, C = "a" * 64, "b" * 64, "c" * 64


def catalog(number: int, *rows: CatalogRow, count: int = 3, extra: str = "") -> DiscCatalog:
    """A disc that has all rows, but the hashes of its own files alone."""
    discs = tuple(
        DiscInfo(number=n, volume_id=f"V_{n}", title=f"Title {n}", medium="cd", files=1, bytes=1)
        for n in range(1, count + 1)
    )
    known = SetCatalog(
        format="spanner-set",
        version=1,
        id="set-1",
        title="Set",
        created="now",
        tool="tool",
        sources=("S",),
        discs=discs,
    )
    text = FILES_HEADER + "\n"
    for row in rows:
        text += line(row, row.sha256 if row.disc == number else "")
    return DiscCatalog(f"disc {number}", known, number, (text + extra).encode())


def file(
    path: str,
    disc: int = 1,
    sha256: str = A,
    *,
    part: tuple[int, int, int] = (1, 1, 0),
    size: int = 10,
    first: str = "",
) -> CatalogRow:
    kind = "hardlink" if first else "file"
    number, count, offset = part
    return CatalogRow(
        kind=kind,
        disc=disc,
        part=number,
        parts=count,
        offset=offset,
        size=size,
        mtime_ns=TIME,
        mode=0o644,
        sha256=sha256,
        path=f"data/{path}",
        original=path,
        target=first,
    )


def folder(path: str) -> CatalogRow:
    return CatalogRow(
        kind="dir",
        disc=0,
        part=0,
        parts=0,
        offset=0,
        size=0,
        mtime_ns=TIME,
        mode=0o755,
        sha256="",
        path=f"data/{path}",
        original=path,
        target="",
    )


def link(path: str, to: str) -> CatalogRow:
    return CatalogRow(
        kind="symlink",
        disc=0,
        part=0,
        parts=0,
        offset=0,
        size=0,
        mtime_ns=TIME,
        mode=0,
        sha256="",
        path="",
        original=path,
        target=to,
    )


def hashes(plan: RestorePlan) -> dict[str, list[str]]:
    return {
        path: [part.sha256 for _, part in sorted(each.parts.items())]
        for path, each in plan.files.items()
    }


ROWS = (
    folder("S"),
    folder("S/x"),
    file("S/a", 1, A),
    file("S/long", 1, A, part=(1, 2, 0)),
    file("S/everywhere", 1, C),
    file("S/x/b", 2, B),
    file("S/everywhere", 2, C),
    file("S/long", 3, B, part=(2, 2, 10), size=5),
    file("S/everywhere", 3, C),
    link("S/l", "a"),
)


def test_each_disc_adds_the_hashes_of_its_files() -> None:
    assert hashes(plan_restore([catalog(1, *ROWS)])) == {
        "S/a": [A],
        "S/long": [A, ""],
        "S/everywhere": [C],
        "S/x/b": [""],
    }
    plan = plan_restore([catalog(number, *ROWS) for number in (3, 1, 2)])
    assert hashes(plan) == {"S/a": [A], "S/long": [A, B], "S/everywhere": [C], "S/x/b": [B]}
    assert [row.original for row in plan.directories] == ["S", "S/x"]
    assert [row.target for row in plan.symlinks] == ["a"]
    assert plan.files["S/everywhere"].parts[1].places == dict.fromkeys(
        [DiscKey("set-1", number) for number in (1, 2, 3)], "data/S/everywhere"
    )
    long = plan.files["S/long"]
    assert (long.size, long.count, long.hashes_known) == (15, 2, True)
    assert (plan.refused, plan.damaged) == ({}, [])
    assert {key: disc.title for key, disc in plan.discs.items()} == {
        ("set-1", 1): "Title 1",
        ("set-1", 2): "Title 2",
        ("set-1", 3): "Title 3",
    }


@given(st.permutations([1, 2, 3]), st.integers(1, 3))
def test_the_order_of_the_discs_does_not_matter(order: list[int], count: int) -> None:
    given_discs = sorted(order[:count])
    one = plan_restore([catalog(number, *ROWS) for number in order[:count]])
    other = plan_restore([catalog(number, *ROWS) for number in given_discs])
    assert one == other


def test_the_same_disc_twice_says_no_more() -> None:
    assert plan_restore([catalog(1, *ROWS)] * 2) == plan_restore([catalog(1, *ROWS)])


def test_hashes_from_a_manifest() -> None:
    plan = plan_restore([catalog(1, *ROWS)])
    learnt = {"data/S/x/b": B, "data/S/everywhere": A, "data/S/a": B, "data/S/long": B}
    plan.learn(DiscKey("another", 2), learnt)
    assert hashes(plan)["S/x/b"] == [""]
    plan.learn(DiscKey("set-1", 2), learnt)
    assert hashes(plan) == {"S/a": [A], "S/long": [A, ""], "S/everywhere": [C], "S/x/b": [B]}


def test_a_catalog_that_breaks_off_is_made_up_for_by_the_next() -> None:
    broken = catalog(1, *ROWS[:4], extra="1\t1\n")
    plan = plan_restore([broken, catalog(2, *ROWS)])
    assert set(plan.files) == {"S/a", "S/long", "S/everywhere", "S/x/b"}
    assert plan.files["S/a"].parts[1].sha256 == A
    assert plan.damaged == ["disc 1: catalog/files.tsv, line 6: 2 fields, not 12"]
    assert plan_restore([catalog(2, *ROWS), broken]).files == plan.files
    with pytest.raises(DamagedImageError, match=r"disc 1: .*disc 3: "):
        plan_restore([broken, catalog(3, extra="x")])


@pytest.mark.parametrize(
    "bad",
    [
        file("S/f", 1, A, size=11),
        file("S/f", 1, B),
        file("S/f", 1, A, part=(1, 2, 0)),
        file("S/f", 1, A, part=(2, 1, 10)),
        file("S/f", 1, A, part=(1, 1, 5)),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_contradictions_harm_that_file_alone(bad: CatalogRow, first: bool) -> None:
    rows = [file("S/f", 1, A), bad]
    plan = plan_restore([catalog(1, file("S/a"), *(rows if first else rows[::-1]), file("S/z"))])
    assert set(plan.files) == {"S/a", "S/z"}
    assert set(plan.refused) == {"S/f"}


@pytest.mark.parametrize(
    "rows",
    [
        [file("S/f", part=(2, 2, 10))],
        [file("S/f", part=(1, 2, 0))],
        [file("S/f", part=(1, 2, 0)), file("S/f", part=(2, 2, 11))],
        [file("S/f", part=(1, 2, 0)), file("S/f", part=(2, 2, 9))],
        [file("S/f", part=(1, 1, 1))],
        [file("S/f", part=(0, 0, 0))],
        [file("S/f", part=(1, 10**9, 0))],
        [file("S/f", size=1 << 63)],
        [
            file("S/f", part=(1, 2, 0), size=1 << 62),
            file("S/f", part=(2, 2, 1 << 62), size=1 << 62),
        ],
    ],
)
def test_parts_that_do_not_make_a_file(rows: list[CatalogRow]) -> None:
    plan = plan_restore([catalog(1, file("S/a"), *rows)])
    assert set(plan.files) == {"S/a"}
    assert set(plan.refused) == {"S/f"}


def test_the_largest_file_that_can_be() -> None:
    plan = plan_restore([catalog(1, file("S/f", size=(1 << 63) - 1))])
    assert plan.files["S/f"].size == (1 << 63) - 1


def test_discs_that_the_set_does_not_have() -> None:
    plan = plan_restore([catalog(1, file("S/a", 4), file("S/b", 3), count=3)])
    assert (set(plan.files), set(plan.refused)) == ({"S/b"}, {"S/a"})


def test_further_names() -> None:
    rows = [
        file("S/1"),
        file("S/2", first="S/1"),
        file("S/3", first="S/1"),
        file("S/other data", 1, B, first="S/1"),
        file("S/of nothing", first="S/none"),
        file("S/of nothing too", first="S/none"),
        file("S/of itself", first="S/of itself"),
        file("S/of a further name", first="S/2"),
    ]
    plan = plan_restore([catalog(1, *rows)])
    links = {path: each.link_to for path, each in plan.files.items()}
    assert links == {
        "S/1": "",
        "S/2": "S/1",
        "S/3": "S/1",
        "S/other data": "",
        "S/of nothing": "",
        "S/of nothing too": "S/of nothing",
        "S/of itself": "",
        "S/of a further name": "",
    }


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=12))
def test_further_names_never_lead_in_circles(pairs: list[tuple[str, str]]) -> None:
    plan = plan_restore([catalog(1, *(file(f"S/{a}", first=f"S/{b}") for a, b in pairs))])
    for each in plan.files.values():
        assert not each.link_to or not plan.files[each.link_to].link_to


PATHS = ("S", "S/x", "S/x/deep", "S/x/deep/c.wav", "S/x/b.wav", "S/a.wav", "S/[odd].wav", "T")


@given(st.lists(st.sampled_from(["*.wav", "x", "S/x", "S/x/", "?.wav", "[[]*", "T", "de*", "S"])))
def test_only_what_matches_and_the_folders_above(globs: list[str]) -> None:
    rows = [folder(path) for path in PATHS if "." not in path]
    rows += [file(path) for path in PATHS if "." in path]
    plan = plan_restore([catalog(1, *rows)], globs)

    def matches(path: str) -> bool:
        names = path.split("/")
        places = ["/".join(names[:count]) for count in range(1, len(names) + 1)]
        globs_alone = [glob.rstrip("/") for glob in globs]
        return any(fnmatchcase(x, glob) for x in (*places, *names) for glob in globs_alone)

    chosen = {path for path in PATHS if not globs or matches(path)}
    above = {path for path in PATHS if any(each.startswith(f"{path}/") for each in chosen)}
    assert set(plan.files) == {path for path in chosen if "." in path}
    assert {row.original for row in plan.directories} == {
        path for path in chosen | above if "." not in path
    }
    assert bool(plan) == bool(chosen)


def test_what_is_refused_counts_only_where_it_matches() -> None:
    rows = [file("../a.wav"), file("S/b.aif")]
    assert set(plan_restore([catalog(1, *rows)], ["*.wav"]).refused) == {"../a.wav"}
    assert plan_restore([catalog(1, *rows)], ["*.wav"])
    assert not plan_restore([catalog(1, *rows)], ["*.aif"]).refused


def test_names_like_those_of_unfinished_files_are_known_whatever_is_wanted() -> None:
    name = "S/.a.spanner-partial"
    for row in (file(name), folder(name), link(name, "x")):
        assert plan_restore([catalog(1, file("S/a"), row)], ["S/a"]).taken_names == {name}


def test_of_all_discs_but_the_first_only_their_own_rows_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else forty discs would take forty times as long as one."""
    rows = [file(f"S/{n}", n % 40 + 1) for n in range(2000)]
    catalogs = [catalog(number, *rows, count=40) for number in range(1, 41)]
    parsed: list[str] = []
    parse_line = tables.parse_line

    def counting(text: str) -> CatalogRow:
        parsed.append(text)
        return parse_line(text)

    monkeypatch.setattr(tables, "parse_line", counting)
    plan = plan_restore(catalogs)
    assert all(each.hashes_known for each in plan.files.values())
    assert len(parsed) == 2000 + 2000 - 50
