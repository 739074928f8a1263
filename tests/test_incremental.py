"""Which files go onto discs, and which are left to base sets."""

import os
import random
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from burners import silent
from spanner.errors import NothingNewError, SourceChangedError
from spanner.incremental import IncrementalOptions, compare
from spanner.library import open_library
from spanner.model.tree import File, Tree
from spanner.sources import hashing, walk
from spanner.sources.hashing import hash_files
from support.states import ANYWHERE, BY_HASH, BY_TIME, FULL, Backups, kept, placed
from support.trees import write

LATER = 1_700_000_000_000_000_000


@pytest.fixture
def root(tmp_path: Path) -> str:
    root = str(tmp_path / "Song")
    write(root, "Song.ptx", b"session")
    write(root, "a.wav", b"a" * 5000)
    write(root, "b.wav", b"b" * 5000)
    write(root, "empty.wav", b"")
    return root


@pytest.fixture
def backups(tmp_path: Path, root: str) -> Backups:
    """The folder is archived."""
    (tmp_path / "sets").mkdir()
    backups = Backups(str(tmp_path / "sets"))
    backups.archive(root)
    return backups


def compared(backups: Backups, root: str, how: IncrementalOptions) -> Tree:
    with open_library(backups.library) as library:
        return compare(walk([root]), library.complete_sets, how, silent)


def new(backups: Backups, root: str, how: IncrementalOptions = BY_TIME) -> list[str]:
    return [file.path.removeprefix("Song/") for file in compared(backups, root, how).files]


def test_session_documents_and_what_changed(backups: Backups, root: str) -> None:
    write(root, "a.wav", b"A" * 5000, mtime_ns=LATER)
    write(root, "c.wav", b"c")
    assert new(backups, root) == ["Song.ptx", "a.wav", "c.wav"]
    assert new(backups, root, BY_HASH) == ["Song.ptx", "a.wav", "c.wav"]
    assert new(backups, root, ANYWHERE) == ["Song.ptx", "a.wav", "c.wav", "empty.wav"]


def test_another_time_is_a_change_but_not_of_content(backups: Backups, root: str) -> None:
    os.utime(f"{root}/a.wav", ns=(LATER, LATER))
    assert new(backups, root) == ["Song.ptx", "a.wav"]
    for how in (BY_HASH, ANYWHERE):
        tree = compared(backups, root, how)
        (found,) = (file for file in tree.base_files if file.path == "Song/a.wav")
        assert found.mtime_ns == LATER


def test_only_a_hash_sees_a_change_that_kept_size_and_time(backups: Backups, root: str) -> None:
    write(root, "a.wav", b"A" * 5000)
    write(root, "c.wav", b"c")
    assert "a.wav" not in new(backups, root)
    assert "a.wav" in new(backups, root, BY_HASH)
    assert "a.wav" in new(backups, root, ANYWHERE)


def test_what_was_renamed_is_known_by_its_hash(backups: Backups, root: str) -> None:
    os.rename(f"{root}/a.wav", f"{root}/z.wav")
    assert new(backups, root) == ["Song.ptx", "z.wav"]
    assert new(backups, root, BY_HASH) == ["Song.ptx"]


def test_an_empty_file_elsewhere_is_new(backups: Backups, root: str) -> None:
    write(root, "also empty.wav", b"")
    assert new(backups, root, BY_HASH) == ["Song.ptx", "also empty.wav"]


def test_a_mode_is_part_of_the_state(backups: Backups, root: str) -> None:
    os.chmod(f"{root}/a.wav", 0o600)
    tree = compared(backups, root, BY_TIME)
    assert [file.path for file in tree.files] == ["Song/Song.ptx"]
    assert {file.path: file.mode for file in tree.base_files}["Song/a.wav"] == 0o600


def test_a_file_with_a_further_name(backups: Backups, root: str) -> None:
    os.link(f"{root}/b.wav", f"{root}/0 further.wav")
    made = backups.archive(root)
    assert placed(made) == ["Song/Song.ptx"]
    (found,) = (file for file in made.plan.base_files if file.links)
    assert (found.path, found.links) == ("Song/0 further.wav", ("Song/b.wav",))


def test_an_apple_double_file_goes_with_its_file(backups: Backups, root: str) -> None:
    for name in ("._Song.ptx", "._a.wav", "._b.wav"):
        write(root, name, b"AppleDouble")
    backups.archive(root)
    write(root, "a.wav", b"A" * 5000, mtime_ns=LATER)
    assert new(backups, root) == ["._Song.ptx", "._a.wav", "Song.ptx", "a.wav"]


def test_what_is_wanted_on_every_disc_is(backups: Backups, root: str) -> None:
    write(root, "c.wav", b"c")
    how = IncrementalOptions(new_only=True, replicate=("b.*",))
    assert new(backups, root, how) == ["Song.ptx", "b.wav", "c.wav"]
    made = backups.archive(root, how=how)
    assert "Song/b.wav" in placed(made)


@pytest.mark.parametrize("how", [BY_TIME, BY_HASH, ANYWHERE])
def test_nothing_is_new(backups: Backups, root: str, how: IncrementalOptions) -> None:
    with pytest.raises(NothingNewError) as caught:
        compared(backups, root, how)
    known = backups.made[0].plan.set
    assert f"nothing is new: the sources are as set {known.id[:8]} (Song" in str(caught.value)


