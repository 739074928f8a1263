"""Whatever is lost comes back, byte for byte, as long as there are as many parities."""

import itertools
import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.parity import code
from spanner.parity.code import Column, decode, encode
from support.parity import slow_parities

EVERY = [(images, parities) for images in range(1, 9) for parities in range(1, 4)]


def columns_of(images: int, size: int, seed: int = 1) -> list[Column]:
    chance = np.random.default_rng(seed)
    return [chance.integers(0, 256, size, np.uint8) for _ in range(images)]


def parities_of(columns: list[Column], count: int) -> list[Column]:
    parities = [np.full(columns[0].size, 0xA5, np.uint8) for _ in range(count)]
    encode(columns, parities)
    return parities


def rebuilt(columns: list[Column], parities: list[Column], lost: Iterable[int]) -> None:
    """Lose these rows, decode all images among them and compare."""
    there = dict(enumerate([*columns, *parities]))
    for row in lost:
        del there[row]
    images = len(columns)
    wanted = {row: np.full(columns[0].size, 0x5A, np.uint8) for row in lost if row < images}
    kept = {row: column.copy() for row, column in there.items()}
    decode(images, there, wanted, len(parities))
    for row, column in wanted.items():
        assert column.tobytes() == columns[row].tobytes()
    for row, column in there.items():
        assert column.tobytes() == kept[row].tobytes()


def test_a_vector_computed_by_hand() -> None:
    """P = D0 ^ D1 ^ D2, Q = D0 ^ 2 D1 ^ 4 D2, and the third by c(2, j) = 1 / (2 ^ 1/2^j).

    c(2, 0) = 1/3 = 0xF4 as 0x1E8 ^ 0xF4 ^ 0x11D = 1; c(2, 1) = 1 / (2 ^ 0x8E) = 1/0x8C = 0x53;
    c(2, 2) = 1 / (2 ^ 0x47) = 1/0x45 = 0x4E.
    """
    columns = [np.array([byte], np.uint8) for byte in (0x01, 0x80, 0xC0)]
    first, second, third = (int(parity[0]) for parity in parities_of(columns, 3))
    assert first == 0x01 ^ 0x80 ^ 0xC0 == 0x41
    assert second == 0x01 ^ 0x1D ^ 0x27 == 0x3B  # 2 * 0x80 = 0x11D ^ 0x100, 4 * 0xC0 = 0x9D * 2
    units = [np.array([n == j for n in range(3)], np.uint8) for j in range(3)]
    assert parities_of(units, 3)[2].tobytes() == bytes([0xF4, 0x53, 0x4E])
    assert third == int(
        np.frombuffer(slow_parities([b"\x01", b"\x80", b"\xc0"], 3)[2], np.uint8)[0]
    )


@pytest.mark.parametrize(("images", "parities"), [*EVERY, (40, 6), (100, 5)])
def test_parities_are_those_of_the_text(images: int, parities: int) -> None:
    columns = columns_of(images, 300)
    expected = slow_parities([column.tobytes() for column in columns], parities)
    assert [parity.tobytes() for parity in parities_of(columns, parities)] == expected


@pytest.mark.parametrize(("images", "parities"), EVERY)
def test_every_combination_of_lost_discs(images: int, parities: int) -> None:
    columns = columns_of(images, 517)
    made = parities_of(columns, parities)
    for count in range(parities + 1):
        for lost in itertools.combinations(range(images + parities), count):
            rebuilt(columns, made, lost)


@pytest.mark.parametrize(("images", "parities"), EVERY)
def test_one_more_lost_fails(images: int, parities: int) -> None:
    columns = columns_of(images, 16)
    rows = dict(enumerate([*columns, *parities_of(columns, parities)]))
    for lost in itertools.combinations(range(images + parities), parities + 1):
        there = {row: column for row, column in rows.items() if row not in lost}
        for image in lost:
            if image < images:
                with pytest.raises(ValueError, match="are lost, and there are"):
                    decode(images, there, {image: np.empty(16, np.uint8)}, parities)


@settings(max_examples=150)
@given(st.data())
def test_larger_sets(data: st.DataObject) -> None:
    images = data.draw(st.integers(1, 40))
    parities = data.draw(st.integers(1, 6))
    size = data.draw(st.integers(1, 3000))
    columns = columns_of(images, size, seed=data.draw(st.integers(0, 1000)))
    lost = data.draw(st.sets(st.integers(0, images + parities - 1), max_size=parities))
    rebuilt(columns, parities_of(columns, parities), sorted(lost))


def test_the_largest_sets() -> None:
    chance = random.Random(3)
    for parities in (1, 2, 3, 20):
        columns = columns_of(256 - parities, 64)
        made = parities_of(columns, parities)
        for _ in range(5):
            rebuilt(columns, made, chance.sample(range(256), parities))


def test_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = columns_of(5, 10_000)
    whole = parities_of(columns, 3)
    monkeypatch.setattr(code, "_SLICE", 999)
    assert [p.tobytes() for p in parities_of(columns, 3)] == [p.tobytes() for p in whole]
    rebuilt(columns, whole, (0, 4, 6))


def test_columns_of_zeros_may_be_left_out() -> None:
    first, second, third = columns_of(3, 100)
    zeros = np.zeros(100, np.uint8)
    out = [np.empty(100, np.uint8) for _ in range(3)]
    encode([first, None, third], out)
    assert [p.tobytes() for p in out] == [
        p.tobytes() for p in parities_of([first, zeros, third], 3)
    ]
    encode([None, None], out)
    assert not any(p.any() for p in out)
    encode([second], out)
    assert out[0].tobytes() == out[1].tobytes() == second.tobytes()


def test_what_is_there_is_not_decoded() -> None:
    columns = columns_of(2, 8)
    with pytest.raises(ValueError, match="is not decoded"):
        decode(2, dict(enumerate(columns)), {1: np.empty(8, np.uint8)}, 1)
