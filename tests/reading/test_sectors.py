"""Sectors are read past damage, once each, and copies fill each other's holes."""

import os
import random
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.model.units import SECTOR
from spanner.reading.merged import MergedSectors
from spanner.reading.sectors import FileSectors, UnreadableSectorsError, ranges
from support.scratched import scratch

COUNT = 40


@pytest.fixture
def data() -> bytes:
    return random.Random(1).randbytes(COUNT * SECTOR)


@pytest.fixture
def path(data: bytes, tmp_path: Path) -> str:
    (tmp_path / "a.iso").write_bytes(data)
    return str(tmp_path / "a.iso")


def read(sectors: FileSectors | MergedSectors, offset: int, size: int) -> tuple[bytes, list[int]]:
    """The bytes and the sectors that cannot be read."""
    buffer = bytearray(size)
    bad: list[int] = []
    try:
        sectors.read_into(offset, memoryview(buffer))
    except UnreadableSectorsError as error:
        bad = [sector for first, count in error.bad for sector in range(first, first + count)]
    return bytes(buffer), bad


def without(data: bytes, bad: Collection[int], offset: int, size: int) -> bytes:
    """What must be in the buffer: zeros for what cannot be read."""
    expected = bytearray(data)
    for sector in bad:
        expected[sector * SECTOR : (sector + 1) * SECTOR] = bytes(SECTOR)
    return bytes(expected[offset : offset + size])


@pytest.mark.parametrize(
    ("offset", "size"), [(0, COUNT * SECTOR), (5000, 20_000), (3 * SECTOR, 1), (7 * SECTOR - 1, 2)]
)
def test_all_but_the_bad_sectors_are_read(
    data: bytes, path: str, monkeypatch: pytest.MonkeyPatch, offset: int, size: int
) -> None:
    scratch(monkeypatch, {path: [3, 4, 9]})
    sectors = FileSectors(path)
    found, bad = read(sectors, offset, size)
    touched = range(offset // SECTOR, -(-(offset + size) // SECTOR))
    assert bad == [sector for sector in (3, 4, 9) if sector in touched]
    assert found == without(data, bad, offset, size)
    sectors.close()


def test_a_bad_sector_is_not_tried_again(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch(monkeypatch, {path: [3]})
    sectors = FileSectors(path)
    assert read(sectors, 0, COUNT * SECTOR)[1] == [3]
    tries: list[int] = []
    preadv = os.preadv

    def count(fd: int, buffers: list[memoryview], offset: int) -> int:
        tries.append(offset // SECTOR)
        return preadv(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", count)
    assert read(sectors, 3 * SECTOR, 2 * SECTOR)[1] == [3]
    assert tries == [4]
    assert sectors.bad == {3}
    sectors.close()


def test_a_scratch_of_many_sectors_is_passed_quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "long.iso")
    with open(path, "wb") as file:
        file.truncate(10_000 * SECTOR)
    scratch(monkeypatch, {path: range(100, 9000)})
    tries = 0
    preadv = os.preadv

    def count(fd: int, buffers: list[memoryview], offset: int) -> int:
        nonlocal tries
        tries += 1
        return preadv(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", count)
    sectors = FileSectors(path)
    _, bad = read(sectors, 0, 10_000 * SECTOR)
    assert tries < 3000
    assert set(range(100, 9000)) <= set(bad) <= set(range(100, 9016))
    sectors.close()


def test_what_lies_behind_the_end_is_bad(data: bytes, path: str) -> None:
    sectors = FileSectors(path)
    found, bad = read(sectors, (COUNT - 1) * SECTOR, 3 * SECTOR)
    assert bad == [COUNT, COUNT + 1]
    assert found == data[-SECTOR:] + bytes(2 * SECTOR)
    sectors.close()


@given(st.sets(st.integers(0, COUNT - 1)), st.sets(st.integers(0, COUNT - 1)))
def test_copies_fill_each_others_holes(one: set[int], other: set[int]) -> None:
    data = random.Random(2).randbytes(COUNT * SECTOR)

    class Scratched:
        def __init__(self, bad: set[int]) -> None:
            self.name, self.count, self._bad = "copy", COUNT, bad

        def read_into(self, offset: int, buffer: memoryview) -> None:
            touched = range(offset // SECTOR, -(-(offset + len(buffer)) // SECTOR))
            bad = sorted(self._bad.intersection(touched))
            buffer[:] = without(data, bad, offset, len(buffer))
            if bad:
                raise UnreadableSectorsError(self.name, list(ranges(bad)), "scratched")

        def close(self) -> None:
            pass

    found, bad = read(MergedSectors([Scratched(one), Scratched(other)]), 0, COUNT * SECTOR)
    assert bad == sorted(one & other)
    assert found == without(data, bad, 0, COUNT * SECTOR) or bad
    for sector in set(range(COUNT)) - (one & other):
        part = slice(sector * SECTOR, (sector + 1) * SECTOR)
        assert found[part] == data[part]


@given(st.sets(st.integers(0, 50)))
def test_ranges(sectors: set[int]) -> None:
    found = list(ranges(sorted(sectors)))
    assert [each for first, count in found for each in range(first, first + count)] == sorted(
        sectors
    )
    assert all(a + b < c for (a, b), (c, _) in pairwise(found))
