"""GF(256) is a field, and every part of the matrix that must be invertible is."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.parity.field import coefficient, inverse, invert, matrix, multiply, power
from support.parity import slow_product

ELEMENTS = st.integers(0, 255)


def determinant(square: list[list[int]]) -> int:
    """By the sum over all permutations: signs do not matter here."""
    total = 0
    for order in itertools.permutations(range(len(square))):
        product = 1
        for row, column in zip(square, order, strict=True):
            product = slow_product(product, row[column])
        total ^= product
    return total


def test_products_are_those_of_polynomials() -> None:
    for a in range(256):
        for b in range(256):
            assert multiply(a, b) == slow_product(a, b)


@given(ELEMENTS, ELEMENTS, ELEMENTS)
def test_it_is_a_field(a: int, b: int, c: int) -> None:
    assert multiply(a, b) == multiply(b, a)
    assert multiply(a, multiply(b, c)) == multiply(multiply(a, b), c)
    assert multiply(a, b ^ c) == multiply(a, b) ^ multiply(a, c)
    assert multiply(a, 1) == a
    assert multiply(a, 0) == 0


def test_all_but_zero_have_an_inverse() -> None:
    assert sorted(inverse(a) for a in range(1, 256)) == list(range(1, 256))
    assert all(slow_product(a, inverse(a)) == 1 for a in range(1, 256))
    with pytest.raises(ZeroDivisionError):
        inverse(0)


def test_two_generates_all() -> None:
    assert [power(n) for n in range(9)] == [1, 2, 4, 8, 16, 32, 64, 128, 0x1D]
    assert sorted(power(n) for n in range(255)) == list(range(1, 256))
    assert power(-1) == power(254) == inverse(2) == 0x8E
    assert power(255) == 1


def test_the_first_rows_are_those_of_raid_6() -> None:
    first, second = matrix(254, 2)
    assert set(first) == {1}
    assert second[:10] == (1, 2, 4, 8, 16, 32, 64, 128, 0x1D, 0x3A)


def test_further_rows() -> None:
    for i in range(2, 40):
        for j in range(200):
            assert slow_product(coefficient(i, j), power(i - 1) ^ power(-j)) == 1


@pytest.mark.parametrize("images", [1, 8, 250])
def test_no_determinant_is_zero(images: int) -> None:
    rows = matrix(images, 6)
    chance = random.Random(5)
    for size in range(1, min(images, 6) + 1):
        parts = list(itertools.combinations(range(images), size)) if images < 10 else []
        parts = parts or [tuple(sorted(chance.sample(range(images), size))) for _ in range(30)]
        if size > 4:
            parts = parts[:10]
        for lines in itertools.combinations(rows, size):
            for part in parts:
                assert determinant([[line[j] for j in part] for line in lines])


@pytest.mark.parametrize("parities", [2, 3, 128, 255])
def test_the_largest_sets(parities: int) -> None:
    """All x and y of the Cauchy matrix differ, even in the largest sets."""
    images = 256 - parities
    y = {power(-j) for j in range(images)}
    x = {0} | {power(i - 1) for i in range(2, parities)}
    assert len(x) + len(y) == images + parities - 1
    assert not x & y
    assert len(matrix(images, parities)) == parities


@pytest.mark.parametrize(("images", "parities"), [(0, 1), (1, 0), (254, 3), (256, 1)])
def test_sets_that_there_are_not(images: int, parities: int) -> None:
    with pytest.raises(ValueError, match="at most 256"):
        matrix(images, parities)


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(ELEMENTS, min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_inverse_matrices(square: list[list[int]]) -> None:
    if not determinant(square):
        with pytest.raises(ZeroDivisionError):
            invert(square)
        return
    back = invert(square)
    for i, j in itertools.product(range(len(square)), repeat=2):
        total = 0
        for n in range(len(square)):
            total ^= slow_product(square[i][n], back[n][j])
        assert total == (i == j)
