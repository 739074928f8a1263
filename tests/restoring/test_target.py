"""The target folder: every path is opened below it, every file is whole before it has its name."""

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import UsageError
from spanner.restoring.partial_file import SUFFIX, beside, noted_parts
from spanner.restoring.target import Target
from support.trees import snapshot, write

TIME = 1_234_567_890_123_456_789


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    with Target(str(tmp_path / "new/target")) as opened:
        yield opened


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def put(target: Target, path: str, data: bytes = b"data") -> None:
    with target.partial(path, fresh=True) as partial:
        partial.write(data, 0)
        partial.publish(len(data), 0o640, TIME)


def test_a_file_gets_mode_and_time_then_its_name(target: Target) -> None:
    place = Path(target.folder)
    with target.partial("S/x/a.wav", fresh=True) as partial:
        partial.write(b"56789", 5)
        partial.write(b"01234", 0)
        assert names(place / "S/x") == [f".a.wav{SUFFIX}"]
        partial.publish(8, 0o4751, TIME)
        assert names(place / "S/x") == ["a.wav"]
    info = (place / "S/x/a.wav").stat()
    assert (place / "S/x/a.wav").read_bytes() == b"01234567"
    assert (stat.S_IMODE(info.st_mode), info.st_mtime_ns) == (0o4751, TIME)


def test_its_bytes_are_flushed_before_it_has_its_name(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    for name in ("pwrite", "fsync", "rename"):
        real = getattr(os, name)

        def recording(*arguments: object, _name: str = name, _real: object = real, **k: object):
            steps.append(_name)
            return _real(*arguments, **k)

        monkeypatch.setattr(os, name, recording)
    put(target, "a.wav")
    assert steps == ["pwrite", "fsync", "rename"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_failure_leaves_only_what_is_noted(target: Target, error: BaseException) -> None:
    place = Path(target.folder)

    def write_half(*, fresh: bool, noted: bool) -> None:
        with target.partial("a.wav", fresh=fresh) as partial:
            partial.write(b"half", 0)
            if noted:
                partial.note(8, "set", {1: "a" * 64})
            raise error

    with pytest.raises(type(error)):
        write_half(fresh=True, noted=False)
    assert names(place) == []
    with pytest.raises(type(error)):
        write_half(fresh=True, noted=True)
    with pytest.raises(type(error)):
        write_half(fresh=False, noted=False)
    assert names(place) == [f".a.wav{SUFFIX}"]
    assert target.parts_beside("a.wav", 8, "set") == {1: "a" * 64}
    with target.partial("a.wav", fresh=False) as partial:
        partial.write(b"rest", 4)
        partial.publish(8, 0o600, TIME)
    assert names(place) == ["a.wav"]
    assert (place / "a.wav").read_bytes() == b"halfrest"


def test_what_is_gone_on_with_must_be_there(target: Target) -> None:
    """Else what earlier discs gave would be a hole."""
    with pytest.raises(FileNotFoundError):
        target.partial("a.wav", fresh=False)
    assert names(Path(target.folder)) == []


def test_short_writes_are_gone_on_with(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, data[:3], at))
    put(target, "a.wav", b"0123456789")
    assert Path(target.folder, "a.wav").read_bytes() == b"0123456789"


@given(
    size=st.integers(0, 5000),
    hashes=st.dictionaries(st.integers(1, 10**9 - 1), st.binary(max_size=3)),
    set_id=st.text("abc-0189", min_size=1),
    cut=st.integers(0, 100),
)
@settings(max_examples=60)
def test_notes_are_read_back_for_this_set_and_size_alone(
    size: int, hashes: dict[int, bytes], set_id: str, cut: int
) -> None:
    noted = {part: hashlib.sha256(data).hexdigest() for part, data in hashes.items()}
    with tempfile.TemporaryDirectory() as folder, Target(folder) as target:
        with target.partial("x", fresh=True) as partial:
            partial.note(size, set_id, {1: "f" * 64, **noted})
            partial.note(size, set_id, noted)
        assert target.parts_beside("x", size, set_id) == noted
        assert target.parts_beside("x", size, f"{set_id}2") == {}
        assert target.parts_beside("x", size + 1, set_id) == {}
        assert target.parts_beside("y", size, set_id) == {}
        path = os.path.join(folder, f".x{SUFFIX}")
        os.truncate(path, max(size, os.path.getsize(path) - cut))
        assert target.parts_beside("x", size, set_id).items() <= noted.items()


def test_notes_of_noise(target: Target) -> None:
    for data in (b"", b"\xff\0" * 500, b"spanner set\n1 x\n\n2 " + b"e" * 64):
        path = write(target.folder, "noise", data)
        with open(path, "rb") as file:
            found = noted_parts(file.fileno(), 0, "set")
        assert found == ({2: "e" * 64} if data.startswith(b"spanner") else {})


@given(st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=300))
def test_an_unfinished_files_name_is_one(name: str) -> None:
    found = {beside(name, number) for number in range(4)}
    assert len(found) == 4
    for each in found:
        assert each != name
        assert "/" not in each
        assert each.startswith(".")
        assert each.endswith(SUFFIX)
        assert len(os.fsencode(each)) <= 255


