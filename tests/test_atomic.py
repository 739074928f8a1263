"""Files are whole or not there."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanner.atomic import write_atomically


def test_writes_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_atomically(str(tmp_path / "plan.json"), [b"one ", b"", b"two"])
    assert (tmp_path / "plan.json").read_bytes() == b"one two"
    assert os.listdir(tmp_path) == ["plan.json"]


def test_replaces(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"what was there, and is longer")
    write_atomically(str(path), iter([b"new"]))
    assert path.read_bytes() == b"new"


def test_takes_over_what_a_killed_run_left(tmp_path: Path) -> None:
    (tmp_path / "plan.json.partial").write_bytes(b"half of something")
    write_atomically(str(tmp_path / "plan.json"), [b"new"])
    assert (tmp_path / "plan.json").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["plan.json"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_failure_leaves_what_was_there(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")

    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise failure

    with pytest.raises(failure):
        write_atomically(str(path), chunks())
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["plan.json"]


def test_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(str(tmp_path / "plan.json"), [b"new"])
    assert os.listdir(tmp_path) == ["plan.json"]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(str(tmp_path / "none" / "plan.json"), [b"new"])


def test_flushed_whole_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "plan.json")
    seen: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(fd: int) -> None:
        fsync(fd)
        seen.append(("flushed", os.fstat(fd).st_size))

    def watched_replace(source: str, target: str) -> None:
        seen.append(("renamed", os.stat(source).st_size))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    write_atomically(path, [b"12345"])
    assert seen == [("flushed", 5), ("renamed", 5)]


def test_what_is_no_file_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(str(pipe), [b"12", b"345"])
    assert os.read(reader, 99) == b"12345"
    os.close(reader)
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)
    assert os.listdir(tmp_path) == ["pipe"]
