"""Session files' bytes: read in little memory, unpacked or not, or refused."""

import gzip
import os
import random
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats.opening import gunzipped, members, plain, zipped
from support.work import bytes_read, calls

TEXT = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.9">
  <!-- a comment -->
  <a x="1 &lt; 2" y="&#252;"/>
  <b>t&amp;<![CDATA[<u>]]></b>
</fcpxml>
"""


def write(folder: Path, data: bytes) -> str:
    path = os.path.join(folder, "session")
    with open(path, "wb") as file:
        file.write(data)
    return path


READERS: list[Callable[[str], object]] = [
    lambda path: list(plain(path)),
    lambda path: list(gunzipped(path)),
    members,
    lambda path: list(zipped(path, "a")),
]


@pytest.mark.parametrize("reader", READERS, ids=["plain", "gunzipped", "members", "zipped"])
def test_files_that_cannot_be_opened(tmp_path: Path, reader: Callable[[str], object]) -> None:
    for path in [os.path.join(tmp_path, "none"), str(tmp_path), "a\0b", "x" * 5000]:
        with pytest.raises(SessionError, match=": cannot be read"):
            reader(path)


def gunzip(folder: Path, data: bytes) -> bytes:
    return b"".join(gunzipped(write(folder, data)))


def test_gunzipped(tmp_path: Path) -> None:
    rng = random.Random(2)
    for size in [0, 1, 65_535, 65_536, 65_537, 500_000]:
        for data in (rng.randbytes(size), bytes(size)):
            assert gunzip(tmp_path, gzip.compress(data)) == data
    assert gunzip(tmp_path, gzip.compress(b"x") + bytes(600)) == b"x"


def test_gzip_that_is_damaged(tmp_path: Path) -> None:
    rng = random.Random(3)
    data = gzip.compress(TEXT)
    for length in range(len(data)):
        with pytest.raises(SessionError, match=r"session: byte \d+: |session: cut short"):
            gunzip(tmp_path, data[:length])
    for _ in range(500):
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with suppress(SessionError):
            assert gunzip(tmp_path, bytes(changed)) == TEXT


def bomb() -> bytes:
    """A gigabyte of zeros as raw deflate data: about a megabyte."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * 1024 + packer.flush()


@pytest.fixture(scope="module")
def packed_bomb() -> bytes:
    return bomb()


def refused_soon(step: Callable[[], object]) -> int:
    """How many bytes it reads, in little memory and few steps, before it is refused."""

    def read() -> None:
        with pytest.raises(SessionError):
            step()

    tracemalloc.start()
    try:
        read()
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert calls(read) < 5_000
    return bytes_read(read)


def drain(chunks: Iterator[bytes], most: int = 10_000_000) -> None:
    """Take the chunks; they may not come to more than so many bytes."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        assert size <= most


def test_gzip_bombs(tmp_path: Path, packed_bomb: bytes) -> None:
    path = write(tmp_path, b"\x1f\x8b\x08" + bytes(6) + b"\xff" + packed_bomb + bytes(8))
    assert refused_soon(lambda: drain(gunzipped(path))) < 200_000
    endless_name = write(tmp_path, b"\x1f\x8b\x08\x08" + bytes(5) + b"\xff" + b"n" * 20_000_000)
    assert refused_soon(lambda: drain(gunzipped(endless_name))) < 20_200_000


def make_zip(folder: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    path = os.path.join(folder, "session")
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_zipped(tmp_path: Path) -> None:
    data = random.Random(4).randbytes(200_000)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = make_zip(tmp_path, {"project.xml": TEXT, "audio/ü.wav": data}, method)
        assert members(path) == {"project.xml": len(TEXT), "audio/ü.wav": len(data)}
        assert b"".join(zipped(path, "project.xml")) == TEXT
        assert b"".join(zipped(path, "audio/ü.wav")) == data
        with pytest.raises(SessionError, match="session: holds no x"):
            drain(zipped(path, "x"))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = make_zip(tmp_path, {"project.xml": TEXT}, method)
        with pytest.raises(SessionError, match="packed by method"):
            drain(zipped(path, "project.xml"))


def test_zip_bombs(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"project.xml": bytes(50_000_000)})
    assert refused_soon(lambda: drain(zipped(path, "project.xml"))) < 200_000


def test_a_zip_with_a_directory_of_gigabytes(tmp_path: Path) -> None:
    with open(make_zip(tmp_path, {"a": b"1"}), "rb") as file:
        data = bytearray(file.read())
    end = data.rindex(b"PK\x05\x06")
    # The file is as long as it must be for the claim to be possible, but holds nothing.
    with open(os.path.join(tmp_path, "session"), "wb") as file:
        file.truncate(3_000_000_000)
        file.seek(3_000_000_000)
        struct.pack_into("<L", data, end + 12, 2_900_000_000)
        file.write(data[end:])
    path = os.path.join(tmp_path, "session")
    assert refused_soon(lambda: members(path)) < 200_000


def test_zips_that_are_damaged(tmp_path: Path) -> None:
    rng = random.Random(5)
    with open(make_zip(tmp_path, {"metadata.xml": b"<M/>", "project.xml": TEXT}), "rb") as file:
        data = file.read()
    for length in range(len(data)):
        path = write(tmp_path, data[:length])
        with pytest.raises(SessionError, match="session: is a damaged zip file"):
            members(path)
    for _ in range(2000):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            changed[rng.randrange(len(data))] = rng.randrange(256)
        path = write(tmp_path, bytes(changed))
        with suppress(SessionError):
            members(path)
            assert b"".join(zipped(path, "project.xml")) == TEXT
