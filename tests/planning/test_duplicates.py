"""One content once: equal files share their data on the disc and come back as separate files."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from spanner.errors import SourceChangedError, UsageError
from spanner.incremental import IncrementalOptions
from spanner.model.tree import File
from spanner.planning.duplicates import can_be_duplicate, merged
from spanner.planning.plan_file import decode, encode
from spanner.reading.iso import IsoImage
from support.discs import copy_out, get_back
from support.images import image_of
from support.sets import MadeSet
from support.states import Backups
from support.trees import snapshot, write

HASHED = IncrementalOptions(hash=True)
A, B = "a" * 64, "b" * 64
SOUND = random.Random(5).randbytes(200_000)


def file(path: str, sha256: str = A, size: int = 10, links: tuple[str, ...] = ()) -> File:
    return File(path=path, size=size, mtime_ns=0, mode=0o644, links=links, sha256=sha256)


def groups(*files: File, capacity: int = 1 << 30) -> list[tuple[str, ...]]:
    return [found.names for found in merged(files, capacity)]


def test_equal_content_is_one_file() -> None:
    files = [file("S/a"), file("S/b", B), file("S/c"), file("S/d", size=11), file("S/e")]
    assert groups(*files) == [("S/a", "S/c", "S/e"), ("S/b",), ("S/d",)]


def test_what_was_not_read_is_equal_to_nothing() -> None:
    assert groups(file("S/a", ""), file("S/b", "")) == [("S/a",), ("S/b",)]


def test_hard_links_stay_with_their_file() -> None:
    files = [file("S/a", links=("S/x",)), file("S/b", links=("S/y", "S/z"))]
    assert groups(*files) == [("S/a", "S/x", "S/b", "S/y", "S/z")]


def test_empty_and_apple_double_files_stay_where_they_are() -> None:
    files = [file("S/a", size=0), file("S/b", size=0), file("S/._c"), file("S/._d")]
    assert groups(*files) == [(each.path,) for each in files]
    assert [can_be_duplicate(each) for each in ("S/._c", "._x/c", "S/c._d")] == [False, True, True]


def test_a_session_document_comes_first() -> None:
    """It is on every disc, which a copy of it in a folder below is not."""
    files = [file("S/Backups/Song.ptx"), file("S/Song.ptx"), file("S/z")]
    assert groups(*files) == [("S/Song.ptx", "S/Backups/Song.ptx", "S/z")]


def test_names_leave_room_for_content() -> None:
    files = [file(f"S/{number}") for number in range(1000)]
    found = groups(*files, capacity=1 << 20)
    assert 10 < len(found) < 100
    assert sorted(name for names in found for name in names) == sorted(x.path for x in files)


@pytest.fixture
def root(tmp_path: Path) -> str:
    """Three equal files with times and modes of their own; one has a second name."""
    root = str(tmp_path / "Song")
    write(root, "a.wav", SOUND, 0o644, 1_600_000_000_000_000_001)
    write(root, "folder/b\n.wav", SOUND, 0o600, 1_500_000_000_000_000_002)
    write(root, "c.wav", SOUND, 0o755, 1_400_000_000_000_000_003)
    write(root, "other.wav", SOUND[::-1])
    os.link(f"{root}/c.wav", f"{root}/folder/c again.wav")
    return root


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    (tmp_path / "sets").mkdir()
    return Backups(str(tmp_path / "sets"), "custom:2MB")


def places(made: MadeSet) -> dict[str, int]:
    """Where the data of each file begins, over all discs."""
    found = {}
    for number, path in enumerate(made.images):
        with IsoImage(path) as image:
            for each in image.files():
                if each.path.startswith("data/") and each.size:
                    found[each.path] = number << 32 | each.extents[0].sector
    return found


def test_they_share_their_data_and_come_back_apart(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    made = backups.archive(root, how=HASHED)
    found = places(made)
    assert len(found) == 5
    assert len(set(found.values())) == 2
    assert decode(encode(made.plan)) == made.plan
    assert get_back(made.images, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)
    plain = backups.archive(root, how=IncrementalOptions())
    assert len(set(places(plain).values())) == 4


def test_each_has_its_own_time_and_mode_on_the_disc(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    (path,) = backups.archive(root, how=HASHED).images
    with IsoImage(path) as image:
        modes = {each.path: each.mode for each in image.files() if "wav" in each.path}
    assert modes["data/Song/a.wav"] == 0o644
    assert modes["data/Song/c.wav"] == modes["data/Song/folder/c again.wav"] == 0o755


def test_the_restorer_on_the_disc_gives_them_back_apart(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    discs = [
        copy_out(image, tmp_path / f"disc {number}")
        for number, image in enumerate(backups.archive(root, how=HASHED).images)
    ]
    script = [sys.executable, f"{discs[0]}/restore.py", "--to", str(tmp_path / "out"), *discs]
    assert subprocess.run(script, check=False).returncode == 0
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)


def test_equal_divided_files(backups: Backups, tmp_path: Path) -> None:
    root = str(tmp_path / "Song")
    film = random.Random(6).randbytes(3_000_000)
    write(root, "film.mov", film)
    write(root, "film again.mov", film, 0o600, 1_500_000_000 * 10**9)
    made = backups.archive(root, how=HASHED)
    assert len(made.images) == 3
    parts = [item for disc in made.plan.discs for item in disc.items]
    assert [item.count for item in parts] == [2] * len(parts)
    assert all(len(set(item.sha256)) > 1 for item in parts)
    assert get_back(made.images, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)
    assert get_back(made.images[:-1], tmp_path / "less").exit_code == 7


def test_apple_double_files_lie_beside_each_of_them(backups: Backups, tmp_path: Path) -> None:
    root = str(tmp_path / "Song")
    for name in "abcdefgh":
        write(root, f"{name}.wav", SOUND if name in "ah" else name.encode() * 400_000)
        write(root, f"._{name}.wav", b"AppleDouble")
    made = backups.archive(root, how=HASHED)
    assert len(made.plan.discs) > 1
    for disc in made.plan.discs:
        names = {name.path for item in disc.items for name in item.names()}
        plain = {name for name in names if "._" not in name}
        assert names - plain == {name.replace("Song/", "Song/._") for name in plain}


def test_a_duplicate_that_changed_since_the_plan_is_named(root: str, backups: Backups) -> None:
    plan = backups.archive(root, how=HASHED).plan
    write(root, "c.wav", SOUND, mtime_ns=1_700_000_000_000_000_000)
    with pytest.raises(SourceChangedError, match=r"Song/c\.wav: its modification time changed"):
        image_of(plan, plan.discs[0])
    os.unlink(f"{root}/c.wav")
    with pytest.raises(Exception, match=r"Song/c\.wav: cannot be read"):
        image_of(plan, plan.discs[0])


def test_a_plan_with_impossible_duplicates_is_refused(root: str, backups: Backups) -> None:
    plan = backups.archive(root, how=HASHED).plan
    disc = plan.discs[0]
    (index,) = (number for number, item in enumerate(disc.items) if item.duplicates)
    item = disc.items[index]
    for change in ({"path": "../x"}, {"mode": -1}, {"disc_path": item.on_disc}):
        duplicates = (msgspec.structs.replace(item.duplicates[0], **change),)
        bad = msgspec.structs.replace(item, duplicates=duplicates)
        items = (*disc.items[:index], bad, *disc.items[index + 1 :])
        discs = (msgspec.structs.replace(disc, items=items), *plan.discs[1:])
        with pytest.raises(UsageError, match="this plan cannot be"):
            decode(encode(msgspec.structs.replace(plan, discs=discs)))
