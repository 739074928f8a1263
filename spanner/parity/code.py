"""Makes parities of columns of bytes, and lost columns of what is left, fast, in NumPy.

A column is the bytes that an image or a parity has in one range of offsets. All that is ever
computed is a sum of columns that are each multiplied by one element of the field. For speed, no
byte is looked up in a table. The coefficients are taken apart into bits, as in Horner's scheme:

    sum = ((columns whose coefficient has bit 7) * 2 + (those with bit 6)) * 2 + ... (with bit 0)

so that nothing is needed but XOR and doubling, seven doublings at most, however many columns there
are; NumPy does both with the processor's widest instructions.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from spanner.parity.field import POLYNOMIAL, invert, matrix, multiply

Column = npt.NDArray[np.uint8]
"""Bytes of an image or a parity."""

_SLICE = 256 << 10  # bytes of a column at a time: the slices of all columns stay in the cache


def encode(
    columns: Sequence[Column | None], parities: Sequence[Column], numbers: Sequence[int] = ()
) -> None:
    """Fill the parities from all images' columns; None stands for one of zeros.

    `numbers` says which parities they are, from 0; without them they are the first ones.
    """
    numbers = numbers or range(len(parities))
    rows = matrix(len(columns), max(numbers) + 1)
    _combine(columns, [(rows[i], out) for i, out in zip(numbers, parities, strict=True)])


def decode(
    images: int, rows: Mapping[int, Column], wanted: Mapping[int, Column], parities: int
) -> None:
    """Fill the wanted ones of the lost images' columns.

    `rows` has what is there: the images' columns under 0 ... images - 1, those of the parities
    under images ... images + parities - 1. What is wanted must not be among them.

    Raises:
        ValueError: too much is lost, or something is wanted that is not lost.
    """
    lost = tuple(row for row in range(images) if row not in rows)
    used = tuple(row - images for row in sorted(rows) if row >= images)[: len(lost)]
    if len(used) < len(lost):
        raise ValueError(f"{len(lost)} columns are lost, and there are {len(used)} parities")
    if not set(wanted) <= set(lost):
        raise ValueError("what is there is not decoded")
    recipe = _recipe(images, parities, lost, used)
    there = [row for row in range(images) if row in rows] + [images + row for row in used]
    columns = [rows[row] for row in there]
    _combine(columns, [(recipe[lost.index(row)], out) for row, out in wanted.items()])


@lru_cache(maxsize=4096)
def _recipe(
    images: int, parities: int, lost: tuple[int, ...], used: tuple[int, ...]
) -> list[list[int]]:
    """For each lost image the coefficients of the images that are there, then of the used parities.

    Where A are the coefficients of the lost images in the used parities, and B those of the others,
    A * lost = used + B * there (minus is plus here), so lost = A⁻¹ * used + A⁻¹ * B * there.
    """
    rows = matrix(images, parities)
    there = [image for image in range(images) if image not in lost]
    solved = invert([[rows[i][j] for j in lost] for i in used])
    return [[*(_dot(line, [rows[i][j] for i in used]) for j in there), *line] for line in solved]


def _dot(first: Sequence[int], second: Sequence[int]) -> int:
    total = 0
    for a, b in zip(first, second, strict=True):
        total ^= multiply(a, b)
    return total


def _combine(
    columns: Sequence[Column | None], sums: Sequence[tuple[Sequence[int], Column]]
) -> None:
    """Fill each sum's column with the sum of all columns by its coefficients."""
    plans = [(_by_bit(coefficients, columns), out) for coefficients, out in sums]
    length = max((out.size for _, out in sums), default=0)
    spare = np.empty(min(_SLICE, length), np.uint8)
    for start in range(0, length, _SLICE):
        part = slice(start, start + _SLICE)
        for plan, out in plans:
            _sum(plan, part, out[part], spare)


def _by_bit(coefficients: Sequence[int], columns: Sequence[Column | None]) -> list[list[Column]]:
    """The columns whose coefficients have bit 7, bit 6 and so on, from the first that any has."""
    pairs = [
        (factor, column)
        for factor, column in zip(coefficients, columns, strict=True)
        if column is not None
    ]
    bits = max((factor for factor, _ in pairs), default=0).bit_length()
    return [
        [column for factor, column in pairs if factor >> bit & 1] for bit in reversed(range(bits))
    ]


def _sum(plan: Sequence[Sequence[Column]], part: slice, out: Column, spare: Column) -> None:
    """Fill `out`, a slice, with the sum of the columns of each bit, by Horner's scheme."""
    if not plan:
        out.fill(0)
        return
    first, *others = plan[0]
    if others:
        np.bitwise_xor(first[part], others.pop()[part], out=out)
    else:
        np.copyto(out, first[part])
    for column in others:
        np.bitwise_xor(out, column[part], out=out)
    spare = spare[: out.size]
    negative, signed = spare.view(np.bool_), out.view(np.int8)
    for group in plan[1:]:
        np.less(signed, 0, out=negative)  # where the highest bit falls out
        np.multiply(spare, POLYNOMIAL & 0xFF, out=spare)
        np.add(out, out, out=out)
        np.bitwise_xor(out, spare, out=out)
        for column in group:
            np.bitwise_xor(out, column[part], out=out)
