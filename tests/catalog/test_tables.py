"""The set's tables: what is written is read back, and nothing else is taken."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.catalog.tables import (
    DISC_COLUMNS,
    FILES_HEADER,
    CatalogRow,
    disc_lines,
    format_time,
    line,
    parse,
    parse_time,
    rows,
)
from support.images import plan_for
from support.trees import OLD, write

SECOND = 10**9
FIRST, LAST = -62_135_596_800, 253_402_300_799
"""The seconds of the years 1 to 9999."""

DIGEST = "0123456789abcdef" * 4
ROW = CatalogRow(
    kind="file",
    disc=2,
    part=1,
    parts=3,
    offset=4096,
    size=5,
    mtime_ns=0,
    mode=0o4755,
    sha256=DIGEST,
    path="data/S/a~1",
    original="S/a\n",
    target="",
)
LINE = (
    f"2\t1\t3\tfile\t4096\t5\t1970-01-01T00:00:00.000000000Z\t4755\t{DIGEST}\tdata/S/a~1\tS/a\\n\t-"
)
FOLDER = "-\t-\t-\tdir\t-\t-\t1970-01-01T00:00:00.000000000Z\t0755\t-\tdata/S\tS\t-"
LINK = "-\t-\t-\tsymlink\t-\t-\t1970-01-01T00:00:00.000000000Z\t-\t-\t-\tS/l\t-"


def read(*lines: str) -> list[CatalogRow]:
    return list(parse([f"{FILES_HEADER}\n", *(f"{text}\n" for text in lines)]))


def test_a_file_a_folder_and_a_link_to_a_dash() -> None:
    assert line(ROW, DIGEST) == f"{LINE}\n"
    assert read(LINE, FOLDER, LINK) == [
        ROW,
        CatalogRow(
            kind="dir",
            disc=0,
            part=0,
            parts=0,
            offset=0,
            size=0,
            mtime_ns=0,
            mode=0o755,
            sha256="",
            path="data/S",
            original="S",
            target="",
        ),
        CatalogRow(
            kind="symlink",
            disc=0,
            part=0,
            parts=0,
            offset=0,
            size=0,
            mtime_ns=0,
            mode=0,
            sha256="",
            path="",
            original="S/l",
            target="-",
        ),
    ]


def test_the_odd_tree_comes_back_from_its_table(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    there = list(rows(plan))
    text = "".join(line(row, row.sha256) for row in there)
    assert read(*text.removesuffix("\n").split("\n")) == there
    kinds = [row.kind for row in there]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "dir": len(plan.directories),
        "file": sum(len(disc.items) for disc in plan.discs),
        "hardlink": 1,
        "symlink": 3,
    }
    (link,) = [row for row in there if row.kind == "hardlink"]
    owner = next(row for row in there if row.original == link.target)
    assert (owner.kind, owner.disc, owner.size) == ("file", link.disc, link.size)
    assert {row.target for row in there if row.kind == "symlink"} == {
        "empty.wav",
        "/no/where \udcff\n",
        "..",
    }


def test_parts_say_where_they_are(tmp_path: Path) -> None:
    path = write(str(tmp_path / "S"), "large.wav", bytes(900_000))
    os.link(path, tmp_path / "S" / "twin.wav")
    plan = plan_for(str(tmp_path / "S"))
    files = [row for row in rows(plan) if row.kind == "file"]
    assert len(files) == len(plan.discs) > 1
    end = 0
    for number, row in enumerate(files, 1):
        assert (row.disc, row.part, row.parts, row.offset) == (number, number, len(files), end)
        assert row.path == f"data/S/large.wav.{number:03}"
        end += row.size
    assert end == 900_000
    duplicates = [row.path for row in rows(plan) if row.kind == "hardlink"]
    assert duplicates == [f"data/S/twin.wav.{number:03}" for number in range(1, len(files) + 1)]


CHARACTERS = st.one_of(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    st.sampled_from("\t\n\r\\-\x1f\x7f\x85\u2028\u2029"),
)
NAMES = st.one_of(
    st.text(CHARACTERS, min_size=1),
    st.binary(min_size=1).filter(lambda name: 0 not in name).map(os.fsdecode),
    st.just("-"),
)
PLACES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).map(
    "data/{}".format
)
NUMBERS = st.integers(0, 1 << 63)
TIMES = st.integers(FIRST * SECOND, LAST * SECOND + SECOND - 1)
MODES = st.integers(0, 0o7777)
DIGESTS = st.sampled_from(["", DIGEST])
NONE_ON_DISC = dict.fromkeys(("disc", "part", "parts", "offset", "size"), st.just(0))
ON_DISC = {
    "disc": st.integers(1, 999),
    **dict.fromkeys(("part", "parts", "offset", "size"), NUMBERS),
}
NO_TEXT = st.just("")


def of_kind(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[CatalogRow]:
    return st.builds(CatalogRow, kind=st.just(kind), mtime_ns=TIMES, original=NAMES, **fields)


ROWS = st.one_of(
    of_kind("file", **ON_DISC, mode=MODES, sha256=DIGESTS, path=PLACES, target=NO_TEXT),
    of_kind("hardlink", **ON_DISC, mode=MODES, sha256=DIGESTS, path=PLACES, target=NAMES),
    of_kind("dir", **NONE_ON_DISC, mode=MODES, sha256=NO_TEXT, path=PLACES, target=NO_TEXT),
    of_kind("symlink", **NONE_ON_DISC, mode=st.just(0), sha256=NO_TEXT, path=NO_TEXT, target=NAMES),
)


@given(st.lists(ROWS, max_size=5))
def test_any_row_comes_back(there: list[CatalogRow]) -> None:
    text = "".join(line(row, row.sha256) for row in there).encode()
    assert len(text.splitlines()) == len(there)
    lines = text.decode().splitlines(keepends=True)
    assert len(lines) == len(there)
    assert list(parse([f"{FILES_HEADER}\n", *lines])) == there


@pytest.mark.parametrize(
    "bad",
    [
        "",
        LINE.rpartition("\t")[0],
        LINE + "\t",
        LINE.replace("\tfile\t", "\tfifo\t"),
        LINE.replace("\tfile\t", "\tdir\t"),
        LINE.replace("2\t", "-\t", 1),
        LINE.replace("2\t1\t", "2\t-\t", 1),
        LINE.replace("4096", "-"),
        LINE.replace("4096", "-1"),
        LINE.replace("4096", "0x10"),
        LINE.replace("4096", "4_096"),
        LINE.replace("4096", "٤"),
        LINE.replace("4096", "9" * 5000),
        LINE.replace("4755", "-"),
        LINE.replace("4755", "0o755"),
        LINE.replace("4755", "14755"),
        LINE.replace("4755", "4855"),
        LINE.replace("4755", "-755"),
        LINE.replace(DIGEST, DIGEST.upper()),
        LINE.replace(DIGEST, DIGEST[1:]),
        LINE.replace("1970-01-01T", "1970-02-30T"),
        LINE.replace("1970-01-01T", "0000-01-01T"),
        LINE.replace("1970-01-01T", "١٩٧٠-01-01T"),
        LINE.replace(".000000000Z", ".٠٠٠٠٠٠٠٠٠Z"),
        LINE.replace(".000000000Z", "Z"),
        LINE.replace(".000000000Z", ".000000000"),
        LINE.replace("S/a\\n", "S/a\\q"),
        LINE.replace("S/a\\n", "S/a\\"),
        FOLDER.replace("-\t-\t-\tdir", "1\t1\t1\tdir"),
        FOLDER.replace("-\t-\t-\tdir", "-\t1\t-\tdir"),
        LINK.replace("Z\t-", "Z\t0777"),
    ],
)
def test_a_line_that_is_none_is_named(bad: str) -> None:
    assert read(LINE, LINE) == [ROW, ROW]
    with pytest.raises(ValueError, match=r"^line 3: "):
        read(LINE, bad, LINE)


@pytest.mark.parametrize("start", [[], [""], ["disc\n"], [f"{LINE}\n"]])
def test_without_its_header_it_is_no_table(start: list[str]) -> None:
    with pytest.raises(ValueError, match="line 1 is not the header"):
        list(parse([*start, f"{LINE}\n"] if start else start))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (OLD, "1938-04-24T22:13:19.999999999Z"),
        (951_782_399 * SECOND, "2000-02-28T23:59:59.000000000Z"),
        (951_782_400 * SECOND, "2000-02-29T00:00:00.000000000Z"),
        (FIRST * SECOND, "0001-01-01T00:00:00.000000000Z"),
        ((LAST + 1) * SECOND - 1, "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_times(time: int, text: str) -> None:
    assert format_time(time) == text
    assert parse_time(text) == time


@pytest.mark.parametrize("beyond", [1, SECOND, 1 << 63, 1 << 90])
def test_times_beyond_are_the_nearest(beyond: int) -> None:
    assert format_time(LAST * SECOND + SECOND - 1 + beyond).startswith("9999-12-31T23:59:59.")
    assert format_time(FIRST * SECOND - beyond).startswith("0001-01-01T00:00:00.")


@given(TIMES)
def test_any_time_comes_back(time: int) -> None:
    assert parse_time(format_time(time)) == time


@given(TIMES, TIMES)
def test_times_sort_as_text(one: int, other: int) -> None:
    assert (one < other) == (format_time(one) < format_time(other))


def test_the_table_of_discs(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    header, *lines = disc_lines(plan)
    assert (
        header
        == "number\tvolume_id\ttitle\tmedium\tfiles\tbytes\n"
        == "\t".join(DISC_COLUMNS) + "\n"
    )
    sizes: dict[int, list[int]] = {1: [], 2: []}
    for row in rows(plan):
        if row.disc:
            sizes[row.disc].append(row.size)
    assert len(sizes[1] + sizes[2]) == 41
    assert lines == [
        f"{disc.number}\tTITLE_0{disc.number}OF02\t{disc.title}\t{disc.medium}\t"
        f"{len(sizes[disc.number])}\t{sum(sizes[disc.number])}\n"
        for disc in plan.discs
    ]
