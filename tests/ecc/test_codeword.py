"""The check of an augmented image by its own parity."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burners import silent
from spanner.ecc.codeword import ChecksumCheck, CodewordCheck
from spanner.ecc.dvdisaster import augment
from spanner.ecc.rs03 import Rs03, planned
from spanner.model.units import SECTOR
from support.ecc import noise_image

LAYOUT = planned(1500, 20)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An augmented image of six layers' sectors, by the real program."""
    path = tmp_path_factory.mktemp("codeword") / "image"
    noise_image(path, LAYOUT.data)
    augment(str(path), LAYOUT, silent)
    return path.read_bytes()


@pytest.fixture(autouse=True)
def _needs_dvdisaster(program: Callable[[str], str]) -> None:
    program("dvdisaster")


def bad(data: bytes, layout: Rs03 = LAYOUT, step: int = 1 << 20) -> int:
    check = CodewordCheck(layout)
    for start in range(0, len(data), step):
        check.update(memoryview(data)[start : start + step])
    return check.bad_sectors()


@pytest.mark.parametrize("step", [1 << 20, 2048, 5000, 12_345])
def test_what_dvdisaster_made_is_right(image: bytes, step: int) -> None:
    assert bad(image, step=step) == 0


@settings(max_examples=100)
@given(place=st.integers(0, LAYOUT.total * SECTOR - 1), mask=st.integers(1, 255))
def test_any_flipped_byte_is_found(image: bytes, place: int, mask: int) -> None:
    flipped = bytearray(image)
    flipped[place] ^= mask
    assert bad(bytes(flipped)) == 1


def test_wrong_sectors_are_counted_by_their_offset(image: bytes) -> None:
    wrong = bytearray(image)
    for sector in (3, 3 + LAYOUT.layer, 4, LAYOUT.total - 1):
        wrong[sector * SECTOR : (sector + 1) * SECTOR] = b"?" * SECTOR
    assert bad(bytes(wrong)) == len({3, 4, (LAYOUT.total - 1) % LAYOUT.layer})


def test_a_cut_image_is_wrong_and_what_follows_does_not_count(image: bytes) -> None:
    assert bad(image[:-1]) == LAYOUT.layer
    assert bad(image + b"more") == 0


def wrong_checksums(data: bytes) -> int:
    check = ChecksumCheck(LAYOUT)
    check.update(memoryview(data))
    return check.bad_sectors()


def test_the_checksums_of_dvdisaster_are_those_of_the_data(image: bytes) -> None:
    assert wrong_checksums(image) == 0
    assert wrong_checksums(image[: LAYOUT.checksums * SECTOR]) == LAYOUT.layer


@pytest.mark.parametrize("sector", [0, 5, LAYOUT.layer - 1, LAYOUT.layer, LAYOUT.checksums - 1])
def test_each_data_sector_has_a_checksum(image: bytes, sector: int) -> None:
    flipped = bytearray(image)
    flipped[sector * SECTOR + 9] ^= 4
    assert wrong_checksums(bytes(flipped)) == 1
