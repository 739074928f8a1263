"""Checksums, images in files, and blocks that are not as many as they should be."""

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burners import BurnError, Image, image_file
from burners.image import CLUSTER, SECTOR, Checksums, measured, volume_name

SIZE = CLUSTER * SECTOR


@given(st.lists(st.integers(0, 3 * SIZE), max_size=6), st.integers(0, 255))
def test_checksums_do_not_depend_on_the_blocks(sizes: list[int], byte: int) -> None:
    data = bytes([byte]) * sum(sizes)
    sums = Checksums()
    position = 0
    for size in sizes:
        sums.update(memoryview(data)[position : position + size])
        position += size
    sums.finish()
    sums.finish()
    assert sums.sha256 == hashlib.sha256(data).hexdigest()
    clusters = [data[start : start + SIZE] for start in range(0, len(data), SIZE)]
    assert list(sums.clusters) == [zlib.crc32(cluster) for cluster in clusters]


def image(*parts: bytes, sectors: int) -> Image:
    return Image("VOL", sectors, lambda: (memoryview(part) for part in parts))


def test_measured_blocks_are_those_of_the_image() -> None:
    parts = os.urandom(SECTOR), os.urandom(3 * SECTOR)
    sums = Checksums()
    assert b"".join(map(bytes, measured(image(*parts, sectors=4), sums))) == b"".join(parts)
    assert sums.sha256 == hashlib.sha256(b"".join(parts)).hexdigest()
    assert len(sums.clusters) == 1


@pytest.mark.parametrize(("count", "words"), [(3, "only 6,144 of its 8,192"), (5, "more than its")])
def test_another_number_of_bytes_is_an_error(count: int, words: str) -> None:
    with pytest.raises(BurnError, match=f"VOL: {words}"):
        list(measured(image(*[bytes(SECTOR)] * count, sectors=4), Checksums()))


def descriptor(name: bytes) -> bytes:
    return (b"\x01CD001\x01\0" + b" " * 32 + name.ljust(32)).ljust(SECTOR, b"\0")


def write(path: Path, name: bytes = b"ALBUM_01OF02", sectors: int = 20) -> bytes:
    data = os.urandom(16 * SECTOR) + descriptor(name) + os.urandom((sectors - 17) * SECTOR)
    path.write_bytes(data)
    return data


def test_an_image_in_a_file(tmp_path: Path) -> None:
    data = write(tmp_path / "x.iso")
    found = image_file(str(tmp_path / "x.iso"))
    assert (found.volume_id, found.sectors) == ("ALBUM_01OF02", 20)
    for _ in range(2):
        assert b"".join(map(bytes, found.blocks())) == data


def test_what_has_no_name_is_called_like_its_file(tmp_path: Path) -> None:
    (tmp_path / "Some Disc.img").write_bytes(bytes(40 * SECTOR))
    assert image_file(str(tmp_path / "Some Disc.img")).volume_id == "Some Disc"
    write(tmp_path / "unnamed.iso", b"")
    assert image_file(str(tmp_path / "unnamed.iso")).volume_id == "unnamed"


@pytest.mark.parametrize("size", [0, 1, SECTOR + 1, 2352])
def test_what_is_not_made_of_sectors_is_no_image(tmp_path: Path, size: int) -> None:
    (tmp_path / "x.iso").write_bytes(bytes(size))
    with pytest.raises(BurnError, match="is no disc image"):
        image_file(str(tmp_path / "x.iso"))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BurnError, match=r"no\.iso: No such file"):
        image_file(str(tmp_path / "no.iso"))


def test_a_file_that_goes_away_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "x.iso")
    found = image_file(str(tmp_path / "x.iso"))
    (tmp_path / "x.iso").unlink()
    with pytest.raises(BurnError, match=r"x\.iso: No such file"):
        list(found.blocks())


@given(st.binary(max_size=3000))
def test_a_name_comes_from_a_descriptor_only(data: bytes) -> None:
    if not data.startswith(b"\x01CD001"):
        assert volume_name(data) == ""
    assert isinstance(volume_name(descriptor(data[:32])), str)


def test_closing_the_measured_blocks_closes_the_images() -> None:
    closed = []

    def blocks() -> Iterator[memoryview]:
        try:
            while True:
                yield memoryview(bytes(SECTOR))
        finally:
            closed.append(True)

    stream = measured(Image("VOL", 99, blocks), Checksums())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert closed == [True]
