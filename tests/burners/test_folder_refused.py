"""Folders and file systems that refuse an image: full, read-only, too small for the file."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from burners import BurnError, FolderDrive, Image, TargetFullError, silent

ADVICE = "make room or choose another folder"
IMAGE = Image("VOL", 2, lambda: iter([memoryview(bytes(4096))]))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    path = str(tmp_path / "images")
    os.mkdir(path)
    return path


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BurnError, match=r"/VOL.iso cannot be written: No such file or directory$"):
        FolderDrive(str(tmp_path / "none")).burn(IMAGE, silent)


def test_folder_in_place_of_the_image(folder: str) -> None:
    os.mkdir(f"{folder}/VOL.iso")
    with pytest.raises(BurnError, match=r"/VOL.iso cannot be written: Is a directory$"):
        FolderDrive(folder).burn(IMAGE, silent)
    assert os.listdir(folder) == ["VOL.iso"]


def test_writes_through_no_link(folder: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    os.symlink("../precious", f"{folder}/VOL.iso.partial")
    FolderDrive(folder).burn(IMAGE, silent)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert os.listdir(folder) == ["VOL.iso"]
    assert not os.path.islink(f"{folder}/VOL.iso")


def test_check_room_makes_the_folder(tmp_path: Path) -> None:
    FolderDrive(str(tmp_path / "a/b")).check_room(1)
    FolderDrive(str(tmp_path / "a/b")).check_room(1)
    assert os.path.isdir(tmp_path / "a/b")


def test_check_room_where_there_is_none(folder: str) -> None:
    with pytest.raises(TargetFullError) as caught:
        FolderDrive(folder).check_room(2**62)
    assert str(caught.value).startswith(f"{folder} has ")
    assert str(caught.value).endswith(
        f" bytes free, 4,611,686,018,427,387,904 are needed: {ADVICE}"
    )


def test_check_room_with_a_file_in_the_way(folder: str, tmp_path: Path) -> None:
    (tmp_path / "images/file").touch()
    for path, reason in (("file", "File exists"), ("file/below", "Not a directory")):
        with pytest.raises(BurnError) as caught:
            FolderDrive(f"{folder}/{path}").check_room(1)
        assert str(caught.value) == f"cannot use the folder {folder}/{path}: {reason}"


TRY = """
import json, os, resource, sys
from burners import BurnError, FolderDrive, Image, silent

folder, job, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
blocks = lambda: iter([memoryview(bytes(2048))] * size)
if job == "limited":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    if job == "check":
        FolderDrive(folder).check_room(size)
    else:
        FolderDrive(folder).burn(Image("VOL", size, blocks), silent)
    answer = "", ""
except BurnError as error:
    answer = type(error).__name__, str(error)
print(json.dumps([*answer, os.listdir(folder)]))
"""
Answer = tuple[str, str, list[str]]


def try_alone(folder: str, job: str, size: int, *, within: Iterable[str] = ()) -> Answer:
    """Do it in another process: the error's name and sentence, and what then is in the folder."""
    python = [sys.executable, "-W", "error", "-c", TRY, folder, job, str(size)]
    done = subprocess.run([*within, *python], check=True, stdout=subprocess.PIPE)
    name, sentence, left = json.loads(done.stdout)
    return name, sentence, left


@pytest.fixture
def try_mounted(folder: str) -> Callable[[str, str, int], Answer]:
    """Like `try_alone`, with a small file system of its own mounted on the folder."""
    mount = ["sh", "-c", 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"', "sh"]
    for unshare in (
        ["unshare", "--mount"],
        ["unshare", "--mount", "--map-root-user"],
        ["sudo", "--non-interactive", "unshare", "--mount"],
    ):
        command = [*unshare, *mount]
        try:
            subprocess.run([*command, "size=1m", folder, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return lambda options, job, size: try_alone(
            folder, job, size, within=[*command, options, folder]
        )
    if os.environ.get("CI"):
        pytest.fail("no file system can be mounted here")
    pytest.skip("no file system can be mounted here")


def test_full_in_the_middle(folder: str, try_mounted: Callable[[str, str, int], Answer]) -> None:
    assert try_mounted("size=4m", "burn", 2048) == ("", "", ["VOL.iso"])
    assert try_mounted("size=4m", "burn", 2049) == (
        "TargetFullError",
        f"{folder} is full: make room and run the same command again",
        [],
    )


def test_check_room_is_exact(folder: str, try_mounted: Callable[[str, str, int], Answer]) -> None:
    assert try_mounted("size=4m", "check", 4 << 20) == ("", "", [])
    assert try_mounted("size=4m", "check", (4 << 20) + 1) == (
        "TargetFullError",
        f"{folder} has 4,194,304 bytes free, 4,194,305 are needed: {ADVICE}",
        [],
    )


def test_folder_that_is_read_only(
    folder: str, try_mounted: Callable[[str, str, int], Answer]
) -> None:
    assert try_mounted("ro", "check", 1) == (
        "BurnError",
        f"cannot use the folder {folder}: it is not writable",
        [],
    )
    assert try_mounted("ro", "burn", 1) == (
        "BurnError",
        f"{folder}/VOL.iso cannot be written: Read-only file system",
        [],
    )


def test_file_larger_than_the_file_system_allows(folder: str) -> None:
    assert try_alone(folder, "limited", 512) == ("", "", ["VOL.iso"])
    os.unlink(f"{folder}/VOL.iso")
    name, sentence, left = try_alone(folder, "limited", 513)
    assert (name, left) == ("BurnError", [])
    assert sentence == (
        f"{folder}/VOL.iso is larger than its file system or your limits allow "
        f"(FAT takes 4 GiB at most): choose another folder"
    )


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (errno.EDQUOT, TargetFullError, " is full: make room and run the same command again"),
        (errno.EIO, BurnError, "/VOL.iso cannot be written: Input/output error"),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_what_the_system_refuses(
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    kind: type[BurnError],
    sentence: str,
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(BurnError) as caught:
        FolderDrive(folder).burn(IMAGE, silent)
    assert type(caught.value) is kind
    assert str(caught.value) == folder + sentence
    assert os.listdir(folder) == []


def test_file_systems_that_cannot_flush_folders_will_do(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def files_only(fd: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{fd}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(fd)

    monkeypatch.setattr(os, "fsync", files_only)
    assert FolderDrive(folder).burn(IMAGE, silent).place == f"{folder}/VOL.iso"
