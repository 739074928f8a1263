"""Counts the pieces of three letters in many texts, by numpy."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_FEW = 200  # letters: as many as that have a counter for each three of them
_BITS = np.uint64(21)  # of a code point


def count_pieces(batches: Iterable[str]) -> Counter[str]:
    """How often each piece is in the texts, whose ends may lie anywhere in the batches."""
    found: Counter[str] = Counter()
    for text in batches:
        if len(text) >= 3:
            letters = sorted(set(text))
            count = _few_letters if len(letters) <= _FEW else _many_letters
            found.update(count(text, letters))
    return found


def _few_letters(text: str, letters: list[str]) -> dict[str, int]:
    size = len(letters)
    table = np.zeros(ord(letters[-1]) + 1, np.int64)
    table[[ord(letter) for letter in letters]] = range(size)
    numbers = table[_points(text)]
    counts = np.bincount((numbers[:-2] * size + numbers[1:-1]) * size + numbers[2:])
    found = np.flatnonzero(counts)
    return {
        letters[piece // size // size] + letters[piece // size % size] + letters[piece % size]: n
        for piece, n in zip(found.tolist(), counts[found].tolist(), strict=True)
    }


def _many_letters(text: str, _letters: list[str]) -> dict[str, int]:
    points = _points(text).astype(np.uint64)
    packed = ((points[:-2] << _BITS | points[1:-1]) << _BITS) | points[2:]
    found, counts = np.unique(packed, return_counts=True)
    bits = int(_BITS)
    mask = (1 << bits) - 1
    return {
        chr(piece >> 2 * bits) + chr(piece >> bits & mask) + chr(piece & mask): n
        for piece, n in zip(found.tolist(), counts.tolist(), strict=True)
    }


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
