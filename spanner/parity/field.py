"""Arithmetic in GF(256), and the matrix that makes parities of images.

The field is that of RAID 6: polynomials over GF(2) modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11D), where
2 generates all elements but 0 (H. Peter Anvin, "The mathematics of RAID-6").

The matrix is c(i, j) = 1 / (x(i) + y(j)) with x(1) = 0, x(i) = 2^(i-1) from i = 2 on, y(j) = 1/2^j,
all different where k + m <= 256: a Cauchy matrix, of which every square part is invertible (Blömer
et al., "An XOR-based erasure-resilient coding scheme", 1995). Its first row is that of x(0) at
infinity, multiplied by x(0): all ones. What a part's determinant becomes then is not 0 either:
Cauchy's is the product of all x - x' and y - y' over that of all x + y, and x(0) occurs as often
above as below. So any m of the k + m may be lost.
"""

from collections.abc import Sequence
from functools import cache

POLYNOMIAL = 0x11D
"""x^8 + x^4 + x^3 + x^2 + 1."""

MOST_ROWS = 256
"""Images and parities that a set has at most."""

_ORDER = 255  # elements but 0


def _powers() -> tuple[int, ...]:
    powers = [1]
    for _ in range(_ORDER - 1):
        doubled = powers[-1] << 1
        powers.append(doubled ^ POLYNOMIAL if doubled > 0xFF else doubled)
    return tuple(powers)


_EXP = _powers()  # 2^0 ... 2^254
_LOG = {value: power for power, value in enumerate(_EXP)}


def power(exponent: int) -> int:
    """2 to the exponent, an element of the field; the exponent may be negative."""
    return _EXP[exponent % _ORDER]


def multiply(a: int, b: int) -> int:
    """The product of two elements."""
    return power(_LOG[a] + _LOG[b]) if a and b else 0


def inverse(a: int) -> int:
    """The element that gives 1 when multiplied by a.

    Raises:
        ZeroDivisionError: a is 0.
    """
    if not a:
        raise ZeroDivisionError("0 has no inverse in GF(256)")
    return power(-_LOG[a])


def coefficient(parity: int, image: int) -> int:
    """What the image's bytes are multiplied by in the parity, both counted from 0."""
    if parity == 0:
        return 1
    x = 0 if parity == 1 else power(parity - 1)
    return inverse(x ^ power(-image))


@cache
def matrix(images: int, parities: int) -> tuple[tuple[int, ...], ...]:
    """The coefficients: a row for each parity, a column for each image.

    Raises:
        ValueError: there are none of either, or more than 256 together.
    """
    if images < 1 or parities < 1 or images + parities > MOST_ROWS:
        raise ValueError(
            f"{images} images with {parities} parities: at least one of each, "
            f"and at most {MOST_ROWS} together"
        )
    return tuple(
        tuple(coefficient(parity, image) for image in range(images)) for parity in range(parities)
    )


def invert(square: Sequence[Sequence[int]]) -> list[list[int]]:
    """The inverse of a square matrix, by Gauss and Jordan.

    Raises:
        ZeroDivisionError: it has none.
    """
    size = len(square)
    rows = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(square)]
    for step in range(size):
        pivot = next((i for i in range(step, size) if rows[i][step]), step)
        rows[step], rows[pivot] = rows[pivot], rows[step]
        factor = inverse(rows[step][step])
        rows[step] = [multiply(factor, value) for value in rows[step]]
        for i, row in enumerate(rows):
            if i != step and row[step]:
                rows[i] = [
                    value ^ multiply(row[step], above)
                    for value, above in zip(row, rows[step], strict=True)
                ]
    return [row[size:] for row in rows]
