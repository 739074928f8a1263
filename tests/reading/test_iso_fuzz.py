"""The reader against any bytes at all: it reads them or says that they are damaged, and soon."""

import io
import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pycdlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import DamagedImageError, UsageError
from spanner.reading.iso import IsoImage
from support.work import bytes_read

FLIPS = [1, 2, 4, 8, 16, 32, 64, 128, 255]
MOST_READ = 8_000_000  # bytes: what is named six times is read six times


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small image with all that Rock Ridge has: relocated folders, long names, links."""
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, rock_ridge="1.09")
    path = ""
    for n in range(9):
        path += f"/L{n}"
        iso.add_directory(path, rr_name=f"level {n}")
    for n, folder in enumerate(["", "/L0", path]):
        for m, name in enumerate(["short", "é" * 120]):
            iso.add_fp(io.BytesIO(b"abc"), 3, iso_path=f"{folder}/F{n}{m}.;1", rr_name=name)
    iso.add_symlink("/SYM.;1", rr_symlink_name="sym", rr_path="x" * 250)
    written = io.BytesIO()
    iso.write_fp(written)
    return written.getvalue()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("fuzz") / "x.iso")


def write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def read_all(path: str) -> int:
    """Read all that there is; how many files there were."""
    with IsoImage(path) as image:
        list(image.directories())
        files = list(image.files())
        for file in files:
            image.read(file, 1 << 20)
            assert image.find(file.path) == file
        with suppress(KeyError):
            image.find("level 0/level 1/none")
        return len(files)


def is_refused(path: str) -> bool:
    try:
        read_all(path)
    except DamagedImageError as error:
        return "\n" not in str(error)
    return False


@pytest.mark.slow
def test_any_byte_may_be_wrong(image: bytes, path: str) -> None:
    """Each byte that is not zero, and some zeros, of all sectors with structure."""
    write(path, image)
    chance = random.Random(1)  # the same at each run
    found: list[bool] = []
    with open(path, "r+b", buffering=0) as file:
        for position, old in enumerate(image[: 60 * 2048]):
            if position < 16 * 2048 or (not old and chance.random() > 0.002):
                continue
            os.pwrite(file.fileno(), bytes([old ^ chance.choice(FLIPS)]), position)
            assert bytes_read(lambda: found.append(is_refused(path))) < MOST_READ
            os.pwrite(file.fileno(), bytes([old]), position)
    assert read_all(path) == 6
    assert sum(found) > 500  # most bytes are names, and text that has no meaning here


PATCHES = st.lists(
    st.tuples(st.integers(16 * 2048, 60 * 2048), st.binary(min_size=1, max_size=12)), max_size=8
)


@settings(max_examples=200)
@given(PATCHES)
def test_any_bytes_may_be_wrong(image: bytes, path: str, patches: list[tuple[int, bytes]]) -> None:
    changed = bytearray(image)
    for position, data in patches:
        changed[position : position + len(data)] = data
    write(path, changed[: len(image)])
    assert bytes_read(lambda: is_refused(path)) < MOST_READ


@settings(max_examples=200)
@given(st.integers(16, 59), st.integers(0, 59))
def test_any_sector_may_be_elsewhere(image: bytes, path: str, there: int, here: int) -> None:
    changed = bytearray(image)
    changed[there * 2048 : (there + 1) * 2048] = image[here * 2048 : (here + 1) * 2048]
    write(path, changed[: len(image)])
    assert bytes_read(lambda: is_refused(path)) < MOST_READ


@given(st.binary(max_size=5000), st.sampled_from([0, 16 * 2048, 16 * 2048 + 156, 17 * 2048]))
def test_any_bytes_are_no_image(image: bytes, path: str, data: bytes, start: int) -> None:
    changed = bytearray(image[:start])
    write(path, changed + data)
    with pytest.raises(DamagedImageError):
        IsoImage(path)


@pytest.mark.parametrize(
    ("sector", "data"),
    [(16, b"\1CD002\1"), (16, b"\1CD001\2"), (16, b"\2CD001\1"), (17, b"\2CD001\1"), (17, b"\xff")],
    ids=["name", "version", "no volume", "no end", "end of another kind"],
)
def test_what_is_no_image(image: bytes, path: str, sector: int, data: bytes) -> None:
    start = sector * 2048
    write(path, image[:start] + data.ljust(2048, b"\0") + image[start + 2048 :])
    with pytest.raises(DamagedImageError, match="is no ISO 9660 image: no volume is described"):
        IsoImage(path)


def test_an_image_that_is_cut(image: bytes, path: str) -> None:
    total = len(image) // 2048
    for length in range(0, len(image), 1000):
        write(path, image[:length])
        with pytest.raises(DamagedImageError) as caught:
            IsoImage(path)
        if length < 18 * 2048:
            what = f"is no ISO 9660 image: no volume is described in its {length // 2048} sectors"
        else:
            what = f"is cut: {length // 2048} of {total} sectors"
        assert str(caught.value) == f"{path} {what}"


def test_an_image_that_is_cut_while_it_is_read(image: bytes, path: str) -> None:
    write(path, image)
    with IsoImage(path) as read:
        file = read.find("short")
        os.truncate(path, 30_000)
        with pytest.raises(DamagedImageError, match=f"sector {file.extents[0].sector}: it ends"):
            read.read(file)
        with pytest.raises(DamagedImageError, match=r"in sector \d+: it ends before"):
            list(read.files())


def test_a_disc_that_cannot_be_read(
    image: bytes, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> int:
        raise OSError(5, "Input/output error")

    write(path, image)
    with IsoImage(path) as read:
        file = read.find("short")
        monkeypatch.setattr(os, "preadv", fail)
        sector = file.extents[0].sector
        with pytest.raises(DamagedImageError) as caught:
            read.read(file)
        assert str(caught.value) == f"{path} cannot be read in sector {sector}: Input/output error"


def test_short_reads_are_continued(
    image: bytes, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, image)
    whole = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, into, at: whole(fd, [into[0][:700]], at))
    assert read_all(path) == 6


def test_no_file_stays_open(image: bytes, path: str) -> None:
    before = os.listdir("/proc/self/fd")
    write(path, image[:-2048])
    with pytest.raises(DamagedImageError):
        IsoImage(path)
    write(path, image)
    with IsoImage(path) as read:
        pass
    read.close()
    assert os.listdir("/proc/self/fd") == before


def nothing(path: str) -> None:
    """Put nothing there."""


def loop(path: str) -> None:
    os.symlink(path, path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (nothing, "No such file or directory"),
        (os.mkdir, "it is neither an image nor a drive"),
        (os.mkfifo, "it is neither an image nor a drive"),
        (loop, "Too many levels of symbolic links"),
    ],
)
def test_what_cannot_be_opened(make: Callable[[str], None], reason: str, tmp_path: Any) -> None:
    path = f"{tmp_path}/odd\nname.iso"
    make(path)
    with pytest.raises(UsageError) as caught:
        IsoImage(path)
    assert str(caught.value) == f"cannot read {tmp_path}/odd\\nname.iso: {reason}"