def test_an_unfinished_file_takes_no_others_name(tmp_path: Path) -> None:
    taken = {f"S/.a{SUFFIX}", f"S/.a.1{SUFFIX}", f".b{SUFFIX}"}
    with Target(str(tmp_path), taken) as target:
        assert target.beside("S/a") == f"S/.a.2{SUFFIX}"
        assert target.beside("S/b") == f"S/.b{SUFFIX}"
        assert target.beside("b") == f".b.1{SUFFIX}"


@pytest.mark.parametrize("kind", ["link to a folder", "link to nothing", "file", "pipe"])
def test_nothing_is_reached_through_what_is_no_folder(
    target: Target, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "outside").mkdir()
    write(str(tmp_path), "outside/x/file", b"mine")
    place = os.path.join(target.folder, "S")
    if kind == "file":
        write(target.folder, "S", b"mine")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        os.symlink(tmp_path / ("outside" if kind == "link to a folder" else "none"), place)
    put(target, "first")
    before = snapshot(str(tmp_path / "outside"))
    actions = [
        lambda: target.stat("S/file"),
        lambda: target.make_directory("S"),
        lambda: target.make_directory("S/x/y"),
        lambda: target.finish_directory("S", 0o777, 0),
        lambda: target.finish_directory("S/x", 0o777, 0),
        lambda: target.partial("S/x/new", fresh=True),
        lambda: target.partial("S/x/file", fresh=False),
        lambda: target.hash_range("S/x/file", 0, 4),
        lambda: target.set_mode_and_time("S/x/file", 0o777, 0),
        lambda: target.hard_link("S/x/file", "mine"),
        lambda: target.hard_link("first", "S/x/new"),
        lambda: target.copy("S/x/file", "mine", 0o777, 0),
        lambda: target.symlink("S/x/new", "x", 0),
        lambda: target.read_link("S/x/file"),
        lambda: target.remove_partial("S/x/file"),
        lambda: target.parts_beside("S/x/file", 0, "set"),
    ]
    for action in actions:
        with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
            action()
    assert snapshot(str(tmp_path / "outside")) == before
    assert sorted(os.listdir(target.folder)) == ["S", "first"]


