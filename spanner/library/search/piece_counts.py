"""Counts the pieces of three letters in many texts, by numpy."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

_ASCII = 128
_BITS = 21  # of a code point
_CHARACTER = (1 << _BITS) - 1


def count_pieces(batches: Iterable[str]) -> Counter[str]:
    """How often each piece is in the texts, whose ends may lie anywhere in the batches."""
    found: Counter[str] = Counter()
    ascii_counts = np.zeros(_ASCII**3, np.int64)
    for text in batches:
        if len(text) < 3:
            continue
        if text.isascii():
            ascii_counts += _count_ascii(text)
        else:
            found.update(_count_any(text))
    for piece in np.flatnonzero(ascii_counts).tolist():
        letters = piece // _ASCII**2, piece // _ASCII % _ASCII, piece % _ASCII
        found["".join(map(chr, letters))] += int(ascii_counts[piece])
    return found


def _count_ascii(text: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """One counter for each three letters that there could be."""
    letters = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64)
    packed = (letters[:-2] * _ASCII + letters[1:-1]) * _ASCII + letters[2:]
    return np.bincount(packed, minlength=_ASCII**3)


def _count_any(text: str) -> dict[str, int]:
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    bits = np.uint64(_BITS)
    packed = ((points[:-2] << bits | points[1:-1]) << bits) | points[2:]
    found, counts = np.unique(packed, return_counts=True)
    return {
        chr(piece >> 2 * _BITS) + chr(piece >> _BITS & _CHARACTER) + chr(piece & _CHARACTER): count
        for piece, count in zip(found.tolist(), counts.tolist(), strict=True)
    }
