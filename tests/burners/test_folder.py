"""The folder that takes discs as .iso files, on file systems that refuse as well."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from burners import BurnError, Drive, FolderDrive, Image, TargetFullError, silent
from burners.image import SECTOR

BLOCKS = [bytes([number]) * (number * SECTOR) for number in (1, 3, 2)]
WHOLE = b"".join(BLOCKS)


class Counter:
    """Progress that only counts."""

    def __init__(self) -> None:
        self.count = 0

    def task(self, what: str, total: int | None = None, unit: str = "B") -> nullcontext[None]:
        return nullcontext()

    def advance(self, count: int) -> None:
        self.count += count

    def note(self, line: str) -> None:
        raise AssertionError(line)


def image(blocks: Iterable[bytes] = BLOCKS, sectors: int = 6) -> Image:
    return Image("VOL", sectors, lambda: map(memoryview, blocks))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    path = str(tmp_path / "images")
    os.mkdir(path)
    return path


def content(folder: str, name: str) -> bytes:
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def put(folder: str, name: str, data: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def test_burns_and_reads_back(folder: str) -> None:
    drive: Drive = FolderDrive(folder)
    progress = Counter()
    assert drive.burn(image(), progress) == f"{folder}/VOL.iso"
    assert progress.count == len(WHOLE)
    assert content(folder, "VOL.iso") == WHOLE
    assert os.listdir(folder) == ["VOL.iso"]
    assert drive.read_back(image(), progress) == hashlib.sha256(WHOLE).hexdigest()
    assert progress.count == 2 * len(WHOLE)


def test_image_larger_than_the_buffers(folder: str) -> None:
    block = os.urandom(SECTOR * 500)
    big = image([block] * 10, 5000)
    FolderDrive(folder).burn(big, silent)
    assert FolderDrive(folder).read_back(big, silent) == hashlib.sha256(block * 10).hexdigest()


def test_takes_each_block_before_it_asks_for_the_next(folder: str) -> None:
    buffer = bytearray(SECTOR)

    def blocks() -> Iterator[bytearray]:
        for number in range(4):
            buffer[:] = bytes([number]) * SECTOR
            yield buffer

    FolderDrive(folder).burn(image(blocks(), 4), silent)
    assert content(folder, "VOL.iso") == b"".join(bytes([n]) * SECTOR for n in range(4))


def test_has_its_name_only_when_it_is_whole(folder: str) -> None:
    put(folder, "VOL.iso", b"an older image")
    put(folder, "VOL.iso.partial", b"left by a run that was killed" * 1000)
    seen = []

    def blocks() -> Iterator[bytes]:
        for block in BLOCKS:
            yield block
            seen.append((content(folder, "VOL.iso"), len(content(folder, "VOL.iso.partial"))))

    FolderDrive(folder).burn(image(blocks()), silent)
    assert seen == [(b"an older image", count * SECTOR) for count in (1, 4, 6)]
    assert content(folder, "VOL.iso") == WHOLE
    assert os.listdir(folder) == ["VOL.iso"]


def test_flushes_the_file_then_renames_then_flushes_the_folder(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, rename = os.fsync, os.rename

    def watched_fsync(fd: int) -> None:
        seen.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    def watched_rename(source: str, target: str) -> None:
        seen.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "rename", watched_rename)
    FolderDrive(folder).burn(image(), silent)
    assert seen == [f"{folder}/VOL.iso.partial", "rename", folder]


def test_reads_back_from_the_medium(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    advice: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda fd, start, size, what: advice.append(what))
    FolderDrive(folder).burn(image(), silent)
    FolderDrive(folder).read_back(image(), silent)
    assert advice[0] == os.POSIX_FADV_DONTNEED


def test_a_folder_given_relatively_stays_the_same(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    drive = FolderDrive(".")
    monkeypatch.chdir("/")
    assert drive.burn(image(), silent) == f"{folder}/VOL.iso"


@pytest.mark.parametrize("length", [0, 1, 5 * SECTOR, 6 * SECTOR - 1, 6 * SECTOR + 1, 7 * SECTOR])
def test_reads_back_another_length(folder: str, length: int) -> None:
    put(folder, "VOL.iso", (WHOLE + bytes(SECTOR))[:length])
    remark = FolderDrive(folder).read_back(image(), silent)
    assert remark == "a file of another length than 6 sectors"


def test_reads_back_another_byte(folder: str) -> None:
    put(folder, "VOL.iso", WHOLE[:-1] + b"\xff")
    found = FolderDrive(folder).read_back(image(), silent)
    assert found == hashlib.sha256(WHOLE[:-1] + b"\xff").hexdigest()


def test_what_cannot_be_read_back_is_an_error(folder: str) -> None:
    with pytest.raises(BurnError) as caught:
        FolderDrive(folder).read_back(image(), silent)
    assert str(caught.value) == (f"{folder}/VOL.iso cannot be read back: No such file or directory")


def test_reject_renames(folder: str) -> None:
    drive = FolderDrive(folder)
    drive.reject(image())
    assert os.listdir(folder) == []
    for data in (b"first", b"second"):
        put(folder, "VOL.iso", data)
        drive.reject(image())
        assert os.listdir(folder) == ["VOL.iso.bad"]
        assert content(folder, "VOL.iso.bad") == data


def test_what_cannot_be_renamed_is_an_error(folder: str) -> None:
    put(folder, "VOL.iso", b"wrong")
    os.mkdir(f"{folder}/VOL.iso.bad")
    with pytest.raises(BurnError, match=r"/VOL.iso cannot be renamed: Is a directory$"):
        FolderDrive(folder).reject(image())


def endless() -> Iterator[bytes]:
    while True:
        yield bytes(SECTOR)


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ([], "VOL: 12288 bytes are missing to 6 sectors"),
        (BLOCKS[:2], "VOL: 4096 bytes are missing to 6 sectors"),
        ([WHOLE[:-1]], "VOL: 1 bytes are missing to 6 sectors"),
        ([WHOLE, b"x"], "VOL: more came than its 6 sectors"),
        (endless(), "VOL: more came than its 6 sectors"),
    ],
)
def test_image_of_another_length_than_it_says(
    folder: str, blocks: Iterable[bytes], sentence: str
) -> None:
    put(folder, "VOL.iso", b"an older image")
    with pytest.raises(BurnError) as caught:
        FolderDrive(folder).burn(image(blocks), silent)
    assert str(caught.value) == sentence
    assert os.listdir(folder) == ["VOL.iso"]
    assert content(folder, "VOL.iso") == b"an older image"


@pytest.mark.parametrize(
    "failure", [ValueError("x"), KeyboardInterrupt(), OSError(28, "the source's own")]
)
def test_whatever_breaks_the_image_is_passed_on(folder: str, failure: BaseException) -> None:
    def blocks() -> Iterator[bytes]:
        yield BLOCKS[0]
        assert os.listdir(folder) == ["VOL.iso.partial"]
        raise failure

    with pytest.raises(type(failure)) as caught:
        FolderDrive(folder).burn(image(blocks()), silent)
    assert caught.value is failure
    assert os.listdir(folder) == []


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BurnError, match=r"/VOL.iso cannot be written: No such file or directory$"):
        FolderDrive(str(tmp_path / "none")).burn(image(), silent)


def test_folder_in_place_of_the_image(folder: str) -> None:
    os.mkdir(f"{folder}/VOL.iso")
    with pytest.raises(BurnError, match=r"/VOL.iso cannot be written: Is a directory$"):
        FolderDrive(folder).burn(image(), silent)
    assert os.listdir(folder) == ["VOL.iso"]


def test_writes_through_no_link(folder: str, tmp_path: Path) -> None:
    put(str(tmp_path), "precious", b"precious")
    os.symlink("../precious", f"{folder}/VOL.iso.partial")
    with pytest.raises(BurnError, match="/VOL.iso cannot be written: Too many levels of symbolic"):
        FolderDrive(folder).burn(image(), silent)
    assert content(str(tmp_path), "precious") == b"precious"


def test_check_room_makes_the_folder(tmp_path: Path) -> None:
    FolderDrive(str(tmp_path / "a/b")).check_room(1)
    FolderDrive(str(tmp_path / "a/b")).check_room(1)
    assert os.path.isdir(tmp_path / "a/b")


def test_check_room_where_there_is_none(folder: str) -> None:
    with pytest.raises(TargetFullError) as caught:
        FolderDrive(folder).check_room(2**62)
    assert str(caught.value).startswith(f"{folder} has ")
    assert str(caught.value).endswith(
        " bytes free, 4,611,686,018,427,387,904 are needed: make room or choose another folder"
    )


def test_check_room_with_a_file_in_the_way(folder: str) -> None:
    put(folder, "file", b"")
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
        f"{folder} has 4,194,304 bytes free, 4,194,305 are needed: "
        f"make room or choose another folder",
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


def test_burners_stand_alone() -> None:
    code = "import burners, sys; print(*sorted(x for x in sys.modules if x.startswith('spanner')))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, stdout=subprocess.PIPE
    )
    assert done.stdout == b"\n"
    with silent.task("anything", 5):
        silent.advance(5)
        silent.note("nothing to see")
