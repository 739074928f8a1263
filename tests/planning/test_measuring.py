"""What every disc holds, to the byte; bounds that no plan goes below; volume IDs."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.catalog.bag import texts
from spanner.imaging.authoring import measure
from spanner.imaging.layout import lay_out
from spanner.model.media_types import Medium
from spanner.model.plan import SetInfo
from spanner.model.tree import Tree
from spanner.model.units import SECTOR
from spanner.planning.assignment import DiscAssignment
from spanner.planning.contents import Contents, ReplicatedFiles, place_files
from spanner.planning.measuring import DiscMeasurer, usable, volume_id
from spanner.planning.planner import _SLACK
from support.sessions import tree_of

MEDIUM = Medium(name="medium", sectors=10**6, description="")
NOTHING = ReplicatedFiles(frozenset(), ())
INFO = SetInfo("id", "Song", "2026-01-01T00:00:00Z")


def drafts_of(tree: Tree, chosen: ReplicatedFiles = NOTHING) -> tuple[DiscMeasurer, Contents]:
    contents = place_files(tree, chosen, 10**12, split=True, hashed=False)
    return DiscMeasurer(tree, [MEDIUM], "order", INFO), contents


@pytest.mark.parametrize(
    "title", ["", "x" * 100, "🎸" * 100, "\\xff" * 25, '"' * 100, "&" * 100, "é" * 100]
)
@pytest.mark.parametrize("count", [1, 2, 9, 30])
def test_what_a_catalog_says_of_discs_is_known_before_they_are_filled(
    title: str, count: int
) -> None:
    tree = tree_of({"S/a": 5000, "S/s.ptx": 5, "S/b/c": 7})
    measurer, contents = drafts_of(tree, ReplicatedFiles(frozenset({"S/s.ptx"}), ()))
    assignments = [
        *[DiscAssignment((), MEDIUM, title)] * (count - 1),
        DiscAssignment((0, 1), MEDIUM, title),
    ]
    most = measurer.common(contents) + measurer.more(contents, assignments)
    for disc in measurer.measured(contents, assignments).discs[:-1]:
        assert most - 24 * SECTOR <= disc.image_sectors * SECTOR <= most + _SLACK


def test_the_numbers_of_discs_take_room_in_the_catalog_too() -> None:
    tree = tree_of({"S/x": 0}, {"S/x": [f"S/{number}" for number in range(30_000)]})
    measurer, contents = drafts_of(tree)
    assignments = [*[DiscAssignment((), MEDIUM)] * 9, DiscAssignment((0,), MEDIUM)]
    plan = measurer._plan(contents, assignments)
    most = measurer.common(contents) + measurer.more(contents, assignments)
    size = measure(lay_out(plan, plan.discs[0], texts(plan, plan.discs[0]))) * SECTOR
    assert most - 24 * SECTOR <= size <= most + _SLACK


@pytest.mark.parametrize(("sectors", "expected"), [(0, 0), (15, 0), (16, 16), (359_849, 359_840)])
def test_images_are_whole_blocks_of_16_sectors(sectors: int, expected: int) -> None:
    assert usable(Medium(name="m", sectors=sectors, description="")) == expected * SECTOR


# volume IDs


@pytest.mark.parametrize(
    ("title", "number", "count", "expected"),
    [
        ("Song", 1, 5, "SONG_01OF05"),
        ("Söng – mix 2", 2, 12, "SONG_MIX_2_02OF12"),
        ("漢字", 1, 1, "SET_01OF01"),
        ("  ", 1, 1, "SET_01OF01"),
        ("x" * 99, 7, 250, "X" * 21 + "_007OF250"),
        ("a" * 20 + " b", 10, 1000, "A" * 19 + "_0010OF1000"),
        ("abcdefghijklmnopqrst__ uv", 1, 99, "ABCDEFGHIJKLMNOPQRST_UV_01OF99"),
        ("_x_", 3, 3, "X_03OF03"),
        ("a" * 22 + " b", 1, 9, "A" * 22 + "_01OF09"),
    ],
)
def test_volume_ids(title: str, number: int, count: int, expected: str) -> None:
    assert volume_id(title, number, count) == expected


@settings(max_examples=200)
@given(st.text(max_size=100), st.integers(1, 2000))
def test_volume_ids_differ_and_any_system_takes_them(title: str, count: int) -> None:
    ids = [volume_id(title, number, count) for number in range(1, min(count, 150) + 1)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Z0-9_]{8,30}", each) for each in ids)
