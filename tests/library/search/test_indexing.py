"""Counted pieces, against a plain count."""

from collections import Counter

import pytest

from spanner.library.search.folding import fold, folded_apart, pieces
from spanner.library.search.indexing import count_pieces

MANY = "".join(map(chr, range(0x4E00, 0x4E00 + 500)))


@pytest.mark.parametrize(
    "batches", [[], [""], ["ab"], ["abc"], ["abcabc", "bca🎸é🎸é🎸é"], [MANY, MANY[:9]]]
)
def test_counts(batches: list[str]) -> None:
    expected: Counter[str] = Counter()
    for text in batches:
        expected.update(pieces(text))
    assert count_pieces(batches) == expected


def test_what_is_the_same_when_compared() -> None:
    assert fold("CAF\u00c9") == fold("cafe\u0301") == "caf\u00e9"
    assert fold("Stra\u00dfe") == fold("STRASSE")
    assert fold("cafe") != fold("caf\u00e9")
    assert folded_apart("Kick.WAV") is None
    assert folded_apart("\u00c9") == "\u00e9"