@pytest.mark.parametrize("how", [BY_TIME, BY_HASH, ANYWHERE])
@pytest.mark.parametrize("change", ["mode", "folder", "link", "deleted", "folder's time"])
def test_what_is_no_content_can_be_new_too(
    backups: Backups, root: str, how: IncrementalOptions, change: str
) -> None:
    if change == "mode":
        os.chmod(f"{root}/b.wav", 0o600)
    elif change == "folder":
        os.mkdir(f"{root}/folder")
    elif change == "link":
        os.symlink("a.wav", f"{root}/link")
    elif change == "deleted":
        os.unlink(f"{root}/a.wav")
    else:
        os.utime(root, ns=(1, 1))
    assert set(new(backups, root, how)) <= {"Song.ptx", "empty.wav"}
    made = backups.archive(root, how=how)
    assert placed(made)[0] == "Song/Song.ptx"
    assert ("Song/a.wav" in kept(made)) == (change != "deleted")


def test_a_set_without_new_files(tmp_path: Path, backups: Backups) -> None:
    """Without a session document its disc holds what it says, and no data."""
    root = str(tmp_path / "Plain")
    for name in "ab":
        write(root, f"{name}.wav", name.encode() * 100)
    backups.archive(root)
    os.unlink(f"{root}/a.wav")
    made = backups.archive(root)
    assert (placed(made), kept(made)) == ([], ["Plain/b.wav"])


def test_the_first_time_all_is_new(tmp_path: Path, backups: Backups) -> None:
    write(str(tmp_path / "Other"), "a.wav", b"a" * 5000)
    assert compared(backups, str(tmp_path / "Other"), BY_HASH).compared_sets == ()
    assert compared(backups, str(tmp_path / "Other"), BY_HASH).base_files == ()
    tree = compared(backups, str(tmp_path / "Other"), ANYWHERE)
    assert [file.path for file in tree.base_files] == ["Other/a.wav"]


def test_to_and_fro_is_a_new_set_each_time(backups: Backups, root: str) -> None:
    """The last is as the first was, yet it is the newest."""
    for content, moment in ((b"A", LATER), (b"a", LATER + 1), (b"A", LATER)):
        write(root, "a.wav", content * 5000, mtime_ns=moment)
        backups.archive(root)
    sets = [made.plan.set for made in backups.made]
    assert len({each.id for each in sets}) == 4
    assert [each.created for each in sets] == sorted({each.created for each in sets})


def test_what_was_begun_is_planned_the_same(backups: Backups, root: str) -> None:
    write(root, "a.wav", b"A" * 900_000, mtime_ns=LATER)
    for how in (BY_TIME, BY_HASH, ANYWHERE):
        write(root, "a.wav", os.urandom(900_000), mtime_ns=LATER + len(backups.made))
        plan = backups.archive(root, how=how).plan
        assert len(plan.discs) > 1
        with open_library(backups.library) as library:
            library.db.execute("DELETE FROM images WHERE set_id = ? AND disc = 2", (plan.set.id,))
            library.db.commit()
        assert backups.archive(root, how=how).plan == plan


# reading


class Reads:
    """Notes which files are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        hasher = hashing._SourceHasher

        def noting(path: str, size: int, mtime_ns: int) -> hashing._SourceHasher:
            self.paths.append(os.path.basename(path))
            return hasher(path, size, mtime_ns)

        monkeypatch.setattr(hashing, "_SourceHasher", noting)


def test_only_what_may_be_equal_is_read_and_once(
    backups: Backups, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "alone.wav", b"x" * 777)
    write(root, "pair 1.wav", b"x" * 778)
    write(root, "pair 2.wav", b"y" * 778)
    write(root, "c.wav", b"c" * 5000)
    pairs = ["pair 1.wav", "pair 2.wav"]
    for how, wanted in (
        (BY_TIME, []),
        (IncrementalOptions(new_only=True, hash=True), pairs),
        (BY_HASH, ["Song.ptx", "a.wav", "b.wav", "c.wav", *pairs]),
        (ANYWHERE, ["Song.ptx", "a.wav", "b.wav", "c.wav", *pairs]),
        (IncrementalOptions(hash=True), ["a.wav", "b.wav", "c.wav", *pairs]),
        (FULL, []),
    ):
        reads = Reads(monkeypatch)
        compared(backups, root, how)
        assert sorted(reads.paths) == sorted(wanted), how
        monkeypatch.undo()


def divided(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return [content[start : start + size] for start, size in zip(starts, sizes, strict=True)]


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_parts_are_hashed_in_one_reading(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "_CHUNK", chunk)
    content = random.Random(3).randbytes(10)
    write(str(tmp_path / "S"), "a", content)
    (file,) = walk([str(tmp_path / "S")]).files
    divisions = {10: [(3, 7), (4, 4, 2), (10,), (1,) * 10]}
    found = hash_files([file], {"S": str(tmp_path / "S")}, divisions, silent)["S/a"]
    assert found.keys() == {(10,), (3, 7), (4, 4, 2), (1,) * 10}
    for sizes, hashes in found.items():
        assert hashes == tuple(sha256(each).hexdigest() for each in divided(content, sizes))


def test_a_source_that_changes_while_it_is_compared(tmp_path: Path) -> None:
    write(str(tmp_path / "S"), "a", b"abc")
    (file,) = walk([str(tmp_path / "S")]).files
    for wrong in (
        File(path="S/a", size=4, mtime_ns=file.mtime_ns, mode=0),
        File(path="S/a", size=3, mtime_ns=5, mode=0),
        File(path="S/a", size=2, mtime_ns=5, mode=0),
    ):
        with pytest.raises(SourceChangedError, match="it changed since it was scanned"):
            hash_files([wrong], {"S": str(tmp_path / "S")}, {}, silent)