def test_links_in_files_places_are_not_followed(target: Target, tmp_path: Path) -> None:
    mine = write(str(tmp_path), "mine", b"mine", 0o600, 5)
    os.symlink(mine, os.path.join(target.folder, "a"))
    os.symlink(mine, os.path.join(target.folder, f".b{SUFFIX}"))
    found = target.stat("a")
    assert found
    assert stat.S_ISLNK(found.st_mode)
    for action in (
        lambda: target.hash_range("a", 0, 4),
        lambda: target.set_mode_and_time("a", 0o777, 0),
        lambda: target.copy("a", "b", 0o777, 0),
        lambda: target.finish_directory("a", 0o777, 0),
        lambda: target.partial("b", fresh=False),
        lambda: target.parts_beside("b", 0, "set"),
    ):
        with pytest.raises(OSError, match=r"Too many levels|Not a directory"):
            action()
    assert target.hard_link("a", "b")
    assert os.readlink(os.path.join(target.folder, "b")) == mine
    put(target, "a", b"new")
    assert Path(target.folder, "a").read_bytes() == b"new"
    info = os.stat(mine)
    assert (Path(mine).read_bytes(), stat.S_IMODE(info.st_mode), info.st_mtime_ns) == (
        b"mine",
        0o600,
        5,
    )


def test_directories(target: Target) -> None:
    place = Path(target.folder)
    target.make_directory("S/a/b")
    (place / "S/a").chmod(0o500)
    target.make_directory("S/a")
    assert stat.S_IMODE((place / "S/a").stat().st_mode) == 0o700
    put(target, "S/a/b/file")
    for path in ("S/a/b", "S/a", "S"):
        target.finish_directory(path, 0o555, TIME)
    for path in ("S/a/b", "S/a", "S"):
        info = (place / path).stat()
        assert (stat.S_IMODE(info.st_mode), info.st_mtime_ns) == (0o555, TIME)
    target.stat("S/a/b/file")
    put(target, "S/a/b/other")
    assert stat.S_IMODE((place / "S/a/b").stat().st_mode) == 0o755


def test_links(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(target.folder)
    put(target, "S/a")
    write(target.folder, f"S/.b{SUFFIX}", b"left over")
    write(target.folder, "S/b", b"old")
    assert target.hard_link("S/a", "S/b")
    assert target.hard_link("S/a", "S/b")
    assert (place / "S/b").samefile(place / "S/a")
    target.symlink("S/l", "nowhere\udcff", TIME)
    target.symlink("S/l", "somewhere\n", TIME)
    assert target.read_link("S/l") == "somewhere\n"
    assert (place / "S/l").lstat().st_mtime_ns == TIME
    assert names(place) == ["S", "S/a", "S/b", "S/l"]

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    assert not target.hard_link("S/a", "S/c")
    target.copy("S/a", "S/c", 0o600, TIME)
    assert (place / "S/c").read_bytes() == b"data"
    assert (place / "S/c").stat().st_mtime_ns == TIME


@given(st.binary(max_size=200), st.integers(0, 250), st.integers(0, 10**15))
@settings(max_examples=60)
def test_hash_of_a_range(data: bytes, offset: int, size: int) -> None:
    """What is behind the end is not waited for."""
    with tempfile.TemporaryDirectory() as folder, Target(folder) as target:
        write(folder, "x", data)
        expected = hashlib.sha256(data[offset : offset + size]).hexdigest()
        assert target.hash_range("x", offset, size) == expected


def test_no_descriptor_is_lost(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with Target(str(tmp_path / "out")) as target:
        write(target.folder, "file")
        os.mkdir(os.path.join(target.folder, f".x{SUFFIX}"))
        for _ in range(3):
            put(target, "S/a")
            target.hard_link("S/a", "S/b")
            target.parts_beside("S/a", 0, "set")
            with pytest.raises(OSError, match="Not a directory"):
                put(target, "file/x")
            with pytest.raises(OSError, match="directory"):
                put(target, "x")
            with pytest.raises(FileNotFoundError):
                target.hard_link("S/none", "S/c")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("path", ["file", "file/below", "file/"])
def test_a_folder_that_cannot_be(tmp_path: Path, path: str) -> None:
    write(str(tmp_path), "file")
    with pytest.raises(UsageError, match="cannot use "):
        Target(str(tmp_path / path))
