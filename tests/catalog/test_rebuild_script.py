"""What is on the discs to rebuild lost ones computes as the package does."""

from spanner.catalog import rebuild_script
from spanner.parity.field import MOST_ROWS, coefficient, inverse, multiply


def test_products_and_inverses() -> None:
    for a in range(256):
        for b in (0, 1, 2, 3, 0x53, 0x8E, 0xFF, a):
            assert rebuild_script.times(a, b) == multiply(a, b)
        assert a == 0 or rebuild_script.power(a, 254) == inverse(a)


def test_coefficients() -> None:
    for parity in range(20):
        for image in range(MOST_ROWS - 20):
            assert rebuild_script.factor(parity, image) == coefficient(parity, image)
