"""Sizes in words and back, and names as one printable line."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.model.units import format_size, parse_size, sectors
from spanner.wording import printable


@pytest.mark.parametrize(
    ("size", "count"), [(0, 0), (1, 1), (2048, 1), (2049, 2), (25_025_314_816, 12_219_392)]
)
def test_sectors(size: int, count: int) -> None:
    assert sectors(size) == count


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1000", 1000),
        ("7b", 7),
        ("4096s", 4096 * 2048),
        ("4096S", 4096 * 2048),
        ("1k", 1000),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("1ki", 1024),
        ("700MB", 700_000_000),
        ("700 mb", 700_000_000),
        ("650MiB", 650 * 1024**2),
        ("4.7 GB", 4_700_000_000),
        ("23.3GiB", 233 * 1024**3 // 10),
        (" 2TB ", 2 * 10**12),
        ("2TiB", 2 * 1024**4),
        ("1.0009kB", 1000),
        # As a binary fraction it would be a byte less.
        ("1.001kB", 1001),
    ],
)
def test_parse_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    # The last ones match where case is ignored beyond ASCII: long s, dotted I, Arabic three.
    ["", " ", "MB", "-1", "+1", "1,5GB", "1e3", "5 5", ".5", "5.", "1XB", "1bs", "5ſ", "5kİb", "٣"],
)
def test_parse_size_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is no size: say 700MB, 650MiB or 4096s"):
        parse_size(text)


@given(st.integers(0, 10**15))
def test_plain_numbers_are_bytes_and_s_is_sectors(count: int) -> None:
    assert parse_size(str(count)) == count
    assert parse_size(f"{count}s") == count * 2048


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (4_700_000_000, "4.7 GB"),
        (25_025_314_816, "25 GB"),
        (128_001_769_472, "128 GB"),
        (999_600_000_000, "1 TB"),
        (1_234_000_000_000_000, "1,234 TB"),
    ],
)
def test_format_size(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 999 * 10**12))
def test_format_size_is_right_to_three_digits(size: int) -> None:
    assert parse_size(format_size(size)) == pytest.approx(size, rel=0.005)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Gitarre Ü 🎸 ~\\x.wav", "Gitarre Ü 🎸 ~\\x.wav"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u2028b\u200bc", "a\\u2028b\\u200bc"),
        (os.fsdecode(b"\xff\x80.wav"), "\\xff\\x80.wav"),
        ("\ud800", "\\ud800"),
    ],
)
def test_printable(name: str, text: str) -> None:
    assert printable(name) == text


@given(st.text(st.characters()))
def test_printable_is_one_line_that_any_terminal_takes(name: str) -> None:
    text = printable(name)
    assert text.isprintable()
    assert text.encode().decode() == text
    assert printable(text) == text


@given(st.binary())
def test_printable_takes_any_bytes(name: bytes) -> None:
    assert printable(os.fsdecode(name)).isprintable()
