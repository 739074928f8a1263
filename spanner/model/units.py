"""Sectors, and sizes and ages in words."""

import re
from datetime import timedelta

from spanner.errors import UsageError

SECTOR = 2048
"""Bytes in a sector of every optical disc that holds data (ECMA-119, 6.1.2; ECMA-167)."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]i?b?|b|s)?", re.IGNORECASE | re.ASCII)
_AGE = re.compile(r"(\d{1,4})\s*(d|days?|w|weeks?|m|months?|y|years?)", re.IGNORECASE | re.ASCII)
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.25 / 12, "y": 365.25}
_FACTORS = {"": 1, "b": 1, "s": SECTOR}
_FACTORS |= {letter: 1000 ** (n + 1) for n, letter in enumerate("kmgt")}
_FACTORS |= {f"{letter}i": 1024 ** (n + 1) for n, letter in enumerate("kmgt")}


def sectors(size: int) -> int:
    """Sectors that `size` bytes take."""
    return -(-size // SECTOR)


def parse_size(text: str) -> int:
    """Bytes that "700MB", "4.7 GB", "650MiB", "4096s" (sectors) or "1000" means.

    Raises:
        ValueError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no size: say 700MB, 650MiB or 4096s (sectors)")
    unit = (match[2] or "").lower()
    factor = _FACTORS[unit if unit in _FACTORS else unit.removesuffix("b")]
    whole, _, fraction = match[1].partition(".")
    scale: int = 10 ** len(fraction)
    return int(whole + fraction) * factor // scale


def format_size(size: int) -> str:
    """`size` bytes in the units that discs are sold in: "4.7 GB"."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} B" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} TB" if value < 999.5 else f"{value:,.0f} TB"


def parse_age(text: str) -> timedelta:
    """The time that "6months", "1 year" or "90 days" means; a month is 1/12 of 365.25 days.

    Raises:
        UsageError: it is no age.
    """
    match = _AGE.fullmatch(text.strip())
    if not match:
        raise UsageError(f"{text!r} is no age: say 6months, 1year, 8weeks or 90days")
    return timedelta(days=int(match[1]) * _DAYS[match[2][0].lower()])
