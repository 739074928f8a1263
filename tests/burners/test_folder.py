"""The folder that takes each disc as an .iso file."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from burners import BurnError, FolderDrive, Image, silent
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
    drive = FolderDrive(folder)
    progress = Counter()
    burnt = drive.burn(image(), progress)
    assert (burnt.place, burnt.sha256) == (f"{folder}/VOL.iso", hashlib.sha256(WHOLE).hexdigest())
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
    assert drive.burn(image(), silent).place == f"{folder}/VOL.iso"


@pytest.mark.parametrize("length", [0, 1, 5 * SECTOR, 6 * SECTOR - 1, 6 * SECTOR + 1, 7 * SECTOR])
def test_reads_back_another_length(folder: str, length: int) -> None:
    put(folder, "VOL.iso", (WHOLE + bytes(SECTOR))[:length])
    progress = Counter()
    remark = FolderDrive(folder).read_back(image(), progress)
    assert remark == "a file of another length than 6 sectors"
    assert progress.count <= len(WHOLE)


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
        ([], "VOL: only 0 of its 12,288 bytes came"),
        (BLOCKS[:2], "VOL: only 8,192 of its 12,288 bytes came"),
        ([WHOLE[:-1]], "VOL: only 12,287 of its 12,288 bytes came"),
        ([WHOLE, b"x"], "VOL: more than its 12,288 bytes came"),
        (endless(), "VOL: more than its 12,288 bytes came"),
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


def test_burners_stand_alone() -> None:
    code = "import burners, sys; print(*sorted(x for x in sys.modules if x.startswith('spanner')))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, stdout=subprocess.PIPE
    )
    assert done.stdout == b"\n"
    with silent.task("anything", 5):
        silent.advance(5)
        silent.note("nothing to see")
