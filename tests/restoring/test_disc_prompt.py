"""Discs are asked for at the drives: the fewest, by all their names, none twice; any order does."""

import json
import os
import random
import subprocess
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.library import VERIFIED, image_key, open_library
from spanner.restoring.fewest_discs import fewest_discs
from support.jobs import spanner, start, wait_for
from support.rig import Rig
from support.sets import MadeSet, make_set
from support.trees import write


@given(st.lists(st.sets(st.integers(1, 6), min_size=1, max_size=3), max_size=12))
def test_the_fewest_discs(parts: list[set[int]]) -> None:
    chosen = fewest_discs(parts)
    assert all(discs & set(chosen) for discs in parts)
    alone = {min(discs) for discs in parts if len(discs) == 1}
    assert alone <= set(chosen)
    best = next(
        count
        for count in range(7)
        if any(all(discs & set(few) for discs in parts) for few in combinations(range(1, 7), count))
    )
    assert len(chosen) <= best + 1


def test_what_is_on_one_disc_only_is_fewest_for_certain() -> None:
    assert fewest_discs([{3}, {1}, {1, 2, 3}, {2, 3}]) == [1, 3]
    assert fewest_discs([]) == []
    assert fewest_discs([{1, 2, 3}]) == [1]


@pytest.fixture
def made(tmp_path: Path) -> MadeSet:
    """Three discs; the last file is on all of them."""
    noise = random.Random(1)
    for name in ("a", "b", "c"):
        write(str(tmp_path / "Song"), f"{name}.wav", noise.randbytes(500_000))
    write(str(tmp_path / "Song"), "Song.rpp", b"<REAPER_PROJECT\n>\n")
    made = make_set(str(tmp_path / "Song"), str(tmp_path / "made"), "custom:1500kB", split=False)
    assert len(made.images) == 3
    return made


def put_in(rig: Rig, image: str, drive: str = "sr0") -> None:
    """Someone puts a burnt disc into the drive, once the one that is in it has come out."""
    deadline = time.monotonic() + 30
    while (state := rig.ask("state", drive))["disc"] and not state["tray_open"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)  # the hand takes a moment
    name = f"in {drive} {os.path.basename(image)}"
    (rig.folder / name).write_bytes(Path(image).read_bytes())
    rig.insert("dvd-r:4096:complete", drive, name)


def same(rig: Rig) -> None:
    subprocess.run(["diff", "-r", rig.folder / "Song", rig.folder / "back/Song"], check=True)


def test_discs_in_another_order_than_asked_for(made: MadeSet, serve: Callable[..., Rig]) -> None:
    rig = serve("none")
    job = start(rig, "restore", "--to", "back", "--wait", "60")
    wait_for(rig, "put any disc of the set into /dev/sr0")
    put_in(rig, made.images[2])
    wait_for(rig, 'put in disc 1 of 3, SONG_01OF03, "')
    wait_for(rig, "(1 more after it, in any order: SONG_02OF03)")
    put_in(rig, made.images[2])  # the same again
    wait_for(rig, "SONG_03OF03 in /dev/sr0: not needed")
    put_in(rig, made.images[1])
    wait_for(rig, "SONG_02OF03 in /dev/sr0: reading")
    put_in(rig, made.images[0])
    assert job.wait(60) == 0
    same(rig)
    asked = (rig.folder / "messages").read_text().count("put in disc 1 of 3")
    assert asked == 2  # once with the second after it, once alone


def test_only_the_discs_that_are_needed(made: MadeSet, serve: Callable[..., Rig]) -> None:
    rig = serve("none")
    done = spanner(rig, "restore", made.images[0], made.images[1], "--to", "back")
    assert done.returncode == 7
    job = start(rig, "restore", "--to", "back", "--wait", "60")
    wait_for(rig, "put any disc")
    put_in(rig, made.images[0])
    wait_for(rig, "put in disc 3 of 3, SONG_03OF03")
    put_in(rig, made.images[2])
    assert job.wait(60) == 0
    same(rig)
    assert "put in disc 2" not in (rig.folder / "messages").read_text()


def test_two_drives_and_a_disc_of_another_set(
    made: MadeSet, serve: Callable[..., Rig], tmp_path: Path
) -> None:
    write(str(tmp_path / "Other"), "x.wav", b"x" * 1000)
    other = make_set(str(tmp_path / "Other"), str(tmp_path / "other"), "custom:1500kB")
    rig = serve("none", "1=none", drives=2)
    job = start(rig, "restore", "--to", "back", "--wait", "60")
    wait_for(rig, "put any disc of the set into /dev/sr0 or /dev/sr1")
    put_in(rig, made.images[1], "sr1")
    wait_for(rig, "put in disc 1 of 3")
    put_in(rig, other.images[0], "sr0")
    wait_for(rig, "none of the discs is of the set")
    put_in(rig, made.images[0], "sr1")
    put_in(rig, made.images[2], "sr0")
    assert job.wait(60) == 0
    same(rig)
    assert not (rig.folder / "back" / "Other").exists()


def test_it_says_where_a_disc_is_kept(made: MadeSet, serve: Callable[..., Rig]) -> None:
    rig = serve("none")
    rig.env["SPANNER_LIBRARY"] = str(rig.folder / "library.sqlite")
    with open_library(rig.env["SPANNER_LIBRARY"]) as library:
        library.add(made.plan)
        key, belongs = image_key(made.plan.set.id, 2), (made.plan.set.id, 2)
        copy = library.copies.begin(key, belongs, "SONG_02OF03", 1, "/dev/sr0", "dvd-r")
        library.copies.settle(copy, VERIFIED, "a" * 64)
    done = spanner(rig, "locate", "SONG_02OF03", "--at", "shelf B")
    assert done.returncode == 0, done.stderr
    assert spanner(rig, "restore", made.images[0], made.images[2], "--to", "back").returncode == 7
    put_in(rig, made.images[0])
    done = spanner(rig, "restore", "--to", "back", "--wait", "2")
    assert 'put in disc 2 of 3, SONG_02OF03, "' in done.stderr
    assert ", kept at shelf B" in done.stderr


def test_nobody_comes(made: MadeSet, serve: Callable[..., Rig]) -> None:
    rig = serve("none")
    done = spanner(rig, "restore", "--to", "back", "--wait", "1")
    assert done.returncode == 6
    assert "no disc of a set came into /dev/sr0" in done.stderr
    assert not (rig.folder / "back").exists()
    put_in(rig, made.images[0])
    done = spanner(rig, "restore", "--to", "back", "--wait", "2", "--json")
    assert done.returncode == 7
    report = json.loads(done.stdout)
    assert [disc["number"] for disc in report["missing"]] == [2, 3]
    assert sorted(path for disc in report["missing"] for path in disc["paths"]) == [
        "Song/b.wav",
        "Song/c.wav",
    ]
