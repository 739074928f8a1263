"""What lies on a disc, and in which order its data is written."""

import hashlib
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.catalog.bag import texts
from spanner.imaging.layout import Digests, DirectoryEntry, Piece, digest_of
from spanner.model.paths import parents
from spanner.model.plan import Disc, Plan
from support.images import CREATED, image_of, layout_of, plan_for
from support.trees import write

TEXTS = [
    "README.txt",
    "index.html",
    "restore.py",
    "bagit.txt",
    "bag-info.txt",
    "catalog/set.json",
    "catalog/discs.tsv",
    "catalog/files.tsv",
    "catalog/structure-sha256.txt",
    "manifest-sha256.txt",
    "tagmanifest-sha256.txt",
]


def on_discs(plan: Plan, *shares: list[str]) -> Plan:
    """The plan with its items dealt out anew, by path."""
    items = {item.path: item for disc in plan.discs for item in disc.items}
    discs = [
        Disc(
            number=number,
            volume_id=f"V{number}",
            title="",
            medium="custom",
            capacity_sectors=10**6,
            image_sectors=16,
            items=tuple(items[path] for path in share),
        )
        for number, share in enumerate(shares, 1)
    ]
    return msgspec.structs.replace(plan, discs=tuple(discs))


def directories(plan: Plan, number: int) -> list[str]:
    return [each.path for each in layout_of(plan, plan.discs[number - 1]).directories]


@pytest.fixture
def session(tmp_path: Path) -> str:
    root = str(tmp_path / "S")
    write(root, "A/a.wav")
    write(root, "Z/z.wav")
    return root


def test_data_lies_in_the_plans_order_and_texts_behind_it(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    assert len(plan.discs) == 2
    for disc in plan.discs:
        entries = layout_of(plan, disc).files
        assert [entry.path for entry in entries] == [item.on_disc for item in disc.items] + TEXTS


def test_a_disc_has_the_directories_that_its_files_need(session: str) -> None:
    plan = on_discs(plan_for(session, "custom:2MB"), ["S/A/a.wav"], ["S/Z/z.wav"])
    assert directories(plan, 1) == ["catalog", "data", "data/S", "data/S/A"]
    assert directories(plan, 2) == ["catalog", "data", "data/S", "data/S/Z"]


def test_directories_that_hold_nothing_are_on_the_first_disc(session: str) -> None:
    os.makedirs(f"{session}/Z/nothing/in it")
    os.makedirs(f"{session}/B")
    plan = on_discs(plan_for(session, "custom:2MB"), ["S/A/a.wav"], ["S/Z/z.wav"])
    empty = ["data/S/B", "data/S/Z", "data/S/Z/nothing", "data/S/Z/nothing/in it"]
    assert directories(plan, 1) == ["catalog", "data", "data/S", "data/S/A", *empty]
    assert directories(plan, 2) == ["catalog", "data", "data/S", "data/S/Z"]
    assert image_of(plan, plan.discs[0]).sha256


def test_a_disc_without_files_has_its_texts_and_an_empty_payload(session: str) -> None:
    plan = on_discs(plan_for(session, "custom:2MB"), ["S/A/a.wav", "S/Z/z.wav"], [])
    layout = layout_of(plan, plan.discs[1])
    assert [each.path for each in layout.directories] == ["catalog", "data"]
    assert [each.path for each in layout.files] == TEXTS
    assert image_of(plan, plan.discs[1]).file("manifest-sha256.txt") == b""


def test_directories_keep_their_times_and_modes(session: str) -> None:
    os.chmod(f"{session}/A", 0o2750)
    os.utime(f"{session}/A", ns=(5, 5))
    plan = plan_for(session)
    found = {each.path: each for each in layout_of(plan, plan.discs[0]).directories}
    assert found["data/S/A"] == DirectoryEntry("data/S/A", 5, 0o2750)
    assert found["data"] == DirectoryEntry("data", CREATED * 10**9, 0o755)


def test_parents_come_before_what_they_hold(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    for disc in plan.discs:
        seen = {""}
        for directory in layout_of(plan, disc).directories:
            assert directory.path.rpartition("/")[0] in seen
            seen.add(directory.path)


def test_files_keep_their_times_modes_and_further_names(session: str) -> None:
    write(session, "A/b.wav", b"12345", 0o4751, -7)
    os.link(f"{session}/A/b.wav", f"{session}/Z/line\nfeed")
    plan = plan_for(session)
    found = {each.path: each for each in layout_of(plan, plan.discs[0]).files}
    entry = found["data/S/A/b.wav"]
    assert (entry.size, entry.mtime_ns, entry.mode) == (5, -7, 0o4751)
    (further,) = entry.also
    assert further.startswith("data/S/Z/line_feed~")
    assert entry.content == Piece(
        source=f"{session}/A/b.wav", offset=0, file_size=5, mtime_ns=-7, sha256=""
    )


def test_a_part_says_where_it_is_in_the_whole(tmp_path: Path) -> None:
    path = write(str(tmp_path / "S"), "large.wav", bytes(1_500_000))
    plan = plan_for(str(tmp_path / "S"))
    assert len(plan.discs) > 1
    time = os.stat(path).st_mtime_ns
    parts = [
        entry
        for disc in plan.discs
        for entry in layout_of(plan, disc).files
        if entry.path.startswith("data/")
    ]
    end = 0
    for number, entry in enumerate(parts, 1):
        assert entry.path == f"data/S/large.wav.{number:03}"
        assert entry.content == Piece(
            source=path, offset=end, file_size=1_500_000, mtime_ns=time, sha256=""
        )
        end += entry.size
    assert end == 1_500_000


def test_texts_are_of_the_sets_time_and_only_the_restorer_is_executable(session: str) -> None:
    plan = plan_for(session)
    entries = [e for e in layout_of(plan, plan.discs[0]).files if not e.path.startswith("data/")]
    assert {entry.mtime_ns for entry in entries} == {CREATED * 10**9}
    assert {entry.path: entry.mode for entry in entries if entry.mode != 0o644} == {
        "restore.py": 0o755
    }


def test_the_length_of_a_text_does_not_depend_on_hashes(odd_tree: str) -> None:
    plan = plan_for(odd_tree)
    for disc in plan.discs:
        layout = layout_of(plan, disc)
        digests = Digests(structure=[("a" * 64, 0, 2**32 - 1), ("b" * 64, 2**32 - 2, 1)])
        for entry in layout.files:
            digests.files |= dict.fromkeys((entry.path, *entry.also), "c" * 64)
        sizes = {entry.path: entry.size for entry in layout.files}
        for path, text in texts(plan, disc):
            assert sum(map(len, text(digests))) == sizes[path], path


def test_an_unknown_digest_is_as_long_as_a_known_one() -> None:
    known = hashlib.sha256().hexdigest()
    assert digest_of(Digests({"a": known}), "a") == known
    assert digest_of(Digests(), "a") == "0" * len(known)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6).map("/".join)))
def test_parents_are_all_that_paths_lie_in(paths: list[str]) -> None:
    expected = {path[:n] for path in paths for n in range(len(path)) if path[n] == "/"}
    assert parents(paths) == expected
